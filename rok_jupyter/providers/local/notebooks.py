"""Files that Jupyter saves in place, notebooks above all: how one is read whole.

Owns the rules by which such a reading is trusted. Doesn't own which files are read so (see capture).

Jupyter's save copies `x.ipynb` to `.~x.ipynb`, empties and rewrites the live file, syncs it, and removes `.~x.ipynb`.
So a reading is trusted where no such intermediate was there before or after it, the file's state didn't move, it is
JSON, and, where it was written just now, a second reading is equal (the clock behind a file's times may be coarse).
While a save lasts we wait; where saves don't end, the intermediate is a complete earlier version. A save that was
killed leaves its intermediate for ever: after some quiet seconds the live file is taken if it is JSON, else the
intermediate. Of other files nobody can tell whether they are complete: for them there is only the waiting.
"""

from __future__ import annotations

import json
import mmap
import os
import time
from pathlib import Path
from typing import BinaryIO

import msgspec

from rok_jupyter.progress import Progress
from rok_jupyter.providers.local.spool import (
    MEMORY_LIMIT,
    Captured,
    fill,
    new_spool,
    open_regular,
    same_state,
    status_of,
)

INTERMEDIATE_PREFIX = b".~"
_WAIT_SECONDS = 2.0
_FEWEST_READINGS = 5
_PAUSE_SECONDS = 0.01
_QUIET_NS = 5_000_000_000
_COARSE_NS = 20_000_000


class _Attempt(msgspec.Struct):
    """One reading: its content, whether the file stood still meanwhile, and whether it is JSON."""

    captured: Captured
    steady: bool
    valid: bool
    saving: bool
    quiet: bool

    @property
    def trusted(self) -> bool:
        if not self.steady:
            return False
        return (self.valid and not self.saving) or (self.quiet and (self.valid or not self.saving))


def is_notebook(name: bytes) -> bool:
    """Whether a file of that name is read by these rules."""
    return name.endswith(b".ipynb") and not name.startswith(INTERMEDIATE_PREFIX)


def is_being_saved(directory: int, name: bytes) -> bool:
    """Whether Jupyter is saving the file, or was killed while it did."""
    return status_of(directory, INTERMEDIATE_PREFIX + name) is not None


def capture_saved_file(directory: int, name: bytes, temporary: Path, progress: Progress) -> Captured | None:
    """Return the content of a notebook, or of a file that is being saved, complete; None where it is no file any more.

    Takes at most about two seconds beyond the reading, or some readings more where the machine stood still for as long.
    Not `settled` where the file kept moving and no complete version could be had. Raises OSError as the system tells.
    """
    started, readings = time.monotonic(), 0
    earlier: Captured | None = None
    first: os.stat_result | None = None
    while True:
        attempt = _read(directory, name, temporary)
        if attempt is None or attempt.trusted:
            _close(earlier)
            return None if attempt is None else attempt.captured
        found = _read_intermediate(directory, name, temporary) if is_notebook(name) else None
        if found is not None:
            _close(earlier)
            earlier = found
        first = first or attempt.captured.status
        readings += 1
        over = readings >= _FEWEST_READINGS and time.monotonic() > started + _WAIT_SECONDS
        if over or (attempt.quiet and earlier is not None):
            return _choose(attempt, earlier, first)
        _close(attempt.captured)
        progress.wait(_PAUSE_SECONDS)


def _choose(attempt: _Attempt, earlier: Captured | None, first: os.stat_result) -> Captured:
    """Settle for the complete earlier version, else for the last reading: trusted where all this time saw no change."""
    if earlier is not None:
        attempt.captured.stream.close()
        return earlier
    settled = attempt.steady and not attempt.saving and same_state(first, attempt.captured.status)
    return Captured(attempt.captured.stream, attempt.captured.status, settled=settled)


def _read(directory: int, name: bytes, temporary: Path) -> _Attempt | None:
    intermediate = INTERMEDIATE_PREFIX + name
    other_before = status_of(directory, intermediate)
    captured = _read_whole(directory, name, temporary)
    if captured is None:
        return None
    live = status_of(directory, name)
    other_after = status_of(directory, intermediate)
    written = max(status.st_ctime_ns for status in (captured.status, live, other_after) if status is not None)
    age = abs(time.time_ns() - written)
    steady = same_state(captured.status, live) and same_state(other_before, other_after)
    if steady and age < _COARSE_NS:
        steady = _reads_equal(directory, name, captured, temporary)
    return _Attempt(
        captured,
        steady=steady,
        valid=not is_notebook(name) or _is_json(captured.stream),
        saving=other_after is not None,
        quiet=age > _QUIET_NS,
    )


def _read_intermediate(directory: int, name: bytes, temporary: Path) -> Captured | None:
    """Return the complete earlier version that a save left aside; None where there is none, or it isn't complete."""
    try:
        captured = _read_whole(directory, INTERMEDIATE_PREFIX + name, temporary)
    except OSError:
        return None
    if captured is None:
        return None
    if captured.settled and captured.size and _is_json(captured.stream):
        return captured
    captured.stream.close()
    return None


def _read_whole(directory: int, name: bytes, temporary: Path) -> Captured | None:
    descriptor = open_regular(directory, name)
    if descriptor is None:
        return None
    try:
        before = os.fstat(descriptor)
        spool = new_spool(temporary)
        fill(spool, descriptor)
        after = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    return Captured(spool, before, settled=before.st_size == after.st_size and before.st_mtime_ns == after.st_mtime_ns)


def _reads_equal(directory: int, name: bytes, captured: Captured, temporary: Path) -> bool:
    again = _read_whole(directory, name, temporary)
    if again is None:
        return False
    try:
        while True:
            ours, theirs = captured.stream.read(MEMORY_LIMIT), again.stream.read(MEMORY_LIMIT)
            if ours != theirs:
                return False
            if not ours:
                return True
    finally:
        captured.stream.seek(0)
        again.stream.close()


def _is_json(stream: BinaryIO) -> bool:
    """Whether the stream is one whole JSON value; it stands at its start before and after."""
    try:
        content = stream.read(MEMORY_LIMIT + 1)
        if len(content) <= MEMORY_LIMIT:
            return _parses(content)
        with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
            return _parses(mapped)
    finally:
        stream.seek(0)


def _parses(content: bytes | mmap.mmap) -> bool:
    try:
        msgspec.json.decode(content, type=msgspec.Raw)
    except msgspec.DecodeError:
        return _parses_as_python_writes(content)
    return True


def _parses_as_python_writes(content: bytes | mmap.mmap) -> bool:
    """Whether it is JSON with Python's NaN and Infinity, which notebooks may hold; only tried where it ends as one."""
    if not bytes(content[-64:]).rstrip().endswith(b"}"):
        return False
    try:
        json.loads(bytes(content))
    except ValueError:
        return False
    return True


def _close(captured: Captured | None) -> None:
    if captured is not None:
        captured.stream.close()
