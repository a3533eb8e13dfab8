"""Live directories: reached by descriptors, listed, and their files opened, never through a link.

Owns opening what is to be read: relative to its directory's descriptor with O_NOFOLLOW, so that no path is longer than
one name and nobody can put a link in the way; few descriptors stay open however deep the tree is. Doesn't own what is
left out (scan), nor how a file's bytes are stored (reading).

Names are bytes at the system's boundary and text, UTF-8 with `surrogateescape`, everywhere else.
"""

from __future__ import annotations

import errno
import os
import stat
import sys
import threading
from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import islice
from typing import NamedTuple

from rok_jupyter.engine.format.tree import ExtendedAttribute
from rok_jupyter.engine.native import load_native_files

_OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NO_ACCESS_TIME: int = getattr(os, "O_NOATIME", 0)
_OPEN_DESCRIPTORS = 128
_NO_DIRECTORY = frozenset((errno.ELOOP, errno.ENOTDIR))
_VANISHED = frozenset((errno.ENOENT, errno.ESTALE))
_NO_ATTRIBUTES = frozenset((errno.ENOTSUP, errno.ENODATA, errno.ENOENT, errno.ENOSYS))
_NATIVE = load_native_files()
_NAMES_ARE_UTF8 = sys.getfilesystemencoding() == "utf-8" and sys.getfilesystemencodeerrors() == "surrogateescape"


class ReplacedError(OSError):
    """Another thing stands where the entry was seen."""

    def __init__(self) -> None:
        super().__init__(errno.EAGAIN, "It was replaced by something else while it was read")


class Listed(NamedTuple):
    """One entry of a directory as lstat saw it. `raw` is its name as the file system spells it."""

    name: str
    raw: bytes
    status: os.stat_result


class LiveDirectory:
    """A directory of a live tree: its place below another one, and which inode stood there when it was first seen.

    The outermost one has no `outer`, and its `name` is an absolute path, in which links are followed.
    """

    __slots__ = ("_descriptor", "_users", "identity", "name", "outer")

    def __init__(self, outer: LiveDirectory | None, name: bytes, status: os.stat_result) -> None:
        self.outer = outer
        self.name = name
        self.identity = (status.st_dev, status.st_ino)
        self._descriptor = -1
        self._users = 0


