"""The earlier snapshot that a new one is compared with: its trees, directory by directory.

Owns finding a directory's earlier nodes, and whether a node can be used again. Doesn't own what follows from that
(archive). A tree that is missing or damaged is no tree: what it held is read and stored anew, which mends it.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.pack import BlobType
from rok_jupyter.engine.format.tree import Node, NodeType, Tree
from rok_jupyter.engine.repository import Repository
from rok_jupyter.errors import ErrorKind, RokError

_UNUSABLE = (ErrorKind.DATA_LOSS, ErrorKind.NOT_FOUND)


class ParentTree(msgspec.Struct, frozen=True):
    """A directory as the earlier snapshot has it; `id` is None where its tree can't be used again as it is."""

    id: Id | None = None
    nodes: Mapping[str, Node] = msgspec.field(default_factory=dict)


NO_TREE = ParentTree()


class Parents:
    """Looks up earlier trees in a repository."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._index = repository.index

    def tree(self, node: Node | None) -> ParentTree:
        """Return what a directory's node leads to."""
        if node is None or node.type is not NodeType.DIRECTORY or node.subtree is None:
            return NO_TREE
        return self.load(node.subtree)

    def load(self, tree_id: Id) -> ParentTree:
        """Return a tree by its id, `NO_TREE` where it can't be read."""
        tree = self._load(tree_id)
        if tree is None:
            return NO_TREE
        return ParentTree(None if tree.rejected else tree_id, {node.name: node for node in tree.nodes})

    def holds_content(self, node: Node) -> bool:
        """Whether the repository has all of a file's blobs."""
        has = self._index.has
        return node.content is not None and all(has(BlobType.DATA, blob_id) for blob_id in node.content)

    def count_files(self, node: Node) -> int:
        """Count what is no directory in and below a node, as far as its trees can be read."""
        if node.type is not NodeType.DIRECTORY:
            return 1
        count = 0
        waiting = [node]
        while waiting:
            for child in self.tree(waiting.pop()).nodes.values():
                if child.type is NodeType.DIRECTORY:
                    waiting.append(child)
                else:
                    count += 1
        return count

    def _load(self, tree_id: Id) -> Tree | None:
        try:
            return self._repository.load_tree(tree_id)
        except RokError as error:
            if error.kind in _UNUSABLE:
                return None
            raise
