"""Copying snapshots from one repository to another, with all that they need.

Owns what is carried, and how a snapshot that is there already is recognised. Doesn't own which snapshots are asked for.

Blobs are carried as they are, never cut anew, each proven on its way; in the order in which they lie in the source's
packs. A snapshot is published after everything that it needs is durable, so that a copy that is killed has copied fewer
snapshots, each of them whole. It keeps its tags and its `rok` field; `original` names the snapshot that it comes from.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

import msgspec

from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.snapshot_file import SnapshotFile
from rok_jupyter.engine.format.timestamp import text_to_ns
from rok_jupyter.engine.pack_selection import BlobKey
from rok_jupyter.engine.reachable import visit_trees
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.progress import Progress

if TYPE_CHECKING:
    from rok_jupyter.engine.repository import Repository

_ID_TAG = "rok:id="


class CopiedSnapshots(msgspec.Struct, frozen=True, kw_only=True):
    """What a copy did, by the ids of the source's documents: those of the target's. `bytes_added` is on its storage."""

    copied: Mapping[Id, Id]
    already_there: Mapping[Id, Id]
    bytes_added: int


def copy_snapshots(
    source: Repository, target: Repository, snapshot_ids: Iterable[Id], progress: Progress
) -> CopiedSnapshots:
    """Copy snapshots, oldest first.

    Raises NOT_FOUND for an id that the source lacks, DATA_LOSS where something that one needs is damaged there, and
    FAILED_PRECONDITION where both are the same repository.
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
        added = 0
        for snapshot_id, file in chosen.items():
            if snapshot_id in already:
                continue
            added += _copy_blobs(source, target, file.tree, progress)
            target_lock.check()
            original = file.original or snapshot_id
            copied[snapshot_id] = target.save_snapshot(msgspec.structs.replace(file, parent=None, original=original))
    return CopiedSnapshots(copied=copied, already_there=already, bytes_added=added)


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


def _copy_blobs(source: Repository, target: Repository, tree: Id, progress: Progress) -> int:
    """Bring everything below a tree that the target lacks, durably; return the bytes added."""
    progress.begin("finding what to copy")
    lacking = _lacking(source, target, tree, progress)
    places = {key: _place(source, key) for key in lacking}
    progress.begin("copying", bytes_total=sum(length for _, _, length in places.values()))
    added = 0
    with target.writer() as writer:
        for key in sorted(lacking, key=lambda key: places[key]):
            progress.check_cancelled()
            saved = writer.save_blob(key[0], source.load_blob(*key), id=key[1])
            added += saved.added_bytes
            progress.advance(bytes_=places[key][2], added=saved.added_bytes)
    return added


def _lacking(source: Repository, target: Repository, tree: Id, progress: Progress) -> set[BlobKey]:
    lacking: set[BlobKey] = set()
    target.reload_index()
    for visited in visit_trees(source, {"": tree}, progress):
        if visited.error is not None:
            raise visited.error
        lacking.update(key for key in visited.blobs() if not target.index.has(*key))
    return lacking


def _place(source: Repository, key: BlobKey) -> tuple[Id, int, int]:
    """Where a blob lies, by which reading goes through each pack once; what isn't found fails when it is read."""
    found = source.index.find(*key)
    return (found[0], found[1].offset, found[1].length) if found else ("", 0, 0)
