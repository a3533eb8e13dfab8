"""Removing what no snapshot needs.

Owns the plan and its execution under an exclusive lock. Doesn't own which snapshots there are (retention), nor which
packs are worth rewriting (pack_selection).

A damaged or missing pack, tree or snapshot makes a prune refuse: what looks unused might be what a damaged tree names.
Two things are mended instead. Index files only list what packs say themselves: where these hold all that snapshots
need, damaged index files are replaced and missing ones written again. And packs that a check found damaged go, once all
that snapshots need of them lies in others. Whenever a prune is killed, it leaves a repository that is whole, at worst
with packs or index files that are too many:

    new packs  ->  an index file that names what stays  ->  old index files go  ->  old packs go

Packs without any use go first, since that needs next to no room, as on a full disk; packs that are used in part are
rewritten after that, some at a time.
"""

from __future__ import annotations

from collections.abc import Container, Iterable, Mapping, Set
from typing import TYPE_CHECKING

import msgspec

from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.pack import PackedBlob
from rok_jupyter.engine.inventory import Inventory, take_inventory
from rok_jupyter.engine.pack_selection import BlobKey, PackSelection, StoredPack, select_packs
from rok_jupyter.engine.packs import load_header
from rok_jupyter.engine.reachable import VisitedTree, visit_trees
from rok_jupyter.engine.repacking import IndexedPacks, rewrite_packs
from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.models import Damage, PrunePlan, PruneResult
from rok_jupyter.progress import Progress

if TYPE_CHECKING:
    from rok_jupyter.engine.locks import Lock
    from rok_jupyter.engine.repository import Repository

_REPACKED_AT_A_TIME = 64
"""Packs that are rewritten before their originals go: about a gigabyte of room."""


class PruneJob(msgspec.Struct, frozen=True):
    """What a prune will do, in full: `plan` is what a user sees of it."""

    inventory: Inventory
    packs: Mapping[Id, StoredPack]
    """Every whole pack that holds anything in use, or that an index names."""
    selection: PackSelection

    @property
    def plan(self) -> PrunePlan:
        """The job in numbers."""
        files = self.inventory.files
        gone = self.files_to_remove()
        return PrunePlan(
            packs_to_delete=len(gone),
            packs_to_repack=len(self.selection.repack),
            packs_kept=len(self.selection.keep),
            bytes_freed=sum(files[pack_id] for pack_id in gone) + self.selection.bytes_wasted_in_repack,
            bytes_used=self.selection.bytes_used,
            bytes_to_rewrite=self.selection.bytes_to_rewrite,
            indexes_to_replace=len(self.inventory.damaged_indexes),
        )

    def files_to_remove(self) -> set[Id]:
        """Pack files of which nothing is in use."""
        return set(self.inventory.files.keys() - self.selection.repack.keys() - set(self.selection.keep))


def prune(repository: Repository, *, dry_run: bool, progress: Progress, without: Set[Id] = frozenset()) -> PruneResult:
    """Remove what no snapshot needs, or on a dry run tell what would be removed.

    A dry run may ask what would be removed if snapshots (`without`, by the ids of their files) were gone.
    Raises FAILED_PRECONDITION for a damaged repository, and what the storage and its lock raise.
    """
    unbiased = repository.anew()
    if dry_run:
        return PruneResult(plan=plan_prune(unbiased, progress, without=without).plan, dry_run=True)
    try:
        with unbiased.lock(exclusive=True) as lock:
            job = plan_prune(unbiased, progress)
            execute_prune(unbiased, job, lock, progress)
    finally:
        repository.reload_index()
    return PruneResult(plan=job.plan, dry_run=False)


def plan_prune(repository: Repository, progress: Progress, *, without: Set[Id] = frozenset()) -> PruneJob:
    """Find what is in use and choose, as if the snapshots `without` were gone; changes nothing.

    Raises FAILED_PRECONDITION for a damaged repository.
    """
    progress.begin("reading the index")
    inventory = take_inventory(repository, progress)
    _refuse(damage for damage in inventory.damages if damage.id not in inventory.damaged_indexes)
    snapshots, damages = repository.snapshot_files()
    _refuse(damages)
    progress.begin("finding what is in use")
    used: set[BlobKey] = set()
    roots = {snapshot_id: file.tree for snapshot_id, file in snapshots.items() if snapshot_id not in without}
    for visited in visit_trees(repository, roots, progress):
        _refuse(_faults(repository, visited))
        used.update(visited.blobs())
    packs = {pack.id: pack for pack in inventory.stored() if pack.id not in repository.distrusted}
    missing = used - _keys(packs.values())
    if missing:
        recovered, unreadable = _recover(repository, inventory, missing)
        packs |= recovered
        _refuse(_lost(inventory, packs, unreadable, missing=used - _keys(packs.values())))
    return PruneJob(inventory, packs, select_packs(packs.values(), used))


