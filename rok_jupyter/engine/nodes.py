"""How a live entry's status becomes a node, and when a node still says what the status says.

Owns that translation, restic's choices in it (no access times, a device only for hard links), and the names of owners.
Doesn't own reading content, attributes or directories.
"""

from __future__ import annotations

import grp
import os
import pwd
import stat
from functools import lru_cache

from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.mode import posix_mode_to_go
from rok_jupyter.engine.format.timestamp import ns_to_text, text_to_ns
from rok_jupyter.engine.format.tree import ExtendedAttribute, Node, NodeType
from rok_jupyter.errors import RokError

_TYPES = {
    stat.S_IFREG: NodeType.FILE,
    stat.S_IFDIR: NodeType.DIRECTORY,
    stat.S_IFLNK: NodeType.SYMLINK,
    stat.S_IFBLK: NodeType.BLOCK_DEVICE,
    stat.S_IFCHR: NodeType.CHARACTER_DEVICE,
    stat.S_IFIFO: NodeType.FIFO,
}
_DEVICES = (NodeType.BLOCK_DEVICE, NodeType.CHARACTER_DEVICE)
_WITHOUT_LINKS = (NodeType.DIRECTORY, NodeType.FIFO)

_go_mode = lru_cache(maxsize=256)(posix_mode_to_go)


class Owners:
    """Names of users and groups, each asked for once: a name service may be slow. Thread-safe."""

    def __init__(self) -> None:
        self._users: dict[int, str] = {}
        self._groups: dict[int, str] = {}

    def user(self, uid: int) -> str:
        """Return a user's name; empty where it has none."""
        name = self._users.get(uid)
        if name is None:
            try:
                name = pwd.getpwuid(uid).pw_name
            except (KeyError, OSError):
                name = ""
            self._users[uid] = name
        return name

    def group(self, gid: int) -> str:
        """Return a group's name; empty where it has none."""
        name = self._groups.get(gid)
        if name is None:
            try:
                name = grp.getgrgid(gid).gr_name
            except (KeyError, OSError):
                name = ""
            self._groups[gid] = name
        return name


def is_storable(status: os.stat_result) -> bool:
    """Whether there are nodes for what a status describes: not for sockets, nor for types that POSIX doesn't know."""
    return stat.S_IFMT(status.st_mode) in _TYPES


def node_of(
    name: str,
    status: os.stat_result,
    owners: Owners,
    *,
    attributes: tuple[ExtendedAttribute, ...] = (),
    size: int = 0,
    content: tuple[Id, ...] | None = None,
    subtree: Id | None = None,
    target: str = "",
) -> Node:
    """Make the node of an entry; `size` and `content` are a file's, `subtree` a directory's, `target` a symlink's."""
    kind = _TYPES[stat.S_IFMT(status.st_mode)]
    mtime = ns_to_text(status.st_mtime_ns)
    return Node(
        name=name,
        type=kind,
        mode=_go_mode(status.st_mode),
        mtime=mtime,
        atime=mtime,
        ctime=ns_to_text(status.st_ctime_ns),
        uid=status.st_uid,
        gid=status.st_gid,
        user=owners.user(status.st_uid),
        group=owners.group(status.st_gid),
        inode=status.st_ino,
        device_id=status.st_dev if kind is NodeType.FILE and status.st_nlink > 1 else 0,
        size=size,
        links=0 if kind in _WITHOUT_LINKS else status.st_nlink,
        linktarget=target,
        extended_attributes=attributes,
        device=status.st_rdev if kind in _DEVICES else 0,
        content=content,
        subtree=subtree,
    )


def is_unchanged(node: Node, status: os.stat_result) -> bool:
    """Whether a node was made from an entry that has stayed as it is, as far as its status tells.

    Who resets an mtime, or changes an attribute or an owner, changes the ctime; who puts another file in its place
    changes the inode.
    """
    return (
        node.inode == status.st_ino
        and _same_time(node.ctime, status.st_ctime_ns)
        and _same_time(node.mtime, status.st_mtime_ns)
        and node.mode == _go_mode(status.st_mode)
        and (node.type is not NodeType.FILE or node.size == status.st_size)
    )


def is_same_but_for_times(node: Node, status: os.stat_result) -> bool:
    """Whether a directory above all volumes counts as unchanged: what else happens in it is no change of a volume."""
    return node.mode == _go_mode(status.st_mode) and (node.uid, node.gid) == (status.st_uid, status.st_gid)


def _same_time(text: str, nanoseconds: int) -> bool:
    if text.endswith("Z"):
        return text == ns_to_text(nanoseconds)
    try:
        return text_to_ns(text) == nanoseconds
    except RokError:
        return False
