"""The two moves that a prune is made of: rewriting packs, and making index files name just what stays.

Owns their order, by which a kill at any moment leaves every blob in use in a pack that an index file names. Doesn't own
what stays (prune).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from rok_jupyter.engine.format.ids import Id, hash_of
from rok_jupyter.engine.format.index_file import MAX_BLOBS, encode_index, index_file_of
from rok_jupyter.engine.format.pack import BlobType, PackBuilder, PackedBlob
from rok_jupyter.engine.inventory import Inventory, PackContents
from rok_jupyter.engine.open_packs import PACK_BYTES
from rok_jupyter.engine.packs import open_blob
from rok_jupyter.engine.storage.backend import FileKind
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.progress import Progress

if TYPE_CHECKING:
    from rok_jupyter.engine.locks import Lock
    from rok_jupyter.engine.repository import Repository

_INDEX_FILES_SPARE = 8
"""How many index files more than needed are left before they are merged."""


class IndexedPacks:
    """The pack and index files of a repository during a prune."""

    def __init__(self, repository: Repository, lock: Lock, inventory: Inventory, progress: Progress) -> None:
        self._repository = repository
        self._lock = lock
        self._progress = progress
        self._indexes = dict(inventory.indexes)
        self._damaged = inventory.damaged_indexes
        self._files = set(inventory.files)

    def remove_without_writing(self, staying: PackContents) -> None:
        """Remove index files that name nothing of what stays, then the packs that no index file names any more."""
        dead = [index_id for index_id, contents in self._indexes.items() if not contents.keys() & staying.keys()]
        self._remove_indexes(dead)
        named = {pack_id for contents in self._indexes.values() for pack_id in contents}
        self._remove_packs(self._files - named - staying.keys())

    def reduce_to(self, staying: PackContents) -> None:
        """Make the index files name exactly the packs that stay, then remove all others."""
        keep = self._right_indexes(staying)
        covered = {pack_id for index_id in keep for pack_id in self._indexes[index_id]}
        old = [index_id for index_id in self._indexes if index_id not in keep]
        for contents in _portions({pack_id: blobs for pack_id, blobs in staying.items() if pack_id not in covered}):
            self._save_index(contents)
        self._remove_indexes([*old, *self._damaged])
        self._damaged = frozenset()
        self._remove_packs(self._files - staying.keys())
        self._files |= staying.keys()

    def _right_indexes(self, staying: PackContents) -> set[Id]:
        """The index files that may stay as they are: all that they say is right, and not said by another already."""
        blobs = sum(map(len, staying.values()))
        if len(self._indexes) > blobs // MAX_BLOBS + _INDEX_FILES_SPARE:
            return set()
        keep: set[Id] = set()
        covered: set[Id] = set()
        for index_id, contents in sorted(self._indexes.items(), key=lambda item: len(item[1]), reverse=True):
            right = all(staying.get(pack_id) == pack_blobs for pack_id, pack_blobs in contents.items())
            if right and not contents.keys() <= covered:
                keep.add(index_id)
                covered |= contents.keys()
        return keep

    def _save_index(self, contents: PackContents) -> None:
        index_id = self._repository.save_document(FileKind.INDEX, encode_index(index_file_of(contents)))
        self._indexes[index_id] = contents

    def _remove_indexes(self, index_ids: list[Id]) -> None:
        if index_ids:
            self._lock.check()
        for index_id in index_ids:
            self._repository.remove_document(FileKind.INDEX, index_id)
            self._indexes.pop(index_id, None)

    def _remove_packs(self, pack_ids: set[Id]) -> None:
        for pack_id in sorted(pack_ids):
            self._progress.check_cancelled()
            self._lock.check()
            self._repository.backend.remove(FileKind.DATA, pack_id)
            self._files.discard(pack_id)
            self._progress.advance(files=1)


def rewrite_packs(
    repository: Repository, packs: Mapping[Id, tuple[PackedBlob, ...]], progress: Progress
) -> dict[Id, tuple[PackedBlob, ...]]:
    """Carry the given blobs of each pack into new packs, verified; return the new packs. No index file names them yet.

    Raises FAILED_PRECONDITION where a blob turns out to be damaged.
    """
    added: dict[Id, tuple[PackedBlob, ...]] = {}
    builders = {blob_type: PackBuilder() for blob_type in BlobType}
    for pack_id, blobs in packs.items():
        progress.check_cancelled()
        for blob, sealed in _sealed_blobs(repository, pack_id, blobs):
            builder = builders[blob.type]
            builder.add(blob.type, blob.id, sealed, raw_length=blob.raw_length)
            if builder.size >= PACK_BYTES or builder.is_full:
                _save_pack(repository, builder, added)
                builders[blob.type] = PackBuilder()
        progress.advance(bytes_=sum(blob.length for blob in blobs))
    for builder in builders.values():
        if builder.blobs:
            _save_pack(repository, builder, added)
    return added


def _sealed_blobs(
    repository: Repository, pack_id: Id, blobs: tuple[PackedBlob, ...]
) -> Iterator[tuple[PackedBlob, bytes]]:
    """Read blobs of one pack as they are stored; what is carried over is known to be right."""
    for blob in blobs:
        sealed = repository.backend.load(FileKind.DATA, pack_id, offset=blob.offset, length=blob.length)
        try:
            open_blob(repository.key, blob, sealed)
        except RokError as error:
            raise RokError(
                ErrorKind.FAILED_PRECONDITION,
                f"The repository is damaged, so the prune ended: pack {pack_id[:8]}: {error.message}",
                "Run `rok check --read-data` to see all damages and what they hit.",
            ) from error
        yield blob, sealed


def _save_pack(repository: Repository, builder: PackBuilder, added: dict[Id, tuple[PackedBlob, ...]]) -> None:
    content = builder.finish(repository.key)
    pack_id = hash_of(content)
    repository.backend.save(FileKind.DATA, pack_id, content)
    added[pack_id] = tuple(builder.blobs)


def _portions(packs: PackContents) -> Iterator[PackContents]:
    """Cut what is to be indexed into index files of about the usual size."""
    portion: dict[Id, tuple[PackedBlob, ...]] = {}
    blobs = 0
    for pack_id, contents in packs.items():
        portion[pack_id] = contents
        blobs += len(contents)
        if blobs >= MAX_BLOBS:
            yield portion
            portion, blobs = {}, 0
    if portion:
        yield portion
