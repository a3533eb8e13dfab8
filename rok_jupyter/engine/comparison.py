"""Whether a live entry is what a node says: the comparison that plans and differences share.

A file is taken for unchanged without reading it only where size, mtime, ctime and inode are those of the snapshot: who
resets an mtime changes the ctime. Else its content is read and hashed piece by piece against the node's blobs.

Owns that judgement for one entry. Doesn't own walking (restore_plan, difference) nor links between entries.
"""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Mapping, Sequence
from enum import Enum, auto
from hashlib import sha256

from rok_jupyter.engine.attributes import is_managed, live_attributes
from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.tree import Node, NodeType, name_bytes
from rok_jupyter.engine.ownership import LEAVE, Wanted
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import EntryType

LengthOf = Callable[[Id], int | None]
"""The plain length of a data blob, None where the repository lacks it."""

_NODE_TYPES = {
    NodeType.FILE: EntryType.FILE,
    NodeType.DIRECTORY: EntryType.DIRECTORY,
    NodeType.SYMLINK: EntryType.SYMLINK,
    NodeType.FIFO: EntryType.FIFO,
    NodeType.SOCKET: EntryType.SOCKET,
    NodeType.CHARACTER_DEVICE: EntryType.CHARACTER_DEVICE,
    NodeType.BLOCK_DEVICE: EntryType.BLOCK_DEVICE,
    NodeType.IRREGULAR: EntryType.OTHER,
}
_LIVE_TYPES = {
    stat.S_IFREG: EntryType.FILE,
    stat.S_IFDIR: EntryType.DIRECTORY,
    stat.S_IFLNK: EntryType.SYMLINK,
    stat.S_IFIFO: EntryType.FIFO,
    stat.S_IFSOCK: EntryType.SOCKET,
    stat.S_IFCHR: EntryType.CHARACTER_DEVICE,
    stat.S_IFBLK: EntryType.BLOCK_DEVICE,
}


class Likeness(Enum):
    """How a live entry stands to a node of the same type, as far as can be told without reading content."""

    SAME = auto()
    METADATA = auto()
    """Same content, other metadata."""
    CONTENT = auto()
    UNREAD_SAME = auto()
    """Metadata is the same, whether content is must be read."""
    UNREAD_METADATA = auto()
    """Metadata differs, whether content does must be read."""


def node_type(node: Node) -> EntryType:
    """Return a node's type in the project's words."""
    return _NODE_TYPES[node.type]


def live_type(status: os.stat_result) -> EntryType:
    """Return a live entry's type in the project's words."""
    return _LIVE_TYPES.get(stat.S_IFMT(status.st_mode), EntryType.OTHER)


def likeness(node: Node, wanted: Sequence[Wanted], status: os.stat_result, at: tuple[int, bytes]) -> Likeness:
    """Compare a live entry with a node of the same type; having any of the `wanted` metadata counts as the same.

    `at` is its directory's descriptor and its name there.
    """
    if not _same_link_or_device(node, status, at):
        return Likeness.CONTENT
    attributes = live_attributes(*at)
    same = any(_has_metadata(node, one, status, attributes) for one in wanted)
    if node.type is NodeType.FILE:
        return _file_likeness(node, status, same=same)
    return Likeness.SAME if same else Likeness.METADATA


def _has_metadata(node: Node, wanted: Wanted, status: os.stat_result, attributes: Mapping[str, bytes]) -> bool:
    return (
        status.st_mtime_ns == wanted.mtime_ns
        and (node.type is NodeType.SYMLINK or stat.S_IMODE(status.st_mode) == wanted.mode)
        and wanted.uid in (LEAVE, status.st_uid)
        and wanted.gid in (LEAVE, status.st_gid)
        and _managed(attributes, wanted) == _managed(wanted.attributes, wanted)
    )


def _managed(attributes: Mapping[str, bytes], wanted: Wanted) -> dict[str, bytes]:
    return {name: value for name, value in attributes.items() if is_managed(name, privileged=wanted.privileged)}


def _file_likeness(node: Node, status: os.stat_result, *, same: bool) -> Likeness:
    if not node.content and status.st_size == 0:
        return Likeness.SAME if same else Likeness.METADATA
    if not node.content or status.st_size == 0:
        return Likeness.CONTENT
    return Likeness.UNREAD_SAME if same else Likeness.UNREAD_METADATA


def _same_link_or_device(node: Node, status: os.stat_result, at: tuple[int, bytes]) -> bool:
    if node.type is NodeType.SYMLINK:
        return os.readlink(at[1], dir_fd=at[0]) == name_bytes(node.linktarget)
    if node.type in (NodeType.CHARACTER_DEVICE, NodeType.BLOCK_DEVICE):
        return node.device == status.st_rdev
    return True


def content_length(node: Node, length_of: LengthOf) -> int | None:
    """Return how many bytes a file's blobs hold together, None where the repository lacks one.

    This may differ from the node's size where the file changed while the snapshot was taken.
    """
    total = 0
    for blob in node.content or ():
        length = length_of(blob)
        if length is None:
            return None
        total += length
    return total


def matches_content(node: Node, descriptor: int, length_of: LengthOf) -> bool:
    """Whether an open file holds exactly the node's content; it is read up to the first difference, OSError where it
    can't be read."""
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        return False
    offset = 0
    for blob in node.content or ():
        length = length_of(blob)
        if length is None:
            return False
        piece = os.pread(descriptor, length, offset)
        if len(piece) != length or sha256(piece).hexdigest() != blob:
            return False
        offset += length
    return not os.pread(descriptor, 1, offset)


def entry_reason(error: OSError | RokError) -> str:
    """Say in a few words why one entry failed."""
    if isinstance(error, RokError):
        return error.message
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return "no space is left"
    if error.errno in (errno.ELOOP, errno.ENOTDIR):
        return "a directory above it is no directory any more"
    return error.strerror or ErrorKind.UNKNOWN.value
