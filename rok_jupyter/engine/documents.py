"""The sealed documents of a repository: index files, snapshots, locks.

Owns their way from JSON to a file named by its content, and back with every check. Doesn't own their fields (format).
"""

from __future__ import annotations

from rok_jupyter.engine.format.crypto import MasterKey
from rok_jupyter.engine.format.document import unwrap, wrap
from rok_jupyter.engine.format.ids import Buffer, Id, hash_of
from rok_jupyter.engine.storage.backend import Backend, FileKind
from rok_jupyter.errors import ErrorKind, RokError


class DocumentStore:
    """Saves, loads and removes documents; thread-safe."""

    def __init__(self, backend: Backend, key: MasterKey) -> None:
        self.backend = backend
        self._key = key

    def save(self, kind: FileKind, content: Buffer) -> Id:
        """Store a document's JSON durably and return the file's id."""
        sealed = self._key.seal(wrap(content))
        file_id = hash_of(sealed)
        self.backend.save(kind, file_id, sealed)
        return file_id

    def load(self, kind: FileKind, file_id: Id) -> bytes:
        """Return a document's JSON; raises NOT_FOUND where it is gone, DATA_LOSS where it isn't what was stored."""
        stored = self.backend.load(kind, file_id)
        if hash_of(stored) != file_id:
            raise RokError(ErrorKind.DATA_LOSS, f"The {kind} {file_id[:8]} is damaged: its content doesn't fit its id.")
        try:
            return unwrap(self._key.open(stored))
        except RokError as error:
            raise RokError(
                error.kind, f"The {kind} {file_id[:8]} can't be read. {error.message}", error.hint
            ) from error

    def remove(self, kind: FileKind, file_id: Id) -> None:
        """Remove a document."""
        self.backend.remove(kind, file_id)
