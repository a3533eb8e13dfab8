"""The map of blobs."""

from __future__ import annotations

import pytest

from rok_jupyter.engine.format.ids import random_id
from rok_jupyter.engine.format.index_file import IndexBlob, IndexFile, IndexPack, index_file_of
from rok_jupyter.engine.format.pack import BlobType, PackedBlob
from rok_jupyter.engine.index import Index
from rok_jupyter.errors import ErrorKind, RokError


def blobs(count: int, kind: BlobType = BlobType.DATA) -> list[PackedBlob]:
    return [PackedBlob(kind, random_id(), 100 * number, 100, number * 7) for number in range(count)]


def test_every_blob_is_found_where_it_was_put() -> None:
    index, pack = Index(), random_id()
    held = blobs(50) + [blob._replace(offset=5000 + blob.offset) for blob in blobs(5, BlobType.TREE)]
    index.add_pack(pack, held)
    assert len(index) == 55
    assert all(index.find(blob.type, blob.id) == (pack, blob) for blob in held)
    assert all(index.size_of(blob.type, blob.id) == blob.size for blob in held)
    assert index.packs() == {pack: tuple(held)}
    assert index.pack_ids() == (pack,)
    assert index.has_pack(pack)


def test_files_and_packs_give_the_same_map() -> None:
    packs = {random_id(): blobs(5) for _ in range(4)}
    one, two = Index(), Index()
    one.add_file("file", index_file_of(packs))
    for pack, held in packs.items():
        two.add_pack(pack, held)
    assert one.packs() == two.packs() == {pack: tuple(held) for pack, held in packs.items()}
    assert one.file_ids == {"file"}


def test_types_are_apart_and_the_unknown_is_not_found() -> None:
    index = Index()
    (blob,) = blobs(1)
    index.add_pack(random_id(), [blob])
    assert not index.has(BlobType.TREE, blob.id)
    for unknown in (random_id(), "", "zz", "x" * 64):
        assert index.find(BlobType.DATA, unknown) is None
        assert index.find_all(BlobType.DATA, unknown) == ()
        assert index.size_of(BlobType.DATA, unknown) is None


def test_a_blob_in_several_packs_has_all_its_places_once() -> None:
    index = Index()
    (blob,) = blobs(1)
    packs = [random_id() for _ in range(3)]
    for pack in [*packs, *packs]:
        index.add_pack(pack, [blob])
    assert index.find_all(BlobType.DATA, blob.id) == tuple((pack, blob) for pack in packs)
    assert len(index) == 1
    assert len(list(index.blobs())) == 3


def test_places_up_to_4_gib_are_kept() -> None:
    index = Index()
    blob = PackedBlob(BlobType.DATA, random_id(), 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD)
    index.add_pack(random_id(), [blob])
    found = index.find(BlobType.DATA, blob.id)
    assert found is not None
    assert found[1] == blob


@pytest.mark.parametrize(
    ("pack_id", "blob_ids"),
    [
        ("no id", ["ab" * 32]),
        ("ab" * 32, ["ab" * 32, "short"]),
        ("ab" * 32, ["zz" * 32]),
        ("ab" * 32, ["ab" * 33, "ab" * 31]),
        ("ab" * 32, ["ab" * 31 + "  "]),
        ("../" + "a" * 61, []),
    ],
)
def test_a_file_with_malformed_ids_is_refused_as_a_whole(pack_id: str, blob_ids: list[str]) -> None:
    index = Index()
    sound = IndexPack(random_id(), (IndexBlob(random_id(), "data", 0, 40),))
    bad = IndexPack(pack_id, tuple(IndexBlob(blob_id, "data", 0, 40) for blob_id in blob_ids))
    with pytest.raises(RokError) as caught:
        index.add_file("file", IndexFile(packs=(sound, bad)))
    assert caught.value.kind is ErrorKind.DATA_LOSS
    assert len(index) == 0
    assert index.file_ids == set()
