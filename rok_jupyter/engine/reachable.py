"""What snapshots reach: a walk through their trees, each distinct tree once.

Owns the walk, which goes on past what is damaged. Doesn't own what is made of it (prune: what is used; check: what is
missing; copy: what to carry).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from typing import TYPE_CHECKING

import msgspec

from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.pack import BlobType
from rok_jupyter.engine.format.tree import NodeType, Tree
from rok_jupyter.engine.pack_selection import BlobKey
from rok_jupyter.errors import Cancelled, RokError
from rok_jupyter.progress import Progress

if TYPE_CHECKING:
    from rok_jupyter.engine.repository import Repository

PATHS_NAMED = 10
"""How many of the entries that need one damaged thing are named."""


class VisitedTree(msgspec.Struct, frozen=True):
    """One tree and the first place where the walk met it; `tree` is None where it can't be read, `error` then why."""

    id: Id
    place: str
    tree: Tree | None
    error: RokError | None = None

    def blobs(self) -> list[BlobKey]:
        """What the tree names: its own blob, its files' data and its directories' trees."""
        nodes = self.tree.nodes if self.tree else ()
        found: list[BlobKey] = [(BlobType.DATA, blob) for node in nodes for blob in node.content or ()]
        found += [(BlobType.TREE, subtree) for _, subtree in self.directories()]
        found.append((BlobType.TREE, self.id))
        return found

    def directories(self) -> list[tuple[str, Id]]:
        """Its directories' trees, by the entry's name."""
        return [
            (node.name, node.subtree)
            for node in (self.tree.nodes if self.tree else ())
            if node.subtree is not None and node.type is NodeType.DIRECTORY
        ]

    def blobs_by_name(self) -> Iterator[tuple[str, BlobKey]]:
        """What the tree names, by the entry's name."""
        for name, subtree in self.directories():
            yield name, (BlobType.TREE, subtree)
        for node in self.tree.nodes if self.tree else ():
            for blob in node.content or ():
                yield node.name, (BlobType.DATA, blob)


def visit_trees(repository: Repository, roots: Mapping[str, Id], progress: Progress) -> Iterator[VisitedTree]:
    """Visit every tree below `roots` (trees by label) once; a place reads LABEL:/path. Never raises for damage."""
    seen: set[Id] = set()
    waiting = [(f"{label}:", tree) for label, tree in list(roots.items())[::-1]]
    while waiting:
        place, tree_id = waiting.pop()
        if tree_id in seen:
            continue
        seen.add(tree_id)
        progress.check_cancelled()
        visited = _visit(repository, tree_id, place)
        progress.advance(files=1, current=place)
        yield visited
        waiting += [(f"{place}/{name}", id_) for name, id_ in visited.directories() if id_ not in seen]


def places_of(
    repository: Repository, roots: Mapping[str, Id], wanted: Set[BlobKey], progress: Progress
) -> dict[BlobKey, tuple[str, ...]]:
    """Find some of the entries that need each of the wanted blobs."""
    places: dict[BlobKey, list[str]] = {key: [] for key in wanted}
    for label, tree in roots.items():
        if (BlobType.TREE, tree) in wanted:
            places[BlobType.TREE, tree].append(f"{label}:/")
    for visited in visit_trees(repository, roots, progress):
        for name, key in visited.blobs_by_name():
            found = places.get(key)
            if found is not None and len(found) < PATHS_NAMED:
                found.append(f"{visited.place}/{name}")
    return {key: tuple(dict.fromkeys(found)) for key, found in places.items()}


def used_blobs(visited: Iterable[VisitedTree]) -> set[BlobKey]:
    """All blobs that the visited trees name."""
    return {key for tree in visited for key in tree.blobs()}


def _visit(repository: Repository, tree_id: Id, place: str) -> VisitedTree:
    try:
        return VisitedTree(tree_id, place, repository.load_tree(tree_id))
    except Cancelled:
        raise
    except RokError as error:
        return VisitedTree(tree_id, place, None, error)
