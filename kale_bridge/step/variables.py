"""A step's variables, as files that a snapshot can carry. Standard library only.

Owns which files are a step's variables (Kale's artifacts, named by their `marshal_path`, and for a failed step what its
marshal directory got since it began), and that they stand in the volume while the snapshot is taken and are gone
afterwards. Doesn't own loading them (`resume`): they are never opened here but to be copied.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kale_bridge.step.failure import HookFailure

DIRECTORY = ".rok-kale"
"""The directory of a volume in which variables stand while a snapshot is taken."""
MARSHAL_DIRECTORY = "/tmp/marshal"  # noqa: S108  Kale's own, hard-coded in its templates
MARSHAL_VARIABLE = "ROK_KALE_MARSHAL"
"""Names the directory that takes its place where a machine has several runs."""
_FILES_CLOCK_SECONDS = 0.05
"""How far the clock of files' times may be behind."""
_PLACES = {"gs://": "/gcs/", "minio://": "/minio/", "s3://": "/s3/"}
_SUFFIXES = ("_input_artifact", "_output_artifact")
_MARSHALLED = "_artifact"


@dataclass(frozen=True)
class Variable:
    """One variable: `source` is the file (or directory) that holds it, `extension` is of the form that Kale gave it."""

    name: str
    source: str
    extension: str

    @property
    def file_name(self) -> str:
        """The name that Kale's resume looks for."""
        return self.name + self.extension


def inputs_of(executor_input: Mapping[str, Any]) -> list[Variable]:
    """Return the variables that a step gets."""
    return _variables(executor_input.get("inputs", {}).get("artifacts", {}))


def outputs_of(executor_input: Mapping[str, Any]) -> list[Variable]:
    """Return the variables that a step gave, as it said when it ended."""
    try:
        with open(executor_input["outputs"]["outputFile"], encoding="utf-8") as file:
            artifacts = json.load(file).get("artifacts", {})
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return []
    return _variables(artifacts)


def marshalled_since(moment: float, environment: Mapping[str, str] = os.environ) -> list[Variable]:
    """Return the variables that were written into Kale's marshal directory since a time (seconds of the epoch)."""
    directory = environment.get(MARSHAL_VARIABLE) or MARSHAL_DIRECTORY
    found = []
    moment -= _FILES_CLOCK_SECONDS
    try:
        entries = sorted(os.scandir(directory), key=lambda entry: entry.name)
    except OSError:
        return []
    for entry in entries:
        name, extension = os.path.splitext(entry.name)
        with contextlib.suppress(OSError):
            if name.endswith(_MARSHALLED) and entry.stat(follow_symlinks=False).st_mtime >= moment:
                found.append(Variable(name.removesuffix(_MARSHALLED), entry.path, extension))
    return found


def united(*groups: Sequence[Variable]) -> list[Variable]:
    """Return variables by name; of two of a name the later one counts."""
    return list({variable.name: variable for group in groups for variable in group}.values())


def files_of(variables: Sequence[Variable]) -> int:
    """Return how many files hold variables: some are directories."""
    return sum(
        sum(len(names) for _, _, names in os.walk(each.source)) if os.path.isdir(each.source) else 1
        for each in variables
    )


@contextlib.contextmanager
def standing_in(root: str, place: str, variables: Sequence[Variable]) -> Iterator[None]:
    """Keep copies of variables in the directory `place` of the volume at `root` for as long as the block runs.

    Raises HookFailure, with nothing left behind, where they can't be written.
    """
    directories = _steps(root, place)
    copies: list[str] = []
    try:
        try:
            _check_room(root, variables)
            for directory in directories:
                _make_directory(directory)
            for variable in variables:
                copies.append(os.path.join(root, place, variable.file_name))
                _copy(variable.source, copies[-1])
        except OSError as error:
            where = os.path.join(root, DIRECTORY)
            reason = (error.strerror or str(error)).lower()
            raise HookFailure(f"The variables can't be put into {where}: {reason}.") from error
        yield
    finally:
        for path in copies:
            _remove(path)
        with contextlib.suppress(OSError):  # one that a sibling uses isn't empty, and stays
            for directory in reversed(directories):
                os.rmdir(directory)


def _variables(artifacts: Mapping[str, Any]) -> list[Variable]:
    found = []
    for key, listed in artifacts.items():
        suffix = next((suffix for suffix in _SUFFIXES if key.endswith(suffix)), None)
        if suffix is None or not listed.get("artifacts"):
            continue
        artifact = listed["artifacts"][0]
        marshalled = (artifact.get("metadata") or {}).get("marshal_path")
        source = local_path(artifact)
        if isinstance(marshalled, str) and source and os.path.exists(source):
            found.append(Variable(key.removesuffix(suffix), source, os.path.splitext(marshalled)[1]))
    return found


def local_path(artifact: Mapping[str, Any]) -> str:
    """Return where KFP put an artifact's file."""
    uri = str(artifact.get("custom_path") or artifact.get("customPath") or artifact.get("uri") or "")
    for prefix, place in _PLACES.items():
        if uri.startswith(prefix):
            return place + uri.removeprefix(prefix)
    return uri if os.path.isabs(uri) else ""


def _check_room(root: str, variables: Sequence[Variable]) -> None:
    size = sum(_size(variable.source) for variable in variables)
    disk = os.statvfs(root)
    if size > disk.f_bavail * disk.f_frsize // 2:
        raise HookFailure(f"The variables take {size // 1000**2} MB, more than half of what is free in {root}.")


def _size(path: str) -> int:
    if not os.path.isdir(path):
        return os.path.getsize(path)
    return sum(os.path.getsize(os.path.join(top, name)) for top, _, names in os.walk(path) for name in names)


def _steps(root: str, place: str) -> list[str]:
    """Return the directories from the root down to a place."""
    paths, path = [], root
    for name in place.split("/"):
        path = os.path.join(path, name)
        paths.append(path)
    return paths


def _make_directory(path: str) -> None:
    """Make a directory, or take the one that a sibling made; a link there would lead out of the volume."""
    try:
        os.mkdir(path)
    except FileExistsError:
        if os.path.islink(path) or not os.path.isdir(path):
            raise HookFailure(f"{path} is in the way of the variables.", "Remove it.") from None


def _copy(source: str, target: str) -> None:
    """Copy what holds a variable; what an attempt that was killed has left there is taken away first."""
    _remove(target)
    if os.path.isdir(source):
        shutil.copytree(source, target)
        return
    with open(source, "rb") as original, open(target, "xb") as copy:
        shutil.copyfileobj(original, copy, 1 << 20)


def _remove(path: str) -> None:
    """Remove a file, or the directory that holds a variable."""
    if os.path.isdir(path) and not os.path.islink(path):
        shutil.rmtree(path, ignore_errors=True)
        return
    with contextlib.suppress(OSError):
        os.unlink(path)
