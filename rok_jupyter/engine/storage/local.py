"""A repository in a local directory, laid out as restic's default.

    config · keys/ · locks/ · snapshots/ · index/ · data/00/ ... data/ff/ · tmp/

`tmp/` is ours and restic doesn't look into it: a file is written there, synced, renamed to its place, and the place's
directory synced, so that a kill or a power cut at any moment leaves a file whole or not there. `tmp/reserve` keeps the
room that a lock and a record need where the disk is full and snapshots are to be removed.

Owns paths, durability and the mapping of OSError. Doesn't own what the files hold.
"""

from __future__ import annotations

import errno
import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from rok_jupyter.engine.format.ids import Buffer, Id, is_id
from rok_jupyter.engine.storage.backend import CONFIG_NAME, FileKind, differs_error, storage_error
from rok_jupyter.engine.storage.directory_revision import DirectoryRevisions
from rok_jupyter.errors import ErrorKind, RokError

_DIRECTORIES = {
    FileKind.KEY: "keys",
    FileKind.LOCK: "locks",
    FileKind.SNAPSHOT: "snapshots",
    FileKind.INDEX: "index",
    FileKind.DATA: "data",
}
_DIRECTORY_MODE = 0o700
_FILE_MODE = 0o600
_LEFTOVER_SECONDS = 3600
_RESERVE = b"/tmp/reserve"
_RESERVE_BYTES = 128 << 10
_NOT_DURABLE_REMOVALS = (FileKind.DATA, FileKind.LOCK)
"""A pack or a lock that comes back after a power cut does no harm; each sync of their removal would cost time."""


