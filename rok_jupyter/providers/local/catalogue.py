"""The snapshots of a repository: listed, found, edited, deleted, brought back.

Owns which of them are this owner's of these volumes, and what happens to their documents. Doesn't own the documents'
form (documents) nor taking one (taking).

An edit writes the new document before it removes the old one: killed in between, both are there under one id, and the
one that was edited more often counts. The next edit or delete clears the other.
"""

from __future__ import annotations

import base64
import binascii
import re
import secrets
import time
from collections.abc import Callable, Iterable, Mapping, Sequence

import msgspec

from rok_jupyter.engine.format.document import unwrap
from rok_jupyter.engine.format.ids import Id, hash_of
from rok_jupyter.engine.format.snapshot_file import SnapshotFile, decode_snapshot
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.storage.backend import FileKind
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import OriginKind, Snapshot, SnapshotEdit
from rok_jupyter.progress import Progress
from rok_jupyter.providers.local.documents import edited, to_snapshot
from rok_jupyter.providers.local.stored_snapshots import Stored, StoredSnapshots
from rok_jupyter.providers.local.volumes import Directory
from rok_jupyter.providers.protocol import Announce

LATEST = "latest"
READ_AT = "read_at"
"""The detail of an origin that tells where a copy of the workspace was read."""
_LOCK_SECONDS = 10.0
_REFERENCE = re.compile(r"[0-9a-fA-F]{1,64}")
_SHOWN = 5
_EDITS_TRIED = 20


class _Read(msgspec.Struct, frozen=True):
    """What was read last, for which volumes, and what it comes to."""

    volumes: tuple[Directory, ...]
    files: Mapping[Id, SnapshotFile]
    snapshots: Mapping[Id, Snapshot]
    found: StoredSnapshots


