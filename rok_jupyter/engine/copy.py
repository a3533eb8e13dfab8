"""Copying snapshots from one repository to another, with all that they need.

Owns what is carried, and how a snapshot that is there already is recognised. Doesn't own which snapshots are asked for.

Blobs are carried as they are, never cut anew, each proven on its way; in the order in which they lie in the source's
packs. A snapshot is published after everything that it needs is durable, so that a copy that is killed has copied fewer
snapshots, each of them whole. It keeps its tags and its `rok` field; `original` names the snapshot that it comes from.
A snapshot that needs something damaged stays behind, with the reason, and the others are copied.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Set
from typing import TYPE_CHECKING

import msgspec

from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.snapshot_file import SnapshotFile
from rok_jupyter.engine.format.timestamp import text_to_ns
from rok_jupyter.engine.pack_selection import BlobKey
from rok_jupyter.engine.reachable import visit_trees
from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.progress import Progress

if TYPE_CHECKING:
    from rok_jupyter.engine.repository import Repository

_ID_TAG = "rok:id="


class CopiedSnapshots(msgspec.Struct, frozen=True, kw_only=True):
    """What a copy did, by the ids of the source's documents: those of the target's. `bytes_added` is on its storage."""

    copied: Mapping[Id, Id]
    already_there: Mapping[Id, Id]
    bytes_added: int
    failed: Mapping[Id, str] = msgspec.field(default_factory=dict)
    """Why a snapshot was not copied: what it needs can't be read. Nothing of it is visible in the target."""


def copy_snapshots(
    source: Repository, target: Repository, snapshot_ids: Iterable[Id], progress: Progress
) -> CopiedSnapshots:
    """Copy snapshots, oldest first.

    Raises NOT_FOUND for an id that the source lacks, FAILED_PRECONDITION where both are the same repository, and what
    the target raises; what can't be read in the source only keeps the snapshots back that need it.
    """
    if source.id == target.id:
        raise RokError(
            ErrorKind.FAILED_PRECONDITION, "Both repositories are the same one.", "Choose another repository."
        )
    with source.lock(reading=True), target.lock() as target_lock:
        chosen = _chosen(source, snapshot_ids)
        there = _identities(target)
        already = {id_: there[_identity(id_, file)] for id_, file in chosen.items() if _identity(id_, file) in there}
        copied: dict[Id, Id] = {}
        failed: dict[Id, str] = {}
        carrier = _Carrier(source, target, progress)
        for snapshot_id, file in chosen.items():
            if snapshot_id in already:
                continue
            fault = carrier.carry(file.tree)
            if fault is not None:
                failed[snapshot_id] = fault.message
                continue
            target_lock.check()
            original = file.original or snapshot_id
            copied[snapshot_id] = target.save_snapshot(msgspec.structs.replace(file, parent=None, original=original))
    return CopiedSnapshots(copied=copied, already_there=already, bytes_added=carrier.bytes_added, failed=failed)


def _chosen(source: Repository, snapshot_ids: Iterable[Id]) -> dict[Id, SnapshotFile]:
    files, _ = source.snapshot_files()
    chosen = {}
    for snapshot_id in dict.fromkeys(snapshot_ids):
        if snapshot_id not in files:
            raise RokError(ErrorKind.NOT_FOUND, f"There is no readable snapshot {snapshot_id[:8]} to copy.")
        chosen[snapshot_id] = files[snapshot_id]
    return dict(sorted(chosen.items(), key=lambda item: text_to_ns(item[1].time)))


def _identities(target: Repository) -> dict[str, Id]:
    """The snapshots of the target, by what stays the same when one is copied."""
    files, _ = target.snapshot_files()
    return {_identity(snapshot_id, file): snapshot_id for snapshot_id, file in files.items()}


def _identity(snapshot_id: Id, file: SnapshotFile) -> str:
    """What survives copies and edits: our own id where the snapshot has one, else that of its first document."""
    own = next((tag for tag in file.tags or () if tag.startswith(_ID_TAG)), None)
    return own or file.original or snapshot_id


class _Carrier:
    """Brings what trees need from the source to the target, and remembers what can't be read."""

    def __init__(self, source: Repository, target: Repository, progress: Progress) -> None:
        self._source = source
        self._target = target
        self._progress = progress
        self._unreadable: dict[BlobKey, RokError] = {}
        self.bytes_added = 0

    def carry(self, tree: Id) -> RokError | None:
        """Bring everything below a tree that the target lacks, durably; return what hindered it."""
        self._progress.begin("finding what to copy")
        lacking: set[BlobKey] = set()
        self._target.reload_index()
        for visited in visit_trees(self._source, {"": tree}, self._progress):
            if visited.error is not None:
                return visited.error
            lacking.update(key for key in visited.blobs() if not self._target.index.has(*key))
        known = next((key for key in self._unreadable if key in lacking), None)
        return self._copy(lacking) if known is None else self._unreadable[known]

    def _copy(self, lacking: Set[BlobKey]) -> RokError | None:
        """Copy until something can't be read; what was copied until then stays, for the snapshots that share it."""
        places = {key: _place(self._source, key) for key in lacking}
        self._progress.begin("copying", bytes_total=sum(length for _, _, length in places.values()))
        with self._target.writer() as writer:
            for key in sorted(lacking, key=lambda key: places[key]):
                self._progress.check_cancelled()
                try:
                    content = self._source.load_blob(*key)
                except Cancelled:
                    raise
                except RokError as error:
                    self._unreadable[key] = error
                    return error
                added = writer.save_blob(key[0], content, id=key[1]).added_bytes
                self.bytes_added += added
                self._progress.advance(bytes_=places[key][2], added=added)
        return None


def _place(source: Repository, key: BlobKey) -> tuple[Id, int, int]:
    """Where a blob lies, by which reading goes through each pack once; what isn't found fails when it is read."""
    found = source.index.find(*key)
    return (found[0], found[1].offset, found[1].length) if found else ("", 0, 0)
