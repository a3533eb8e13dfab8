"""System calls that Python lacks and a safe restore needs: syncfs, renameat2 EXCHANGE, inode flags.

Owns calling them and their substitutes where the system has none (macOS). Doesn't own when they are called.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import struct
import sys

_LIBC = ctypes.CDLL(None, use_errno=True)
_RENAME_EXCHANGE = 2
_FS_IOC_GETFLAGS = 0x80086601
_IMMUTABLE_OR_APPEND = 0x10 | 0x20


def sync_file_system(descriptor: int) -> None:
    """Make everything written so far to the file system under `descriptor` durable; raises OSError where it can't."""
    if not hasattr(_LIBC, "syncfs"):
        os.sync()
        return
    if _LIBC.syncfs(descriptor) != 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code))


def exchange(directory: int, one: bytes, other: bytes) -> bool:
    """Swap two names of one directory in one step; False where the system or its file system can't."""
    if not hasattr(_LIBC, "renameat2"):
        return False
    done = _LIBC.renameat2(directory, ctypes.c_char_p(one), directory, ctypes.c_char_p(other), _RENAME_EXCHANGE)
    if done == 0:
        return True
    code = ctypes.get_errno()
    if code in (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP):
        return False
    raise OSError(code, os.strerror(code))


def is_immutable(descriptor: int) -> bool:
    """Whether the inode is marked immutable or append-only; False where the file system knows no such marks."""
    if sys.platform != "linux":
        return False
    try:
        answer = fcntl.ioctl(descriptor, _FS_IOC_GETFLAGS, struct.pack("l", 0))
    except OSError:
        return False
    flags: int = struct.unpack("l", answer)[0]
    return bool(flags & _IMMUTABLE_OR_APPEND)
