"""Reading the index: from index files, and where these are damaged or gone from the headers of packs.

Owns the reading and what it noticed. Doesn't own the map (index). Nothing is written here: what was recovered is put
into an index file by the next writer.
"""

from __future__ import annotations

from rok_jupyter.engine.documents import DocumentStore
from rok_jupyter.engine.format.crypto import MasterKey
from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.index_file import decode_index
from rok_jupyter.engine.index import Index
from rok_jupyter.engine.packs import load_header
from rok_jupyter.engine.storage.backend import FileKind
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Damage


class IndexLoader:
    """Holds the index of one repository and keeps it in step with the storage; the caller serialises its methods."""

    def __init__(self, documents: DocumentStore, key: MasterKey) -> None:
        self.index = Index()
        self._documents = documents
        self._key = key
        self._damaged: dict[tuple[str, Id], Damage] = {}
        self._scanned = False

    @property
    def damages(self) -> tuple[Damage, ...]:
        """What was found damaged or missing."""
        return tuple(self._damaged.values())

    def refresh(self) -> bool:
        """Take in index files that are new, or all anew where some are gone; return whether anything changed.

        Packs are looked into only where an index file can't be read, or where there is none at all. One that no index
        file names may go without any index file telling of it: by a prune of another process.
        """
        listed = {file_id for file_id, _ in self._documents.backend.list(FileKind.INDEX)}
        known = self.index.file_ids | {file_id for kind, file_id in self._damaged if kind == "index" and file_id}
        outdated = not known <= listed or self._lost_recovered()
        if known and known == listed and not outdated:
            return False
        if outdated:
            self.index = Index(self.index.distrusted)
            self._damaged.clear()
            known = set()
        self._scanned = False
        for file_id in sorted(listed - known):
            self._load_file(file_id)
        if self._damaged or not listed:
            self.recover()
        return True

    def recover(self) -> bool:
        """Look once into every pack that no index file names; return whether that found any blobs."""
        if self._scanned:
            return False
        self._scanned = True
        recovered = 0
        for pack_id, size in self._documents.backend.list(FileKind.DATA):
            if not self.index.has_pack(pack_id):
                recovered += self._recover_pack(pack_id, size)
        if recovered:
            message = f"{recovered} packs are named by no readable index file; their headers were read instead."
            self._damaged["index", ""] = Damage(kind="index", id="", message=message)
        return recovered > 0

    def _lost_recovered(self) -> bool:
        backend = self._documents.backend
        return not all(backend.exists(FileKind.DATA, pack_id) for pack_id in self.index.recovered)

    def _load_file(self, file_id: Id) -> None:
        try:
            file = decode_index(self._documents.load(FileKind.INDEX, file_id))
            self.index.add_file(file_id, file)
        except RokError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return  # removed since it was listed: whoever did so has written another before
            if error.kind is not ErrorKind.DATA_LOSS:
                raise
            self._damaged["index", file_id] = Damage(kind="index", id=file_id, message=error.message)

    def _recover_pack(self, pack_id: Id, size: int) -> bool:
        try:
            blobs = load_header(self._documents.backend, self._key, pack_id, size)
        except RokError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return False
            if error.kind is not ErrorKind.DATA_LOSS:
                raise
            self._damaged["pack", pack_id] = Damage(kind="pack", id=pack_id, message=error.message)
            return False
        self.index.add_pack(pack_id, blobs)
        self.index.recovered.add(pack_id)
        return True
