"""What stood at a path when it was looked at.

Owns the value and whether the same thing stands there still. Doesn't own looking.
"""

from __future__ import annotations

import os
import stat
from typing import NamedTuple


class Live(NamedTuple):
    """What stood at an entry's path when the plan was made."""

    device: int
    inode: int
    mode: int
    size: int
    mtime_ns: int
    ctime_ns: int
    links: int
    blocks: int
    uid: int
    gid: int

    def is_still(self, status: os.stat_result) -> bool:
        """Whether the same entry stands there with the same content, as far as a status tells.

        A directory's times and every ctime may have been changed by the restore itself.
        """
        if (self.device, self.inode, stat.S_IFMT(self.mode)) != (
            status.st_dev,
            status.st_ino,
            stat.S_IFMT(status.st_mode),
        ):
            return False
        return stat.S_ISDIR(self.mode) or (self.size, self.mtime_ns) == (status.st_size, status.st_mtime_ns)

    @classmethod
    def of(cls, status: os.stat_result) -> Live:
        """Return what a status says."""
        return cls(
            status.st_dev,
            status.st_ino,
            status.st_mode,
            status.st_size,
            status.st_mtime_ns,
            status.st_ctime_ns,
            status.st_nlink,
            status.st_blocks,
            status.st_uid,
            status.st_gid,
        )
