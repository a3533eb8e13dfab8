"""Differences between two states of files, as lines.

Owns reading both states within bounds and what counts as text. Doesn't own how notebooks' cells look (`notebooks`).
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from rok_jupyter.commands.results import Comparison, FileComparison
from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.models import Difference, Entry, EntryDifference, EntryType
from rok_jupyter.wire.names import encode_name

if TYPE_CHECKING:
    from rok_jupyter.commands.door import Door, Watch

MAXIMUM_BYTES = 8 * 1024 * 1024
"""How large a file may be on either side."""
MAXIMUM_LINES = 5_000
"""How many lines of one file's difference are shown."""
_NOTEBOOK = ".ipynb"


class _NotComparable(Exception):
    """A file has no lines to show; the message says why."""


def compare_texts(door: Door, difference: Difference) -> Comparison:
    """Return the lines that differ in each changed file of `difference`."""
    mounted = {volume.name for volume in door.volumes() if volume.path} if difference.after is None else set()

    def lines(entry: EntryDifference) -> Iterable[str]:
        before = _stored(door, difference.before, entry, entry.before)
        if difference.after is not None:
            after = _stored(door, difference.after, entry, entry.after)
        else:
            after = _live(door, entry, mounted)
        return _text_lines(before, after, encode_name(entry.path))

    return _comparison(difference, filter(_is_comparable, difference.entries), lines)


def compare_notebooks(door: Door, difference: Difference, watch: Watch) -> Comparison:
    """Return the cells that differ in each changed notebook of `difference`."""
    from rok_jupyter.commands.notebooks import notebook_lines

    def lines(entry: EntryDifference) -> Iterable[str]:
        found = door.notebook_diff(difference.before, difference.after, entry.volume, entry.path, watch)
        return notebook_lines(found, encode_name(entry.path))

    notebooks = (each for each in difference.entries if _is_comparable(each) and each.path.endswith(_NOTEBOOK))
    return _comparison(difference, notebooks, lines)


def _comparison(
    difference: Difference,
    entries: Iterable[EntryDifference],
    lines_of: Callable[[EntryDifference], Iterable[str]],
) -> Comparison:
    files = tuple(_compare_one(entry, lines_of) for entry in entries)
    return Comparison(before=difference.before, after=difference.after, files=files)


def _is_comparable(entry: EntryDifference) -> bool:
    states = [state for state in (entry.before, entry.after) if state is not None]
    is_file = bool(states) and all(state.type is EntryType.FILE for state in states)
    return is_file and entry.change.value != "metadata"


def _compare_one(entry: EntryDifference, lines_of: Callable[[EntryDifference], Iterable[str]]) -> FileComparison:
    path = encode_name(entry.path)
    try:
        return FileComparison(volume=entry.volume, path=path, lines=_bounded(lines_of(entry)))
    except Cancelled:
        raise
    except _NotComparable as reason:
        return FileComparison(volume=entry.volume, path=path, reason=str(reason))
    except RokError as error:
        return FileComparison(volume=entry.volume, path=path, reason=error.message)


def _stored(door: Door, snapshot: str, entry: EntryDifference, state: Entry | None) -> bytes | None:
    """Return a file's bytes in a snapshot; None where it has none."""
    if state is None:
        return None
    return _whole(door.read(snapshot, entry.volume, entry.path), state.size)


def _live(door: Door, entry: EntryDifference, mounted: Collection[str]) -> bytes | None:
    """Return a file's bytes as they are now; None where it isn't there any more."""
    if entry.after is None:
        return None
    if entry.volume not in mounted:
        raise _NotComparable("Its volume isn't mounted here.")
    try:
        return _whole(door.read_live(entry.volume, entry.path), entry.after.size)
    except RokError as error:
        if error.kind is ErrorKind.NOT_FOUND:
            return None
        raise


def _whole(pieces: Iterator[bytes], size: int) -> bytes:
    """Return the content of a file of that size, which may have grown since that was known."""
    content = bytearray()
    if size <= MAXIMUM_BYTES:
        for piece in pieces:
            content += piece
            if len(content) > MAXIMUM_BYTES:
                break
    if max(size, len(content)) > MAXIMUM_BYTES:
        raise _NotComparable(f"It is larger than {MAXIMUM_BYTES // 1024**2} MiB.")
    return bytes(content)


def _text_lines(before: bytes | None, after: bytes | None, path: str) -> Iterable[str]:
    old, new = _text(before), _text(after)
    return difflib.unified_diff(
        old,
        new,
        fromfile=f"a/{path}" if before is not None else "/dev/null",
        tofile=f"b/{path}" if after is not None else "/dev/null",
        lineterm="",
    )


def _text(content: bytes | None) -> list[str]:
    if content is None:
        return []
    if b"\0" in content:
        raise _NotComparable("It holds binary data.")
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        raise _NotComparable("It holds no UTF-8 text.") from None
    lines = text.split("\n")
    last = lines.pop()
    return [*lines, f"{last}\n\\ No newline at end of file"] if last else lines


def _bounded(lines: Iterable[str]) -> tuple[str, ...]:
    shown: list[str] = []
    for line in lines:
        if len(shown) == MAXIMUM_LINES:
            shown.append(f"... only the first {MAXIMUM_LINES} lines are shown")
            break
        shown.append(line)
    return tuple(shown)
