"""Reading packs where they are stored: headers and blobs, verified.

Owns that what it returns is what its id says. Doesn't own where a blob is looked up (index), nor the layout
(format.pack).
"""

from __future__ import annotations

from rok_jupyter.engine.format.compression import decompress
from rok_jupyter.engine.format.crypto import MasterKey
from rok_jupyter.engine.format.ids import Buffer, Id, hash_of
from rok_jupyter.engine.format.pack import LENGTH_BYTES, PackedBlob, parse_header, sealed_header_length
from rok_jupyter.engine.storage.backend import Backend, FileKind
from rok_jupyter.errors import ErrorKind, RokError

MAX_BLOB_BYTES = 512 << 20
"""The longest plain blob that is read; chunks end at 8 MiB, only the tree of a huge directory comes near."""

_FIRST_READ = 16 << 10


def load_header(backend: Backend, key: MasterKey, pack_id: Id, pack_size: int) -> tuple[PackedBlob, ...]:
    """Read what a pack says it holds; raises DATA_LOSS where its header is damaged or cut off."""
    return parse_header(read_header(backend, key, pack_id, pack_size), pack_size)


def read_header(backend: Backend, key: MasterKey, pack_id: Id, pack_size: int) -> bytes:
    """Return a pack's opened header; raises DATA_LOSS where it is damaged or cut off."""
    first = min(pack_size, _FIRST_READ)
    tail = backend.load(FileKind.DATA, pack_id, offset=pack_size - first, length=first)
    length = sealed_header_length(tail, pack_size)
    needed = length + LENGTH_BYTES
    if needed > len(tail):
        tail = backend.load(FileKind.DATA, pack_id, offset=pack_size - needed, length=needed)
    return key.open(memoryview(tail)[-needed:-LENGTH_BYTES])


def open_blob(key: MasterKey, blob: PackedBlob, sealed: Buffer) -> bytes:
    """Return a blob's plain content from its sealed form; raises DATA_LOSS where it isn't what its id says."""
    content = key.open(sealed)
    if blob.raw_length:
        if blob.raw_length > MAX_BLOB_BYTES:
            raise RokError(ErrorKind.DATA_LOSS, f"The blob {blob.id[:8]} claims to be {blob.raw_length} bytes long.")
        content = decompress(content, blob.raw_length)
    if hash_of(content) != blob.id:
        raise RokError(ErrorKind.DATA_LOSS, f"The blob {blob.id[:8]} is damaged: its content doesn't fit its id.")
    return content
