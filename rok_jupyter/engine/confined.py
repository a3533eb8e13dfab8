"""A directory tree that is reached by directory descriptors only, so that no link ever leads out of it.

Owns opening directories below one root: each component is opened relative to its parent's descriptor with O_NOFOLLOW,
so a symlink in the place of a directory is an error and never a way out, whoever swaps it and whenever; a path may be
longer than PATH_MAX and a thousand levels deep, with few descriptors open. Doesn't own what is done in the directories:
callers use `os` functions with `dir_fd` and one name.

Paths are bytes relative to the root with "/" between names; b"" is the root.
"""

from __future__ import annotations

import errno
import os
import stat
from collections import OrderedDict
from types import TracebackType

_OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_OPEN_DESCRIPTORS = 96


class ConfinedTree:
    """The tree below `root`, an existing directory. For one thread; `close` it, or use it in a `with`."""

    def __init__(self, root: bytes) -> None:
        self.root = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        self._open: OrderedDict[bytes, int] = OrderedDict()

    def __enter__(self) -> ConfinedTree:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Close every descriptor."""
        while self._open:
            os.close(self._open.popitem()[1])
        if self.root >= 0:
            os.close(self.root)
            self.root = -1

    def directory(self, path: bytes) -> int:
        """Return a descriptor of the directory at `path`, lent until some dozens of other directories were asked for.

        Raises OSError: ENOENT, ENOTDIR or ELOOP where a component is no directory (a symlink to one is none).
        """
        if not path:
            return self.root
        known = self._open.get(path)
        if known is not None:
            self._open.move_to_end(path)
            return known
        base, missing = self._nearest(path)
        descriptor = self.root if not base else self._open[base]
        for name in missing:
            descriptor = os.open(name, _OPEN_DIRECTORY, dir_fd=descriptor)
            base = join(base, name)
            self._remember(base, descriptor)
        return descriptor

    def at(self, path: bytes) -> tuple[int, bytes]:
        """Return a descriptor of the entry's directory and the entry's name in it, for `os` functions with `dir_fd`."""
        parent, name = split(path)
        return self.directory(parent), name

    def status(self, path: bytes) -> os.stat_result | None:
        """Return lstat of an entry; None where nothing is there."""
        if not path:
            return os.fstat(self.root)
        try:
            directory, name = self.at(path)
            return os.stat(name, dir_fd=directory, follow_symlinks=False)
        except FileNotFoundError:
            return None

    def open_file(self, path: bytes) -> int:
        """Open the regular file at `path` for reading; the descriptor is the caller's.

        Raises OSError as `directory`, and EINVAL where something else than a regular file is there: it isn't opened,
        since that may block or have effects.
        """
        directory, name = self.at(path)
        _require_regular(os.stat(name, dir_fd=directory, follow_symlinks=False))
        descriptor = os.open(name, _OPEN_FILE, dir_fd=directory)
        try:
            _require_regular(os.fstat(descriptor))
        except OSError:
            os.close(descriptor)
            raise
        return descriptor

    def forget(self, path: bytes) -> None:
        """Close what is open at and below `path`, because another thing is going to stand there."""
        below = path + b"/"
        for known in [known for known in self._open if known == path or known.startswith(below)]:
            os.close(self._open.pop(known))

    def _nearest(self, path: bytes) -> tuple[bytes, list[bytes]]:
        """The deepest open ancestor, and the names that lead from it to `path`."""
        names: list[bytes] = []
        base = path
        while base and base not in self._open:
            base, name = split(base)
            names.append(name)
        if base:
            self._open.move_to_end(base)
        names.reverse()
        return base, names

    def _remember(self, path: bytes, descriptor: int) -> None:
        self._open[path] = descriptor
        while len(self._open) > _OPEN_DESCRIPTORS:
            os.close(self._open.popitem(last=False)[1])


def _require_regular(status: os.stat_result) -> None:
    if not stat.S_ISREG(status.st_mode):
        raise OSError(errno.EINVAL, "it is no regular file")


def split(path: bytes) -> tuple[bytes, bytes]:
    """Split a path into its directory's path and its name."""
    parent, _, name = path.rpartition(b"/")
    return parent, name


def join(directory: bytes, name: bytes) -> bytes:
    """Return the path of `name` in a directory."""
    return directory + b"/" + name if directory else name


def encode_path(path: str) -> bytes:
    """Return a path's or name's bytes."""
    return path.encode("utf-8", "surrogateescape")


def decode_path(path: bytes) -> str:
    """Return a path or name as the project's text."""
    return path.decode("utf-8", "surrogateescape")
