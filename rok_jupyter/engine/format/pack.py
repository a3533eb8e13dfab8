"""Packs: files that hold many blobs, and after them a header that says what they are.

    blob · blob · ... · sealed header · length of the sealed header (32 bits, little-endian)

A header's entry: type (0 data, 1 tree; 2 and 3 the same compressed), length of the sealed blob, where compressed the
length of the plain blob, then its SHA-256. Bytes in, values out.

Owns this layout. Doesn't own files (storage), nor which blobs go into a pack (writer).
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from enum import IntEnum
from typing import NamedTuple

from rok_jupyter.engine.format.crypto import OVERHEAD, MasterKey
from rok_jupyter.engine.format.ids import Buffer, Id
from rok_jupyter.errors import ErrorKind, RokError

LENGTH_BYTES = 4
MAX_HEADER_BYTES = 16 << 20
"""What restic reads of a header at most."""

_PLAIN_ENTRY = struct.Struct("<BI32s")
_COMPRESSED_ENTRY = struct.Struct("<BII32s")
_LENGTH = struct.Struct("<I")
_COMPRESSED = 2


class BlobType(IntEnum):
    """What a blob holds."""

    DATA = 0
    TREE = 1


_ENTRIES = {
    **{int(blob_type): (blob_type, _PLAIN_ENTRY) for blob_type in BlobType},
    **{blob_type | _COMPRESSED: (blob_type, _COMPRESSED_ENTRY) for blob_type in BlobType},
}


class PackedBlob(NamedTuple):
    """A blob and where its sealed form lies in a pack; `raw_length` is 0 where it isn't compressed."""

    type: BlobType
    id: Id
    offset: int
    length: int
    raw_length: int

    @property
    def size(self) -> int:
        """Length of the plain blob in bytes."""
        return self.raw_length or self.length - OVERHEAD


class Part(NamedTuple):
    """A blob that is about to be appended: `length` sealed, `raw_length` plain where it is compressed, else 0."""

    id: Id
    length: int
    raw_length: int


class PackBuilder:
    """Collects sealed blobs in memory and finishes them into one pack; not thread-safe.

    `buffer` is where: one of a former pack's may be given, and none of it is read.
    """

    def __init__(self, buffer: bytearray | None = None) -> None:
        self.buffer = bytearray() if buffer is None else buffer
        self.blobs: list[PackedBlob] = []
        self._end = 0
        self._entries = bytearray()

    @property
    def size(self) -> int:
        """Length in bytes that the pack would have if it were finished now."""
        return self._end + len(self._entries) + OVERHEAD + LENGTH_BYTES

    @property
    def is_full(self) -> bool:
        """Whether the header has no room for one more blob."""
        return len(self._entries) + _COMPRESSED_ENTRY.size + OVERHEAD > MAX_HEADER_BYTES

    def reserve(self, blob_type: BlobType, parts: Sequence[Part]) -> memoryview:
        """Append blobs, which the caller writes one behind the other into the returned slot, and then releases.

        The buffer can't grow while a slot isn't released: raises BufferError.
        """
        start = end = self._end
        for blob_id, length, raw_length in parts:
            blob = PackedBlob(blob_type, blob_id, end, length, raw_length)
            self.blobs.append(blob)
            self._entries += _encode_entry(blob)
            end += length
        missing = end - len(self.buffer)
        if missing > 0:
            self.buffer.extend(bytes(missing))
        self._end = end
        return memoryview(self.buffer)[start:end]

    def add(self, blob_type: BlobType, blob_id: Id, sealed: Buffer, *, raw_length: int = 0) -> None:
        """Append one sealed blob; `raw_length` is its plain length where it was compressed, else 0."""
        with self.reserve(blob_type, [Part(blob_id, len(sealed), raw_length)]) as slot:
            slot[:] = sealed

    def finish(self, key: MasterKey) -> memoryview:
        """Append the header and return the whole pack; nothing may be added afterwards."""
        sealed = key.seal(self._entries)
        sealed += _LENGTH.pack(len(sealed))
        end = self._end + len(sealed)
        self.buffer[self._end : end] = sealed
        return memoryview(self.buffer)[:end]


def sealed_header_length(tail: Buffer, pack_size: int) -> int:
    """Read from the last 4 bytes of a pack how long its sealed header is; raises DATA_LOSS where that can't be."""
    if len(tail) < LENGTH_BYTES:
        raise _damaged("it is cut off")
    (length,) = _LENGTH.unpack(bytes(tail[-LENGTH_BYTES:]))
    if not OVERHEAD < length <= min(MAX_HEADER_BYTES, pack_size - LENGTH_BYTES):
        raise _damaged("it doesn't end in a header")
    return int(length)


def encode_header(blobs: Iterable[PackedBlob]) -> bytes | None:
    """Return what `parse_header` reads these blobs from; None where they don't lie one behind the other."""
    entries = []
    end = 0
    for blob in blobs:
        if blob.offset != end:
            return None
        end += blob.length
        entries.append(_encode_entry(blob))
    return b"".join(entries)


def _encode_entry(blob: PackedBlob) -> bytes:
    blob_type, blob_id, _, length, raw_length = blob
    if raw_length:
        return _COMPRESSED_ENTRY.pack(blob_type | _COMPRESSED, length, raw_length, bytes.fromhex(blob_id))
    return _PLAIN_ENTRY.pack(blob_type, length, bytes.fromhex(blob_id))


def parse_header(header: Buffer, pack_size: int) -> tuple[PackedBlob, ...]:
    """Read an opened header of a pack of `pack_size` bytes; raises DATA_LOSS where it and the pack disagree."""
    blobs = []
    position = offset = 0
    size = len(header)
    while position < size:
        entry = _ENTRIES.get(header[position])
        if entry is None or entry[1].size > size - position:
            raise _damaged("its header is not understood")
        blob_type, layout = entry
        if layout is _COMPRESSED_ENTRY:
            _, length, raw_length, digest = layout.unpack_from(header, position)
        else:
            _, length, digest = layout.unpack_from(header, position)
            raw_length = 0
        if length < OVERHEAD:
            raise _damaged("its header names a blob that is too short")
        blobs.append(PackedBlob(blob_type, digest.hex(), offset, length, raw_length))
        position += layout.size
        offset += length
    if offset + size + OVERHEAD + LENGTH_BYTES != pack_size:
        raise _damaged("its header doesn't fit its length")
    return tuple(blobs)


def _damaged(reason: str) -> RokError:
    return RokError(ErrorKind.DATA_LOSS, f"A pack is damaged: {reason}.", "Run a check to see which snapshots it hits.")
