"""Blocks about entries of volumes: listings, changes, and what went wrong with single ones.

Owns how a file's type, mode and change are written. Doesn't own whole values (values).
"""

from __future__ import annotations

import stat
from collections.abc import Sequence
from datetime import UTC, datetime

from rok_jupyter import models
from rok_jupyter.models import Change, Entry, EntryError, EntryType, SkippedEntry
from rok_jupyter.render.blocks import Block, Line, Table, Tone, amount, moment, size
from rok_jupyter.wire.names import encode_name

_MARKS = {
    Change.CREATED: "+",
    Change.MODIFIED: "M",
    Change.DELETED: "-",
    Change.METADATA: "m",
    Change.TYPE: "T",
}
_SHOWN_PROBLEMS = 20


def entry_table(entries: Sequence[Entry], *, limit: int | None) -> tuple[Block, ...]:
    """Return a listing as `ls -l` shows one."""
    rows = tuple(_entry_row(entry) for entry in entries[:limit])
    table = Table(("mode", "owner", "size", "modified", "name"), rows, frozenset({2}))
    return (table, *_more(len(entries), limit))


def difference_table(entries: Sequence[models.EntryDifference], *, limit: int | None) -> tuple[Block, ...]:
    """Return what differs between two states."""
    rows = tuple(
        (_MARKS[entry.change], _sizes(entry), located(entry.volume, entry.path, entry.after or entry.before))
        for entry in entries[:limit]
    )
    return (Table(("", "size", "path"), rows, frozenset({1})), *_more(len(entries), limit))


def change_table(changes: Sequence[models.PlannedChange], *, limit: int | None) -> tuple[Block, ...]:
    """Return what a restore would change."""
    rows = tuple(
        (_MARKS[change.change], size(change.size) if change.size else "", _planned_path(change))
        for change in changes[:limit]
    )
    return (Table(("", "size", "path"), rows, frozenset({1})), *_more(len(changes), limit))


def change_summary(counts: Sequence[tuple[int, str]]) -> str:
    """Return counts with their words, without those that are zero."""
    return ", ".join(f"{count:,} {word}" for count, word in counts if count)


def problem_blocks(errors: Sequence[EntryError], sentence: str) -> tuple[Block, ...]:
    """Return entries that went wrong, loudly: `sentence` follows their number."""
    if not errors:
        return ()
    rows = tuple((located(error.volume, error.path), error.message) for error in errors[:_SHOWN_PROBLEMS])
    head = Line(f"{amount(len(errors), 'entry', 'entries')} {sentence}", Tone.WARNING)
    return (head, Table(("path", "why"), rows), *_more(len(errors), _SHOWN_PROBLEMS))


def skipped_blocks(skipped: Sequence[SkippedEntry], sentence: str) -> tuple[Block, ...]:
    """Return entries that were left out on purpose."""
    if not skipped:
        return ()
    rows = tuple((located(entry.volume, entry.path), entry.reason) for entry in skipped[:_SHOWN_PROBLEMS])
    head = Line(f"{amount(len(skipped), 'entry', 'entries')} {sentence}")
    return (head, Table(("path", "why"), rows), *_more(len(skipped), _SHOWN_PROBLEMS))


def located(volume: str, path: str, entry: Entry | None = None) -> str:
    """Return VOLUME:PATH; a directory's ends with a slash."""
    slash = "/" if entry is not None and entry.type is EntryType.DIRECTORY and path else ""
    return f"{volume}:{encode_name(path)}{slash}"


def _planned_path(change: models.PlannedChange) -> str:
    slash = "/" if change.type is EntryType.DIRECTORY and change.path else ""
    return located(change.volume, change.path) + slash


def _sizes(entry: models.EntryDifference) -> str:
    state = entry.after or entry.before
    return size(state.size) if state is not None and state.type is EntryType.FILE else ""


def _entry_row(entry: Entry) -> tuple[str, ...]:
    name = encode_name(entry.path.rpartition("/")[2])
    if entry.type is EntryType.DIRECTORY:
        name += "/"
    elif entry.type is EntryType.SYMLINK:
        name += f" -> {encode_name(entry.target or '')}"
    if entry.changed_while_read:
        name += " (changed while it was read)"
    owner = f"{entry.user or entry.uid}:{entry.group or entry.gid}"
    length = size(entry.size) if entry.type is EntryType.FILE else ""
    return (stat.filemode(entry.mode), owner, length, _modified(entry.mtime_ns), name)


def _modified(nanoseconds: int) -> str:
    try:
        return moment(datetime.fromtimestamp(nanoseconds // 10**9, UTC))
    except (OverflowError, ValueError, OSError):
        return f"{nanoseconds // 10**9} s"


def _more(count: int, limit: int | None) -> tuple[Block, ...]:
    hidden = 0 if limit is None else count - limit
    return (Line(f"... and {hidden:,} more"),) if hidden > 0 else ()
