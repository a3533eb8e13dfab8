"""Where a snapshot's members lie in its tree.

Owns finding them: by absolute path, as this project and restic store them; restic leaves the leading directories out
where it was given a relative path. Members may lie inside each other: each then ends where another begins. Doesn't own
reading what is in them (view).
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.tree import Node, NodeType
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.tree_path import find_node
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Member


class MemberRoot(msgspec.Struct, frozen=True, kw_only=True):
    """A member's directory. `node` is its own node, None where the tree is the snapshot's whole.

    `others` are relative paths at which other members begin.
    """

    member: Member
    tree: Id
    node: Node | None
    others: frozenset[str]

    def holds(self, path: str) -> bool:
        """Whether a relative path belongs to this member and not to another one inside it."""
        if not self.others:
            return True
        return not any(path == other or path.startswith(other + "/") for other in self.others)


def member_roots(repository: Repository, tree: Id, members: Sequence[Member]) -> dict[str, MemberRoot]:
    """Return where each member of a snapshot is, by volume; one whose place can't be found is left out.

    DATA_LOSS where the trees that lead there are damaged.
    """
    roots = {}
    for member in members:
        node = _locate(repository, tree, member.path, lonely=len(members) == 1)
        if node is None:
            continue
        found = None if isinstance(node, str) else node
        subtree = tree if found is None else found.subtree
        if subtree is not None:
            roots[member.volume] = MemberRoot(
                member=member, tree=subtree, node=found, others=inside(member.path, [other.path for other in members])
            )
    return roots


def every_root(repository: Repository, tree: Id, members: Sequence[Member]) -> dict[str, MemberRoot]:
    """As `member_roots`; DATA_LOSS also where a member can't be found."""
    roots = member_roots(repository, tree, members)
    for member in members:
        if member.volume not in roots:
            raise RokError(
                ErrorKind.DATA_LOSS,
                f"The snapshot's tree lacks its volume {member.volume!r} ({member.path}).",
                "Run a check to see what is damaged.",
            )
    return roots


def inside(path: str, others: Sequence[str]) -> frozenset[str]:
    """Return, relative to `path`, those of `others` that lie below it."""
    prefix = path.rstrip("/") + "/"
    return frozenset(other.removeprefix(prefix) for other in others if other.startswith(prefix) and other != prefix)


def _locate(repository: Repository, tree: Id, path: str, *, lonely: bool) -> Node | str | None:
    """Return a member's node, "" where the whole tree is the member, None where it is nowhere."""
    names = [name for name in path.split("/") if name]
    for start in range(len(names)):
        node = _directory(repository, tree, "/".join(names[start:]))
        if node is not None:
            return node
    return "" if lonely or not names else None


def _directory(repository: Repository, tree: Id, path: str) -> Node | None:
    try:
        node = find_node(repository, tree, path)
    except RokError as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
        return None
    return node if node.type is NodeType.DIRECTORY else None
