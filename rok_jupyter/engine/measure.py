"""How much a snapshot would read, before it reads anything, and which directories in it are worth leaving out.

Owns the count, which ends after some seconds, and what such directories look like. Doesn't own what a snapshot holds
(scan) nor the count beside a snapshot that runs (estimate).
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass

from rok_jupyter.engine.scan import Place, Scanned, Scanner, Stem
from rok_jupyter.progress import Progress

_ENVIRONMENT = "an environment, which can be installed again"
_CACHE = "a cache"
_BY_NAME: Mapping[str, str] = {
    **dict.fromkeys((".cache", ".npm", ".yarn", ".pnpm-store", "__pycache__", ".nv", ".triton"), _CACHE),
    **dict.fromkeys(
        (".conda", "miniconda3", "anaconda3", "miniforge3", "mambaforge", ".pyenv", ".rustup"), _ENVIRONMENT
    ),
    **dict.fromkeys((".tox", ".nox", ".venv", "site-packages"), _ENVIRONMENT),
    **dict.fromkeys(("dataset", "datasets"), "data sets, which may be kept elsewhere"),
    **dict.fromkeys((".ipynb_checkpoints", "Trash", ".Trash"), "what was put aside"),
    "node_modules": "packages, which can be installed again",
}
_MARKS_IN_FILES: Mapping[str, str] = {"pyvenv.cfg": _ENVIRONMENT}
_MARKS_IN_DIRECTORIES: Mapping[str, str] = {"conda-meta": _ENVIRONMENT}


@dataclass(slots=True)
class Suspect:
    """A directory that may be worth leaving out: the volume's name, its path there, and what lies in and below it."""

    volume: str
    path: str
    reason: str
    files: int = 0
    size: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Measure:
    """What was counted; `complete` is false where time ended the count. Suspects come largest first."""

    files: int
    size: int
    complete: bool
    suspects: tuple[Suspect, ...]


def measure(scanner: Scanner, stem: Stem, *, seconds: float, progress: Progress) -> Measure:
    """Count for at most so many seconds; what can't be looked at isn't counted."""
    until = time.monotonic() + seconds
    suspects: list[Suspect] = []
    files = size = 0
    waiting: list[tuple[Place, Suspect | None]] = [(scanner.root(stem), None)]
    while waiting and time.monotonic() < until:
        progress.check_cancelled()
        place, suspect = waiting.pop()
        try:
            scanned = scanner.scan(place)
        except OSError:
            continue
        if suspect is None and (suspect := _suspect(place, scanned)) is not None:
            suspects.append(suspect)
        here = sum(entry.status.st_size for entry in scanned.files)
        files += len(scanned.files) + len(scanned.others)
        size += here
        progress.advance(files=len(scanned.files), bytes_=here)
        if suspect is not None:
            suspect.files += len(scanned.files) + len(scanned.others)
            suspect.size += here
        waiting.extend((directory, None if directory.is_volume else suspect) for directory in scanned.directories)
    suspects.sort(key=lambda each: each.size, reverse=True)
    return Measure(files=files, size=size, complete=not waiting, suspects=tuple(suspects))


def _suspect(place: Place, scanned: Scanned) -> Suspect | None:
    if place.target is None or place.is_volume or place.passage:
        return None
    reason = _BY_NAME.get(place.name)
    if reason is None:
        marks = [_MARKS_IN_FILES.get(entry.name) for entry in scanned.files]
        marks += [_MARKS_IN_DIRECTORIES.get(directory.name) for directory in scanned.directories]
        reason = next(filter(None, marks), None)
    return None if reason is None else Suspect(place.target.volume, place.path, reason)
