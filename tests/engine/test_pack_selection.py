from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from rok_jupyter.engine.format.ids import hash_of
from rok_jupyter.engine.format.pack import BlobType, PackedBlob
from rok_jupyter.engine.pack_selection import UNUSED_TOLERATED, BlobKey, StoredPack, select_packs

NAMES = [hash_of(bytes([number])) for number in range(12)]


def pack(number: int, *blobs: tuple[int, int]) -> StoredPack:
    placed, offset = [], 0
    for name, length in blobs:
        placed.append(PackedBlob(BlobType.DATA, NAMES[name], offset, length, 0))
        offset += length
    return StoredPack(hash_of(b"pack%d" % number), offset + 100, tuple(placed))


def keys(*names: int) -> set[BlobKey]:
    return {(BlobType.DATA, NAMES[name]) for name in names}


def test_a_pack_without_used_blobs_is_deleted_and_a_fully_used_one_kept() -> None:
    unused, used = pack(1, (0, 100), (1, 100)), pack(2, (2, 100))
    choice = select_packs([unused, used], keys(2))
    assert (choice.delete, choice.keep, choice.repack) == ((unused.id,), (used.id,), {})
    assert (choice.bytes_used, choice.bytes_wasted_in_repack, choice.bytes_to_rewrite) == (100, 0, 0)


def test_a_mostly_unused_pack_is_rewritten() -> None:
    partly = pack(1, (0, 100), (1, 900))
    choice = select_packs([partly], keys(0))
    assert choice.repack == {partly.id: (partly.blobs[0],)}
    assert (choice.bytes_wasted_in_repack, choice.bytes_to_rewrite) == (900, 100)


def test_a_little_waste_is_left_alone() -> None:
    partly = pack(1, (0, 1000), (1, 50))
    assert select_packs([partly], keys(0)).keep == (partly.id,)


def test_the_worst_are_rewritten_until_the_rest_is_a_little_waste() -> None:
    bad, better = pack(1, (0, 100), (1, 800)), pack(2, (2, 2000), (3, 100))
    choice = select_packs([better, bad], keys(0, 2))
    assert (tuple(choice.repack), choice.keep) == ((bad.id,), (better.id,))


def test_of_two_copies_the_one_in_the_worse_pack_is_waste() -> None:
    bad, good = pack(1, (0, 100), (1, 900)), pack(2, (0, 100), (2, 900))
    assert select_packs([bad, good], keys(0, 2)).delete == (bad.id,)


def test_a_tree_and_data_of_one_id_are_two_blobs() -> None:
    data = StoredPack("1" * 64, 200, (PackedBlob(BlobType.DATA, NAMES[0], 0, 100, 0),))
    tree = StoredPack("2" * 64, 200, (PackedBlob(BlobType.TREE, NAMES[0], 0, 100, 0),))
    assert select_packs([data, tree], {(BlobType.TREE, NAMES[0])}).delete == (data.id,)


@given(
    st.lists(st.lists(st.tuples(st.integers(0, 11), st.integers(32, 2000)), max_size=6), max_size=8),
    st.sets(st.integers(0, 11)),
)
def test_whatever_lies_where_every_used_blob_stays_once_and_waste_is_small(
    shapes: list[list[tuple[int, int]]], used: set[int]
) -> None:
    packs = [pack(number, *blobs) for number, blobs in enumerate(shapes)]
    choice = select_packs(packs, keys(*used))
    by_id = {stored.id: stored for stored in packs}
    assert sorted([*choice.delete, *choice.repack, *choice.keep]) == sorted(by_id)
    carried = [blob.id for blobs in choice.repack.values() for blob in blobs]
    kept = [blob for id_ in choice.keep for blob in by_id[id_].blobs]
    there = {blob.id for stored in packs for blob in stored.blobs}
    assert there & {NAMES[name] for name in used} <= {blob.id for blob in kept} | set(carried)
    assert len(set(carried)) == len(carried)
    staying = sum(blob.length for blob in kept)
    needed = sum(blob.length for blobs in choice.repack.values() for blob in blobs)
    assert staying + needed - choice.bytes_used <= UNUSED_TOLERATED * choice.bytes_used
