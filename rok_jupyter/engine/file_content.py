"""A stored file's content: any range of it, read from blobs.

Owns which blobs a range needs, and a small cache of the last ones. Doesn't own loading one (repository) nor restoring
whole files (staging).
"""

from __future__ import annotations

from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Iterator
from itertools import accumulate

from rok_jupyter.engine.comparison import LengthOf
from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.pack import BlobType
from rok_jupyter.engine.format.tree import Node, NodeType
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.zero_runs import ZERO_BLOB_LENGTH, zero_blob
from rok_jupyter.errors import ErrorKind, RokError

_CACHED_BLOBS = 4


def written_length(node: Node, length_of: LengthOf) -> int:
    """Return how many bytes restoring a file writes: its content but for long runs of zeros."""
    if node.type is not NodeType.FILE or not node.content:
        return 0
    lengths = [length_of(blob) or 0 for blob in node.content]
    holes = node.content.count(zero_blob()) * ZERO_BLOB_LENGTH
    return sum(lengths) - holes


class FileContent:
    """The content of one stored file; for one thread at a time.

    Raises INVALID_ARGUMENT where the node is no regular file, DATA_LOSS where the repository lacks a part of it.
    """

    def __init__(self, repository: Repository, node: Node) -> None:
        if node.type is not NodeType.FILE:
            raise RokError(ErrorKind.INVALID_ARGUMENT, f"{node.name!r} is no regular file.", "Choose a file.")
        self._repository = repository
        self._ids = node.content or ()
        lengths = [self._length(node, blob) for blob in self._ids]
        self._ends = list(accumulate(lengths))
        self._cache: OrderedDict[Id, bytes] = OrderedDict()

    @property
    def size(self) -> int:
        """How many bytes there are; the node's own size may differ where the file changed while it was read."""
        return self._ends[-1] if self._ends else 0

    def read(self, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Yield up to `length` bytes from `offset` (all by default) in pieces; DATA_LOSS where a piece is damaged.

        OUT_OF_RANGE for a negative offset or length; nothing comes from beyond the end.
        """
        if offset < 0 or (length is not None and length < 0):
            raise RokError(ErrorKind.OUT_OF_RANGE, "A range of bytes can't begin or end before 0.")
        end = self.size if length is None else min(self.size, offset + length)
        return self._pieces(offset, end)

    def _pieces(self, offset: int, end: int) -> Iterator[bytes]:
        position = bisect_right(self._ends, offset)
        while offset < end:
            start = self._ends[position - 1] if position else 0
            content = self._blob(self._ids[position])
            piece = content[offset - start : end - start]
            yield piece
            offset += len(piece)
            position += 1

    def _blob(self, blob_id: Id) -> bytes:
        cached = self._cache.pop(blob_id, None)
        content = self._repository.load_blob(BlobType.DATA, blob_id) if cached is None else cached
        self._cache[blob_id] = content
        if len(self._cache) > _CACHED_BLOBS:
            self._cache.popitem(last=False)
        return content

    def _length(self, node: Node, blob: Id) -> int:
        length = self._repository.index.size_of(BlobType.DATA, blob)
        if length is None:
            raise RokError(
                ErrorKind.DATA_LOSS,
                f"A part of the file {node.name!r} is missing in the repository (blob {blob[:8]}).",
                "Run a check to see what else is damaged; other files and snapshots can still be restored.",
            )
        return length
