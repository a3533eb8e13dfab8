"""Packs: layout and headers."""

from __future__ import annotations

import os
import random

import pytest

from rok_jupyter.engine.format.crypto import OVERHEAD, MasterKey
from rok_jupyter.engine.format.ids import hash_of
from rok_jupyter.engine.format.pack import (
    LENGTH_BYTES,
    BlobType,
    PackBuilder,
    PackedBlob,
    encode_header,
    parse_header,
    sealed_header_length,
)
from rok_jupyter.errors import ErrorKind, RokError

KEY = MasterKey.generate()


def build(count: int) -> tuple[bytes, list[PackedBlob]]:
    builder = PackBuilder()
    for number in range(count):
        plain = os.urandom(10 + number)
        kind = BlobType.TREE if number % 2 else BlobType.DATA
        builder.add(kind, hash_of(plain), KEY.seal(plain), raw_length=5000 if number % 3 else 0)
    size = builder.size
    content = bytes(builder.finish(KEY))
    assert len(content) == size
    return content, builder.blobs


def header_of(pack: bytes) -> bytes:
    length = sealed_header_length(pack[-LENGTH_BYTES:], len(pack))
    return KEY.open(pack[-length - LENGTH_BYTES : -LENGTH_BYTES])


def test_a_header_names_every_blob_and_its_place() -> None:
    pack, blobs = build(9)
    assert list(parse_header(header_of(pack), len(pack))) == blobs
    assert encode_header(blobs) == bytes(header_of(pack))
    assert encode_header(blobs[::-1]) is None
    for blob in blobs:
        assert hash_of(KEY.open(pack[blob.offset : blob.offset + blob.length])) == blob.id


def test_the_size_of_a_blob_is_its_plain_length() -> None:
    assert PackedBlob(BlobType.DATA, "a" * 64, 0, 100, 0).size == 100 - OVERHEAD
    assert PackedBlob(BlobType.DATA, "a" * 64, 0, 100, 777).size == 777


def refused(header: bytes, size: int) -> bool:
    with pytest.raises(RokError) as caught:
        parse_header(header, size)
    return caught.value.kind is ErrorKind.DATA_LOSS


def test_a_header_that_does_not_fit_its_pack_is_refused() -> None:
    pack, _ = build(4)
    header = header_of(pack)
    assert refused(header, len(pack) + 1)
    assert refused(header[:-1], len(pack) - 1)
    assert refused(b"\x04" + header[1:], len(pack))
    assert refused(b"\x00" + (5).to_bytes(4, "little") + bytes(32), 5 + 37 + OVERHEAD + LENGTH_BYTES)


@pytest.mark.parametrize("tail", [b"", b"abc", bytes(4), b"\xff\xff\xff\xff", b"\x20\0\0\0", b"\xff\xff\0\0"])
def test_a_length_that_can_not_be_is_refused(tail: bytes) -> None:
    with pytest.raises(RokError) as caught:
        sealed_header_length(tail, 1000)
    assert caught.value.kind is ErrorKind.DATA_LOSS


def test_random_headers_never_do_anything_but_parse_or_be_refused() -> None:
    chance, kinds = random.Random(65), set()
    for _ in range(2000):
        header = chance.randbytes(chance.randrange(200))
        try:
            parse_header(header, chance.randrange(1 << 33))
        except RokError as error:
            kinds.add(error.kind)
    assert kinds == {ErrorKind.DATA_LOSS}


def test_a_pack_is_full_before_its_header_is_longer_than_restic_reads() -> None:
    builder = PackBuilder()
    sealed = bytes(OVERHEAD)
    while not builder.is_full:
        builder.add(BlobType.TREE, "ab" * 32, sealed, raw_length=9)
    assert sealed_header_length(builder.finish(KEY)[-4:], 1 << 30) <= 16 << 20
