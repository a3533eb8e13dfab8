"""Files with holes: where their data lies, so that zeros aren't read from the disk.

Owns a stream over a file's bytes that makes up its holes, and can skip them. Doesn't own chunks (reading).
"""

from __future__ import annotations

import errno
import os

_HOLE_WORTH_SKIPPING = 1 << 20
_HOLE_PIECE = 1 << 20
_BLOCK = 512  # what st_blocks counts, by POSIX
_NO_SUCH_CALL = (errno.EINVAL, errno.ENOTSUP, errno.ENOSYS)


def has_holes(status: os.stat_result) -> bool:
    """Whether a file takes so much less room than its size that its holes are worth looking for."""
    return hasattr(os, "SEEK_HOLE") and status.st_size - status.st_blocks * _BLOCK >= _HOLE_WORTH_SKIPPING


class SparseStream:
    """The first `size` bytes of an open file, read from its start; holes cost no reading."""

    def __init__(self, descriptor: int, size: int) -> None:
        self._descriptor = descriptor
        self._size = size
        self._position = 0
        self._hole_start = self._data_start = self._data_end = 0
        self._find_data()

    def readinto(self, buffer: memoryview) -> int:
        """Fill a part of the buffer; 0 means the end. One call returns data or a hole, never both."""
        if self._position >= self._data_end:
            self._find_data()
        hole = min(len(buffer), self._data_start - self._position, _HOLE_PIECE)
        if hole > 0:
            buffer[:hole] = bytes(hole)
            count = hole
        else:
            wanted = min(len(buffer), self._data_end - self._position)
            count = os.preadv(self._descriptor, [buffer[:wanted]], self._position) if wanted > 0 else 0
        self._position += count
        return count

    def skip_hole(self, length: int) -> bool:
        """Skip `length` bytes if they all lie in a hole; say whether they did."""
        if self._position >= self._data_end:
            self._find_data()
        if self._position + length > self._data_start:
            return False
        self._position += length
        return True

    def reenter_hole(self, back: int, length: int) -> bool:
        """Go `back` bytes if that stays in the hole and its next `length` bytes are then ahead; say whether it did."""
        start = self._position - back
        if start < self._hole_start or start + length > self._data_start:
            return False
        self._position = start
        return True

    def _find_data(self) -> None:
        """Find the next data at or behind the position; at the file's end both borders are its size."""
        try:
            start = min(os.lseek(self._descriptor, self._position, os.SEEK_DATA), self._size)
            end = min(os.lseek(self._descriptor, start, os.SEEK_HOLE), self._size) if start < self._size else self._size
        except OSError as error:
            if error.errno == errno.ENXIO:  # no data up to the end
                start = end = self._size
            elif error.errno in _NO_SUCH_CALL:
                start, end = self._position, self._size
            else:
                raise
        self._hole_start, self._data_start, self._data_end = self._position, start, end
