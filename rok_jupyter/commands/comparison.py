"""Differences between two states of files, as lines.

Owns reading both states within bounds and what counts as text. Doesn't own how notebooks are compared (`notebooks`).
"""

from __future__ import annotations

import difflib
from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING

from rok_jupyter.commands.results import Comparison, FileComparison
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Difference, Entry, EntryDifference, EntryType
from rok_jupyter.wire.names import encode_name

if TYPE_CHECKING:
    from rok_jupyter.commands.door import Door

MAXIMUM_BYTES = 8 * 1024 * 1024
"""How large a file may be on either side."""
MAXIMUM_LINES = 5_000
"""How many lines of one file's difference are shown."""
_NOTEBOOK = ".ipynb"


class _NotComparable(Exception):
    """A file has no lines to show; the message says why."""


def compare(door: Door, difference: Difference, *, notebooks: bool) -> Comparison:
    """Return the lines that differ in each changed file of `difference`; with `notebooks`, cells of notebooks only."""
    mounted = {volume.name for volume in door.volumes() if volume.path} if difference.after is None else set()
    chosen = (entry for entry in difference.entries if _is_comparable(entry, notebooks=notebooks))
    files = tuple(_compare_one(door, difference, entry, mounted=mounted, notebooks=notebooks) for entry in chosen)
    return Comparison(before=difference.before, after=difference.after, files=files)


def _is_comparable(entry: EntryDifference, *, notebooks: bool) -> bool:
    states = [state for state in (entry.before, entry.after) if state is not None]
    is_file = bool(states) and all(state.type is EntryType.FILE for state in states)
    content_differs = entry.change.value != "metadata"
    return is_file and content_differs and (not notebooks or entry.path.endswith(_NOTEBOOK))


def _compare_one(
    door: Door, difference: Difference, entry: EntryDifference, *, mounted: Collection[str], notebooks: bool
) -> FileComparison:
    path = encode_name(entry.path)
    try:
        before = _stored(door, difference.before, entry, entry.before)
        if difference.after is not None:
            after = _stored(door, difference.after, entry, entry.after)
        else:
            after = _live(door, entry, mounted)
        lines = _notebook_lines(before, after, path) if notebooks else _text_lines(before, after, path)
    except _NotComparable as reason:
        return FileComparison(volume=entry.volume, path=path, reason=str(reason))
    except RokError as error:
        return FileComparison(volume=entry.volume, path=path, reason=error.message)
    return FileComparison(volume=entry.volume, path=path, lines=_bounded(lines))


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


def _notebook_lines(before: bytes | None, after: bytes | None, path: str) -> Iterable[str]:
    from rok_jupyter.commands.notebooks import notebook_lines

    try:
        return notebook_lines(before, after, path)
    except RokError as error:
        if error.kind is ErrorKind.UNIMPLEMENTED:
            raise
        raise _NotComparable(error.message) from None


def _bounded(lines: Iterable[str]) -> tuple[str, ...]:
    shown: list[str] = []
    for line in lines:
        if len(shown) == MAXIMUM_LINES:
            shown.append(f"... only the first {MAXIMUM_LINES} lines are shown")
            break
        shown.append(line)
    return tuple(shown)
