"""What differs between two stored trees, or between a stored tree and a live directory.

Owns both comparisons. Equal subtrees are never opened; a live directory is compared as a restore's plan compares it. A
directory's own mtime doesn't count here: it says only that something in it differs. Doesn't own how it is shown.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import nullcontext
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from rok_jupyter.engine.comparison import Likeness, entry_reason, likeness
from rok_jupyter.engine.confined import ConfinedTree, decode_path, encode_path
from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.timestamp import text_to_ns
from rok_jupyter.engine.format.tree import Node, NodeType, name_bytes
from rok_jupyter.engine.nodes import Owners, node_of
from rok_jupyter.engine.ownership import Ownership
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.restore_plan import PlannedEntry, Reason, RestoreOptions, RestorePart
from rok_jupyter.engine.restore_planner import plan_part
from rok_jupyter.engine.selection import Selection
from rok_jupyter.engine.tree_path import find_node
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Change, EntryError
from rok_jupyter.progress import Progress


class NodeDifference(NamedTuple):
    """One entry that differs; `before` and `after` are None where it doesn't exist."""

    path: str
    change: Change
    before: Node | None
    after: Node | None


class TreeDifference(msgspec.Struct, frozen=True):
    """What differs, by path with a directory before what it holds, and what could not be compared."""

    entries: tuple[NodeDifference, ...]
    errors: tuple[EntryError, ...]


def compare_trees(
    repository: Repository, before: Id | None, after: Id | None, *, paths: Sequence[str] = (), volume: str = ""
) -> TreeDifference:
    """Compare two stored trees (None: an empty one); `paths` narrow it, `volume` names it in errors.

    INVALID_ARGUMENT for a path outside the tree. A damaged tree is an error of its path, the rest is compared.
    """
    errors: list[EntryError] = []
    entries = tuple(_TreeWalk(repository, Selection(paths), volume, errors).walk(before, after))
    return TreeDifference(entries, tuple(errors))


def compare_with_live(
    repository: Repository,
    part: RestorePart,
    progress: Progress,
    *,
    left_out: Reason = lambda _: None,
    companion_of: Reason = lambda _: None,
) -> TreeDifference:
    """Compare a part's stored tree (before) with the live directory that is its target (after).

    `left_out` gives the reason why a live entry isn't in snapshots at all: such ones don't count as created. A path of
    the part may be one that only the live directory has. Raises as `plan_restore`, NOT_FOUND for a path that neither
    has; what can't be read is an error of its path.
    """
    asked = Selection(part.paths)
    part = _reaching(repository, part)
    options = RestoreOptions(in_place=True, delete=True, owners=True, kept=left_out, companion_of=companion_of)
    policy = replace(Ownership.of_process(owners=True), everything=True)
    plan = plan_part(repository, part, options, policy, progress)
    if plan.root is None:
        found = [NodeDifference(decode_path(e.path), Change.DELETED, e.node, None) for e in plan.entries]
        return TreeDifference(tuple(sorted(found, key=_by_path)), plan.errors)
    owners = Owners()
    with ConfinedTree(encode_path(part.target)) as live:
        meant = [entry for entry in plan.entries if asked.holds(decode_path(entry.path))]
        differences = [_seen_from_snapshot(entry, live, owners, policy) for entry in meant]
    known = sorted((each for each in differences if each is not None), key=_by_path)
    return TreeDifference(tuple(known), plan.errors)


def _reaching(repository: Repository, part: RestorePart) -> RestorePart:
    """Return the part with the nearest stored directory in the place of each path that only the live directory has."""
    paths = []
    with ConfinedTree(encode_path(part.target)) if os.path.isdir(part.target) else nullcontext() as live:
        for path in part.paths:
            while path and live is not None and not _is_stored(repository, part.tree, path):
                if live.status(encode_path(path)) is None:
                    find_node(repository, part.tree, path)  # raises: neither has it
                path = path.rpartition("/")[0]
            paths.append(path)
    return replace(part, paths=tuple(paths))


def _is_stored(repository: Repository, tree: Id, path: str) -> bool:
    try:
        find_node(repository, tree, path)
    except RokError as error:
        if error.kind is not ErrorKind.NOT_FOUND:
            raise
        return False
    return True


def _by_path(difference: NodeDifference) -> list[str]:
    return difference.path.split("/")


