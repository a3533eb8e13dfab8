"""Lock files that several processes and threads agree by, and that the system lets go where a holder dies.

Owns taking, naming and removing them, by `flock`, which also tells containers of one machine apart. Doesn't own what is
locked. A lock file exists only while somebody holds it, or died holding it.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from rok_jupyter.state import os_errors, private_directory

_NOTE_BYTES = 4096
_TOKEN, _GONE = "token", "gone"
_RETRY_SECONDS = 0.02


class FileLock:
    """A hold on one lock file, shared or exclusive. Use as a context manager, or `release` it."""

    def __init__(self, path: Path, descriptor: int) -> None:
        """Use `acquire`."""
        self.path = path
        self._descriptor: int | None = descriptor
        self._token = secrets.token_hex(8)
        self._noted = False

    @classmethod
    def acquire(cls, path: Path, *, shared: bool = False, wait_seconds: float = 0.5) -> FileLock | None:
        """Take the lock; None where another holds it for longer than `wait_seconds`.

        A short wait is needed even by those who don't want to: a look at who holds a lock takes it for a moment.
        """
        private_directory(path.parent)
        until = time.monotonic() + wait_seconds
        with os_errors(f"Locking {path}"):
            while True:
                descriptor = _try(path, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
                if descriptor is not None:
                    return cls(path, descriptor)
                if time.monotonic() >= until:
                    return None
                time.sleep(_RETRY_SECONDS)

    @property
    def held(self) -> bool:
        """Whether it wasn't released yet."""
        return self._descriptor is not None

    def write_note(self, note: Mapping[str, object]) -> None:
        """Say who holds the lock, for those who can't have it; at most 4 KiB of JSON.

        Notes are appended, so that those of several sharers don't meet, and taken back by the release.
        """
        line = json.dumps({**note, _TOKEN: self._token}).encode("ascii")
        if self._descriptor is not None and len(line) <= _NOTE_BYTES:
            with os_errors(f"Writing {self.path}"):
                os.write(self._descriptor, line + b"\n")
                self._noted = True

    def release(self) -> None:
        """Let go, and remove the file where nobody else holds it. Does nothing the second time."""
        descriptor, self._descriptor = self._descriptor, None
        if descriptor is None:
            return
        try:
            with contextlib.suppress(OSError):
                if self._noted:
                    os.write(descriptor, json.dumps({_GONE: self._token}).encode("ascii") + b"\n")
                fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                if _is_at(descriptor, self.path):
                    self.path.unlink()
        finally:
            os.close(descriptor)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.release()


def is_held(path: Path) -> bool:
    """Whether a living process or thread holds the lock, shared or exclusive."""
    if not path.exists():
        return False
    lock = FileLock.acquire(path, wait_seconds=0)
    if lock is None:
        return True
    lock.release()
    return False


def read_note(path: Path) -> Mapping[str, object]:
    """Return what the last holder that didn't leave says of itself; empty where nothing can be read."""
    notes: dict[object, Mapping[str, object]] = {}
    with contextlib.suppress(OSError, ValueError):
        for line in path.read_bytes().splitlines():
            note = json.loads(line)
            notes[note.get(_TOKEN)] = note
            notes.pop(note.get(_GONE), None)
    notes.pop(None, None)
    return next(reversed(notes.values()), {})


def _try(path: Path, mode: int) -> int | None:
    descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(descriptor, mode | fcntl.LOCK_NB)
        if _is_at(descriptor, path):  # else its last holder removed it between open and flock
            return descriptor
    except BlockingIOError:
        pass
    except BaseException:
        os.close(descriptor)
        raise
    os.close(descriptor)
    return None


def _is_at(descriptor: int, path: Path) -> bool:
    try:
        there = path.stat(follow_symlinks=False)
    except FileNotFoundError:
        return False
    return os.path.samestat(os.fstat(descriptor), there)
