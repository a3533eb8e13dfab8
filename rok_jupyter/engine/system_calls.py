"""System calls that Python lacks and a safe restore needs: syncfs, renameat2 with its flags, inode flags.

Owns calling them and their substitutes where the system has none (macOS). Doesn't own when they are called.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import os
import stat
import struct
import sys

_LIBC = ctypes.CDLL(None, use_errno=True)
_RENAME_NOREPLACE = 1
_RENAME_EXCHANGE = 2
_UNKNOWN_TO_THE_SYSTEM = (errno.EINVAL, errno.ENOSYS, errno.ENOTSUP)
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
    if code in _UNKNOWN_TO_THE_SYSTEM:
        return False
    raise OSError(code, os.strerror(code))


def rename_new(source: int, name: bytes, directory: int, new: bytes) -> None:
    """Move an entry to a name that is free, whole and in one step; FileExistsError where something has that name.

    `source` and `directory` are descriptors of directories of one file system.
    """
    if hasattr(_LIBC, "renameat2"):
        moved = _LIBC.renameat2(source, ctypes.c_char_p(name), directory, ctypes.c_char_p(new), _RENAME_NOREPLACE)
        code = 0 if moved == 0 else ctypes.get_errno()
        if code == 0:
            return
        if code not in _UNKNOWN_TO_THE_SYSTEM:
            raise OSError(code, os.strerror(code))
    _rename_new_by_links(source, name, directory, new)


def _rename_new_by_links(source: int, name: bytes, directory: int, new: bytes) -> None:
    """As `rename_new`: a link takes no name that is taken, and a directory takes only an empty one's place."""
    if not stat.S_ISDIR(os.stat(name, dir_fd=source, follow_symlinks=False).st_mode):
        os.link(name, new, src_dir_fd=source, dst_dir_fd=directory, follow_symlinks=False)
        os.unlink(name, dir_fd=source)
        return
    os.mkdir(new, 0o700, dir_fd=directory)
    try:
        os.rename(name, new, src_dir_fd=source, dst_dir_fd=directory)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST):  # somebody took the name, and its directory with it
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from error
        os.rmdir(new, dir_fd=directory)
        raise


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
