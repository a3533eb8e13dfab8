"""Which packs a prune deletes, rewrites or leaves alone: a pure choice.

Owns the choice and its limits. Doesn't own how packs and used blobs are found (inventory, reachable) nor what is then
done (prune).

A pack without any used blob goes. Of the packs that are used in part, those with the largest share of waste are
rewritten until what is wasted in the rest is at most a twentieth of what is used. A blob that lies in several packs is
used in one of them only: the one that wastes least.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Set

import msgspec

from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.pack import BlobType, PackedBlob

UNUSED_TOLERATED = 0.05
"""The waste that may stay, as a share of the bytes in use."""

BlobKey = tuple[BlobType, Id]


class StoredPack(msgspec.Struct, frozen=True):
    """A pack file that is there: its size, and the blobs that indexes (or its own header) say lie in it."""

    id: Id
    size: int
    blobs: tuple[PackedBlob, ...]


class PackSelection(msgspec.Struct, frozen=True, kw_only=True):
    """The choice: packs to delete, packs to rewrite with the blobs to carry over, packs to leave alone; their bytes."""

    delete: tuple[Id, ...] = ()
    repack: dict[Id, tuple[PackedBlob, ...]] = msgspec.field(default_factory=dict)
    keep: tuple[Id, ...] = ()
    bytes_used: int = 0
    bytes_wasted_in_repack: int = 0
    """Bytes of the rewritten packs that aren't carried over."""
    bytes_to_rewrite: int = 0


class _Usage(msgspec.Struct):
    pack: StoredPack
    carried: list[PackedBlob]
    used: int
    unused: int


def select_packs(packs: Iterable[StoredPack], used: Set[BlobKey]) -> PackSelection:
    """Choose for each pack. Every key of `used` that lies in any of `packs` lies afterwards in a kept or new one."""
    usages = _assign(packs, used)
    delete = [usage for usage in usages if not usage.carried]
    keep = [usage for usage in usages if usage.carried and not usage.unused]
    partly = sorted((usage for usage in usages if usage.carried and usage.unused), key=_waste, reverse=True)
    bytes_used = sum(usage.used for usage in usages)
    wasted = sum(usage.unused for usage in partly)
    repack: list[_Usage] = []
    for usage in partly:
        if wasted <= UNUSED_TOLERATED * bytes_used:
            keep.append(usage)
            continue
        repack.append(usage)
        wasted -= usage.unused
    return PackSelection(
        delete=tuple(usage.pack.id for usage in delete),
        repack={usage.pack.id: tuple(usage.carried) for usage in repack},
        keep=tuple(usage.pack.id for usage in keep),
        bytes_used=bytes_used,
        bytes_wasted_in_repack=sum(usage.unused for usage in repack),
        bytes_to_rewrite=sum(usage.used for usage in repack),
    )


def _assign(packs: Iterable[StoredPack], used: Set[BlobKey]) -> list[_Usage]:
    """Give each used blob to one pack: the best used first, so that copies are dropped where most is wasted."""
    by_waste = sorted(packs, key=lambda pack: (_used_share(pack.blobs, used), pack.id), reverse=True)
    assigned: set[BlobKey] = set()
    usages = []
    for pack in by_waste:
        carried = []
        for blob in pack.blobs:
            key = (blob.type, blob.id)
            if key in used and key not in assigned:
                assigned.add(key)
                carried.append(blob)
        size = sum(blob.length for blob in pack.blobs)
        carried_size = sum(blob.length for blob in carried)
        usages.append(_Usage(pack, carried, carried_size, size - carried_size))
    return usages


def _used_share(blobs: Collection[PackedBlob], used: Set[BlobKey]) -> float:
    size = sum(blob.length for blob in blobs)
    return sum(blob.length for blob in blobs if (blob.type, blob.id) in used) / size if size else 0.0


def _waste(usage: _Usage) -> float:
    return usage.unused / usage.used
