"""Reading one pack as a sceptic: is it what its name, its header and the index say?

Owns the comparison of a whole pack with its ids. Doesn't own which packs are read.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import msgspec

from rok_jupyter.engine.format.crypto import MasterKey
from rok_jupyter.engine.format.ids import Buffer, Id, hash_of
from rok_jupyter.engine.format.pack import LENGTH_BYTES, PackedBlob, parse_header, sealed_header_length
from rok_jupyter.engine.packs import open_blob
from rok_jupyter.engine.storage.backend import FileKind
from rok_jupyter.errors import Cancelled, RokError

if TYPE_CHECKING:
    from rok_jupyter.engine.repository import Repository


class PackVerdict(msgspec.Struct, frozen=True):
    """What reading a whole pack showed: its faults in words (none: it is right), and the blobs that it has lost."""

    faults: tuple[str, ...]
    lost: tuple[PackedBlob, ...]
    bytes_read: int


def verify_pack(repository: Repository, pack_id: Id, indexed: Iterable[PackedBlob]) -> PackVerdict:
    """Read a pack and compare all of it with its ids; never raises but when cancelled."""
    expected = tuple(indexed)
    try:
        content = repository.backend.load(FileKind.DATA, pack_id)
    except Cancelled:
        raise
    except RokError as error:
        return PackVerdict((error.message,), expected, 0)
    faults = [] if hash_of(content) == pack_id else ["its content doesn't fit its name"]
    try:
        own = _own_blobs(repository.key, content)
    except RokError as error:
        faults.append(error.message)
        own = expected
    if expected and set(own) != set(expected):
        faults.append("its header and the index disagree")
    blobs = tuple(dict.fromkeys(expected + own))
    lost = tuple(blob for blob in blobs if not is_sound(repository.key, content, blob))
    if lost:
        faults.append(f"{len(lost)} of its {len(blobs)} blobs are damaged")
    return PackVerdict(tuple(faults), lost, len(content))


def is_sound(key: MasterKey, pack: Buffer, blob: PackedBlob) -> bool:
    """Whether the blob can be taken from this pack and is what its id says."""
    try:
        open_blob(key, blob, memoryview(pack)[blob.offset : blob.offset + blob.length])
    except RokError:
        return False
    return True


def _own_blobs(key: MasterKey, content: bytes) -> tuple[PackedBlob, ...]:
    length = sealed_header_length(content[-LENGTH_BYTES:], len(content))
    return parse_header(key.open(memoryview(content)[-length - LENGTH_BYTES : -LENGTH_BYTES]), len(content))
