"""A file's bytes, read whole at one moment and kept until they are stored.

Owns reading by directory descriptor into memory or, where it is large, into an unnamed private file of the state
directory. Doesn't own when a reading is trusted: notebooks and databases each have their own rules.
"""

from __future__ import annotations

import errno
import os
import stat
import tempfile
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from rok_jupyter.state import private_directory

MEMORY_LIMIT = 16 << 20
_PIECE = 1 << 20
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_NOCTTY | os.O_CLOEXEC


class Captured(msgspec.Struct, frozen=True):
    """A file's content as it is to be stored. Whoever gets it closes `stream`, which stands at its start."""

    stream: BinaryIO
    status: os.stat_result
    """What the content belongs to: its times and inode decide whether the next snapshot may reuse it."""
    settled: bool = True
    """False where no reading could be trusted: to be marked as changed while it was read."""

    @property
    def size(self) -> int:
        """Bytes of the content, which need not be those of the live file."""
        here = self.stream.tell()
        end = self.stream.seek(0, os.SEEK_END)
        self.stream.seek(here)
        return end


def new_spool(temporary: Path) -> BinaryIO:
    """Return an empty stream: in memory up to 16 MiB, then in an unnamed file below `temporary`."""
    directory = str(private_directory(temporary))
    return cast(BinaryIO, tempfile.SpooledTemporaryFile(MEMORY_LIMIT, "w+b", dir=directory))


def open_regular(directory: int, name: bytes) -> int | None:
    """Open a regular file without following a link or waiting for a fifo; None where it is something else by now.

    Raises FileNotFoundError where it is gone, and other OSErrors as the system tells.
    """
    descriptor = os.open(name, _FLAGS, dir_fd=directory)
    if stat.S_ISREG(os.fstat(descriptor).st_mode):
        return descriptor
    os.close(descriptor)
    return None


def status_of(directory: int, name: bytes) -> os.stat_result | None:
    """Return what stands at a name, no link followed; None where nothing does, or nothing can by its length."""
    try:
        return os.stat(name, dir_fd=directory, follow_symlinks=False)
    except OSError as error:
        if error.errno not in (errno.ENOENT, errno.ENAMETOOLONG):
            raise
        return None


def same_state(before: os.stat_result | None, after: os.stat_result | None) -> bool:
    """Whether two looks saw the same file, unchanged as far as size, times and inode tell (or nothing, twice)."""
    if before is None or after is None:
        return before is after
    return state_of(before) == state_of(after)


def state_of(status: os.stat_result) -> tuple[int, ...]:
    """Return what changes when a file is written or replaced."""
    return status.st_dev, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns


def fill(spool: BinaryIO, descriptor: int) -> None:
    """Copy a file's bytes, from its start to its end, into the spool; the spool then stands at its start."""
    offset = 0
    while piece := os.pread(descriptor, _PIECE, offset):
        spool.write(piece)
        offset += len(piece)
    spool.seek(0)
