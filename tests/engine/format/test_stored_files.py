"""The stored documents: config, keys, index, locks, snapshots."""

from __future__ import annotations

import msgspec
import pytest

from rok_jupyter.engine.format import document
from rok_jupyter.engine.format.config_file import ConfigFile, decode_config, encode_config, new_config
from rok_jupyter.engine.format.crypto import MasterKey
from rok_jupyter.engine.format.index_file import IndexFile, decode_index, encode_index, index_file_of
from rok_jupyter.engine.format.key_file import decode_key_file, encode_key_file, new_key_file, open_key_file
from rok_jupyter.engine.format.lock_file import LockFile, decode_lock, encode_lock
from rok_jupyter.engine.format.pack import BlobType, PackedBlob
from rok_jupyter.engine.format.snapshot_file import SnapshotFile, SnapshotSummary, decode_snapshot, encode_snapshot
from rok_jupyter.errors import ErrorKind, RokError

TREE = "ab" * 32
DECODERS = [decode_config, decode_index, decode_key_file, decode_lock, decode_snapshot]


@pytest.mark.parametrize("decoder", DECODERS, ids=lambda decoder: decoder.__name__)
@pytest.mark.parametrize("content", [b"", b"null", b"[]", b"{", b"5", b"\xff", b'{"version":[]}', b"[" * 100_000])
def test_malformed_documents_are_refused(decoder: object, content: bytes) -> None:
    assert callable(decoder)
    with pytest.raises(RokError) as caught:
        decoder(content)
    assert caught.value.kind is ErrorKind.DATA_LOSS


def test_a_config_comes_back() -> None:
    config = new_config()
    assert decode_config(encode_config(config)) == config
    assert config.polynomial.bit_length() == 54


@pytest.mark.parametrize("version", [0, 1, 3, 99])
def test_other_versions_of_the_format_are_refused_with_a_hint(version: int) -> None:
    with pytest.raises(RokError) as caught:
        decode_config(b'{"version":%d,"new":"field"}' % version)
    assert caught.value.kind is ErrorKind.FAILED_PRECONDITION
    assert caught.value.hint


@pytest.mark.parametrize("polynomial", ["", "xyz", "3", "ffffffffffffffff", "20000000000000"])
def test_a_config_without_a_usable_polynomial_is_refused(polynomial: str) -> None:
    with pytest.raises(RokError) as caught:
        decode_config(encode_config(ConfigFile(2, TREE, polynomial)))
    assert caught.value.kind is ErrorKind.DATA_LOSS


def key_file(password: str, *, strong_password: bool = True) -> tuple[MasterKey, bytes]:
    master = MasterKey.generate()
    file = new_key_file(
        master, password, strong_password=strong_password, created="2024-01-01T00:00:00Z", username="u", hostname="h"
    )
    return master, encode_key_file(file)


@pytest.mark.parametrize("strong_password", [True, False])
def test_a_key_file_opens_by_its_password_only(strong_password: bool) -> None:
    master, content = key_file("pässwörd", strong_password=strong_password)
    file = decode_key_file(content)
    opened = open_key_file(file, "pässwörd")
    assert opened is not None
    assert (opened.encrypt, opened.mac_k, opened.mac_r) == (master.encrypt, master.mac_k, master.mac_r)
    assert open_key_file(file, "password") is None
    assert master.encrypt not in content


def test_a_password_that_can_be_guessed_gets_a_costly_key() -> None:
    weak, strong = (decode_key_file(key_file("x", strong_password=strong)[1]) for strong in (False, True))
    assert weak.cost > 100 * strong.cost
    assert weak.n * weak.r * 128 >= 32 << 20


def test_an_unknown_way_to_derive_keys_is_refused() -> None:
    file = msgspec.structs.replace(decode_key_file(key_file("x")[1]), kdf="md5")
    with pytest.raises(RokError) as caught:
        open_key_file(file, "x")
    assert caught.value.kind is ErrorKind.DATA_LOSS


def test_an_index_is_written_as_restic_does() -> None:
    blobs = [PackedBlob(BlobType.DATA, TREE, 0, 38, 0), PackedBlob(BlobType.TREE, "cd" * 32, 38, 150, 500)]
    content = encode_index(index_file_of({"ef" * 32: blobs}))
    assert content == (
        b'{"packs":[{"id":"' + b"ef" * 32 + b'","blobs":[{"id":"' + b"ab" * 32 + b'","type":"data","offset":0,'
        b'"length":38},{"id":"' + b"cd" * 32 + b'","type":"tree","offset":38,"length":150,'
        b'"uncompressed_length":500}]}]}'
    )
    assert encode_index(decode_index(content)) == content
    assert encode_index(IndexFile(packs=())) == b'{"packs":[]}'


def test_a_lock_comes_back() -> None:
    lock = LockFile(time="2024-01-01T00:00:00Z", exclusive=True, hostname="h", username="u", pid=5, uid=1, gid=2)
    assert decode_lock(encode_lock(lock)) == lock
    assert b'"exclusive":false' in encode_lock(LockFile(time="2024-01-01T00:00:00Z"))


def test_a_snapshot_comes_back_with_what_restic_has_no_place_for() -> None:
    snapshot = SnapshotFile(
        time="2024-01-01T00:00:00Z",
        tree=TREE,
        paths=("/a", "/b"),
        tags=("x",),
        summary=SnapshotSummary(backup_start="2024-01-01T00:00:00Z", backup_end="2024-01-01T00:00:01Z"),
        rok={"members": [1, 2]},
    )
    content = encode_snapshot(snapshot)
    assert content.startswith(b'{"time":"2024-01-01T00:00:00Z","tree":"')
    assert decode_snapshot(content) == snapshot


@pytest.mark.parametrize("tree", ['""', "null", '"../x"', "5"])
def test_a_snapshot_without_a_tree_is_refused(tree: str) -> None:
    with pytest.raises(RokError) as caught:
        decode_snapshot(f'{{"time":"2024-01-01T00:00:00Z","tree":{tree},"paths":[]}}'.encode())
    assert caught.value.kind is ErrorKind.DATA_LOSS


def test_documents_are_wrapped_and_plain_ones_are_read_too() -> None:
    assert document.unwrap(document.wrap(b'{"a":1}')) == b'{"a":1}'
    assert document.unwrap(b'{"a":1}') == b'{"a":1}'
    for unknown in (b"", b"\x03abc", b"\x02abc"):
        with pytest.raises(RokError) as caught:
            document.unwrap(unknown)
        assert caught.value.kind is ErrorKind.DATA_LOSS
