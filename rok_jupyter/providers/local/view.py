"""A snapshot in the repository, opened for reading.

Owns how nodes look as entries. Doesn't own how content is read (engine.file_content).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from rok_jupyter.engine.comparison import content_length, node_type
from rok_jupyter.engine.file_content import FileContent
from rok_jupyter.engine.format.ids import Id, hash_of
from rok_jupyter.engine.format.mode import go_mode_to_posix
from rok_jupyter.engine.format.timestamp import text_to_ns
from rok_jupyter.engine.format.tree import Node, NodeType
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.tree_listing import TreeListing
from rok_jupyter.engine.tree_path import find_node
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Entry, EntryType, Snapshot
from rok_jupyter.providers.local.members import MemberRoot

_DIRECTORY_MODE = 0o40755


class LocalView:
    """Reads one snapshot; `roots` are its members' places. For several threads."""

    def __init__(self, repository: Repository, snapshot: Snapshot, roots: Mapping[str, MemberRoot]) -> None:
        self._repository = repository
        self._snapshot = snapshot
        self._roots = roots
        self._last: tuple[tuple[Id, str] | None, TreeListing | None] = (None, None)
        self._changed = {(error.volume, error.path) for error in snapshot.changed_while_read}

    def entry(self, volume: str, path: str) -> Entry:
        """Return one entry; NOT_FOUND where there is none."""
        node = self._node(volume, path)
        if node is None:
            return Entry(path="", type=EntryType.DIRECTORY, mode=_DIRECTORY_MODE)
        return self._entry(volume, path, node)

    def children(self, volume: str, path: str, *, after: str | None = None) -> Iterator[Entry]:
        """Yield a directory's entries in the order of their names' bytes; NOT_FOUND, INVALID_ARGUMENT for a file."""
        node, root = self._node(volume, path), self._root(volume)
        tree = root.tree if node is None else node.subtree
        if tree is None or (node is not None and node.type is not NodeType.DIRECTORY):
            raise RokError(ErrorKind.INVALID_ARGUMENT, f"{path!r} is no directory.", "List the directory above it.")
        for child in self._repository.list_tree(tree).after(after):
            inner = f"{path}/{child.name}" if path else child.name
            if root.holds(inner):
                yield self._entry(volume, inner, child)

    def read(self, volume: str, path: str, *, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Yield a file's bytes in pieces; INVALID_ARGUMENT where it is no regular file, DATA_LOSS where damaged."""
        node = self._node(volume, path)
        if node is None:
            raise RokError(ErrorKind.INVALID_ARGUMENT, "The volume itself is no regular file.", "Choose a file.")
        return FileContent(self._repository, node).read(offset, length)

    def _root(self, volume: str) -> MemberRoot:
        root = self._roots.get(volume)
        if root is None:
            names = ", ".join(self._roots) or "none"
            raise RokError(
                ErrorKind.NOT_FOUND,
                f"The snapshot {self._snapshot.id[:8]} has no volume {volume!r}.",
                f"It holds: {names}.",
            )
        return root

    def _node(self, volume: str, path: str) -> Node | None:
        """Return the node at a path; None for the root of a member that is the whole tree."""
        root = self._root(volume)
        if not path:
            return root.node
        if not root.holds(path):
            raise RokError(
                ErrorKind.NOT_FOUND,
                f"{path!r} belongs to another volume of the snapshot.",
                "Name that volume: VOLUME:PATH",
            )
        directory, _, name = path.rpartition("/")
        listing = self._directory(root, directory)
        node = None if listing is None else listing.find(name)
        return find_node(self._repository, root.tree, path) if node is None else node

    def _directory(self, root: MemberRoot, path: str) -> TreeListing | None:
        """Return a directory by name, None where it is none; the last is kept, as entries come one by one."""
        key = root.tree, path
        last = self._last
        if last[0] == key:
            return last[1]
        node = find_node(self._repository, root.tree, path) if path else None
        tree = root.tree if node is None else node.subtree
        listing = None if tree is None else self._repository.list_tree(tree)
        self._last = key, listing
        return listing

    def _entry(self, volume: str, path: str, node: Node) -> Entry:
        changed = bool(self._changed) and (volume, path) in self._changed
        return entry_of(node, path, self._repository.data_length, changed=changed)


def entry_of(node: Node, path: str, length_of: Callable[[Id], int | None], *, changed: bool = False) -> Entry:
    """Return how a node looks in a listing; DATA_LOSS where its time is none.

    A live file's node has no content, and so no digest.
    """
    stored = node.type is NodeType.FILE and node.content is not None
    size = content_length(node, length_of) if stored else None
    return Entry(
        path=path,
        type=node_type(node),
        size=node.size if size is None else size,
        mode=go_mode_to_posix(node.mode),
        mtime_ns=text_to_ns(node.mtime),
        uid=node.uid,
        gid=node.gid,
        user=node.user,
        group=node.group,
        links=node.links or 1,
        target=node.linktarget if node.type is NodeType.SYMLINK else None,
        digest=_digest(node) if stored else None,
        changed_while_read=changed,
    )


def _digest(node: Node) -> str:
    """Name the content: by its hash where it is one blob, else by the hash of its blobs' ids."""
    blobs = node.content or ()
    return blobs[0] if len(blobs) == 1 else hash_of("".join(blobs).encode("ascii"))
