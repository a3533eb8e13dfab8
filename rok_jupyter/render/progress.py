"""Progress as one line: a bar for a terminal that is drawn again and again, or a plain line for a log.

Owns the lines and when the next one is due. Doesn't own what is measured (progress) nor how often it is sampled.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TextIO

from rok_jupyter.progress import Report
from rok_jupyter.render.blocks import amount, duration, size, visible
from rok_jupyter.render.text import shortened
from rok_jupyter.wire.names import encode_name

LOG_SECONDS = 5.0
_BAR_CELLS = 24
_FIRST_BAR_SECONDS = 0.3


def bar_line(report: Report, *, columns: int = 80) -> str:
    """Return a bar of at most `columns` cells: share, files, bytes, rate, remaining time, and the entry in hand."""
    share = _share(report)
    drawn = "" if share is None else f"[{'#' * int(share * _BAR_CELLS):.<{_BAR_CELLS}}] {share:4.0%} "
    line = drawn + _measures(report)
    room = columns - len(line) - 2
    if report.current and room > 12:
        line += "  " + shortened(visible(encode_name(report.current)), room)
    return shortened(line, columns)


def log_line(report: Report) -> str:
    """Return the same as a plain sentence, without the entry in hand."""
    share = _share(report)
    return _measures(report) + ("" if share is None else f", {share:.0%}")


class OverwrittenLine:
    """One line of a terminal that is drawn over itself."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.is_drawn = False

    def draw(self, text: str) -> None:
        """Draw the line anew; it must be shorter than the terminal is wide."""
        self.is_drawn = True
        self._write(text)

    def clear(self) -> None:
        """Take the line away, so that another can be written."""
        if self.is_drawn:
            self.is_drawn = False
            self._write("")

    def _write(self, text: str) -> None:
        self._stream.write("\r\x1b[2K" + text)
        self._stream.flush()


class BarPainter:
    """Draws a bar over itself on a terminal; nothing is drawn for what is done at once."""

    def __init__(self, stream: TextIO, *, columns: Callable[[], int]) -> None:
        self._line = OverwrittenLine(stream)
        self._columns = columns

    def __call__(self, report: Report) -> None:
        """Draw a report."""
        if report.elapsed_seconds < _FIRST_BAR_SECONDS and not self._line.is_drawn:
            return
        self._line.draw(bar_line(report, columns=self._columns() - 1))

    def close(self) -> None:
        """Take the bar away."""
        self._line.clear()


class LogPainter:
    """Writes a plain line every few seconds."""

    def __init__(self, stream: TextIO, *, seconds: float = LOG_SECONDS) -> None:
        self._stream = stream
        self._seconds = seconds
        self._due = time.monotonic() + seconds

    def __call__(self, report: Report) -> None:
        """Write a report if its time has come."""
        now = time.monotonic()
        if now >= self._due:
            self._due = now + self._seconds
            self._stream.write(log_line(report) + "\n")
            self._stream.flush()

    def close(self) -> None:
        """Leave what is written."""


def _share(report: Report) -> float | None:
    if report.bytes_total:
        return min(1.0, report.bytes_done / report.bytes_total)
    if report.files_total and not report.bytes_done:
        return min(1.0, report.files_done / report.files_total)
    return None


def _measures(report: Report) -> str:
    parts = [report.phase or "working"]
    if report.cancel_requested:
        parts = ["cancelling"]
    files = amount(report.files_done, "file")
    if report.files_total is not None:
        files = f"{report.files_done:,} of {amount(report.files_total, 'file')}"
    parts.append(files)
    parts.append(size(report.bytes_done) + (f" of {size(report.bytes_total)}" if report.bytes_total else ""))
    if report.bytes_per_second > 0:
        parts.append(f"{size(int(report.bytes_per_second))}/s")
    if report.remaining_seconds is not None:
        parts.append(f"{duration(report.remaining_seconds)} left")
    if report.errors:
        parts.append(amount(report.errors, "error"))
    return ", ".join(parts)