def execute_prune(repository: Repository, job: PruneJob, lock: Lock, progress: Progress) -> None:
    """Do what the job says, under the exclusive lock that it was planned under."""
    indexed = IndexedPacks(repository, lock, job.inventory, progress)
    staying = {pack_id: job.packs[pack_id].blobs for pack_id in (*job.selection.keep, *job.selection.repack)}
    progress.begin("removing packs", files_total=len(job.files_to_remove()) + len(job.selection.repack))
    indexed.remove_without_writing(staying)
    indexed.reduce_to(staying)
    repack = list(job.selection.repack.items())
    for start in range(0, len(repack), _REPACKED_AT_A_TIME):
        batch = dict(repack[start : start + _REPACKED_AT_A_TIME])
        added = rewrite_packs(repository, batch, progress)
        staying = {pack_id: blobs for pack_id, blobs in staying.items() if pack_id not in batch} | added
        indexed.reduce_to(staying)


def _keys(packs: Iterable[StoredPack]) -> set[BlobKey]:
    return {(blob.type, blob.id) for pack in packs for blob in pack.blobs}


def _faults(repository: Repository, visited: VisitedTree) -> Iterable[Damage]:
    """Name what is wrong with a tree: first the packs that no index names any more and that may have held it."""
    if visited.error is not None:
        yield from (damage for damage in repository.index_damages if damage.kind == "pack")
        yield Damage(kind="tree", id=visited.id, message=visited.error.message, paths=(visited.place,))
    for rejected in visited.tree.rejected if visited.tree else ():
        message = f"Its entry {rejected.name!r} can't be trusted: {rejected.reason}."
        yield Damage(kind="tree", id=visited.id, message=message, paths=(visited.place,))


def _recover(
    repository: Repository, inventory: Inventory, missing: Set[BlobKey]
) -> tuple[dict[Id, StoredPack], tuple[Damage, ...]]:
    """Find packs that no readable index names and that hold what is missing; also tell those that can't be read."""
    found = {}
    unreadable = []
    for pack_id in sorted(set(inventory.not_indexed()) - repository.distrusted):
        size = inventory.files[pack_id]
        try:
            blobs = load_header(repository.backend, repository.key, pack_id, size)
        except Cancelled:
            raise
        except RokError as error:
            unreadable.append(Damage(kind="pack", id=pack_id, message=f"No index names what it holds. {error.message}"))
            continue
        if any((blob.type, blob.id) in missing for blob in blobs):
            found[pack_id] = StoredPack(pack_id, size, blobs)
    return found, tuple(unreadable)


def _lost(
    inventory: Inventory, sound: Container[Id], unreadable: Iterable[Damage], *, missing: Set[BlobKey]
) -> Iterable[Damage]:
    """Name what is gone: the pack where an index still knows it or that may have held it, else the blob."""
    for pack_id, blobs in inventory.packs().items():
        if pack_id not in sound and _holds(blobs, missing):
            what = "is damaged" if pack_id in inventory.files else "is missing"
            yield Damage(kind="pack", id=pack_id, message=f"A pack that snapshots need {what}.")
    if missing:
        yield from unreadable
    for blob_type, blob_id in sorted(missing):
        yield Damage(
            kind="blob", id=blob_id, message=f"A {blob_type.name.lower()} blob that snapshots need is missing."
        )


def _holds(blobs: Iterable[PackedBlob], wanted: Set[BlobKey]) -> bool:
    return any((blob.type, blob.id) in wanted for blob in blobs)


def _refuse(damages: Iterable[Damage]) -> None:
    """Raise for the first damage."""
    for damage in damages:
        name = f"{damage.kind} {damage.id[:8]}".rstrip()
        raise RokError(
            ErrorKind.FAILED_PRECONDITION,
            f"The repository is damaged, so nothing was pruned: {name}: {damage.message}",
            "Run `rok check` to see all damages and what they hit.",
        )
