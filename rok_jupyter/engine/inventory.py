"""What lies in a repository's storage: its pack files, and what its index files say is in them.

Owns this reading, which notes what is damaged and goes on. Doesn't own the map that snapshots are read by (index), nor
what is concluded (check, prune).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from operator import attrgetter
from typing import TYPE_CHECKING

import msgspec

from rok_jupyter.engine.format.crypto import OVERHEAD
from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.index_file import decode_index
from rok_jupyter.engine.format.pack import BlobType, PackedBlob
from rok_jupyter.engine.pack_selection import StoredPack
from rok_jupyter.engine.storage.backend import FileKind
from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.models import Damage
from rok_jupyter.progress import Progress

if TYPE_CHECKING:
    from rok_jupyter.engine.repository import Repository

PackContents = Mapping[Id, tuple[PackedBlob, ...]]

_TYPES = {blob_type.name.lower(): blob_type for blob_type in BlobType}
_offset = attrgetter("offset")
_LENGTH_BYTES = 4
_ENTRY_BYTES = 37
_COMPRESSED_ENTRY_BYTES = 41


class Inventory(msgspec.Struct, frozen=True):
    """Pack files with their sizes, the contents of each readable index file, and the index files that aren't."""

    files: Mapping[Id, int]
    indexes: Mapping[Id, PackContents]
    damages: tuple[Damage, ...]
    damaged_indexes: frozenset[Id] = frozenset()
    """The index files among `damages` that were read, and whose content is no index."""

    def packs(self) -> dict[Id, tuple[PackedBlob, ...]]:
        """What all index files together say is in each pack, whether its file is there or not."""
        packs: dict[Id, tuple[PackedBlob, ...]] = {}
        for contents in self.indexes.values():
            for pack_id, blobs in contents.items():
                known = packs.get(pack_id)
                packs[pack_id] = blobs if known is None or known == blobs else tuple(dict.fromkeys(known + blobs))
        return packs

    def stored(self) -> Iterator[StoredPack]:
        """The packs that are indexed and whose files are there with the size that the index tells."""
        for pack_id, blobs in self.packs().items():
            if self.files.get(pack_id) == pack_size(blobs):
                yield StoredPack(pack_id, self.files[pack_id], blobs)

    def not_indexed(self) -> tuple[Id, ...]:
        """Pack files that no readable index names."""
        return tuple(self.files.keys() - self.packs().keys())


def take_inventory(repository: Repository, progress: Progress) -> Inventory:
    """List pack files, read all index files; never raises for damage. Listing packs comes last, so none is missed."""
    indexes: dict[Id, PackContents] = {}
    damages = []
    damaged = set()
    for index_id, _ in sorted(repository.backend.list(FileKind.INDEX)):
        progress.check_cancelled()
        try:
            indexes[index_id] = _read_index(repository, index_id)
        except Cancelled:
            raise
        except RokError as error:
            damages.append(Damage(kind="index", id=index_id, message=error.message))
            if error.kind is ErrorKind.DATA_LOSS:
                damaged.add(index_id)
    files = dict(repository.backend.list(FileKind.DATA))
    return Inventory(files, indexes, tuple(damages), frozenset(damaged))


def pack_size(blobs: tuple[PackedBlob, ...]) -> int:
    """How long a pack of these blobs is, header included."""
    entries = sum(_COMPRESSED_ENTRY_BYTES if blob.raw_length else _ENTRY_BYTES for blob in blobs)
    return sum(blob.length for blob in blobs) + entries + OVERHEAD + _LENGTH_BYTES


def _read_index(repository: Repository, index_id: Id) -> PackContents:
    file = decode_index(repository.load_document(FileKind.INDEX, index_id))
    contents: dict[Id, tuple[PackedBlob, ...]] = {}
    for pack in file.packs:
        blobs = [
            PackedBlob(_TYPES[blob.type], blob.id, blob.offset, blob.length, blob.uncompressed_length)
            for blob in pack.blobs
        ]
        blobs.sort(key=_offset)
        contents[pack.id] = tuple(blobs)
    return contents
