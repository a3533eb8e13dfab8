"""Fetch many data blobs at once: neighbours in a pack by one read, opened and verified in several threads.

Owns the grouping of reads and the threads. Doesn't own where blobs lie (index) nor how one is opened (packs). A blob
that can't be had this way is tried once more by itself, so that another copy of it is found; what then fails is told
for that blob alone.
"""

from __future__ import annotations

from collections.abc import Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

import msgspec

from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.pack import BlobType, PackedBlob
from rok_jupyter.engine.packs import open_blob
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.storage.backend import FileKind
from rok_jupyter.errors import RokError

Blobs = dict[Id, bytes | RokError]
"""Content by id, or why there is none."""

_THREADS = 3
_MOST_READ = 4 << 20
_WORTHLESS_GAP = 64 << 10
"""So many unneeded bytes between two blobs are read rather than a second request made."""


class _Read(msgspec.Struct, frozen=True):
    """One request: blobs of one pack, in the order of their places."""

    pack: Id
    blobs: tuple[PackedBlob, ...]


class Fetch:
    """A fetch that runs; `result` waits for it."""

    def __init__(self, parts: list[Future[Blobs]], missing: Blobs) -> None:
        self._parts = parts
        self._missing = missing

    def result(self) -> Blobs:
        """Return every blob that was asked for."""
        blobs = dict(self._missing)
        for part in self._parts:
            blobs.update(part.result())
        return blobs


class BlobFetcher:
    """Fetches from one repository; use it in a `with`, whose end stops its threads."""

    def __init__(self, repository: Repository) -> None:
        self._repository = repository
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="rok-fetch")

    def __enter__(self) -> BlobFetcher:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self._threads.shutdown(cancel_futures=True)

    def fetch(self, ids: Iterable[Id]) -> Fetch:
        """Begin to fetch data blobs."""
        places: dict[Id, list[PackedBlob]] = {}
        missing: Blobs = {}
        for blob_id in dict.fromkeys(ids):
            found = self._repository.index.find(BlobType.DATA, blob_id)
            if found is None:
                missing[blob_id] = self._alone(blob_id)
            else:
                places.setdefault(found[0], []).append(found[1])
        reads = [read for pack, blobs in places.items() for read in _reads(pack, blobs)]
        return Fetch([self._threads.submit(self._perform, read) for read in reads], missing)

    def _perform(self, read: _Read) -> Blobs:
        first, last = read.blobs[0], read.blobs[-1]
        length = last.offset + last.length - first.offset
        try:
            content = self._repository.backend.load(FileKind.DATA, read.pack, offset=first.offset, length=length)
        except RokError:
            return {blob.id: self._alone(blob.id) for blob in read.blobs}
        view = memoryview(content)
        blobs: Blobs = {}
        for blob in read.blobs:
            start = blob.offset - first.offset
            try:
                blobs[blob.id] = open_blob(self._repository.key, blob, view[start : start + blob.length])
            except RokError:
                blobs[blob.id] = self._alone(blob.id)
        return blobs

    def _alone(self, blob_id: Id) -> bytes | RokError:
        try:
            return self._repository.load_blob(BlobType.DATA, blob_id)
        except RokError as error:
            return error


def _reads(pack: Id, blobs: list[PackedBlob]) -> Iterable[_Read]:
    """Cut a pack's blobs into reads of neighbours."""
    blobs.sort(key=lambda blob: blob.offset)
    group: list[PackedBlob] = []
    for blob in blobs:
        if group:
            end = group[-1].offset + group[-1].length
            if blob.offset - end > _WORTHLESS_GAP or blob.offset + blob.length - group[0].offset > _MOST_READ:
                yield _Read(pack, tuple(group))
                group = []
        group.append(blob)
    if group:
        yield _Read(pack, tuple(group))
