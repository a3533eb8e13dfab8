"""How much a snapshot may add to the repository before it fills the disk or passes the user's limit.

Owns that decision, before and while a snapshot is taken. Doesn't own measuring the repository.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import msgspec

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.progress import Progress, Report


class Room(msgspec.Struct, frozen=True, kw_only=True):
    """The limits, and how to measure what there is. Sizes in bytes; a measure is None where it can't be told."""

    size_limit: int = 0
    """What the repository's files may take; 0 for no limit."""
    disk_margin: int = 0
    """What shall stay free on the repository's disk."""
    measure_size: Callable[[], int | None] = lambda: None
    measure_free: Callable[[], int | None] = lambda: None

    def limit(self, progress: Progress) -> Progress:
        """Return a progress that ends a snapshot before it adds too much.

        RESOURCE_EXHAUSTED where it may add nothing.
        """
        rooms = [room for room in (self._below_limit(), self._on_disk()) if room is not None]
        return progress if not rooms else _LimitedProgress(progress, min(rooms))

    def _below_limit(self) -> int | None:
        if not self.size_limit:
            return None
        size = self.measure_size()
        if size is not None and size >= self.size_limit:
            raise RokError(
                ErrorKind.RESOURCE_EXHAUSTED,
                f"The repository takes {size:,} bytes, and its limit is {self.size_limit:,}.",
                "Free some: rok forget --keep-last N --prune; or raise RokSettings.repository_size_limit.",
            )
        return None if size is None else self.size_limit - size

    def _on_disk(self) -> int | None:
        free = self.measure_free()
        if free is not None and free <= self.disk_margin:
            raise RokError(
                ErrorKind.RESOURCE_EXHAUSTED,
                f"The repository's disk has {free:,} bytes left, and {self.disk_margin:,} are to stay free.",
                "Free some space: rok forget --keep-last N --prune; or lower RokSettings.disk_margin.",
            )
        return None if free is None else free - self.disk_margin


class _LimitedProgress(Progress):
    """Another's progress, that also ends the work once it has added too much."""

    def __init__(self, inner: Progress, room: int) -> None:
        super().__init__()
        self._inner = inner
        self._room = room
        self._spent = 0
        self._spending = threading.Lock()

    def begin(self, phase: str, *, files_total: int | None = None, bytes_total: int | None = None) -> None:
        self._inner.begin(phase, files_total=files_total, bytes_total=bytes_total)

    def expect(self, *, files_total: int | None = None, bytes_total: int | None = None) -> None:
        self._inner.expect(files_total=files_total, bytes_total=bytes_total)

    def advance(self, *, files: int = 0, bytes_: int = 0, added: int = 0, errors: int = 0, current: str = "") -> None:
        self._inner.advance(files=files, bytes_=bytes_, added=added, errors=errors, current=current)
        with self._spending:
            self._spent += added

    def cancel(self) -> None:
        self._inner.cancel()

    @property
    def cancel_requested(self) -> bool:
        return self._inner.cancel_requested

    def check_cancelled(self) -> None:
        self._inner.check_cancelled()
        if self._spent > self._room:
            raise RokError(
                ErrorKind.RESOURCE_EXHAUSTED,
                f"The snapshot would add more than the {self._room:,} bytes that the repository has room for.",
                "Leave large files out by a .rokignore, free some space, or raise RokSettings.repository_size_limit.",
            )

    def wait(self, seconds: float) -> None:
        self._inner.wait(seconds)

    def report(self) -> Report:
        return self._inner.report()
