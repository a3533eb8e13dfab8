"""Which directories are volumes: the workspace, configured data volumes, attached and cloned ones.

Owns names, paths and the links that attach makes; what a user attached or cloned is kept in `volumes.json` of the state
directory. Doesn't own mounts, capabilities or anything that is read from a volume.

A volume's path is absolute and free of symlinks, so that nesting and sameness are plain comparisons of text. The
workspace is the one configured and never guessed.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import msgspec
from msgspec.structs import replace

from rok_jupyter.config import RokSettings
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Role
from rok_jupyter.providers.local.links import make_link, remove_link
from rok_jupyter.state import exclusive, read_json, write_json

WORKSPACE = "workspace"
_NAME = re.compile(r"\w[\w.\- ]{0,98}(?<! )", re.ASCII)


class Directory(msgspec.Struct, frozen=True, kw_only=True):
    """One volume's directory. `path` is where it was configured, even where nothing is there now."""

    name: str
    role: Role
    path: str
    attached_at: str | None = None

    @property
    def present(self) -> bool:
        """Whether the directory is there."""
        return is_directory(self.path)

    def holds(self, path: str) -> bool:
        """Whether an absolute path is this directory or lies below it."""
        return lies_in(path, self.path)


class _Record(msgspec.Struct, frozen=True, kw_only=True):
    """What `volumes.json` holds: directories by name, and where volumes are attached by name."""

    directories: Mapping[str, str] = msgspec.field(default_factory=dict)
    attached: Mapping[str, str] = msgspec.field(default_factory=dict)


class VolumeRegistry:
    """The volumes of one user's settings. Safe between threads and processes: nothing is kept in memory."""

    def __init__(self, settings: RokSettings) -> None:
        self._settings = settings
        self._file = settings.locations.volumes_file

    def directories(self) -> tuple[Directory, ...]:
        """Return the volumes, workspace first, then by name.

        FAILED_PRECONDITION without a workspace; INVALID_ARGUMENT for a setting that names no volume; DATA_LOSS where
        volumes.json is damaged.
        """
        record = self._read()
        found = [Directory(name=WORKSPACE, role=Role.WORKSPACE, path=self._workspace())]
        paths = {**record.directories, **self._configured()}
        for name in sorted(paths):
            found.append(Directory(name=name, role=Role.DATA, path=paths[name], attached_at=record.attached.get(name)))
        _refuse_twins(found)
        return tuple(found)

    def find(self, name: str) -> Directory:
        """Return the volume of that name; NOT_FOUND names those that there are."""
        directories = self.directories()
        for directory in directories:
            if directory.name == name:
                return directory
        names = ", ".join(directory.name for directory in directories)
        raise RokError(ErrorKind.NOT_FOUND, f"There is no volume {name!r}.", f"The volumes are: {names}.")

    def check_free(self, name: str) -> None:
        """Raise ALREADY_EXISTS where the name is taken, INVALID_ARGUMENT where it is none."""
        check_name(name)
        if any(directory.name == name for directory in self.directories()):
            raise RokError(
                ErrorKind.ALREADY_EXISTS, f"There is a volume {name!r} already.", "Choose another name: `rok volumes`."
            )

    def register(self, name: str, path: str) -> Directory:
        """Make an existing absolute directory a data volume of that name, and remember it."""
        self.check_free(name)
        resolved = _existing_directory(name, path)
        twin = next((found for found in self.directories() if found.path == resolved), None)
        if twin is not None:
            raise RokError(
                ErrorKind.ALREADY_EXISTS,
                f"The directory {path} is the volume {twin.name!r} already.",
                f"Use it by that name: {twin.name}.",
            )
        self._change(lambda record: replace(record, directories={**record.directories, name: resolved}))
        return self.find(name)

    def forget(self, name: str) -> None:
        """Forget a registered volume; its directory stays."""

        def without(record: _Record) -> _Record:
            return _Record(
                directories={key: path for key, path in record.directories.items() if key != name},
                attached={key: at for key, at in record.attached.items() if key != name},
            )

        self._change(without)

    def attach(self, name: str, at: str) -> Directory:
        """Make a link to the volume at the clean relative path `at` of the workspace; the same again changes nothing.

        The link is made before it is remembered: killed in between, the same attach again finishes it. A volume that
        lies at that very path, as another disk mounted there does, needs none.
        """
        directory = self.find(name)
        if directory.role is Role.WORKSPACE or not at:
            raise RokError(
                ErrorKind.INVALID_ARGUMENT,
                "Only a data volume can be attached, at a path below the workspace.",
                "Write: rok attach VOLUME --at PATH",
            )
        if directory.attached_at not in (None, at):
            raise RokError(
                ErrorKind.FAILED_PRECONDITION,
                f"The volume {name!r} is attached at {directory.attached_at!r}.",
                f"First: rok detach {name}",
            )
        _existing_directory(name, directory.path)
        if not self._lies_there(directory, at):
            make_link(self._workspace(), at, directory.path)
        self._change(lambda record: replace(record, attached={**record.attached, name: at}))
        return self.find(name)

    def detach(self, name: str) -> Directory:
        """Remove the link that `attach` made, and nothing else; a link that is gone already is only forgotten.

        A volume that lies at its place itself stays there, and is none any more unless the settings name it.
        """
        directory = self.find(name)
        if directory.attached_at is None:
            raise RokError(ErrorKind.FAILED_PRECONDITION, f"The volume {name!r} is not attached.", "See `rok volumes`.")
        if self._lies_there(directory, directory.attached_at):
            self.forget(name)
            return replace(directory, attached_at=None)
        remove_link(self._workspace(), directory.attached_at, directory.path)
        self._change(
            lambda record: replace(record, attached={key: at for key, at in record.attached.items() if key != name})
        )
        return self.find(name)

    def _lies_there(self, directory: Directory, at: str) -> bool:
        return directory.path == f"{self._workspace().rstrip('/')}/{at}"

    def _workspace(self) -> str:
        configured = self._settings.workspace
        if not configured:
            raise RokError(
                ErrorKind.FAILED_PRECONDITION,
                "No workspace is configured, and none is guessed.",
                "Name it: rok --workspace DIR ..., or export ROK_WORKSPACE=DIR",
            )
        path = resolve(configured)
        if not is_directory(path):
            raise RokError(
                ErrorKind.FAILED_PRECONDITION,
                f"The workspace {configured} is no directory.",
                "Name another: rok --workspace DIR ..., or export ROK_WORKSPACE=DIR",
            )
        return path

    def _configured(self) -> dict[str, str]:
        found = {}
        for name, path in self._settings.data_volumes.items():
            check_name(name)
            if not Path(path).expanduser().is_absolute():
                raise RokError(
                    ErrorKind.INVALID_ARGUMENT,
                    f"The data volume {name!r} is configured at {path!r}, which is no absolute path.",
                    "Write an absolute path in RokSettings.data_volumes.",
                )
            found[name] = resolve(path)
        return found

    def _read(self) -> _Record:
        content = read_json(self._file)
        if content is None:
            return _Record()
        try:
            record = cast(Mapping[str, object], content)
            return _Record(directories=_texts(record["directories"]), attached=_texts(record["attached"]))
        except (KeyError, TypeError) as error:
            raise RokError(
                ErrorKind.DATA_LOSS,
                f"The list of attached and cloned volumes, {self._file}, is malformed: {error}.",
                "Mend it or move it away, then attach the volumes again; their data is untouched.",
            ) from error

    def _change(self, change: Callable[[_Record], _Record]) -> None:
        with exclusive(self._file.with_suffix(".lock")):
            record = change(self._read())
            content = {"directories": dict(record.directories), "attached": dict(record.attached)}
            write_json(self._file, content)


