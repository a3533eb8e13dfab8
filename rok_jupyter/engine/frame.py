"""What is known of a volume, and of each directory that is not complete yet, while a snapshot is made.

Owns these values alone; the run that fills them is in archive.
"""

from __future__ import annotations

import msgspec

from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.tree import ExtendedAttribute, Node
from rok_jupyter.engine.parent import NO_TREE, ParentTree
from rok_jupyter.engine.scan import Place
from rok_jupyter.models import EntryError, SkippedEntry


class VolumeTally(msgspec.Struct, eq=False):
    """What was found of one volume."""

    volume: str
    tree: Id = ""
    differs: bool = True
    """Whether its directory, or anything in it, isn't what the earlier snapshot has."""
    files_new: int = 0
    files_changed: int = 0
    files_unmodified: int = 0
    files_removed: int = 0
    directories: int = 0
    size: int = 0
    errors: list[EntryError] = msgspec.field(default_factory=list)
    changed_while_read: list[EntryError] = msgspec.field(default_factory=list)
    skipped: list[SkippedEntry] = msgspec.field(default_factory=list)

    @property
    def files(self) -> int:
        """Everything saved that is no directory."""
        return self.files_new + self.files_changed + self.files_unmodified

    def fail(self, path: str, message: str) -> None:
        """List an entry that could not be saved as it should."""
        self.errors.append(EntryError(volume=self.volume, path=path, message=message))

    def mark_changed(self, path: str) -> None:
        """List a file that changed while it was read."""
        message = "It changed while it was read; what is stored may mix two versions."
        self.changed_while_read.append(EntryError(volume=self.volume, path=path, message=message))


class Frame(msgspec.Struct, eq=False):
    """A directory that is not complete yet."""

    place: Place
    outer: Frame | None
    tally: VolumeTally | None
    """None above the volumes."""
    earlier: tuple[Node, ...]
    """Its node in the earlier snapshot; above the volumes, in each of the earlier snapshots that has it."""
    parents: tuple[ParentTree, ...]
    """What those nodes lead to."""
    same_status: bool = False
    """Whether its own status is the earlier one's."""
    nodes: list[Node] = msgspec.field(default_factory=list)
    reused: int = 0
    """How many of `nodes` are the earlier ones."""
    waiting_for: int = 1
    """Files and directories that aren't complete, and the walk itself."""
    unvisited: list[Place] = msgspec.field(default_factory=list)
    attributes: tuple[ExtendedAttribute, ...] = ()

    @property
    def parent(self) -> ParentTree:
        """The tree that it is compared with."""
        return self.parents[0] if self.parents else NO_TREE

    @property
    def earlier_node(self) -> Node | None:
        """Its node in the tree that its outer directory is compared with."""
        return self.earlier[0] if self.earlier else None

    @property
    def is_reused(self) -> bool:
        """Whether it holds exactly what the earlier tree holds, so that this tree can be kept."""
        return self.parent.id is not None and self.reused == len(self.nodes) == len(self.parent.nodes)

    def keep(self, node: Node) -> None:
        """Take a node as the earlier tree has it."""
        self.nodes.append(node)
        self.reused += 1

    def path_of(self, name: str) -> str:
        """Return an entry's path relative to its volume."""
        path = self.place.path
        return f"{path}/{name}" if path else name
