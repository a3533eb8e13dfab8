"""Index files: which blobs lie where in which packs.

Owns the stored document. Doesn't own the map in memory (engine.index).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated, Literal

import msgspec

from rok_jupyter.engine.format import document, gojson
from rok_jupyter.engine.format.ids import Buffer, Id
from rok_jupyter.engine.format.pack import BlobType, PackedBlob

Unsigned32 = Annotated[int, msgspec.Meta(ge=0, le=0xFFFFFFFF)]

MAX_BLOBS = 50_000
"""About how many blobs one index file names; restic does the same."""


class IndexBlob(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One blob; `offset` and `length` are of its sealed form, `uncompressed_length` is 0 where it isn't compressed."""

    id: Id
    type: Literal["data", "tree"]
    offset: Unsigned32 = msgspec.field(default_factory=lambda: 0)
    length: Unsigned32 = msgspec.field(default_factory=lambda: 0)
    uncompressed_length: Unsigned32 = 0


class IndexPack(msgspec.Struct, frozen=True):
    """One pack and its blobs."""

    id: Id
    blobs: tuple[IndexBlob, ...]


class IndexFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The stored index; `supersedes` is history that only old repositories have."""

    supersedes: tuple[Id, ...] = ()
    packs: tuple[IndexPack, ...]


_DECODER = msgspec.json.Decoder(IndexFile)
_TYPE_NAMES: dict[BlobType, Literal["data", "tree"]] = {BlobType.DATA: "data", BlobType.TREE: "tree"}


def index_file_of(packs: Mapping[Id, Iterable[PackedBlob]]) -> IndexFile:
    """Make the index of these packs."""
    return IndexFile(
        packs=tuple(
            IndexPack(
                pack_id,
                tuple(
                    IndexBlob(blob.id, _TYPE_NAMES[blob.type], blob.offset, blob.length, blob.raw_length)
                    for blob in blobs
                ),
            )
            for pack_id, blobs in packs.items()
        )
    )


def encode_index(file: IndexFile) -> bytes:
    """Write an index's JSON."""
    return gojson.encode(file)


def decode_index(content: Buffer) -> IndexFile:
    """Read an index; raises DATA_LOSS where it is malformed."""
    return document.decode(content, _DECODER, "index")