class LocalBackend:
    """A directory; `path` is text with `surrogateescape` for bytes that are no UTF-8."""

    def __init__(self, path: str) -> None:
        self._root = os.path.abspath(path.encode("utf-8", "surrogateescape"))
        self._revisions = DirectoryRevisions()
        self._listed: dict[FileKind, tuple[frozenset[bytes], frozenset[Id]]] = {}
        self._tidied = False
        self._tidying = threading.Lock()

    @property
    def location(self) -> str:
        """The absolute path."""
        return self._root.decode("utf-8", "surrogateescape")

    def create(self) -> None:
        """Make the directories, 0700 each, and sync them."""
        with _mapped("create its directories"):
            os.makedirs(self._root, mode=_DIRECTORY_MODE, exist_ok=True)
            names = [name.encode() for name in _DIRECTORIES.values()]
            names += [b"data/%02x" % number for number in range(256)] + [b"tmp"]
            for name in names:
                with suppress(FileExistsError):
                    os.mkdir(self._root + b"/" + name, _DIRECTORY_MODE)
            for directory in (self._root + b"/data", self._root, os.path.dirname(self._root)):
                _sync_directory(directory)

    def exists(self, kind: FileKind, file_id: Id) -> bool:
        """Whether this file is there."""
        with _mapped(f"look for a {kind}"):
            try:
                os.stat(self._path(kind, file_id))
            except (FileNotFoundError, NotADirectoryError):
                return False
            return True

    def save(self, kind: FileKind, file_id: Id, data: Buffer) -> None:
        """Write, sync, rename, sync the directory."""
        path = self._path(kind, file_id)
        with _mapped(f"save a {kind}"):
            if self._holds(path, data):
                _sync_directory(os.path.dirname(path))
                return
            if os.path.lexists(path):
                raise differs_error(kind, file_id)
            temporary = self._write_temporary(data)
            try:
                self._publish(temporary, path, kind)
            except BaseException:
                with suppress(OSError):
                    os.unlink(temporary)
                raise
            if kind is not FileKind.LOCK:  # one that a power cut takes away has no holder any more
                _sync_directory(os.path.dirname(path))

    def load(self, kind: FileKind, file_id: Id, *, offset: int = 0, length: int | None = None) -> bytes:
        """Read the file or a part of it."""
        with _mapped(f"read a {kind}"):
            descriptor = os.open(self._path(kind, file_id), os.O_RDONLY | os.O_CLOEXEC)
            try:
                if length is None:
                    length = max(0, os.fstat(descriptor).st_size - offset)
                return _read_exactly(descriptor, offset, length)
            finally:
                os.close(descriptor)

    def size(self, kind: FileKind, file_id: Id) -> int:
        """Return the file's length in bytes."""
        with _mapped(f"look at a {kind}"):
            return os.stat(self._path(kind, file_id)).st_size

    def list(self, kind: FileKind) -> Iterator[tuple[Id, int]]:
        """Go through the files whose names are ids."""
        if kind is FileKind.CONFIG:
            return iter([(CONFIG_NAME, self.size(kind, CONFIG_NAME))] if self.exists(kind, CONFIG_NAME) else [])
        base = self._root + b"/" + _DIRECTORIES[kind].encode()
        with _mapped(f"list every {kind}"):
            if kind is not FileKind.DATA:
                return iter(_files_of(base))
            return iter([found for directory in _shards_of(base) for found in _files_of(directory)])

    def ids(self, kind: FileKind) -> frozenset[Id]:
        """Return the names that are ids."""
        if kind in (FileKind.CONFIG, FileKind.DATA):
            return frozenset(file_id for file_id, _ in self.list(kind))
        with _mapped(f"list every {kind}"):
            return self._ids_in(kind, self._root + b"/" + _DIRECTORIES[kind].encode())

    def revision(self, kind: FileKind) -> str:
        """Return a hash of the directory's names and time."""
        if kind is FileKind.CONFIG:
            return "there" if self.exists(kind, CONFIG_NAME) else ""
        base = self._root + b"/" + _DIRECTORIES[kind].encode()
        with _mapped(f"look for changes of every {kind}"):
            directories = [base] if kind is not FileKind.DATA else _shards_of(base)
            return "".join([self._revisions.of(directory) for directory in directories])

    def remove(self, kind: FileKind, file_id: Id) -> None:
        """Unlink the file, and sync its directory where the order of removals matters."""
        path = self._path(kind, file_id)
        with _mapped(f"remove a {kind}"):
            os.unlink(path)
            if kind not in _NOT_DURABLE_REMOVALS:
                _sync_directory(os.path.dirname(path))

    def free_reserve(self) -> bool:
        """Remove `tmp/reserve`; the next process that writes here makes it again where there is room."""
        with _mapped("free its reserve"):
            try:
                os.unlink(self._root + _RESERVE)
            except FileNotFoundError:
                return False
            return True

    def _path(self, kind: FileKind, file_id: Id) -> bytes:
        if kind is FileKind.CONFIG:
            return self._root + b"/config"
        if not is_id(file_id):
            raise RokError(ErrorKind.INVALID_ARGUMENT, f"{file_id[:80]!r} is no id of a file in a repository.")
        shard = f"/{file_id[:2]}" if kind is FileKind.DATA else ""
        return self._root + f"/{_DIRECTORIES[kind]}{shard}/{file_id}".encode()

    def _ids_in(self, kind: FileKind, directory: bytes) -> frozenset[Id]:
        """Read a directory's names; only where they aren't those of the last time is each of them looked at."""
        entries = _entries_of(directory)
        names = frozenset([entry.name for entry in entries])
        listed = self._listed.get(kind)
        if listed is None or listed[0] != names:
            files = (entry.name.decode("utf-8", "replace") for entry in entries if entry.is_file())
            listed = self._listed[kind] = (names, frozenset(name for name in files if is_id(name)))
        return listed[1]

    def _holds(self, path: bytes, data: Buffer) -> bool:
        """Whether exactly this content is there."""
        try:
            if os.stat(path).st_size != len(data):
                return False
            with open(path, "rb") as file:
                return file.read() == data
        except FileNotFoundError:
            return False

    def _write_temporary(self, data: Buffer) -> bytes:
        directory = self._root + b"/tmp"
        self._tidy(directory)
        temporary = directory + b"/" + secrets.token_hex(16).encode()
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
        try:
            _write_all(descriptor, data)
            os.fsync(descriptor)
        except BaseException:
            with suppress(OSError):
                os.unlink(temporary)
            raise
        finally:
            os.close(descriptor)
        return temporary

    def _publish(self, temporary: bytes, path: bytes, kind: FileKind) -> None:
        if kind is FileKind.CONFIG and _link(temporary, path):
            os.unlink(temporary)
            return
        try:
            os.rename(temporary, path)
        except FileNotFoundError:
            # Another program's repository may lack a directory until its first file.
            os.makedirs(os.path.dirname(path), mode=_DIRECTORY_MODE, exist_ok=True)
            _sync_directory(os.path.dirname(os.path.dirname(path)))
            os.rename(temporary, path)

    def _tidy(self, directory: bytes) -> None:
        """Once per process: remove what writers that were killed left. Whoever still writes would only fail cleanly."""
        with self._tidying:
            if self._tidied:
                return
            self._tidied = True
        with suppress(FileExistsError):
            os.mkdir(directory, _DIRECTORY_MODE)
        oldest = time.time() - _LEFTOVER_SECONDS
        for entry in _entries_of(directory):
            with suppress(OSError):
                if entry.stat(follow_symlinks=False).st_mtime < oldest and not entry.path.endswith(_RESERVE):
                    os.unlink(entry.path)
        if not os.path.exists(self._root + _RESERVE):
            with suppress(OSError):
                self._make_reserve()

    def _make_reserve(self) -> None:
        descriptor = os.open(self._root + _RESERVE, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, _FILE_MODE)
        try:
            _write_all(descriptor, os.urandom(_RESERVE_BYTES))  # zeros might take no room
        except OSError:
            os.unlink(self._root + _RESERVE)
            raise
        finally:
            os.close(descriptor)


