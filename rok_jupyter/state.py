"""The state directory: private, written atomically and durably, shared by processes.

Owns how a small file of state is written, read and locked. Doesn't own what the files mean.
"""

from __future__ import annotations

import fcntl
import json
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from errno import EACCES, EDQUOT, ENOSPC, EPERM, EROFS
from pathlib import Path
from typing import cast

from rok_jupyter.errors import ErrorKind, RokError

_KINDS = {
    ENOSPC: ErrorKind.RESOURCE_EXHAUSTED,
    EDQUOT: ErrorKind.RESOURCE_EXHAUSTED,
    EROFS: ErrorKind.PERMISSION_DENIED,
    EACCES: ErrorKind.PERMISSION_DENIED,
    EPERM: ErrorKind.PERMISSION_DENIED,
}
_HINTS = {
    ErrorKind.RESOURCE_EXHAUSTED: "Free some space, then try again.",
    ErrorKind.PERMISSION_DENIED: "Check who owns it, its mode, and whether its disk is read-only.",
    ErrorKind.UNAVAILABLE: "Check that the disk is there, then try again.",
}


@contextmanager
def os_errors(doing: str) -> Iterator[None]:
    """Turn an OSError into the RokError that it means; `doing` completes "... failed" ("Attaching data")."""
    try:
        yield
    except OSError as error:
        kind = _KINDS.get(error.errno or 0, ErrorKind.UNAVAILABLE)
        message = f"{doing} failed: {error.strerror or error}."
        raise RokError(kind, message, _HINTS[kind]) from error


def private_directory(path: Path) -> Path:
    """Make the directory and its parents where they are missing, readable by this user only, and return it."""
    with os_errors(f"Making the directory {path}"):
        for missing in reversed([place for place in (path, *path.parents) if not place.exists()]):
            missing.mkdir(mode=0o700, exist_ok=True)
        path.mkdir(mode=0o700, exist_ok=True)  # says so where something else stands there
    return path


def write_durably(path: Path, content: bytes) -> None:
    """Replace the file's content, so that after a crash it holds the old or the new one; mode 0600."""
    _replace(path, content, synced=True)


def write_whole(path: Path, content: bytes) -> None:
    """As `write_durably`, for who is killed; after a power cut the file may be damaged, or the old one."""
    _replace(path, content, synced=False)


def _replace(path: Path, content: bytes, *, synced: bool) -> None:
    private_directory(path.parent)
    with os_errors(f"Writing {path}"):
        descriptor, temporary = tempfile.mkstemp(prefix=f".{path.name}-", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as stream:
                stream.write(content)
                stream.flush()
                if synced:
                    os.fsync(stream.fileno())
            Path(temporary).replace(path)
        except BaseException:
            Path(temporary).unlink(missing_ok=True)
            raise
        if synced:
            sync_directory(path.parent)


def sync_directory(path: Path) -> None:
    """Make renames and new names in the directory durable."""
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write_json(path: Path, value: object) -> None:
    """Replace the file's content by one JSON document; names that are no UTF-8 survive."""
    write_durably(path, to_json_bytes(value))


def to_json_bytes(value: object) -> bytes:
    """Return one JSON document in ASCII; names that are no UTF-8 survive."""
    return json.dumps(value).encode("ascii")


def read_json(path: Path) -> object | None:
    """Return the file's document, None where there is no file; DATA_LOSS where it holds none.

    An empty file or a broken one can't be ours, since files are replaced whole.
    """
    with os_errors(f"Reading {path}"):
        try:
            content = path.read_bytes()
        except FileNotFoundError:
            return None
    try:
        return cast(object, json.loads(content))
    except ValueError:
        raise RokError(ErrorKind.DATA_LOSS, f"The file {path} is damaged.", "Mend it, or move it away.") from None


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file against other processes and threads; the system lets it go where the process dies."""
    private_directory(path.parent)
    with os_errors(f"Locking {path}"):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
