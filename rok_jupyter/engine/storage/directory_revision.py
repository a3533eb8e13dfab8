"""One text per directory, by which a later look tells whether files came or went, nearly for free.

A directory's own time tells of every change of its names, so while it stands still the names aren't read again. Two
things are allowed for: a change within the same tick of the file system's clock as the last look, so a time that is
only just past isn't relied on; and file systems that don't keep a directory's time, so it isn't relied on for long.

Owns that judgement. Doesn't own what the files are.
"""

from __future__ import annotations

import os
import time
from hashlib import sha256

import msgspec

_SETTLED_NS = 3_000_000_000
"""Longer than a tick of any file system's clock (FAT: two seconds)."""

_RELIED_ON_SECONDS = 30.0


class _Look(msgspec.Struct, frozen=True):
    """What a look found, relied on while the stamp is the same and the monotonic clock says less than `until`."""

    stamp: tuple[int, int, int]
    until: float
    text: str


class DirectoryRevisions:
    """Revisions of the directories of one place; thread-safe."""

    def __init__(self) -> None:
        self._looks: dict[bytes, _Look] = {}

    def of(self, directory: bytes) -> str:
        """Return a directory's revision, "" where there is none; OSError where it can't be looked at."""
        try:
            stamp = _stamp(directory)
            look = self._looks.get(directory)
            if look is not None and look.stamp == stamp and time.monotonic() < look.until:
                return look.text
            names = sorted(os.listdir(directory))  # after the stamp: what comes in between has a later one
        except (FileNotFoundError, NotADirectoryError):
            self._looks.pop(directory, None)
            return ""
        settled = time.time_ns() - stamp[2] > _SETTLED_NS
        until = time.monotonic() + _RELIED_ON_SECONDS if settled else 0.0
        text = sha256(b"/".join([repr(stamp).encode(), *names])).hexdigest()[:32]
        self._looks[directory] = _Look(stamp, until, text)
        return text


def _stamp(directory: bytes) -> tuple[int, int, int]:
    """Return what tells a directory and its last change; opened for it, since only that makes NFS ask its server."""
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        status = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    return status.st_dev, status.st_ino, status.st_mtime_ns