def check_name(name: str) -> None:
    """Raise INVALID_ARGUMENT where `name` can't be a data volume's."""
    if _NAME.fullmatch(name) is None or name == WORKSPACE:
        raise RokError(
            ErrorKind.INVALID_ARGUMENT,
            f"{name!r} can't be a data volume's name.",
            "Use letters, digits, '-', '_', '.' and blanks, at most 99, and not 'workspace'.",
        )


def is_directory(path: str) -> bool:
    """Whether a directory, or a link to one, is at a path."""
    return os.path.isdir(path.encode("utf-8", "surrogateescape"))


def lies_in(path: str, directory: str) -> bool:
    """Whether an absolute path is a directory's or lies below it."""
    return path == directory or path.startswith(directory.rstrip("/") + "/")


def _texts(values: object) -> dict[str, str]:
    if not isinstance(values, dict) or not all(isinstance(item, str) for pair in values.items() for item in pair):
        raise TypeError("it doesn't map names to paths")
    return dict(values)


def resolve(path: str) -> str:
    """Return the absolute path without links that `path` means."""
    absolute = str(Path(path).expanduser().absolute())
    return os.path.realpath(absolute.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


def _existing_directory(name: str, path: str) -> str:
    if not Path(path).is_absolute():
        raise RokError(ErrorKind.INVALID_ARGUMENT, f"{path!r} is no absolute path.", "Give the directory's whole path.")
    if not is_directory(path):
        raise RokError(
            ErrorKind.FAILED_PRECONDITION,
            f"The directory {path} of the volume {name!r} is not there.",
            "Make or mount it first.",
        )
    return resolve(path)


def _refuse_twins(directories: list[Directory]) -> None:
    by_path: dict[str, str] = {}
    for directory in directories:
        other = by_path.setdefault(directory.path, directory.name)
        if other != directory.name:
            raise RokError(
                ErrorKind.INVALID_ARGUMENT,
                f"The volumes {other!r} and {directory.name!r} are the same directory, {directory.path}.",
                "Remove one from RokSettings.data_volumes.",
            )