def _seen_from_snapshot(
    entry: PlannedEntry, live: ConfinedTree, owners: Owners, policy: Ownership
) -> NodeDifference | None:
    """Turn a restore's change around: what it would create was deleted. None where nothing worth telling differs."""
    path = decode_path(entry.path)
    if entry.live is None:
        return NodeDifference(path, Change.DELETED, entry.node, None)
    try:
        after = _live_node(entry.path, live, owners)
        if entry.node is None:
            return None if after is None else NodeDifference(path, Change.CREATED, None, after)
        if entry.change is Change.METADATA and _only_times_differ(entry, live, policy):
            return None
    except OSError:
        return None  # It vanished while it was compared.
    return NodeDifference(path, entry.change, entry.node, after)


def _live_node(path: bytes, live: ConfinedTree, owners: Owners) -> Node | None:
    status = live.status(path)
    if status is None:
        return None
    directory, name = live.at(path)
    target = ""
    if stat.S_ISLNK(status.st_mode):
        target = decode_path(os.readlink(name, dir_fd=directory))
    return node_of(decode_path(name), status, owners, size=status.st_size, target=target)


def _only_times_differ(entry: PlannedEntry, live: ConfinedTree, policy: Ownership) -> bool:
    """Whether it is a directory in which something changed, and nothing else."""
    status = live.status(entry.path)
    if entry.node is None or status is None or entry.node.type is not NodeType.DIRECTORY:
        return False
    directory, name = live.at(entry.path)
    timeless = replace(policy.wanted(entry.node), mtime_ns=status.st_mtime_ns)
    return likeness(entry.node, (timeless,), status, (directory, name or b".")) is Likeness.SAME


class _TreeWalk:
    """Walks two trees together, keeping its own stack."""

    def __init__(self, repository: Repository, selection: Selection, volume: str, errors: list[EntryError]) -> None:
        self._repository = repository
        self._selection = selection
        self._volume = volume
        self._errors = errors

    def walk(self, before: Id | None, after: Id | None) -> Iterator[NodeDifference]:
        """Yield what differs below two trees."""
        stack = [self._pairs("", before, after)]
        while stack:
            pair = next(stack[-1], None)
            if pair is None:
                stack.pop()
                continue
            path, old, new = pair
            if self._selection.holds(path):
                change = _change(old, new)
                if change is not None:
                    yield NodeDifference(path, change, old, new)
            old_tree, new_tree = _subtree(old), _subtree(new)
            if old_tree != new_tree and self._selection.leads_on(path):
                stack.append(self._pairs(path, old_tree, new_tree))

    def _pairs(self, path: str, before: Id | None, after: Id | None) -> Iterator[tuple[str, Node | None, Node | None]]:
        old, new = self._nodes(path, before), self._nodes(path, after)
        if old is None or new is None:
            return
        for name in sorted(old.keys() | new.keys(), key=name_bytes):
            below = f"{path}/{name}" if path else name
            if self._selection.holds(below) or self._selection.leads_on(below):
                yield below, old.get(name), new.get(name)

    def _nodes(self, path: str, tree: Id | None) -> dict[str, Node] | None:
        """A tree's nodes by name; None where it is damaged: then nothing below can be told."""
        if tree is None:
            return {}
        try:
            loaded = self._repository.load_tree(tree)
        except RokError as error:
            self._errors.append(EntryError(volume=self._volume, path=path, message=entry_reason(error)))
            return None
        for rejected in loaded.rejected:
            below = f"{path}/{rejected.name}" if path else rejected.name
            self._errors.append(EntryError(volume=self._volume, path=below, message=rejected.reason))
        return {node.name: node for node in loaded.nodes}


def _subtree(node: Node | None) -> Id | None:
    return node.subtree if node is not None and node.type is NodeType.DIRECTORY else None


def _change(old: Node | None, new: Node | None) -> Change | None:
    """How one entry differs from another of the same path."""
    if old is None or new is None:
        return Change.CREATED if old is None else Change.DELETED
    if old.type is not new.type:
        return Change.TYPE
    if (old.content or ()) != (new.content or ()) or old.linktarget != new.linktarget or old.device != new.device:
        return Change.MODIFIED
    return None if _same_metadata(old, new) else Change.METADATA


def _same_metadata(old: Node, new: Node) -> bool:
    return (
        old.mode == new.mode
        and old.uid == new.uid
        and old.gid == new.gid
        and old.extended_attributes == new.extended_attributes
        and (old.type is NodeType.DIRECTORY or old.mtime == new.mtime or text_to_ns(old.mtime) == text_to_ns(new.mtime))
    )
