"""Writing blobs: deduplicated, compressed, sealed, packed; then an index of the packs.

Owns the order packs, index, and that nothing is visible before its index file is. Doesn't own snapshots, which come
after `flush` (repository), nor the lock that its caller holds.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from types import TracebackType
from typing import NamedTuple, Protocol

from rok_jupyter.engine.format.compression import compress_if_smaller
from rok_jupyter.engine.format.crypto import OVERHEAD, MasterKey
from rok_jupyter.engine.format.ids import Buffer, Id, hash_of
from rok_jupyter.engine.format.index_file import MAX_BLOBS, encode_index, index_file_of
from rok_jupyter.engine.format.pack import BlobType, PackedBlob, Part
from rok_jupyter.engine.index import Index
from rok_jupyter.engine.open_packs import OpenPacks
from rok_jupyter.engine.pack_upload import PackUploader
from rok_jupyter.engine.storage.backend import Backend, FileKind
from rok_jupyter.errors import ErrorKind, RokError

_INDEX_SECONDS = 10 * 60
"""After this time an index is written though it isn't full, so that a killed first snapshot needn't start anew."""


class SavedBlob(NamedTuple):
    """A blob that is, or with the next flush will be, in the repository; `added_bytes` is 0 where it was known."""

    id: Id
    added_bytes: int


class WritableRepository(Protocol):
    """What a writer needs of a repository."""

    @property
    def backend(self) -> Backend:
        """Where the packs go."""

    @property
    def key(self) -> MasterKey:
        """What the packs are sealed by."""

    @property
    def index(self) -> Index:
        """What is known already."""

    def save_document(self, kind: FileKind, content: Buffer) -> Id:
        """Publish an index file."""


class RepositoryWriter:
    """Takes blobs from several threads; a context manager that flushes at the end, or drops what is new on an error."""

    def __init__(self, repository: WritableRepository, *, level: int | None) -> None:
        self._repository = repository
        self._index = repository.index
        self._key = repository.key
        self._level = level
        self._lock = threading.Lock()
        self._indexing = threading.Lock()
        self._packs = OpenPacks()
        self._pending: dict[BlobType, set[Id]] = {BlobType.DATA: set(), BlobType.TREE: set()}
        self._stored: dict[Id, list[PackedBlob]] = {}
        self._stored_blobs = 0
        self._indexed_at = time.monotonic()
        self._failure: BaseException | None = None
        self._uploader = PackUploader(repository.backend, repository.key, self._pack_stored, self._packs.recycle)

    def __enter__(self) -> RepositoryWriter:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            if error is None:
                self.flush()
            else:
                self._give_up(error)
        finally:
            self._uploader.close()

    def save_blob(self, blob_type: BlobType, data: Buffer, *, id: Id | None = None) -> SavedBlob:
        """Store a blob unless it is known; `id` spares its hashing where the caller has done it.

        It is durable only after `flush`. Raises what hindered the writing of this blob or of an earlier one.
        """
        blob_id = id or hash_of(data)
        with self._lock:
            self._raise_failure()
            if blob_id in self._pending[blob_type] or self._index.has(blob_type, blob_id):
                return SavedBlob(blob_id, 0)
            self._pending[blob_type].add(blob_id)
        try:
            return SavedBlob(blob_id, self._add(blob_type, {blob_id: data})[blob_id])
        except BaseException as error:
            # Another thread may have been told that this blob is known: so nothing may become visible any more.
            self._give_up(error)
            raise

    def save_blobs(self, blob_type: BlobType, blobs: Sequence[tuple[Id, Buffer]]) -> list[SavedBlob]:
        """Store several small blobs, each with its id; as `save_blob`, at less cost for each."""
        pending, known = self._pending[blob_type], self._index.has
        new: dict[Id, Buffer] = {}
        with self._lock:
            self._raise_failure()
            for blob_id, data in blobs:
                if blob_id not in pending and not known(blob_type, blob_id):
                    pending.add(blob_id)
                    new[blob_id] = data
        try:
            added = self._add(blob_type, new) if new else {}
        except BaseException as error:
            self._give_up(error)
            raise
        return [SavedBlob(blob_id, added.pop(blob_id, 0)) for blob_id, _ in blobs]

    def flush(self) -> None:
        """Make everything durable that was saved before this call: the packs, then an index of them."""
        with self._lock:
            self._raise_failure()
        try:
            for builder in self._packs.close_all():
                self._uploader.submit(builder)
            with self._lock:
                self._raise_failure()
            self._uploader.wait()
            self._write_index()
        except BaseException as error:
            # Blobs are lost that others were told to be known: a second flush must not make it look whole.
            self._give_up(error)
            raise

    def _add(self, blob_type: BlobType, blobs: Mapping[Id, Buffer]) -> dict[Id, int]:
        """Put blobs into a pack; return their sealed lengths."""
        payloads: list[Buffer] = []
        parts: list[Part] = []
        for blob_id, data in blobs.items():
            packed = None if self._level is None else compress_if_smaller(data, self._level)
            payload = data if packed is None else packed
            payloads.append(payload)
            parts.append(Part(blob_id, len(payload) + OVERHEAD, 0 if packed is None else len(data)))
        slot = self._packs.reserve(blob_type, parts)
        with slot.view:
            self._key.seal_each_into(payloads, slot.view)
        full = self._packs.filled(slot)
        if full is not None:
            self._uploader.submit(full)
        return {part.id: part.length for part in parts}

    def _give_up(self, error: BaseException) -> None:
        self._failure = error
        self._packs.give_up()

    def _pack_stored(self, pack_id: Id, blobs: list[PackedBlob]) -> None:
        """Called by an uploading thread when a pack is durable."""
        with self._lock:
            self._stored[pack_id] = blobs
            self._stored_blobs += len(blobs)
            due = self._stored_blobs >= MAX_BLOBS or time.monotonic() - self._indexed_at > _INDEX_SECONDS
        if due:
            self._write_index()

    def _write_index(self) -> None:
        """Write the index of all durable packs, and of those that were found without one; then they are known."""
        with self._indexing:
            with self._lock:
                self._raise_failure()
                packs, self._stored, self._stored_blobs = self._stored, {}, 0
                self._indexed_at = time.monotonic()
            self._repair_index()
            if not packs:
                return
            file_id = self._repository.save_document(FileKind.INDEX, encode_index(index_file_of(packs)))
            with self._lock:
                for pack_id, blobs in packs.items():
                    self._index.add_pack(pack_id, blobs)
                    for blob in blobs:
                        self._pending[blob.type].discard(blob.id)
                self._index.file_ids.add(file_id)

    def _repair_index(self) -> None:
        recovered = self._index.recovered
        if not recovered:
            return
        contents = {pack_id: blobs for pack_id, blobs in self._index.packs().items() if pack_id in recovered}
        self._repository.save_document(FileKind.INDEX, encode_index(index_file_of(contents)))
        recovered.difference_update(contents)

    def _raise_failure(self) -> None:
        if self._failure is not None:
            raise RokError(
                ErrorKind.ABORTED, "Writing to the repository was given up because of an earlier error."
            ) from self._failure
