"""Trees and nodes: what a directory holds, in restic's JSON.

In memory a node's name and link target are plain text with `surrogateescape` for bytes that are no UTF-8; the quoting
of names, and the raw bytes of link targets, exist in the stored form only. What a hostile tree names (`..`, slashes,
duplicates) never leaves this module but as a rejected node.

Owns the stored form of directories. Doesn't own how nodes are made from files (source) or become files (restorer).
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Annotated

import msgspec

from rok_jupyter.engine.format import gojson
from rok_jupyter.engine.format.ids import Buffer, Id
from rok_jupyter.engine.format.timestamp import GO_ZERO
from rok_jupyter.errors import ErrorKind, RokError

Unsigned32 = Annotated[int, msgspec.Meta(ge=0, le=0xFFFFFFFF)]
Unsigned64 = Annotated[int, msgspec.Meta(ge=0)]


class NodeType(StrEnum):
    """What a node is."""

    FILE = "file"
    DIRECTORY = "dir"
    SYMLINK = "symlink"
    BLOCK_DEVICE = "dev"
    CHARACTER_DEVICE = "chardev"
    FIFO = "fifo"
    SOCKET = "socket"
    IRREGULAR = "irregular"


class ExtendedAttribute(msgspec.Struct, frozen=True, gc=False):
    """One extended attribute of a file, ACLs included."""

    name: str
    value: bytes | None = msgspec.field(default_factory=lambda: None)


def _unknown_time() -> str:
    return GO_ZERO


def _no_number() -> int:
    return 0


def _no_content() -> None:
    return None


class Node(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One entry of a directory; the fields are restic's, in its order.

    `mode` is Go's (see mode.py), times are RFC 3339 text (see timestamp.py), `content` lists the ids of a file's data
    blobs (None for what is no file), `subtree` a directory's tree. Defaults made by a factory are always written, the
    others are left out as Go's `omitempty` does.
    """

    name: str
    type: NodeType
    mode: Unsigned32 = 0
    mtime: str = msgspec.field(default_factory=_unknown_time)
    atime: str = msgspec.field(default_factory=_unknown_time)
    ctime: str = msgspec.field(default_factory=_unknown_time)
    uid: Unsigned32 = msgspec.field(default_factory=_no_number)
    gid: Unsigned32 = msgspec.field(default_factory=_no_number)
    user: str = ""
    group: str = ""
    inode: Unsigned64 = 0
    device_id: Unsigned64 = 0
    size: Unsigned64 = 0
    links: Unsigned64 = 0
    linktarget: str = ""
    linktarget_raw: bytes | None = None
    extended_attributes: tuple[ExtendedAttribute, ...] = ()
    generic_attributes: dict[str, msgspec.Raw] | None = None
    device: Unsigned64 = 0
    content: tuple[Id, ...] | None = msgspec.field(default_factory=_no_content)
    subtree: Id | None = None
    error: str = ""


class RejectedNode(msgspec.Struct, frozen=True):
    """A node that was left out of a tree: its name as far as it could be read, and why."""

    name: str
    reason: str


class Tree(msgspec.Struct, frozen=True):
    """A directory: its good nodes in the order stored, and those that were rejected."""

    nodes: tuple[Node, ...]
    rejected: tuple[RejectedNode, ...] = ()

    def find(self, name: str) -> Node | None:
        """Return the node of that name, or None."""
        return next((node for node in self.nodes if node.name == name), None)


class _StoredTree(msgspec.Struct, gc=False):
    nodes: tuple[Node, ...] | None


class _LooseTree(msgspec.Struct):
    nodes: tuple[msgspec.Raw, ...]


class _Named(msgspec.Struct, gc=False):
    name: str = ""


class _NamedTree(msgspec.Struct):
    nodes: tuple[_Named, ...]


_TREE_DECODER = msgspec.json.Decoder(_StoredTree)
_LOOSE_DECODER = msgspec.json.Decoder(_LooseTree)
_NODE_DECODER = msgspec.json.Decoder(Node)
_NAME_DECODER = msgspec.json.Decoder(_Named)
_NAMES_DECODER = msgspec.json.Decoder(_NamedTree)


def name_bytes(name: str) -> bytes:
    """Return a name as the file system spells it."""
    return name.encode("utf-8", "surrogateescape")


def encode_tree(nodes: Iterable[Node]) -> bytes:
    """Write a tree exactly as restic does, its nodes sorted by the bytes of their names.

    Raises INVALID_ARGUMENT for names that no directory can have, and for a name that occurs twice.
    """
    ordered = sorted(nodes, key=lambda node: name_bytes(node.name))
    fault = _first_fault(ordered)
    if fault is not None:
        raise RokError(ErrorKind.INVALID_ARGUMENT, f"A tree can't hold {fault.name!r}: {fault.reason}.")
    try:
        content = gojson.encode([_quoted(node) for node in ordered])
    except UnicodeEncodeError:
        content = gojson.encode([_storable(_quoted(node)) for node in ordered])
    return b'{"nodes":' + content + b"}\n"


