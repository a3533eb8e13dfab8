"""SQLite databases in use: how one is read so that it opens cleanly.

Owns the ways to read a database whole, and the knowledge which files stand beside it. Doesn't own which files are read
so (see capture). Nothing is written into the user's volume:

- Rollback journal: a read transaction keeps writers out while the file's own bytes are copied, so the copy is exact.
- Write-ahead log with content: sqlite3's backup API, since the log's pages belong to the database.
- A journal or a log that a killed writer left: both files are copied, and recovery runs on the copies.
- Write-ahead mode without a log: the file is complete by itself, and is read as any other.

Closing a file drops the locks that this very process has on it through SQLite (POSIX says so), which can cost a
database: one that this process has open is therefore only read through SQLite.
"""

from __future__ import annotations

import fcntl
import os
import shutil
import sqlite3
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import quote

from rok_jupyter.progress import Progress
from rok_jupyter.providers.local.spool import (
    Captured,
    fill,
    new_spool,
    open_regular,
    same_state,
    status_of,
)
from rok_jupyter.state import private_directory

HEADER = b"SQLite format 3\x00"
SIDECARS = (b"-wal", b"-shm", b"-journal")
TEMPORARY_PREFIX = "database-"
_LOCK_SECONDS = 10.0
_LOOK_SECONDS = 0.002
"""A busy writer pauses for milliseconds between two commits. SQLite's own waiting, ten looks a second, misses them."""
_COPY_SECONDS = 120.0
_LEFTOVER_SECONDS = 86_400
_ONE_STEP_BYTES = 1 << 30
_STEP_PAGES = 1 << 16
_WRITE_AHEAD = b"\x02\x02"
_PRIMARY_CODE = 0xFF
_TICK_NS = 10_000_000


def remove_leftovers(temporary: Path) -> None:
    """Remove the copies that a killed process left a day ago or earlier."""
    oldest = time.time() - _LEFTOVER_SECONDS
    for scratch in temporary.glob(f"{TEMPORARY_PREFIX}*"):
        try:
            if scratch.stat().st_mtime < oldest:
                shutil.rmtree(scratch)
        except OSError:
            continue  # another process was faster


class UnreadableDatabaseError(Exception):
    """SQLite could not give a clean copy. `in_use`: it is locked, or it moved; else SQLite takes it for no database."""

    def __init__(self, message: str, *, in_use: bool) -> None:
        super().__init__(message)
        self.in_use = in_use


def is_header(first: bytes) -> bool:
    """Whether a file's first bytes are a database's."""
    return first.startswith(HEADER)


def has_log(directory: int, name: bytes) -> bool:
    """Whether a write-ahead log with content stands beside the file: its own times then don't tell of changes."""
    log = status_of(directory, name + b"-wal")
    return log is not None and log.st_size > 0


def sidecar_of(name: bytes) -> bytes | None:
    """Return the name of the file to which `name` may be a log, a journal or shared memory; None where it is none."""
    for suffix in SIDECARS:
        if name.endswith(suffix) and len(name) > len(suffix):
            return name.removesuffix(suffix)
    return None


def open_in_this_process() -> frozenset[tuple[int, int]]:
    """Return device and inode of every file that this process has open; empty where the system doesn't tell."""
    found = set()
    try:
        descriptors = os.listdir("/proc/self/fd")
    except OSError:
        return frozenset()
    for descriptor in descriptors:
        try:
            status = os.fstat(int(descriptor))
        except OSError:
            continue
        found.add((status.st_dev, status.st_ino))
    return frozenset(found)


def capture_open_database(directory: int, name: bytes, temporary: Path, progress: Progress) -> Captured:
    """Copy a database that this process has open itself, through SQLite alone.

    Raises UnreadableDatabaseError, also where it is no database, and OSError as the system tells.
    """
    status = os.stat(name, dir_fd=directory, follow_symlinks=False)
    return _backup(directory, name, status, (temporary, progress))


def capture_database(directory: int, name: bytes, temporary: Path, progress: Progress) -> Captured | None:
    """Return a clean copy of a database; None where the file is complete by itself, to be read as any other.

    Waits at most ten seconds for a lock. Raises UnreadableDatabaseError, and OSError as the system tells.
    """
    descriptor = open_regular(directory, name)
    if descriptor is None:
        return None
    try:
        status = os.fstat(descriptor)
        if os.pread(descriptor, 2, 18) != _WRITE_AHEAD:
            return _copy_under_lock(directory, name, descriptor, (temporary, progress))
    finally:
        os.close(descriptor)
    if not has_log(directory, name):
        return None
    if status_of(directory, name + b"-shm") is None:
        return _recover(directory, name, b"-wal", temporary)
    return _backup(directory, name, status, (temporary, progress))


def _copy_under_lock(directory: int, name: bytes, descriptor: int, work: tuple[Path, Progress]) -> Captured:
    temporary, progress = work
    try:
        with _reading(directory, name, wait_seconds=0) as connection:
            if not _keep_writers_out(connection, directory, name, progress):
                return _recover(directory, name, b"-journal", temporary)
            before = _ticked(os.fstat(descriptor))
            spool = new_spool(temporary)
            fill(spool, descriptor)
            settled = same_state(before, status_of(directory, name))
            return Captured(spool, before, settled=settled)
    except sqlite3.Error as error:
        raise _unreadable(error) from error


