"""Find a node by its path in a tree of the repository.

Owns the walk down one path. Doesn't own listing or comparing.
"""

from __future__ import annotations

from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.tree import Node, NodeType
from rok_jupyter.engine.repository import Repository
from rok_jupyter.errors import ErrorKind, RokError


def find_node(repository: Repository, tree: Id, path: str) -> Node:
    """Return the node at `path` below a tree; NOT_FOUND where there is none, INVALID_ARGUMENT for the empty path."""
    if not path:
        raise RokError(ErrorKind.INVALID_ARGUMENT, "The root of a tree has no entry of its own.")
    node: Node | None = None
    subtree: Id | None = tree
    for name in path.split("/"):
        node = repository.load_tree(subtree).find(name) if subtree is not None else None
        if node is None:
            raise RokError(
                ErrorKind.NOT_FOUND,
                f"The snapshot holds nothing at {path!r}.",
                "List a directory of the snapshot to see what it holds.",
            )
        subtree = node.subtree if node.type is NodeType.DIRECTORY else None
    assert node is not None
    return node