class Catalogue:
    """Reads and changes the documents of one repository; holds nothing that others could change."""

    def __init__(
        self,
        repository: Callable[[], Repository],
        volumes: Callable[[], tuple[Directory, ...]],
        owner: Callable[[], str],
    ) -> None:
        self._repository = repository
        self._volumes = volumes
        self._owner = owner
        self._read = _Read((), {}, {}, StoredSnapshots({}, {}))

    def stored(self) -> tuple[Stored, ...]:
        """Return every snapshot of the repository, newest first; damaged documents are left out."""
        return self._all().newest_first

    def own(self) -> tuple[Stored, ...]:
        """Return this owner's snapshots of these volumes, newest first."""
        return self._all().owned(self._owner(), {directory.path for directory in self._volumes()})

    def named(self, name: str, paths: Iterable[str]) -> Stored | None:
        """Return this owner's snapshot of that name of exactly the volumes at `paths`: of several the lowest."""
        wanted = set(paths)
        same = [
            each
            for each in self.own()
            if each.snapshot.name == name and {member.path for member in each.snapshot.members} == wanted
        ]
        return min(same, key=lambda each: (each.snapshot.created, each.snapshot.id), default=None)

    def find(self, reference: str) -> Stored:
        """Return the snapshot that `reference` names, whoever's it is; "latest" is this owner's, and no safety one."""
        if reference == LATEST:
            return self._latest()
        if _REFERENCE.fullmatch(reference) is None:
            raise RokError(
                ErrorKind.INVALID_ARGUMENT,
                f"{reference[:80]!r} is no snapshot's id.",
                "An id is hexadecimal, and may be shortened; 'latest' is the newest. See `rok list`.",
            )
        wanted = reference.lower()
        found = self._all().beginning(wanted)
        if not found:
            raise self._unreadable(wanted) or RokError(
                ErrorKind.NOT_FOUND, f"There is no snapshot {reference}.", "See `rok list`, or `--all`."
            )
        if len(found) > 1:
            some = ", ".join(each.snapshot.id[:12] for each in found[:_SHOWN])
            more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
            raise RokError(
                ErrorKind.INVALID_ARGUMENT,
                f"{reference} could be any of {len(found)} snapshots: {some}{more}.",
                "Give more digits of the id.",
            )
        return found[0]

    def of(self, snapshot: Snapshot) -> Stored:
        """Return a snapshot that was listed before with its document; NOT_FOUND where it was deleted since."""
        file = self._read.files.get(snapshot.storage_id)
        if file is not None and self._repository().backend.exists(FileKind.SNAPSHOT, snapshot.storage_id):
            return Stored(snapshot, file)  # as browsing needs it often: without reading the whole list again
        return self.find(snapshot.id)

    def edit(self, snapshot: Snapshot, edit: SnapshotEdit) -> Snapshot:
        """Store an edited document in the place of the snapshot's, whose id stays; ABORTED where others edit it too."""
        repository = self._repository()
        with repository.lock(wait_seconds=_LOCK_SECONDS):
            for _ in range(_EDITS_TRIED):
                if self._edit_once(repository, snapshot.id, edit):
                    return self.find(snapshot.id).snapshot
                time.sleep(secrets.randbelow(100) / 1000)
        raise RokError(ErrorKind.ABORTED, f"Others edit the snapshot {snapshot.id[:12]} just now.", "Try again.")

    def _edit_once(self, repository: Repository, id_: Id, edit: SnapshotEdit) -> bool:
        """Edit, or leave everything as it was where another edit or a delete came in between; say which."""
        stored = self.find(id_)
        changed = edited(stored.snapshot.storage_id, stored.file, edit)
        if changed.tags == stored.file.tags:
            return True
        made = repository.save_snapshot(changed)
        base = set(stored.documents)
        there = {found for each in self.stored() if each.snapshot.id == id_ for found in each.documents}
        if stored.snapshot.storage_id in there and there <= {made, *base}:
            self._remove(repository, base)
            return True
        self.withdraw(repository, made)
        return False

    def delete(
        self, snapshots: Sequence[Snapshot], progress: Progress, *, announce: Announce | None = None
    ) -> dict[Id, str]:
        """Remove documents; return by id what brings each back."""
        repository = self._repository()
        with repository.lock(wait_seconds=_LOCK_SECONDS):
            present = {each.snapshot.id: each for each in self.stored()}
            tokens = {}
            for snapshot in snapshots:
                progress.check_cancelled()
                stored = present.get(snapshot.id)
                if stored is None:
                    raise RokError(ErrorKind.NOT_FOUND, f"There is no snapshot {snapshot.id[:12]}.", "See `rok list`.")
                content = repository.backend.load(FileKind.SNAPSHOT, stored.snapshot.storage_id)
                tokens[snapshot.id] = base64.b64encode(content).decode("ascii")
            if announce is not None:
                announce(tokens)
            for id_ in tokens:
                self._remove(repository, present[id_].documents)
        return tokens

    def undelete(self, tokens: Mapping[str, str]) -> tuple[Snapshot, ...]:
        """Put the same documents back, all or none; FAILED_PRECONDITION where what they need is gone."""
        repository = self._repository()
        contents = {id_: _decode_token(id_, token) for id_, token in tokens.items()}
        with repository.lock(wait_seconds=_LOCK_SECONDS):
            repository.reload_index()
            for id_, content in contents.items():
                _check_whole(repository, id_, _open(repository, content))
            for content in contents.values():
                repository.backend.save(FileKind.SNAPSHOT, hash_of(content), content)
        return tuple(self.find(id_).snapshot for id_ in contents)

    def withdraw(self, repository: Repository, storage_id: Id) -> None:
        """Remove a document that nobody was told of."""
        self._remove(repository, [storage_id])

    def _unreadable(self, storage_id: str) -> RokError | None:
        """What to say where a storage id, or its beginning, names a document that can't be read."""
        _, damages = self._repository().snapshot_files()
        hit = next((damage for damage in damages if damage.id.startswith(storage_id)), None)
        if hit is None:
            return None
        return RokError(
            ErrorKind.DATA_LOSS,
            f"The snapshot {hit.id[:8]} can't be read. {hit.message}",
            f"Bring the repository's file snapshots/{hit.id} back from a copy, or remove that file: nothing else tells"
            " what this snapshot was, and nothing is pruned while it is there.",
        )

    def _latest(self) -> Stored:
        """A restore in place takes a safety snapshot: the same command again must not mean that one.

        Nor is what a pipeline's run left in a copy the workspace's latest.
        """
        known = self.own()
        own = [each for each in known if not each.snapshot.origin.details.get(READ_AT)]
        if known and not own:
            raise RokError(
                ErrorKind.NOT_FOUND,
                "There are only snapshots of what local runs of pipelines did in a copy of these volumes.",
                "Name one: rok list; or take one of the volumes themselves: rok snapshot",
            )
        if not own:
            raise RokError(
                ErrorKind.NOT_FOUND,
                "There is no snapshot of these volumes yet.",
                "Take one: rok snapshot; or see everybody's: rok list --all",
            )
        return next((each for each in own if each.snapshot.origin.kind is not OriginKind.SAFETY), own[0])

    def _all(self) -> StoredSnapshots:
        """Read documents, each once: they never change; their members' names may, with the volumes."""
        files, _ = self._repository().snapshot_files()
        volumes, read = self._volumes(), self._read
        if read.files is files and read.volumes == volumes:
            return read.found
        known = read.snapshots if read.volumes == volumes else {}
        snapshots: dict[Id, Snapshot] = {}
        for storage_id, file in files.items():
            snapshot = known.get(storage_id)
            if snapshot is None:
                try:
                    snapshot = to_snapshot(storage_id, file, volumes)
                except RokError:
                    continue  # a time that is none: a check names it
            snapshots[storage_id] = snapshot
        found = StoredSnapshots(snapshots, files)
        self._read = _Read(volumes, files, snapshots, found)
        return found

    def _remove(self, repository: Repository, storage_ids: Iterable[Id]) -> None:
        for storage_id in storage_ids:
            try:
                repository.remove_document(FileKind.SNAPSHOT, storage_id)
            except RokError as error:
                if error.kind is not ErrorKind.NOT_FOUND:
                    raise


def _decode_token(id_: str, token: str) -> bytes:
    try:
        return base64.b64decode(token, validate=True)
    except (binascii.Error, ValueError):
        raise RokError(
            ErrorKind.INVALID_ARGUMENT, f"What was kept of the deleted snapshot {id_[:12]} is damaged."
        ) from None


def _open(repository: Repository, content: bytes) -> SnapshotFile:
    return decode_snapshot(unwrap(repository.key.open(content)))


def _check_whole(repository: Repository, id_: str, file: SnapshotFile) -> None:
    """Raise FAILED_PRECONDITION unless every tree and every blob of a snapshot is there."""
    from rok_jupyter.engine.reachable import visit_trees

    for visited in visit_trees(repository, {id_[:12]: file.tree}, Progress()):
        index = repository.index
        # Its trees are asked for too: a tree that is still in memory says nothing of the repository.
        if visited.tree is None or not all(index.has(*blob) for blob in visited.blobs()):
            raise RokError(
                ErrorKind.FAILED_PRECONDITION,
                f"The deleted snapshot {id_[:12]} can't come back: what it needs is gone, by a prune.",
                "Deletes can be undone until the next prune.",
            )
