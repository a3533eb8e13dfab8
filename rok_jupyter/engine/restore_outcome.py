"""What a restore did, counted while it runs.

Owns the counters and lists. Doesn't own how they are told (models, providers).
"""

from __future__ import annotations

from collections import Counter

import msgspec

from rok_jupyter.engine.confined import decode_path
from rok_jupyter.engine.restore_plan import PlannedEntry
from rok_jupyter.models import Change, EntryError, SkippedEntry
from rok_jupyter.progress import Progress


class RestoreOutcome(msgspec.Struct):
    """Entries by what was done with them; `skipped` also names parts of an entry's metadata that could not be given."""

    changes: Counter[Change] = msgspec.field(default_factory=Counter)
    bytes_written: int = 0
    errors: list[EntryError] = msgspec.field(default_factory=list)
    skipped: list[SkippedEntry] = msgspec.field(default_factory=list)


class PartRecorder:
    """Writes one part's doings into an outcome and into the progress that watchers sample."""

    def __init__(self, volume: str, outcome: RestoreOutcome, progress: Progress) -> None:
        self._volume = volume
        self._outcome = outcome
        self._progress = progress
        self._failed: set[bytes] = set()

    def done(self, entry: PlannedEntry) -> None:
        """An entry is as planned."""
        self._outcome.changes[entry.change] += 1
        self._outcome.bytes_written += entry.size
        self._progress.advance(files=1, current=decode_path(entry.path))

    def written(self, size: int) -> None:
        """Bytes of content were written."""
        self._progress.advance(bytes_=size)

    def failed(self, path: bytes, message: str) -> None:
        """An entry was left as it was."""
        self._failed.add(path)
        self._outcome.errors.append(EntryError(volume=self._volume, path=decode_path(path), message=message))
        self._progress.advance(files=1, errors=1)

    def has_failed(self, path: bytes) -> bool:
        """Whether an entry was left as it was."""
        return path in self._failed

    def left_out(self, path: bytes, problems: list[str]) -> None:
        """Parts of an entry's metadata could not be given."""
        text = decode_path(path)
        self._outcome.skipped += [SkippedEntry(volume=self._volume, path=text, reason=each) for each in problems]

    def check_cancelled(self) -> None:
        """Raise `Cancelled` if somebody asked for the end."""
        self._progress.check_cancelled()
