"""Progress of one long operation: a worker writes counters, a watcher samples them.

Owns the counters, the cancel flag and the clock behind rate and remaining time. Doesn't own how they are drawn (render)
or carried (wire). Workers never call back: who wants to see progress takes a `Report` when it likes.
"""

from __future__ import annotations

import threading
import time

import msgspec

from rok_jupyter.errors import Cancelled

_RATE_WINDOW_SECONDS = 10.0


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen sample of an operation's progress.

    `phase` is a word for what is being done ("scanning", "reading", "writing", "checking"); totals are None while they
    are unknown, and once more is done than was expected. Times are in seconds, `bytes_per_second` is the rate over the
    last ten seconds, about.
    """

    phase: str = ""
    files_done: int = 0
    files_total: int | None = None
    bytes_done: int = 0
    bytes_total: int | None = None
    bytes_added: int = 0
    errors: int = 0
    current: str = ""
    elapsed_seconds: float = 0.0
    bytes_per_second: float = 0.0
    remaining_seconds: float | None = None
    cancel_requested: bool = False


class Progress:
    """Counters that workers of one operation write; every method is thread-safe and cheap.

    A worker calls `check_cancelled()` between pieces of work of at most about a second.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._cancel = threading.Event()
        self._started = time.monotonic()
        self._phase = ""
        self._files = 0
        self._files_total: int | None = None
        self._bytes = 0
        self._bytes_total: int | None = None
        self._added = 0
        self._errors = 0
        self._current = ""
        self._samples: list[tuple[float, int]] = [(self._started, 0)]

    def begin(self, phase: str, *, files_total: int | None = None, bytes_total: int | None = None) -> None:
        """Start a phase: its name is shown, counters of files and bytes start at zero again."""
        with self._lock:
            self._phase = phase
            self._files = self._bytes = 0
            self._files_total = files_total
            self._bytes_total = bytes_total
            self._current = ""
            self._samples = [(time.monotonic(), 0)]

    def expect(self, *, files_total: int | None = None, bytes_total: int | None = None) -> None:
        """Set totals that became known while the phase runs."""
        with self._lock:
            self._files_total = files_total if files_total is not None else self._files_total
            self._bytes_total = bytes_total if bytes_total is not None else self._bytes_total

    def advance(self, *, files: int = 0, bytes_: int = 0, added: int = 0, errors: int = 0, current: str = "") -> None:
        """Add to the counters; `added` counts bytes new in the repository, `current` names the entry in hand."""
        with self._lock:
            self._files += files
            self._bytes += bytes_
            self._added += added
            self._errors += errors
            self._current = current or self._current

    def cancel(self) -> None:
        """Ask the workers to stop; they do so at their next `check_cancelled`."""
        self._cancel.set()

    @property
    def cancel_requested(self) -> bool:
        """Whether somebody asked for the end."""
        return self._cancel.is_set()

    def check_cancelled(self) -> None:
        """Raise `Cancelled` if somebody asked for the end."""
        if self._cancel.is_set():
            raise Cancelled()

    def wait(self, seconds: float) -> None:
        """Sleep for at most `seconds`; raise `Cancelled` as soon as somebody asks for the end."""
        if self._cancel.wait(seconds):
            raise Cancelled()

    def report(self) -> Report:
        """Sample the counters."""
        with self._lock:
            now = time.monotonic()
            rate = self._rate(now)
            is_foreseen = _within(self._files, self._files_total) and _within(self._bytes, self._bytes_total)
            return Report(
                phase=self._phase,
                files_done=self._files,
                files_total=self._files_total if is_foreseen else None,
                bytes_done=self._bytes,
                bytes_total=self._bytes_total if is_foreseen else None,
                bytes_added=self._added,
                errors=self._errors,
                current=self._current,
                elapsed_seconds=now - self._started,
                bytes_per_second=rate,
                remaining_seconds=self._remaining(rate) if is_foreseen else None,
                cancel_requested=self._cancel.is_set(),
            )

    def _rate(self, now: float) -> float:
        self._samples.append((now, self._bytes))
        while len(self._samples) > 2 and self._samples[1][0] < now - _RATE_WINDOW_SECONDS:
            self._samples.pop(0)
        since, done = self._samples[0]
        return (self._bytes - done) / (now - since) if now > since else 0.0

    def _remaining(self, rate: float) -> float | None:
        if self._bytes_total is None or rate <= 0:
            return None
        return max(0, self._bytes_total - self._bytes) / rate


def _within(done: int, total: int | None) -> bool:
    return total is None or done <= total
