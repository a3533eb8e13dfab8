"""Give live entries their metadata: owner, attributes, mode, times, in the order in which none undoes another.

Changing the owner clears set-user bits and capabilities, and setting an ACL changes the mode; so: owner, attributes,
mode, times. Owns that, for open files and for entries by name, never through a link. Doesn't own which metadata is
wanted (ownership).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager

from rok_jupyter.engine.attributes import attribute_path, set_attributes
from rok_jupyter.engine.ownership import LEAVE, Wanted

_OPEN_INODE = getattr(os, "O_PATH", os.O_RDONLY | os.O_NONBLOCK) | os.O_NOFOLLOW | os.O_CLOEXEC


def dress_file(descriptor: int, wanted: Wanted) -> list[str]:
    """Give an open file or directory its metadata; one sentence for each part that could not be given.

    Raises OSError where mode or times can't be set.
    """
    problems: list[str] = []
    status = os.fstat(descriptor)
    if _differs(wanted, status):
        try:
            os.fchown(descriptor, wanted.uid, wanted.gid)
        except OSError as error:
            problems.append(_owner_problem(wanted, error))
    problems += set_attributes(descriptor, wanted.attributes, privileged=wanted.privileged)
    os.fchmod(descriptor, wanted.mode)
    os.utime(descriptor, ns=(wanted.mtime_ns, wanted.mtime_ns))
    return problems


def dress_entry(directory: int, name: bytes, wanted: Wanted) -> list[str]:
    """As `dress_file`, for an entry of any type by its name in a directory; a link itself, never what it leads to."""
    status = os.stat(name, dir_fd=directory, follow_symlinks=False)
    if stat.S_ISLNK(status.st_mode):
        return _dress_link(directory, name, wanted, status)
    with _inode(directory, name, status) as path:
        problems: list[str] = []
        if _differs(wanted, status):
            try:
                os.chown(path, wanted.uid, wanted.gid)
            except OSError as error:
                problems.append(_owner_problem(wanted, error))
        problems += set_attributes(path, wanted.attributes, privileged=wanted.privileged)
        os.chmod(path, wanted.mode)
        os.utime(path, ns=(status.st_atime_ns, wanted.mtime_ns))
        return problems


def _dress_link(directory: int, name: bytes, wanted: Wanted, status: os.stat_result) -> list[str]:
    problems: list[str] = []
    if _differs(wanted, status):
        try:
            os.chown(name, wanted.uid, wanted.gid, dir_fd=directory, follow_symlinks=False)
        except OSError as error:
            problems.append(_owner_problem(wanted, error))
    if wanted.attributes:
        problems += set_attributes(
            attribute_path(directory, name), wanted.attributes, privileged=wanted.privileged, follow=False
        )
    os.utime(name, ns=(wanted.mtime_ns, wanted.mtime_ns), dir_fd=directory, follow_symlinks=False)
    return problems


@contextmanager
def _inode(directory: int, name: bytes, seen: os.stat_result) -> Iterator[int | bytes]:
    """Hold exactly the inode that was seen, and yield what the calls take for it; it need not be readable."""
    descriptor = os.open(name, _OPEN_INODE, dir_fd=directory)
    try:
        status = os.fstat(descriptor)
        if (status.st_dev, status.st_ino) != (seen.st_dev, seen.st_ino):
            raise OSError(0, "it was replaced while it was restored")
        yield b"/proc/self/fd/%d" % descriptor if hasattr(os, "O_PATH") else descriptor
    finally:
        os.close(descriptor)


def _differs(wanted: Wanted, status: os.stat_result) -> bool:
    return wanted.uid not in (LEAVE, status.st_uid) or wanted.gid not in (LEAVE, status.st_gid)


def _owner_problem(wanted: Wanted, error: OSError) -> str:
    return f"owner {wanted.uid}:{wanted.gid}: {error.strerror}"
