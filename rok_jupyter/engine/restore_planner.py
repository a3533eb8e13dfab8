"""Plan a restore: walk trees of the repository and their target directories together and say what would change.

Owns the walk. Doesn't own the judgement of one entry (comparison), what is deleted (deletions), links between entries
(link_groups), rights and room (preflight), nor any change: nothing here writes.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Sequence

import msgspec
from msgspec.structs import replace

from rok_jupyter.engine.candidate import Candidate
from rok_jupyter.engine.companions import Companions, find_companions
from rok_jupyter.engine.comparison import (
    Likeness,
    content_length,
    entry_reason,
    likeness,
    live_type,
    node_type,
)
from rok_jupyter.engine.confined import ConfinedTree, decode_path, encode_path, join, split
from rok_jupyter.engine.content_check import settle_unread
from rok_jupyter.engine.deletions import Deletions
from rok_jupyter.engine.file_content import written_length
from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.tree import Node, NodeType, Tree
from rok_jupyter.engine.link_groups import resolve_links
from rok_jupyter.engine.live import Live
from rok_jupyter.engine.live_listing import LiveListing, list_live
from rok_jupyter.engine.nodes import is_unchanged
from rok_jupyter.engine.ownership import Ownership
from rok_jupyter.engine.preflight import available_bytes, problems_of
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.restore_plan import (
    PartPlan,
    PlannedEntry,
    RestoreOptions,
    RestorePart,
    TreeRestorePlan,
    fingerprint_of,
    is_temporary,
)
from rok_jupyter.engine.selection import Selection
from rok_jupyter.engine.target import is_there, require_empty
from rok_jupyter.engine.tree_path import find_node
from rok_jupyter.errors import RokError
from rok_jupyter.models import Change, EntryError, EntryType, SkippedEntry
from rok_jupyter.progress import Progress


def plan_restore(
    repository: Repository, parts: Sequence[RestorePart], options: RestoreOptions, progress: Progress
) -> TreeRestorePlan:
    """Say what restoring `parts` would do; changes nothing.

    NOT_FOUND for a path that a tree lacks, INVALID_ARGUMENT for one outside it, FAILED_PRECONDITION where a target that
    must be empty isn't, or is no directory, DATA_LOSS where a part's own tree can't be read, CANCELLED.
    """
    progress.begin("comparing")
    ownership = Ownership.of_process(owners=options.owners)
    planned = tuple(plan_part(repository, part, options, ownership, progress) for part in parts)
    return TreeRestorePlan(
        parts=planned,
        options=options,
        ownership=ownership,
        bytes_available=available_bytes(planned),
        problems=problems_of(planned),
        fingerprint=fingerprint_of(planned, options),
    )


def plan_part(
    repository: Repository, part: RestorePart, options: RestoreOptions, ownership: Ownership, progress: Progress
) -> PartPlan:
    """Say what restoring one part would do; raises as `plan_restore`."""
    return _PartPlanner(repository, part, options, ownership).plan(progress)


class _Directory(msgspec.Struct, frozen=True):
    """A directory still to be compared.

    `tree` is None where only the target has it, `live` is False where only the snapshot has it; `replaced`: it goes,
    because the snapshot has something else in its place.
    """

    path: bytes
    tree: Id | None
    live: bool
    replaced: bool = False


_NOTHING = LiveListing(frozenset(), {}, 0)


class _PartPlanner:
    """Plans one part. The walk keeps its own stack, so that a thousand levels are no matter."""

    def __init__(
        self, repository: Repository, part: RestorePart, options: RestoreOptions, ownership: Ownership
    ) -> None:
        self._repository = repository
        self._part = part
        self._options = options.for_part(part)
        self._ownership = ownership
        self._full = replace(ownership, everything=True)
        self._selection = Selection(part.paths, only=part.only)
        self._deletions = Deletions(self._options, self._selection)
        self._length_of = repository.data_length
        self._candidates: list[Candidate] = []
        self._accompanied: set[bytes] = set()
        self._unchanged = 0
        self._leftovers: list[bytes] = []
        self._seen: dict[bytes, int] = {}
        self._skipped: list[SkippedEntry] = []
        self._errors: list[EntryError] = []

    def plan(self, progress: Progress) -> PartPlan:
        """Walk, read what must be read, and put the plan together."""
        for path in self._selection.paths:
            if path:
                find_node(self._repository, self._part.tree, path)
        if not is_there(self._part.target):
            self._walk(None, progress)
            return self._finish(None)
        if not self._options.in_place:
            require_empty(self._part.target)
        with ConfinedTree(encode_path(self._part.target)) as live:
            self._walk(live, progress)
            self._candidates = settle_unread(self._candidates, live, self._length_of, progress)
            status = os.fstat(live.root)
        return self._finish((status.st_dev, status.st_ino))

    def _walk(self, live: ConfinedTree | None, progress: Progress) -> None:
        self._root(live)
        stack = [_Directory(b"", self._part.tree, live is not None)]
        while stack:
            progress.check_cancelled()
            directory = stack.pop()
            try:
                below = self._visit(directory, live)
            except (RokError, OSError) as error:
                if not directory.path and isinstance(error, RokError):
                    raise
                self._fail(directory.path, entry_reason(error))
                continue
            stack += reversed(below)
            progress.advance(files=1, current=decode_path(directory.path))

    def _root(self, live: ConfinedTree | None) -> None:
        """The target directory itself: only its metadata, and only where it is meant."""
        node = self._part.root
        if node is None or not self._selection.holds(""):
            return
        if live is None:
            self._candidates.append(Candidate(b"", node, None, Change.CREATED))
        else:
            self._compare(b"", node, os.fstat(live.root), (live.root, b"."))

    def _visit(self, directory: _Directory, live: ConfinedTree | None) -> list[_Directory]:
        """Compare what one directory holds here and there; the directories to go on with."""
        tree = self._repository.load_tree(directory.tree) if directory.tree is not None else Tree(())
        descriptor = live.directory(directory.path) if live is not None and directory.live else None
        listing = _NOTHING if descriptor is None else self._list(directory.path, descriptor)
        names = set(listing.names)
        for rejected in tree.rejected:
            names.discard(encode_path(rejected.name))
            self._fail(join(directory.path, encode_path(rejected.name)), rejected.reason)
        companions: Companions = {}
        if descriptor is not None and directory.tree is not None:
            companions = find_companions(descriptor, names, tree, self._options.companion_of)
        below: list[_Directory] = []
        for node in tree.nodes:
            name = encode_path(node.name)
            path = join(directory.path, name)
            status = None
            if name in names and descriptor is not None:
                names.discard(name)
                try:
                    status = listing.statuses.get(name) or _lstat(descriptor, name)
                except OSError as error:
                    self._fail(path, entry_reason(error))
                    continue
            if node.name in companions:
                self._accompanied.add(path)
            below += self._node(path, node, status, (descriptor or 0, name))
            if node.name in companions:
                names -= self._take_companions(path, companions[node.name])
        if descriptor is not None:
            below += self._extras(directory, descriptor, names)
        return below

    def _list(self, path: bytes, descriptor: int) -> LiveListing:
        listing = list_live(descriptor)
        self._seen[path] = listing.print
        return listing

    def _take_companions(self, path: bytes, companions: dict[bytes, Live]) -> set[bytes]:
        """Have a live file replaced, and its companions go with it; their names, if so."""
        candidate = self._candidates[-1] if self._candidates else None
        if candidate is None or candidate.path != path or candidate.live is None:
            return set()
        if candidate.node.type is not NodeType.FILE or candidate.deferred:
            return set()
        change = Change.TYPE if candidate.change is Change.TYPE else Change.MODIFIED
        below = tuple((join(split(path)[0], name), live) for name, live in sorted(companions.items()))
        self._candidates[-1] = replace(candidate, change=change, unread=False, companions=below)
        return set(companions)

    def _node(self, path: bytes, node: Node, status: os.stat_result | None, at: tuple[int, bytes]) -> list[_Directory]:
        """Compare one node with what stands at its path (`status`; None: nothing)."""
        text = decode_path(path)
        is_directory = node.type is NodeType.DIRECTORY
        if not self._selection.holds(text) and not (is_directory and self._selection.leads_on(text)):
            return []
        reason = self._ownership.refuses(node) or (is_directory and self._options.protected(text)) or ""
        if reason:
            self._skip(path, reason)
            return []
        if status is not None and live_type(status) is not node_type(node):
            return self._other_type(path, node, status, at)
        if status is None:
            self._candidates.append(Candidate(path, node, None, Change.CREATED))
        elif self._selection.holds(text):
            self._compare(path, node, status, at)
        return [_Directory(path, node.subtree, status is not None)] if is_directory else []

    def _compare(self, path: bytes, node: Node, status: os.stat_result, at: tuple[int, bytes]) -> None:
        try:
            if is_unchanged(node, status) and not self._must_be_kept(path, node, status):
                self._unchanged += 1
            else:
                self._candidates.append(self._judged(path, node, status, at))
        except (RokError, OSError) as error:
            self._fail(path, entry_reason(error))

    def _must_be_kept(self, path: bytes, node: Node, status: os.stat_result) -> bool:
        """Whether an unchanged entry may still matter: for others that share its inode, or by what stands beside it."""
        if path in self._accompanied:
            return True
        return node.type is not NodeType.DIRECTORY and (node.links > 1 or status.st_nlink > 1)

    def _judged(self, path: bytes, node: Node, status: os.stat_result, at: tuple[int, bytes]) -> Candidate:
        live = Live.of(status)
        if is_unchanged(node, status):
            return Candidate(path, node, live, None)
        wanted = (self._ownership.wanted(node), self._full.wanted(node))
        found = likeness(node, wanted, status, at)
        if found in (Likeness.UNREAD_SAME, Likeness.UNREAD_METADATA):
            if content_length(node, self._length_of) == status.st_size:
                change = None if found is Likeness.UNREAD_SAME else Change.METADATA
                return Candidate(path, node, live, change, unread=True)
            found = Likeness.CONTENT
        changes = {Likeness.SAME: None, Likeness.METADATA: Change.METADATA, Likeness.CONTENT: Change.MODIFIED}
        return Candidate(path, node, live, changes[found])

    def _other_type(self, path: bytes, node: Node, status: os.stat_result, at: tuple[int, bytes]) -> list[_Directory]:
        """Something of another type stands there; a directory that holds something goes only if deleting was asked."""
        holds_something = stat.S_ISDIR(status.st_mode) and bool(_names(at))
        if holds_something and not self._options.delete:
            self._skip(path, "a directory that holds something stands there, and deleting was not asked for")
            return []
        deferred = stat.S_ISDIR(status.st_mode)
        self._candidates.append(Candidate(path, node, Live.of(status), Change.TYPE, deferred=deferred))
        if holds_something:
            return [_Directory(path, None, live=True, replaced=True)]
        return [_Directory(path, node.subtree, live=False)] if node.type is NodeType.DIRECTORY else []

    def _extras(self, directory: _Directory, descriptor: int, names: Iterable[bytes]) -> list[_Directory]:
        """Entries that the snapshot lacks."""
        below: list[_Directory] = []
        device = os.fstat(descriptor).st_dev
        for name in sorted(names):
            path = join(directory.path, name)
            if is_temporary(name):
                self._leftovers.append(path)
                continue
            if not self._deletions.wants(decode_path(path), replaced=directory.replaced):
                continue
            try:
                status = _lstat(descriptor, name)
            except OSError as error:
                self._deletions.spare(path)
                self._fail(path, entry_reason(error))
                continue
            if status is None:
                continue
            same_mount = status.st_dev == device
            reason = self._deletions.consider(path, status, same_mount=same_mount, replaced=directory.replaced)
            if reason:
                self._skip(path, reason)
            elif stat.S_ISDIR(status.st_mode):
                below.append(_Directory(path, None, live=True, replaced=directory.replaced))
        return below

    def _finish(self, root: tuple[int, int] | None) -> PartPlan:
        allowed = [candidate for candidate in self._candidates if self._allows(candidate)]
        resolved = resolve_links(allowed)
        changed = [each for each in resolved if each.change is not None and self._allows(each)]
        entries = [self._entry(candidate) for candidate in changed]
        entries += [_gone(path, live) for candidate in changed for path, live in candidate.companions]
        self._tell_rights(entries)
        return PartPlan(
            part=self._part,
            entries=(*entries, *self._deletions.entries()),
            unchanged=self._unchanged + sum(candidate.change is None for candidate in resolved),
            root=root,
            seen=self._seen,
            leftovers=tuple(self._leftovers),
            skipped=tuple(self._skipped),
            errors=tuple(self._errors),
        )

    def _allows(self, candidate: Candidate) -> bool:
        """Whether nothing speaks against what happens to a candidate."""
        if candidate.change is None:
            return True
        reason = self._options.protected(decode_path(candidate.path))
        if candidate.deferred and self._deletions.is_spared(candidate.path):
            reason = "a directory stands there that holds something that stays"
        if reason:
            self._skip(candidate.path, reason)
        return not reason

    def _entry(self, candidate: Candidate) -> PlannedEntry:
        writes = candidate.change is not Change.METADATA and candidate.link_to is None
        assert candidate.change is not None
        return PlannedEntry(
            path=candidate.path,
            change=candidate.change,
            type=node_type(candidate.node),
            size=written_length(candidate.node, self._length_of) if writes else 0,
            node=candidate.node,
            live=candidate.live,
            link_to=candidate.link_to,
            deferred=candidate.deferred,
            companions=tuple(path for path, _ in candidate.companions),
        )

    def _tell_rights(self, entries: Sequence[PlannedEntry]) -> None:
        for entry in entries:
            left_out = self._ownership.leaves_out(entry.node) if entry.node is not None else ""
            if left_out:
                self._skip(entry.path, left_out)
        foreign = sum(
            entry.node is not None and entry.live is None and self._ownership.leaves_owner(entry.node)
            for entry in entries
        )
        if foreign:
            self._skip(b"", f"{foreign} entries get the owner of who restores; theirs come back with owners, as root")

    def _skip(self, path: bytes, reason: str) -> None:
        self._skipped.append(SkippedEntry(volume=self._part.name, path=decode_path(path), reason=reason))

    def _fail(self, path: bytes, message: str) -> None:
        self._errors.append(EntryError(volume=self._part.name, path=decode_path(path), message=message))


def _gone(path: bytes, live: Live) -> PlannedEntry:
    return PlannedEntry(path=path, change=Change.DELETED, type=EntryType.FILE, live=live)


def _lstat(directory: int, name: bytes) -> os.stat_result | None:
    """Return what stands at a name; None where it is gone, as others work here too."""
    try:
        return os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return None


def _names(at: tuple[int, bytes]) -> list[str]:
    directory, name = at
    descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    try:
        return os.listdir(descriptor)
    finally:
        os.close(descriptor)
