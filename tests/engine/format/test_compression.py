"""Compression: what is worth it, and what may come out."""

from __future__ import annotations

import os

import pytest
import zstandard

from rok_jupyter.engine.format.compression import compress, compress_if_smaller, decompress
from rok_jupyter.errors import ErrorKind, RokError

TEXT = b"the same words again and again " * 20_000


@pytest.mark.parametrize("level", [-1, 1, 3, 19])
def test_what_was_compressed_comes_back(level: int) -> None:
    packed = compress(TEXT, level)
    assert len(packed) < len(TEXT) // 10
    assert decompress(packed, len(TEXT)) == TEXT


def test_compression_that_gains_nothing_is_dropped() -> None:
    assert compress_if_smaller(os.urandom(5000)) is None
    assert compress_if_smaller(os.urandom(1 << 20)) is None
    assert compress_if_smaller(b"tiny") is None
    assert compress_if_smaller(memoryview(TEXT)) == compress(TEXT)


def test_nothing_can_be_compressed_and_comes_back() -> None:
    assert decompress(compress(b""), 0) == b""


def test_a_frame_that_claims_too_much_is_refused_before_it_is_unpacked() -> None:
    with pytest.raises(RokError) as caught:
        decompress(compress(TEXT), len(TEXT) - 1)
    assert caught.value.kind is ErrorKind.DATA_LOSS


def test_a_bomb_that_hides_its_size_costs_no_more_than_the_bound() -> None:
    bomb = zstandard.ZstdCompressor(write_content_size=False).compress(bytes(64 << 20))
    with pytest.raises(RokError) as caught:
        decompress(bomb, 1 << 20)
    assert caught.value.kind is ErrorKind.DATA_LOSS
    assert decompress(bomb, 64 << 20) == bytes(64 << 20)


@pytest.mark.parametrize("damage", [b"", b"no frame at all", compress(TEXT)[:-5], compress(TEXT)[:20]])
def test_damaged_frames_are_named_so(damage: bytes) -> None:
    with pytest.raises(RokError) as caught:
        decompress(damage, 1 << 30)
    assert caught.value.kind is ErrorKind.DATA_LOSS
