"""What of the volumes goes into a snapshot, by the settings: the archiver's targets, and what a restore keeps for it.

Owns turning settings into the engine's rules, for both ways: what a snapshot leaves out, a restore in place must not
delete, since no safety snapshot could bring it back. Doesn't own the rules' working (engine scan, excludes).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Sequence

import msgspec

from rok_jupyter.config import RokSettings
from rok_jupyter.engine.archiver import Target
from rok_jupyter.engine.confined import ConfinedTree, decode_path, encode_path
from rok_jupyter.engine.excludes import CACHE_TAG, Exclusions, is_cache, read_ignore_file, with_patterns
from rok_jupyter.models import Role
from rok_jupyter.providers.local.capture import is_leftover
from rok_jupyter.providers.local.databases import sidecar_of
from rok_jupyter.providers.local.mounts import all_mounts
from rok_jupyter.providers.local.volumes import Directory, is_directory, resolve

_JOURNAL = "-journal"
_DATABASE_SUFFIXES = (".db", ".db3", ".sqlite", ".sqlite3", ".s3db", ".sl3")


class VolumeRules:
    """The rules of one configuration."""

    def __init__(self, settings: RokSettings) -> None:
        self._settings = settings

    def left_out(self, others: Iterable[Directory]) -> dict[str, str]:
        """Return absolute paths that no snapshot holds, with the reason; `others` are volumes that weren't chosen."""
        paths = {directory.path: f"the volume {directory.name}" for directory in others}
        paths[str(self._settings.locations.root)] = "the state of rok-jupyter itself"
        paths[self._settings.password_location] = "the repository's password"
        paths[self._settings.repository_location] = "the repository itself"
        return paths

    def targets(self, directories: Sequence[Directory]) -> list[Target]:
        """Return what the archiver walks for these volumes."""
        mount_points = frozenset(mount.path for mount in all_mounts())
        return [
            Target(
                volume=directory.name,
                path=directory.path,
                read_at=self._copy_of(directory),
                excludes=tuple(self._settings.excludes),
                exclude_caches=self._settings.exclude_caches,
                mount_points=mount_points - {directory.path},
                included_mounts=self.included_mounts(),
            )
            for directory in directories
        ]

    def _copy_of(self, directory: Directory) -> str:
        """Return where a copy is that is read instead; "" for none."""
        copy = self._settings.workspace_copy
        return resolve(os.path.abspath(copy)) if copy and directory.role is Role.WORKSPACE else ""

    def included_mounts(self) -> frozenset[str]:
        """Return the absolute paths of the mounts that were chosen."""
        return frozenset(resolve(path) for path in self._settings.include_mounts)

    def foreign(self, root: str, others: Iterable[Directory]) -> dict[str, str]:
        """Return paths relative to the directory `root` that no restore may touch there, nor anything below them.

        They are other volumes, other mounts, the repository, and this project's own state, each with the reason.
        """
        included = self.included_mounts()
        places = {mount.path: "other mount" for mount in all_mounts() if mount.path not in included}
        places.update({resolve(path): reason for path, reason in self.left_out(others).items()})
        prefix = root.rstrip("/") + "/"
        return {
            path.removeprefix(prefix): reason
            for path, reason in places.items()
            if path.startswith(prefix) and path != prefix
        }

    def kept(self, root: str) -> KeptRules:
        """Return what a restore must not delete in the directory `root`; close it at the end."""
        return KeptRules(root, Excluding(tuple(self._settings.excludes), caches=self._settings.exclude_caches))


class Excluding(msgspec.Struct, frozen=True):
    """What snapshots leave out: patterns, content of caches, and what `read` says for a directory by its path.

    `read` returns the lines of its `.rokignore`; None for the live one's.
    """

    patterns: tuple[str, ...]
    caches: bool
    read: Callable[[str], list[str]] | None = None


class _InDirectory(msgspec.Struct, frozen=True):
    """What counts for the entries of one live directory."""

    exclusions: Exclusions | None
    cache: bool


class KeptRules:
    """Says why live entries that a snapshot lacks stay. For one restore's plan."""

    def __init__(self, root: str, excluding: Excluding) -> None:
        self._excluding = excluding
        self._tree = ConfinedTree(encode_path(root)) if is_directory(root) else None
        self._known: dict[str, _InDirectory] = {}

    def close(self) -> None:
        """Let go of the live directories."""
        if self._tree is not None:
            self._tree.close()

    def reason(self, path: str) -> str | None:
        """Say why the entry at a relative path stays; None where nothing speaks for it."""
        parent, _, name = path.rpartition("/")
        if self._is_part(parent, name):
            return "it belongs to the file beside it"
        here = self._in(parent)
        if here.cache and name != CACHE_TAG:
            return f"content of a cache ({CACHE_TAG})"
        if here.exclusions is not None and self._excludes(here.exclusions, path, name):
            return "left out of snapshots"
        return None

    def _excludes(self, exclusions: Exclusions, path: str, name: str) -> bool:
        status = None if self._tree is None else self._tree.status(encode_path(path))
        directory = status is not None and stat.S_ISDIR(status.st_mode)
        return exclusions.leave_out(path, name, directory=directory)

    def _in(self, directory: str) -> _InDirectory:
        """Return what counts in a directory: what counts above it, and what it adds."""
        missing = []
        while directory and directory not in self._known:
            missing.append(directory)
            directory = directory.rpartition("/")[0]
        known = self._known.get(directory)
        if known is None:
            outermost = _InDirectory(with_patterns(self._excluding.patterns, 0, None), cache=False)
            known = self._known[""] = self._added("", outermost)
        for inner in reversed(missing):
            known = self._known[inner] = self._added(inner, known)
        return known

    def _added(self, directory: str, outer: _InDirectory) -> _InDirectory:
        if self._tree is None:
            return outer
        try:
            descriptor = self._tree.directory(encode_path(directory))
            read = self._excluding.read
            lines = read_ignore_file(descriptor) if read is None else read(directory)
        except OSError:
            return outer
        exclusions = outer.exclusions
        if lines:
            exclusions = with_patterns(lines, len(directory) + 1 if directory else 0, exclusions)
        return _InDirectory(exclusions, outer.cache or (self._excluding.caches and is_cache(descriptor)))

    def _is_part(self, parent: str, name: str) -> bool:
        """Whether a capture would leave the entry out because it belongs to another one of its directory."""
        base = companion_of(name)
        if base is None and not name.startswith((".~", ".nfs", ".rok-restore-")):
            return False
        names = {base} if base is not None else {name.removeprefix(".~")}
        there = {each for each in names if self._is_there(f"{parent}/{each}" if parent else each)}
        return base in there if base is not None else is_leftover(name, there)

    def _is_there(self, path: str) -> bool:
        try:
            return self._tree is not None and self._tree.status(encode_path(path)) is not None
        except OSError:
            return False


def companion_of(name: str) -> str | None:
    """Return the name of the database whose log or journal a file is by its own name, None where it is none.

    A journal's ending is an ordinary word, so there the database must be one by its name too.
    """
    base = sidecar_of(encode_path(name))
    if base is None or (name.endswith(_JOURNAL) and not base.lower().endswith(_encoded_suffixes())):
        return None
    return decode_path(base)


def is_shared_memory(path: str) -> bool:
    """Whether a database's companion is what its readers share: it holds no data, and reading changes it."""
    return path.endswith("-shm")


def _encoded_suffixes() -> tuple[bytes, ...]:
    return tuple(suffix.encode("ascii") for suffix in _DATABASE_SUFFIXES)
