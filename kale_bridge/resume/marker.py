"""The mark of a directory in which a step was resumed, by which `%rok resume` and Kale's own panel find the step.

Owns the mark's file, and the record that makes it count. A mark counts only where this user's own state says that rok
made it, and only for the very files that rok put beside the notebook: Kale loads them without a question, and a
directory that came from elsewhere, or a snapshot that was restored there since, must not have it run anything.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
from pathlib import Path
from typing import Any

MARK = ".rok-resume.json"
MARSHAL_SUFFIX = ".kale.marshal.dir"
_MOST_LEVELS = 64
_MOST_RECORDS = 200
_TAKEN = "taken"


def marshal_directory(notebook: str) -> str:
    """Return the directory beside a notebook from which Kale loads variables."""
    return os.path.join(os.path.dirname(notebook), f".{os.path.basename(notebook)}{MARSHAL_SUFFIX}")


def write_mark(directory: str, mark: dict[str, Any]) -> None:
    """Mark a directory; `mark` has "notebook" (a path relative to it), "step", "moment", "snapshot", "parameters"."""
    from rok_jupyter.config import load_settings
    from rok_jupyter.state import exclusive, private_directory, read_json, write_durably, write_json

    root = load_settings().locations.root
    private_directory(root)
    text = json.dumps(mark, indent=2, sort_keys=True)
    write_durably(Path(directory) / MARK, text.encode() + b"\n")
    path = root / _RECORDS
    place = os.path.realpath(directory)
    with exclusive(path.with_suffix(".lock")):
        known = _texts(read_json(path))
        known.pop(place, None)
        known[place] = _record(place, mark)
        write_json(path, dict(list(known.items())[-_MOST_RECORDS:]))


def remove_mark(directory: str) -> None:
    """Take a directory's mark away, whoever made it."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(os.path.join(directory, MARK))


def find_mark(directory: str) -> tuple[str, dict[str, Any]] | None:
    """Return the marked directory that holds this one, with its mark; None where there is none that counts.

    One whose variables are gone counts; one beside whose notebook other files stand doesn't.
    """
    place = os.path.realpath(directory)
    for _ in range(_MOST_LEVELS):
        path = os.path.join(place, MARK)
        if os.path.isfile(path):
            mark = _read(path)
            return (place, mark) if mark and _is_recorded(place, mark) else None
        above = os.path.dirname(place)
        if above == place:
            break
        place = above
    return None


def take(directory: str, mark: dict[str, Any]) -> None:
    """Say in a mark that its variables are being loaded, so that nobody loads them over the user's work again."""
    if not is_taken(mark):
        write_mark(directory, {**mark, _TAKEN: True})


def parameters_of(mark: dict[str, Any]) -> dict[str, str]:
    """Return what the marked step's run was given in the place of the pipeline's own parameters."""
    return _texts(mark.get("parameters"))


def is_taken(mark: dict[str, Any]) -> bool:
    """Whether a mark's variables were loaded by a cell, or by the panel."""
    return mark.get(_TAKEN) is True


_RECORDS = "resumed.json"


def _read(path: str) -> dict[str, Any] | None:
    try:
        with open(path, encoding="utf-8") as file:
            mark = json.load(file)
    except (OSError, ValueError):
        return None
    wanted = ("notebook", "step", "moment", "snapshot")
    return mark if isinstance(mark, dict) and all(isinstance(mark.get(name), str) for name in wanted) else None


def _is_recorded(directory: str, mark: dict[str, Any]) -> bool:
    from rok_jupyter.config import load_settings
    from rok_jupyter.state import read_json

    known = _texts(read_json(load_settings().locations.root / _RECORDS)).get(directory, "")
    there = os.path.lexists(marshal_directory(os.path.join(directory, mark["notebook"])))
    return known == _record(directory, mark) if there else known.startswith(_digest(mark))


def _record(directory: str, mark: dict[str, Any]) -> str:
    """Return what a mark and the files beside its notebook are known by: whoever writes there makes other files."""
    stamps = []
    with contextlib.suppress(OSError):
        place = marshal_directory(os.path.join(directory, mark["notebook"]))
        for entry in sorted(os.scandir(place), key=lambda entry: entry.name):
            status = entry.stat(follow_symlinks=False)
            stamps.append(f"{entry.name}/{status.st_ino}/{status.st_size}/{status.st_ctime_ns}")
    return f"{_digest(mark)} {hashlib.sha256(chr(10).join(stamps).encode()).hexdigest()}"


def _digest(mark: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(mark, sort_keys=True).encode()).hexdigest()


def _texts(stored: object) -> dict[str, str]:
    return {str(key): str(value) for key, value in stored.items()} if isinstance(stored, dict) else {}