def decode_tree(content: Buffer) -> Tree:
    """Read a tree; nodes that can't be trusted or understood are rejected one by one, the rest is kept.

    Raises DATA_LOSS where the whole is no tree.
    """
    rejected: list[RejectedNode] = []
    try:
        nodes = _TREE_DECODER.decode(content).nodes or ()
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        nodes, rejected = _decode_one_by_one(content)
    if _needs_care(nodes):
        nodes = _accept(nodes, rejected)
    return Tree(nodes, tuple(rejected))


def split_tree(content: Buffer, size: int) -> list[tuple[bytes, bytes]] | None:
    """Cut a tree's JSON into trees of `size` nodes, each with the bytes of its first name, without reading the nodes.

    In a third of the time that reading takes. None where only reading tells which nodes are good and in which order.
    """
    try:
        stored = _LOOSE_DECODER.decode(content).nodes
        names = [named.name for named in _NAMES_DECODER.decode(content).nodes]
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return None
    spelled = [name_bytes(name) for name in names]
    if _are_suspicious(names) or not all(map(bytes.__lt__, spelled, spelled[1:])):
        return None
    starts = range(0, len(stored), size)
    return [(spelled[start], b'{"nodes":[' + b",".join(stored[start : start + size]) + b"]}\n") for start in starts]


def _quoted(node: Node) -> Node:
    quoted = gojson.quote(node.name)
    return node if quoted == node.name else msgspec.structs.replace(node, name=quoted)


def _storable(node: Node) -> Node:
    """Spell what is no UTF-8 as Go does, as JSON that is taken over as it is; only a link's target keeps its bytes."""
    target = gojson.tolerant(node.linktarget)
    return msgspec.structs.replace(
        node,
        user=gojson.tolerant(node.user),
        group=gojson.tolerant(node.group),
        error=gojson.tolerant(node.error),
        linktarget=target,
        linktarget_raw=None if target is node.linktarget else name_bytes(node.linktarget),
        extended_attributes=tuple(
            msgspec.structs.replace(attribute, name=gojson.tolerant(attribute.name))
            for attribute in node.extended_attributes
        ),
    )


def _decode_one_by_one(content: Buffer) -> tuple[tuple[Node, ...], list[RejectedNode]]:
    try:
        stored = _LOOSE_DECODER.decode(content).nodes
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise RokError(ErrorKind.DATA_LOSS, "A tree is damaged: it is not the JSON of a directory.") from error
    nodes: list[Node] = []
    rejected: list[RejectedNode] = []
    for raw in stored:
        try:
            nodes.append(_NODE_DECODER.decode(raw))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            rejected.append(RejectedNode(_name_of(raw), f"it can't be understood ({error})"))
    return tuple(nodes), rejected


def _name_of(raw: msgspec.Raw) -> str:
    try:
        return _NAME_DECODER.decode(raw).name
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        return "?"


def _needs_care(nodes: tuple[Node, ...]) -> bool:
    """Whether any node must be looked at by itself; False for nearly every tree, and cheap."""
    return _are_suspicious([node.name for node in nodes]) or any(node.linktarget_raw for node in nodes)


def _are_suspicious(names: list[str]) -> bool:
    """Whether any of a tree's names is quoted, no name, or there twice."""
    unique = set(names)
    together = "".join(names)
    suspicious = "\\" in together or "/" in together or "\0" in together or len(unique) < len(names)
    return suspicious or not unique.isdisjoint(("", ".", ".."))


def _accept(nodes: tuple[Node, ...], rejected: list[RejectedNode]) -> tuple[Node, ...]:
    accepted: dict[str, Node] = {}
    for stored in nodes:
        try:
            node = _plain(stored)
        except RokError as error:
            rejected.append(RejectedNode(stored.name, error.message))
            continue
        reason = name_fault(node.name) or ("its name occurs twice" if node.name in accepted else "")
        if reason:
            rejected.append(RejectedNode(node.name, reason))
        else:
            accepted[node.name] = node
    return tuple(accepted.values())


def _plain(stored: Node) -> Node:
    """Undo what only the stored form has."""
    name = gojson.unquote(stored.name)
    if stored.linktarget_raw:
        target = stored.linktarget_raw.decode("utf-8", "surrogateescape")
        return msgspec.structs.replace(stored, name=name, linktarget=target, linktarget_raw=None)
    return stored if name == stored.name else msgspec.structs.replace(stored, name=name)


def name_fault(name: str) -> str:
    """Say why no directory can hold an entry of this name; empty where it can."""
    if not name:
        return "its name is empty"
    if name in (".", ".."):
        return "its name leads out of the directory"
    if "/" in name or "\0" in name:
        return "its name holds a slash or a NUL"
    return ""


def _first_fault(ordered: list[Node]) -> RejectedNode | None:
    previous: str | None = None
    for node in ordered:
        reason = name_fault(node.name) or ("its name occurs twice" if node.name == previous else "")
        if reason:
            return RejectedNode(node.name, reason)
        previous = node.name
    return None
