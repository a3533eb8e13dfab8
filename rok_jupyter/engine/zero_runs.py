"""Runs of zero bytes, which a restore leaves as holes.

Owns finding them in a piece of content, and knowing them by a blob's id. Doesn't own writing.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache

from rok_jupyter.engine.format.ids import Id, hash_of

_BLOCK = 4096
_ZEROS = bytes(_BLOCK)
ZERO_BLOB_LENGTH = 512 << 10
"""Length of the blob that long runs of zeros consist of: the chunker cuts them at its smallest length."""


@lru_cache(maxsize=1)
def zero_blob() -> Id:
    """Return the id of the blob that long runs of zeros consist of."""
    return hash_of(bytes(ZERO_BLOB_LENGTH))


def data_runs(content: bytes, offset: int) -> Iterator[tuple[int, int]]:
    """Yield (start, end) of what must be written of `content`, which goes to `offset` in its file.

    Left out are zero blocks that lie whole on a block of the file; what is written may still hold other zeros.
    """
    size = len(content)
    start: int | None = 0
    position = -offset % _BLOCK
    if position >= size:
        yield 0, size
        return
    if position == 0:
        start = None
    while position < size:
        end = min(position + _BLOCK, size)
        zero = content.startswith(_ZEROS if end - position == _BLOCK else _ZEROS[: end - position], position)
        if zero and start is not None:
            yield start, position
            start = None
        elif not zero and start is None:
            start = position
        position = end
    if start is not None:
        yield start, size
