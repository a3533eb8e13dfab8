"""All snapshots of a repository as its documents tell them, in order and to be looked up.

Owns which of several documents under one id counts, the order, and the lookup by id or its beginning. A value: made
once for what was read, and thrown away when that changes. Doesn't own reading (catalogue) nor a document's form.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence, Set

import msgspec

from rok_jupyter.engine.format.ids import ID_DIGITS, Id
from rok_jupyter.engine.format.snapshot_file import SnapshotFile
from rok_jupyter.models import Snapshot
from rok_jupyter.providers.local.documents import read_field


class Stored(msgspec.Struct, frozen=True):
    """A snapshot, its document, and the documents under the same id that it outdates."""

    snapshot: Snapshot
    file: SnapshotFile
    outdated: tuple[Id, ...] = ()

    @property
    def documents(self) -> tuple[Id, ...]:
        """Its document and the outdated ones."""
        return self.snapshot.storage_id, *self.outdated


class StoredSnapshots:
    """The snapshots that documents tell of. Immutable."""

    def __init__(self, snapshots: Mapping[Id, Snapshot], files: Mapping[Id, SnapshotFile]) -> None:
        by_id: dict[Id, list[Id]] = {}
        for storage_id, snapshot in snapshots.items():
            by_id.setdefault(snapshot.id, []).append(storage_id)
        found = [_newest_of(storage_ids, snapshots, files) for storage_ids in by_id.values()]
        found.sort(key=lambda each: (each.snapshot.created, each.snapshot.id), reverse=True)
        self.newest_first = tuple(found)
        self._owned: tuple[tuple[str, Set[str]], tuple[Stored, ...]] | None = None
        self._by_id = {id_: each for each in found for id_ in (*each.documents, each.snapshot.id)}

    def owned(self, owner: str, paths: Set[str]) -> tuple[Stored, ...]:
        """Return an owner's snapshots of any of the volumes at these paths, newest first; the last answer is kept."""
        known = self._owned
        if known is not None and known[0] == (owner, paths):
            return known[1]
        found = tuple(
            each
            for each in self.newest_first
            if each.snapshot.owner == owner and any(member.path in paths for member in each.snapshot.members)
        )
        self._owned = (owner, paths), found
        return found

    def beginning(self, text: str) -> list[Stored]:
        """Return the snapshots one of whose ids is or begins with this text."""
        exact = self._by_id.get(text)
        if exact is not None or len(text) >= ID_DIGITS:
            return [] if exact is None else [exact]
        matches = (each for id_, each in self._by_id.items() if id_.startswith(text))
        return list({each.snapshot.id: each for each in matches}.values())


def _newest_of(storage_ids: Sequence[Id], snapshots: Mapping[Id, Snapshot], files: Mapping[Id, SnapshotFile]) -> Stored:
    def rank(storage_id: Id) -> tuple[int, bool, Id]:
        file = files[storage_id]
        return read_field(file).edits, file.original is not None, storage_id

    if len(storage_ids) == 1:
        return Stored(snapshots[storage_ids[0]], files[storage_ids[0]])
    newest = max(storage_ids, key=rank)
    return Stored(snapshots[newest], files[newest], tuple(other for other in storage_ids if other != newest))
