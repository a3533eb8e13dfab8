"""Sealing and opening; restic is the judge of its form in test_repository."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor

import pytest

from rok_jupyter.engine.format.crypto import OVERHEAD, MasterKey, derive_key
from rok_jupyter.errors import ErrorKind, RokError


@pytest.mark.parametrize("size", [0, 1, 15, 16, 17, 4096, (1 << 20) + 3])
def test_what_was_sealed_opens(size: int) -> None:
    key, plain = MasterKey.generate(), os.urandom(size)
    for form in (plain, bytearray(plain), memoryview(plain)):
        sealed = key.seal(form)
        assert len(sealed) == size + OVERHEAD
        assert key.open(sealed) == key.open(bytes(sealed)) == plain


def test_the_same_plain_text_never_seals_to_the_same_bytes() -> None:
    key = MasterKey.generate()
    assert len({bytes(key.seal(b"same")) for _ in range(100)}) == 100


def test_any_changed_bit_is_noticed() -> None:
    key = MasterKey.generate()
    sealed = key.seal(b"some plain text")
    for position in range(len(sealed)):
        damaged = bytearray(sealed)
        damaged[position] ^= 1
        with pytest.raises(RokError) as caught:
            key.open(damaged)
        assert caught.value.kind is ErrorKind.DATA_LOSS


@pytest.mark.parametrize("length", [0, 1, 16, 31, 32, 40])
def test_what_was_cut_off_is_noticed(length: int) -> None:
    key = MasterKey.generate()
    with pytest.raises(RokError) as caught:
        key.open(key.seal(b"some plain text")[:length])
    assert caught.value.kind is ErrorKind.DATA_LOSS


def test_another_key_opens_nothing() -> None:
    with pytest.raises(RokError):
        MasterKey.generate().open(MasterKey.generate().seal(b"text"))


def test_one_key_serves_many_threads() -> None:
    key = MasterKey.generate()
    plains = [os.urandom(500 + i) for i in range(400)]
    with ThreadPoolExecutor(8) as pool:
        assert list(pool.map(lambda plain: key.open(key.seal(plain)), plains)) == plains


def test_a_key_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(RokError) as caught:
        MasterKey.from_bytes(bytes(63))
    assert caught.value.kind is ErrorKind.DATA_LOSS


def test_a_key_never_shows_its_secrets() -> None:
    key = MasterKey.generate()
    assert key.encrypt.hex() not in repr(key)
    assert repr(key) == "MasterKey(<secret>)"


def test_scrypt_derives_the_published_key() -> None:
    # RFC 7914, section 12
    key = derive_key("password", b"NaCl", n=1024, r=8, p=16)
    assert key.encrypt.hex() == "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
    assert (key.mac_k + key.mac_r).hex() == "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640"


@pytest.mark.parametrize(
    ("n", "r", "p"), [(0, 8, 1), (1, 8, 1), (3, 8, 1), (-4, 8, 1), (1 << 40, 8, 1), (1024, 0, 1), (1024, 8, 1 << 20)]
)
def test_scrypt_parameters_out_of_reason_are_refused_at_once(n: int, r: int, p: int) -> None:
    with pytest.raises(RokError) as caught:
        derive_key("password", bytes(64), n=n, r=r, p=p)
    assert caught.value.kind is ErrorKind.DATA_LOSS
