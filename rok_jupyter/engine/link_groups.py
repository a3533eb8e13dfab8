"""Hard links: which entries of a plan share an inode afterwards, and which must not.

Owns making the target's links those of the snapshot, among the entries that a restore covers. Links to names outside
of it can't be seen; their content is never changed, as files are replaced, not written. Pure values.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from rok_jupyter.engine.candidate import Candidate
from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.tree import Node, NodeType
from rok_jupyter.models import Change

_Group = tuple[int, int, tuple[Id, ...] | None, str]
"""An inode, and its content: names of one inode that were read at different times may not be the same any more."""

_IN_PLACE = (None, Change.METADATA)
"""Changes after which an entry is still the inode that stood there."""


def resolve_links(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Return the candidates with links made and broken as the nodes say."""
    resolved = _break_links(candidates)
    groups: dict[_Group, list[int]] = {}
    for position, candidate in enumerate(resolved):
        node = candidate.node
        if node.links > 1 and node.type is not NodeType.DIRECTORY:
            groups.setdefault(_group(node), []).append(position)
    for members in groups.values():
        if len(members) > 1:
            _make_links(resolved, members)
    return resolved


def _group(node: Node) -> _Group:
    return node.device_id, node.inode, node.content, node.linktarget


def _make_links(candidates: list[Candidate], members: list[int]) -> None:
    leader = candidates[min(members, key=lambda position: _rank(candidates[position]))]
    for position in members:
        member = candidates[position]
        if member is leader or _shares_inode(member, leader):
            continue
        change = Change.METADATA if member.change is None else member.change
        deferred = member.deferred or leader.deferred
        candidates[position] = replace(member, change=change, link_to=leader.path, deferred=deferred)


def _rank(candidate: Candidate) -> int:
    """Best to link to is what stays as it is; worst what is made last."""
    if candidate.change is None:
        return 0
    if candidate.change is Change.METADATA:
        return 1
    return 3 if candidate.deferred else 2


def _shares_inode(member: Candidate, leader: Candidate) -> bool:
    if member.live is None or leader.live is None:
        return False
    same = (member.live.device, member.live.inode) == (leader.live.device, leader.live.inode)
    return same and member.change in _IN_PLACE and leader.change in _IN_PLACE


def _break_links(candidates: Sequence[Candidate]) -> list[Candidate]:
    """Give an inode of its own to each entry that shares one where the snapshot doesn't, if that would be seen."""
    owners: dict[tuple[int, int], _Group | bytes] = {}
    resolved = list(candidates)
    for position, candidate in enumerate(candidates):
        node, live = candidate.node, candidate.live
        shared = live is not None and live.links > 1 and candidate.change in _IN_PLACE
        if live is None or not shared or node.type is not NodeType.FILE:
            continue
        group = _group(node) if node.links > 1 else candidate.path
        first = owners.setdefault((live.device, live.inode), group)
        leaks = candidate.change is Change.METADATA and node.links <= 1
        if first != group or leaks:
            resolved[position] = replace(candidate, change=Change.MODIFIED)
    return resolved