@contextmanager
def _mapped(action: str) -> Iterator[None]:
    """The one seam where this module's OSErrors become RokErrors."""
    try:
        yield
    except OSError as error:
        raise storage_error(error, action) from error


def _sync_directory(path: bytes) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):  # file systems that can't sync directories
            raise
    finally:
        os.close(descriptor)


def _write_all(descriptor: int, data: Buffer) -> None:
    with memoryview(data) as view:
        written = 0
        while written < len(view):
            written += os.write(descriptor, view[written:])


def _read_exactly(descriptor: int, offset: int, length: int) -> bytes:
    """Read up to `length` bytes; one call nearly always, more where the system gives less than asked."""
    content = os.pread(descriptor, length, offset)
    if len(content) == length or not content:
        return content
    pieces = [content]
    done = len(content)
    while done < length and (piece := os.pread(descriptor, length - done, offset + done)):
        pieces.append(piece)
        done += len(piece)
    return b"".join(pieces)


def _link(temporary: bytes, path: bytes) -> bool:
    """Give the file its name only if nobody has it; False where the file system knows no links."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise differs_error(FileKind.CONFIG, CONFIG_NAME) from None
    except OSError as error:
        if error.errno in (errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK):
            return False
        raise
    return True


def _entries_of(directory: bytes) -> list[os.DirEntry[bytes]]:
    try:
        with os.scandir(directory) as entries:
            return list(entries)
    except FileNotFoundError:
        return []


def _shards_of(base: bytes) -> list[bytes]:
    return sorted(entry.path for entry in _entries_of(base) if entry.is_dir(follow_symlinks=True))


def _files_of(directory: bytes) -> list[tuple[Id, int]]:
    found = []
    for entry in _entries_of(directory):
        name = entry.name.decode("utf-8", "replace")
        if not is_id(name):
            continue
        # A file that another process removes meanwhile is simply not there.
        with suppress(FileNotFoundError):
            if entry.is_file():
                found.append((name, entry.stat().st_size))
    return found
