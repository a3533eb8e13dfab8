"""File modes: nodes carry Go's os.FileMode, the operating system speaks POSIX.

Owns the translation of type and permission bits. Doesn't own what is done with them.
"""

from __future__ import annotations

import stat

_PERMISSIONS = 0o777
_GO_DIRECTORY = 1 << 31
_GO_SYMLINK = 1 << 27
_GO_DEVICE = 1 << 26
_GO_FIFO = 1 << 25
_GO_SOCKET = 1 << 24
_GO_SETUID = 1 << 23
_GO_SETGID = 1 << 22
_GO_CHARACTER = 1 << 21
_GO_STICKY = 1 << 20
_GO_IRREGULAR = 1 << 19

_TYPES = (
    (stat.S_IFREG, 0),
    (stat.S_IFDIR, _GO_DIRECTORY),
    (stat.S_IFLNK, _GO_SYMLINK),
    (stat.S_IFBLK, _GO_DEVICE),
    (stat.S_IFCHR, _GO_DEVICE | _GO_CHARACTER),
    (stat.S_IFIFO, _GO_FIFO),
    (stat.S_IFSOCK, _GO_SOCKET),
)
_TO_GO = dict(_TYPES)
_FROM_GO = {go: posix for posix, go in _TYPES}
_SPECIAL = ((stat.S_ISUID, _GO_SETUID), (stat.S_ISGID, _GO_SETGID), (stat.S_ISVTX, _GO_STICKY))
_GO_TYPE_MASK = _GO_DIRECTORY | _GO_SYMLINK | _GO_DEVICE | _GO_FIFO | _GO_SOCKET | _GO_CHARACTER


def posix_mode_to_go(mode: int) -> int:
    """Translate `st_mode`, type bits included; a type that Go doesn't know becomes its "irregular"."""
    go = (mode & _PERMISSIONS) | _TO_GO.get(stat.S_IFMT(mode), _GO_IRREGULAR)
    for posix_bit, go_bit in _SPECIAL:
        if mode & posix_bit:
            go |= go_bit
    return go


def go_mode_to_posix(mode: int) -> int:
    """Translate a node's mode to `st_mode`, type bits included (0 for a type that POSIX doesn't know)."""
    posix = (mode & _PERMISSIONS) | (0 if mode & _GO_IRREGULAR else _FROM_GO.get(mode & _GO_TYPE_MASK, 0))
    for posix_bit, go_bit in _SPECIAL:
        if mode & go_bit:
            posix |= posix_bit
    return posix