class Descriptors:
    """The directories that are open: some dozens, the least recently used are closed and opened again when asked for.

    Thread-safe. A directory that is opened again must be the one that was first seen, else it is gone.
    """

    def __init__(self, limit: int = _OPEN_DESCRIPTORS) -> None:
        self._limit = limit
        self._lock = threading.Lock()
        self._open: OrderedDict[LiveDirectory, None] = OrderedDict()

    @contextmanager
    def of(self, directory: LiveDirectory) -> Iterator[int]:
        """Lend a directory's descriptor; raises OSError, a ReplacedError where another thing stands in its place."""
        descriptor = self._acquire(directory)
        try:
            yield descriptor
        finally:
            with self._lock:
                directory._users -= 1

    def close(self) -> None:
        """Close everything; nothing may be lent any more."""
        with self._lock:
            while self._open:
                self._close(self._open.popitem()[0])

    def _acquire(self, directory: LiveDirectory) -> int:
        with self._lock:
            if directory._descriptor >= 0:
                self._open.move_to_end(directory)
            else:
                self._open_chain(directory)
            directory._users += 1
            return directory._descriptor

    def _open_chain(self, directory: LiveDirectory) -> None:
        missing: list[LiveDirectory] = []
        nearest: LiveDirectory | None = directory
        while nearest is not None and nearest._descriptor < 0:
            missing.append(nearest)
            nearest = nearest.outer
        while missing:
            self._make_room(keep=nearest)
            nearest = missing.pop()
            nearest._descriptor = _open_same(nearest)
            self._open[nearest] = None

    def _make_room(self, keep: LiveDirectory | None) -> None:
        """Close some that nobody uses; an outermost directory stays open, for every other is reached from there."""
        if len(self._open) < self._limit:
            return
        closable = (
            candidate
            for candidate in self._open
            if candidate._users == 0 and candidate is not keep and candidate.outer is not None
        )
        for candidate in list(islice(closable, self._limit // 4)):
            self._close(candidate)
            del self._open[candidate]

    @staticmethod
    def _close(directory: LiveDirectory) -> None:
        os.close(directory._descriptor)
        directory._descriptor = -1


def _open_same(directory: LiveDirectory) -> int:
    try:
        if directory.outer is None:
            descriptor = os.open(directory.name, _OPEN_DIRECTORY & ~os.O_NOFOLLOW)
        else:
            descriptor = os.open(directory.name, _OPEN_DIRECTORY, dir_fd=directory.outer._descriptor)
    except OSError as error:
        if error.errno in _NO_DIRECTORY:
            raise ReplacedError() from error
        raise
    found = os.fstat(descriptor)
    if (found.st_dev, found.st_ino) != directory.identity:
        os.close(descriptor)
        raise ReplacedError()
    return descriptor


def list_directory(descriptor: int) -> tuple[list[Listed], list[tuple[str, OSError]]]:
    """Return a directory's entries in the order of their names' bytes, and those that can't be looked at.

    What vanishes meanwhile is left out. A mount whose server died can't be looked at, for one.
    """
    if _NATIVE is None:
        return _list_in_python(descriptor)
    listed: list[Listed] = []
    failed: list[tuple[str, OSError]] = []
    for raw, status in _NATIVE.list_directory(descriptor):
        name = raw.decode("utf-8", "surrogateescape")
        if not isinstance(status, int):
            listed.append(Listed(name, raw, status))
        elif status not in _VANISHED:
            failed.append((name, OSError(status, os.strerror(status))))
    return listed, failed


def _list_in_python(descriptor: int) -> tuple[list[Listed], list[tuple[str, OSError]]]:
    listed: list[Listed] = []
    failed: list[tuple[str, OSError]] = []
    with os.scandir(descriptor) as entries:
        # By inode, which is how they lie on the disk: lstat of a cold directory seeks less.
        for entry in sorted(entries, key=os.DirEntry.inode):
            raw = os.fsencode(entry.name)
            name = entry.name if _NAMES_ARE_UTF8 else raw.decode("utf-8", "surrogateescape")
            try:
                status = entry.stat(follow_symlinks=False)
            except OSError as error:
                if not is_vanished(error):
                    failed.append((name, error))
                continue
            listed.append(Listed(name, raw, status))
    listed.sort(key=_raw_name)
    return listed, failed


def _raw_name(listed: Listed) -> bytes:
    return listed.raw


def open_file(directory: int, name: bytes, owner: int) -> int:
    """Open a file for reading, without waiting and without touching its access time where that is allowed.

    Raises OSError, a ReplacedError where a link stands there.
    """
    try:
        return _open_untouched(directory, name, owner)
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise ReplacedError() from error
        raise


def _open_untouched(directory: int, name: bytes, owner: int) -> int:
    if _NO_ACCESS_TIME and os.geteuid() in (0, owner):
        try:
            return os.open(name, _OPEN_FILE | _NO_ACCESS_TIME, dir_fd=directory)
        except PermissionError:
            pass  # root of a user namespace doesn't own every file that it may read
    return os.open(name, _OPEN_FILE, dir_fd=directory)


def read_small_file(directory: int, name: bytes, limit: int) -> bytes | None:
    """Return at most `limit` bytes of a regular file; None where none is there. Raises OSError as the system tells."""
    try:
        descriptor = os.open(name, _OPEN_FILE, dir_fd=directory)
    except OSError as error:
        if is_vanished(error) or error.errno == errno.ELOOP:
            return None
        raise
    try:
        return os.read(descriptor, limit) if stat.S_ISREG(os.fstat(descriptor).st_mode) else None
    finally:
        os.close(descriptor)


def read_attributes(target: int | bytes) -> tuple[ExtendedAttribute, ...]:
    """Return the extended attributes, ACLs included, of an open file or of an entry by its path (no link is followed).

    Raises OSError where they are there and can't be read.
    """
    if sys.platform != "linux":
        return ()
    follow = isinstance(target, int)
    try:
        names = os.listxattr(target, follow_symlinks=follow)
    except OSError as error:
        if error.errno in _NO_ATTRIBUTES:
            return ()
        raise
    if not names:
        return ()
    return tuple(
        ExtendedAttribute(name, value) for name in sorted(names) if (value := _read_attribute(target, name)) is not None
    )


def _read_attribute(target: int | bytes, name: str) -> bytes | None:
    try:
        return os.getxattr(target, name, follow_symlinks=isinstance(target, int))
    except OSError as error:
        if error.errno in _NO_ATTRIBUTES:
            return None
        raise


def is_vanished(error: OSError) -> bool:
    """Whether the entry was there and is gone, which is no fault in a tree that is in use."""
    return error.errno in _VANISHED


def message_of(error: OSError) -> str:
    """Return what the system says, as a sentence."""
    return f"{error.strerror or error}."