def _keep_writers_out(connection: sqlite3.Connection, directory: int, name: bytes, progress: Progress) -> bool:
    """Begin a read transaction as soon as a writer lets us; False where a killed one left its journal behind."""
    deadline = time.monotonic() + _LOCK_SECONDS
    connection.execute("BEGIN")
    while True:
        try:
            connection.execute("PRAGMA schema_version").fetchone()
            return True
        except sqlite3.Error as error:
            unfinished = getattr(error, "sqlite_errorcode", 0) == sqlite3.SQLITE_READONLY_ROLLBACK
            if unfinished and status_of(directory, name + b"-journal") is not None:
                return False
            # A journal that is gone by now was a live writer's.
            if not (unfinished or _is_locked(error)) or time.monotonic() > deadline:
                raise
        progress.check_cancelled()
        time.sleep(_LOOK_SECONDS)


def _ticked(status: os.stat_result) -> os.stat_result:
    """Let time pass after a look at a file until any later write shows in its times: their clock may be coarse."""
    if abs(time.time_ns() - status.st_ctime_ns) < _TICK_NS:
        time.sleep(_TICK_NS / 1e9)
    return status


def _backup(directory: int, name: bytes, status: os.stat_result, work: tuple[Path, Progress]) -> Captured:
    temporary, progress = work
    pages = -1 if status.st_size <= _ONE_STEP_BYTES else _STEP_PAGES
    deadline = time.monotonic() + (_LOCK_SECONDS if pages < 0 else _COPY_SECONDS)

    def watch(_status: int, _remaining: int, _total: int) -> None:
        progress.check_cancelled()
        if time.monotonic() > deadline:
            raise UnreadableDatabaseError("it is locked by a writer", in_use=True)

    with _private(temporary) as scratch:
        copy = scratch / "copy"
        try:
            with (
                _reading(directory, name, wait_seconds=_LOCK_SECONDS) as source,
                closing(sqlite3.connect(copy)) as target,
            ):
                target.execute("PRAGMA synchronous=OFF")
                source.backup(target, pages=pages, progress=watch, sleep=0.05)
        except sqlite3.Error as error:
            raise _unreadable(error) from error
        now = status_of(directory, name)
        same_file = now is not None and (now.st_dev, now.st_ino) == (status.st_dev, status.st_ino)
        return Captured(copy.open("rb"), status, settled=same_file)


def _recover(directory: int, name: bytes, sidecar: bytes, temporary: Path) -> Captured:
    """Copy the database with what a killed writer left beside it, and let SQLite recover the copy."""
    with _private(temporary) as scratch:
        copy = scratch / "copy"
        before = status_of(directory, name), status_of(directory, name + sidecar)
        for status in filter(None, before):
            _ticked(status)
        _copy_file(directory, name, copy)
        _copy_file(directory, name + sidecar, scratch / f"copy{sidecar.decode('ascii')}")
        after = status_of(directory, name), status_of(directory, name + sidecar)
        steady = same_state(before[0], after[0]) and same_state(before[1], after[1])
        if not steady or before[0] is None:
            raise UnreadableDatabaseError("it changed while it was read", in_use=True)
        try:
            with closing(sqlite3.connect(copy, isolation_level=None)) as connection:
                connection.execute("PRAGMA schema_version").fetchone()
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        except sqlite3.Error as error:
            raise _unreadable(error) from error
        return Captured(copy.open("rb"), before[0])


def _copy_file(directory: int, name: bytes, target: Path) -> None:
    try:
        descriptor = open_regular(directory, name)
    except FileNotFoundError:
        descriptor = None
    if descriptor is None:
        raise UnreadableDatabaseError("it is no regular file any more", in_use=True)
    try:
        with target.open("xb") as stream:
            fill(stream, descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _reading(directory: int, name: bytes, *, wait_seconds: float) -> Iterator[sqlite3.Connection]:
    """Open a database for reading only. A log that isn't there would be made even so: look before."""
    uri = f"file:{quote(_directory_path(directory) + b'/' + name)}?mode=ro"
    with closing(sqlite3.connect(uri, uri=True, timeout=wait_seconds, isolation_level=None)) as connection:
        yield connection


def _directory_path(directory: int) -> bytes:
    """Return a path by which SQLite, which knows no descriptors, finds the open directory."""
    if sys.platform == "darwin":
        return fcntl.fcntl(directory, fcntl.F_GETPATH, bytes(1024)).rstrip(b"\0")
    return b"/proc/self/fd/%d" % directory


@contextmanager
def _private(temporary: Path) -> Iterator[Path]:
    """Make a directory for copies, and remove it at the end: a stream that was opened there lives on."""
    with tempfile.TemporaryDirectory(prefix=TEMPORARY_PREFIX, dir=private_directory(temporary)) as scratch:
        yield Path(scratch)


def _is_locked(error: sqlite3.Error) -> bool:
    return getattr(error, "sqlite_errorcode", 0) & _PRIMARY_CODE in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED)


def _unreadable(error: sqlite3.Error) -> UnreadableDatabaseError:
    locked = _is_locked(error)
    message = "it is locked by a writer" if locked else f"SQLite can't read it ({error})"
    return UnreadableDatabaseError(message, in_use=locked)
