"""A repository in memory, for tests and for trying things out; gone with the process."""

from __future__ import annotations

import threading
from collections.abc import Iterator

from rok_jupyter.engine.format.ids import Buffer, Id
from rok_jupyter.engine.storage.backend import FileKind, differs_error
from rok_jupyter.errors import ErrorKind, RokError


class MemoryBackend:
    """Holds every file as bytes."""

    def __init__(self) -> None:
        self._files: dict[tuple[FileKind, Id], bytes] = {}
        self._changes: dict[FileKind, int] = {}
        self._lock = threading.Lock()

    @property
    def location(self) -> str:
        """A name that can't be opened again."""
        return f"memory:{id(self):x}"

    def create(self) -> None:
        """Nothing needs to be made."""

    def exists(self, kind: FileKind, file_id: Id) -> bool:
        """Whether this file is there."""
        return (kind, file_id) in self._files

    def save(self, kind: FileKind, file_id: Id, data: Buffer) -> None:
        """Keep a copy of the file."""
        content = bytes(data)
        with self._lock:
            if self._files.setdefault((kind, file_id), content) != content:
                raise differs_error(kind, file_id)
            self._changes[kind] = self._changes.get(kind, 0) + 1

    def load(self, kind: FileKind, file_id: Id, *, offset: int = 0, length: int | None = None) -> bytes:
        """Return the file or a part of it."""
        return self._find(kind, file_id)[offset : None if length is None else offset + length]

    def size(self, kind: FileKind, file_id: Id) -> int:
        """Return the file's length in bytes."""
        return len(self._find(kind, file_id))

    def list(self, kind: FileKind) -> Iterator[tuple[Id, int]]:
        """Go through the files of a kind as they are now."""
        with self._lock:
            found = [(file_id, len(data)) for (held, file_id), data in self._files.items() if held is kind]
        return iter(found)

    def ids(self, kind: FileKind) -> frozenset[Id]:
        """Return the ids of a kind's files."""
        return frozenset(file_id for file_id, _ in self.list(kind))

    def revision(self, kind: FileKind) -> str:
        """Return how often files of a kind came or went."""
        return str(self._changes.get(kind, 0))

    def remove(self, kind: FileKind, file_id: Id) -> None:
        """Forget the file."""
        with self._lock:
            if self._files.pop((kind, file_id), None) is None:
                raise _missing(kind, file_id)
            self._changes[kind] = self._changes.get(kind, 0) + 1

    def free_reserve(self) -> bool:
        """Nothing is kept."""
        return False

    def _find(self, kind: FileKind, file_id: Id) -> bytes:
        try:
            return self._files[kind, file_id]
        except KeyError:
            raise _missing(kind, file_id) from None


def _missing(kind: FileKind, file_id: Id) -> RokError:
    return RokError(ErrorKind.NOT_FOUND, f"The repository has no {kind} {file_id[:16]}.".replace(" .", "."))
