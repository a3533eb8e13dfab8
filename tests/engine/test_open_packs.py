"""Packs filled by several threads: no slot is lost, none leaves before it is written, buffers come back."""

from __future__ import annotations

import os
import threading
from concurrent.futures import ThreadPoolExecutor

from rok_jupyter.engine.format.crypto import OVERHEAD, MasterKey
from rok_jupyter.engine.format.ids import hash_of
from rok_jupyter.engine.format.pack import BlobType, PackBuilder, PackedBlob, Part
from rok_jupyter.engine.open_packs import PACK_BYTES, OpenPacks

KEY = MasterKey.generate()


def put(packs: OpenPacks, plain: bytes) -> PackBuilder | None:
    slot = packs.reserve(BlobType.DATA, [Part(hash_of(plain), len(plain) + OVERHEAD, 0)])
    with slot.view:
        KEY.seal_into(plain, slot.view)
    return packs.filled(slot)


def contents(builder: PackBuilder) -> list[bytes]:
    pack = bytes(builder.finish(KEY))
    return [opened(pack, blob) for blob in builder.blobs]


def opened(pack: bytes, blob: PackedBlob) -> bytes:
    plain = KEY.open(pack[blob.offset : blob.offset + blob.length])
    assert hash_of(plain) == blob.id
    return plain


def test_what_several_threads_put_comes_out_whole() -> None:
    packs = OpenPacks()
    plains = [os.urandom(700_000 + number) for number in range(60)]
    with ThreadPoolExecutor(4) as pool:
        full = [builder for builder in pool.map(lambda plain: put(packs, plain), plains) if builder]
    assert full
    found = [plain for builder in [*full, *packs.close_all()] for plain in contents(builder)]
    assert sorted(found) == sorted(plains)


def test_a_pack_is_not_taken_before_its_slots_are_written() -> None:
    packs = OpenPacks()
    slow = packs.reserve(BlobType.TREE, [Part(hash_of(b"slow"), 4 + OVERHEAD, 0)])
    taken: list[PackBuilder] = []
    thread = threading.Thread(target=lambda: taken.extend(packs.close_all()))
    thread.start()
    thread.join(0.2)
    assert thread.is_alive()
    with slow.view:
        KEY.seal_into(b"slow", slow.view)
    assert packs.filled(slow) is None
    thread.join(10)
    assert [contents(builder) for builder in taken] == [[b"slow"]]


def test_nobody_waits_for_a_slot_that_is_never_written() -> None:
    packs = OpenPacks()
    slot = packs.reserve(BlobType.TREE, [Part(hash_of(b""), OVERHEAD, 0)])
    packs.give_up()
    assert packs.close_all() == []
    slot.view.release()


def test_a_blob_larger_than_any_pack_has_a_pack_of_its_own() -> None:
    packs = OpenPacks()
    put(packs, b"small")
    large = bytes(30 << 20)
    builder = put(packs, large)
    assert builder is not None
    assert [len(plain) for plain in contents(builder)] == [len(large)]
    assert [contents(other) for other in packs.close_all()] == [[b"small"]]


def test_a_stored_packs_buffer_is_used_again_and_what_was_in_it_is_not_seen() -> None:
    packs = OpenPacks()
    first = put(packs, os.urandom(PACK_BYTES // 2)) or put(packs, os.urandom(PACK_BYTES // 2))
    assert first is not None
    first.finish(KEY).release()
    packs.recycle(first.buffer)
    put(packs, b"second")
    (second,) = packs.close_all()
    assert second.buffer is first.buffer
    assert contents(second) == [b"second"]
