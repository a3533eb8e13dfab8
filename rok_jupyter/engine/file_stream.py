"""The contents of many files, in order, fetched ahead in groups of bounded size.

Owns cutting files into groups whose blobs are fetched together while the group before is written. Doesn't own fetching
(blob_fetch) nor writing (restorer).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator

import msgspec

from rok_jupyter.engine.blob_fetch import BlobFetcher, Fetch
from rok_jupyter.engine.comparison import LengthOf
from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.restore_plan import PlannedEntry
from rok_jupyter.engine.zero_runs import ZERO_BLOB_LENGTH, zero_blob
from rok_jupyter.errors import RokError

_GROUP_BYTES = 8 << 20
_GROUP_FILES = 500
_AHEAD = 1


class Piece(msgspec.Struct, frozen=True):
    """A piece of a file: its content, or why it can't be had, or (None) a hole of `length` bytes; `last`: no more."""

    entry: PlannedEntry
    content: bytes | RokError | None
    length: int
    last: bool


class _Group(msgspec.Struct):
    """Pieces fetched together: the entry, the blob (None for a file without content), whether it is the last."""

    pieces: list[tuple[PlannedEntry, Id | None, bool]] = msgspec.field(default_factory=list)
    size: int = 0
    files: int = 0


def stream_files(entries: Iterable[PlannedEntry], fetcher: BlobFetcher, length_of: LengthOf) -> Iterator[Piece]:
    """Yield the pieces of all files, one file after the other; at least one for each."""
    running: deque[tuple[_Group, Fetch]] = deque()
    for group in _groups(entries, length_of):
        running.append((group, fetcher.fetch(_wanted(group))))
        if len(running) > _AHEAD:
            yield from _pieces(*running.popleft())
    while running:
        yield from _pieces(*running.popleft())


def _wanted(group: _Group) -> list[Id]:
    return [blob for _, blob, _ in group.pieces if blob is not None and blob != zero_blob()]


def _pieces(group: _Group, fetch: Fetch) -> Iterator[Piece]:
    blobs = fetch.result()
    for entry, blob, last in group.pieces:
        if blob is None:
            yield Piece(entry, b"", 0, last)
        elif blob == zero_blob():
            yield Piece(entry, None, ZERO_BLOB_LENGTH, last)
        else:
            content = blobs[blob]
            yield Piece(entry, content, len(content) if isinstance(content, bytes) else 0, last)


def _groups(entries: Iterable[PlannedEntry], length_of: LengthOf) -> Iterator[_Group]:
    group = _Group()
    for entry in entries:
        content = (entry.node.content if entry.node is not None else None) or ()
        group.files += 1
        if not content:
            group.pieces.append((entry, None, True))
        for position, blob in enumerate(content, 1):
            group.pieces.append((entry, blob, position == len(content)))
            group.size += length_of(blob) or 0
            if group.size >= _GROUP_BYTES:
                yield group
                group = _Group()
        if group.files >= _GROUP_FILES:
            yield group
            group = _Group()
    if group.pieces:
        yield group
