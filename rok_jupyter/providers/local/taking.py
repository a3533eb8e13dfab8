"""Taking a snapshot of local volumes.

Owns the order of things, which makes a snapshot exist only when all of it is stored, and at most one of a name:

    look by name -> lock -> archive -> flush -> look by name -> document -> look by name once more: the lowest wins

from the second look on one at a time on a machine (of two machines each may keep its own, where clocks differ), and
what is said of its consistency. A snapshot is `quiesced` only where that was seen: nothing in it differs from the one
before, so no file changed from the end of that one's walk to the look of this one's, and both hold one moment's state.
Else it is `fuzzy`: files are read one after the other while others may be written, and those that changed while they
were read themselves are named. Doesn't own reading the volumes (engine) nor which files need care (capture).
"""

from __future__ import annotations

import os
import secrets
import socket
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime

import msgspec
from msgspec.structs import replace

from rok_jupyter import __version__
from rok_jupyter.config import RokSettings
from rok_jupyter.engine.archiver import ArchivedVolume, Archiver, ArchiveResult, ArchiverSettings, Expected
from rok_jupyter.engine.format.snapshot_file import SnapshotFile, SnapshotSummary
from rok_jupyter.engine.format.timestamp import ns_to_text
from rok_jupyter.engine.repository import Repository
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.file_lock import FileLock
from rok_jupyter.models import (
    Consistency,
    Member,
    Origin,
    SkippedEntry,
    Snapshot,
    SnapshotRequest,
    VolumeEstimate,
)
from rok_jupyter.progress import Progress
from rok_jupyter.providers.local.capture import VolumeCapture
from rok_jupyter.providers.local.catalogue import READ_AT, Catalogue
from rok_jupyter.providers.local.databases import remove_leftovers
from rok_jupyter.providers.local.documents import PROVIDER, to_fields, to_snapshot
from rok_jupyter.providers.local.owner import user_name
from rok_jupyter.providers.local.rules import VolumeRules
from rok_jupyter.providers.local.stored_snapshots import Stored
from rok_jupyter.providers.local.tags import check_tags
from rok_jupyter.providers.local.volumes import Directory
from rok_jupyter.save_gate import SaveGate
from rok_jupyter.state import private_directory

_MOST_PARENTS = 8
_LOCK_SECONDS = 10.0
_LONGEST_NAME = 200
_NAMES_LOCK = "snapshot-names.lock"
_NAMES_SECONDS = 10.0


class Chosen(msgspec.Struct, frozen=True, kw_only=True):
    """The volumes of one snapshot, workspace first, and those that were left out."""

    directories: tuple[Directory, ...]
    others: tuple[Directory, ...]

    @property
    def paths(self) -> tuple[str, ...]:
        """Where they are."""
        return tuple(directory.path for directory in self.directories)


class Taking:
    """Takes snapshots into one repository."""

    def __init__(
        self, settings: RokSettings, repository: Callable[[], Repository], catalogue: Catalogue, *, gate: SaveGate
    ) -> None:
        self._settings = settings
        self._repository = repository
        self._catalogue = catalogue
        self._gate = gate
        self._rules = VolumeRules(settings)
        self._counted: dict[str, Expected] = {}

    def expect(self, estimate: VolumeEstimate) -> None:
        """Take over what was counted of a volume just now: its first snapshot needn't count again."""
        if estimate.complete:
            self._counted[estimate.path] = Expected(files=estimate.files, size=estimate.size)

    def take(self, request: SnapshotRequest, chosen: Chosen, owner: str, progress: Progress) -> Snapshot:
        """Take one, or return the one that the request already has, by its name or because nothing changed."""
        check_tags(request.tags)
        _check_name(request.name)
        private_directory(self._settings.locations.root)
        existing = self._named(request, chosen)
        if existing is not None:
            return existing.snapshot
        repository = self._repository()
        with repository.lock(wait_seconds=_LOCK_SECONDS):
            return self._take_locked(repository, request, chosen, owner=owner, progress=progress)

    def _take_locked(
        self, repository: Repository, request: SnapshotRequest, chosen: Chosen, *, owner: str, progress: Progress
    ) -> Snapshot:
        started_ns = time.time_ns()
        parents = self._parents(chosen)
        try:
            result = self._archive(repository, request, chosen, parents=parents, progress=progress)
        except _NothingChangedError as found:
            return found.snapshot
        snapshot = replace(
            _describe(request, chosen, result),
            origin=self._origin(request),
            owner=owner,
            parent=parents[0].snapshot.id if parents else None,
            consistency=_consistency(parents, result),
        )
        file = replace(
            _document(snapshot, result, (started_ns, time.time_ns())),
            parent=parents[0].snapshot.storage_id if parents else None,
            excludes=tuple(self._settings.excludes) or None,
        )
        with self._alone(request):
            existing = self._named(request, chosen)
            return self._publish(repository, file, request, chosen) if existing is None else existing.snapshot

    @contextmanager
    def _alone(self, request: SnapshotRequest) -> Iterator[None]:
        """Hold back whoever would publish under a name on this machine meanwhile; not for long, as it is short work."""
        path = self._settings.locations.root / _NAMES_LOCK
        lock = None if request.name is None else FileLock.acquire(path, wait_seconds=_NAMES_SECONDS)
        try:
            yield
        finally:
            if lock is not None:
                lock.release()

    def _archive(
        self,
        repository: Repository,
        request: SnapshotRequest,
        chosen: Chosen,
        *,
        parents: Sequence[Stored],
        progress: Progress,
    ) -> ArchiveResult:
        """Store the volumes' trees durably; raises _NothingChangedError, and stores nothing, where none was wanted."""
        temporary = self._settings.locations.temporary
        remove_leftovers(temporary)
        settings = ArchiverSettings(
            read_threads=self._settings.read_threads, left_out=self._rules.left_out(chosen.others)
        )
        targets = self._rules.targets(chosen.directories)
        trees = [parent.file.tree for parent in parents]
        with repository.writer(level=self._settings.compression_level) as writer:
            capture = VolumeCapture(temporary, self._gate, progress)
            archiver = Archiver(repository, writer, capture=capture, settings=settings)
            result = archiver.run(targets, trees, progress, expected=self._expected(parents, chosen))
            same = _equal(parents, result)
            if request.only_if_changed and same is not None:
                raise _NothingChangedError(same.snapshot)  # an error, so that the writer drops what it has
            progress.begin("writing")
            writer.flush()
        return result

    def _publish(
        self, repository: Repository, file: SnapshotFile, request: SnapshotRequest, chosen: Chosen
    ) -> Snapshot:
        """Write the document; where another of its name was written meanwhile, the lowest stays."""
        storage_id = repository.save_snapshot(file)
        winner = self._named(request, chosen)
        if winner is not None and winner.snapshot.storage_id != storage_id:
            self._catalogue.withdraw(repository, storage_id)
            return winner.snapshot
        return to_snapshot(storage_id, file, chosen.directories)

    def _origin(self, request: SnapshotRequest) -> Origin:
        copy = self._settings.workspace_copy
        details = {**request.origin.details, READ_AT: copy} if copy else request.origin.details
        return replace(request.origin, details=details)

    def _named(self, request: SnapshotRequest, chosen: Chosen) -> Stored | None:
        return None if request.name is None else self._catalogue.named(request.name, chosen.paths)

    def _expected(self, parents: Sequence[Stored], chosen: Chosen) -> Expected | None:
        """About how much there will be to read, where a count or an earlier snapshot tells it of each volume."""
        counted = {path: self._counted.pop(path, None) for path in chosen.paths}
        known = {path: found for path, found in counted.items() if found is not None}
        for stored in reversed(parents):
            for member in stored.snapshot.members:
                if member.files is not None:
                    known[member.path] = Expected(files=member.files, size=member.size or 0)
        if not all(path in known for path in chosen.paths):
            return None
        found = [known[path] for path in chosen.paths]
        return Expected(files=sum(each.files for each in found), size=sum(each.size for each in found))

    def _parents(self, chosen: Chosen) -> list[Stored]:
        """Return this owner's newest snapshots that together hold these volumes.

        Those that were read where this one is come first: a copy's files are other files, which all look changed.
        """
        missing = set(chosen.paths)
        parents: list[Stored] = []
        copy = self._settings.workspace_copy
        for stored in sorted(self._catalogue.own(), key=lambda each: _read_at(each.snapshot) != copy):
            held = missing & {member.path for member in stored.snapshot.members}
            if held:
                parents.append(stored)
                missing -= held
            if not missing or len(parents) == _MOST_PARENTS:
                break
        return parents


class _NothingChangedError(Exception):
    """There is a snapshot already that the new one would equal."""

    def __init__(self, snapshot: Snapshot) -> None:
        super().__init__()
        self.snapshot = snapshot


def _read_at(snapshot: Snapshot) -> str:
    return snapshot.origin.details.get(READ_AT, "")


def _equal(parents: Sequence[Stored], result: ArchiveResult) -> Stored | None:
    """Return the earlier snapshot of exactly these volumes that holds what the new one would, None where none does."""
    if len(parents) != 1:
        return None
    held = {member.path: member.handle for member in parents[0].snapshot.members}
    return parents[0] if held == {volume.path: volume.tree for volume in result.volumes} else None


def _consistency(parents: Sequence[Stored], result: ArchiveResult) -> Consistency:
    """See the module's text; one whose files could not all be read, or read whole, is fuzzy in any case."""
    seen_still = len(parents) == 1 and not result.changed
    whole = not result.errors and not result.changed_while_read
    return Consistency.QUIESCED if seen_still and whole else Consistency.FUZZY


def _describe(request: SnapshotRequest, chosen: Chosen, result: ArchiveResult) -> Snapshot:
    archived = {volume.path: volume for volume in result.volumes}
    return Snapshot(
        id=secrets.token_hex(32),
        storage_id="",
        created=datetime.now(UTC),
        members=tuple(_member(directory, archived[directory.path]) for directory in chosen.directories),
        message=request.message,
        name=request.name,
        tags=tuple(dict.fromkeys(request.tags)),
        origin=request.origin,
        provider=PROVIDER,
        statistics=result.statistics,
        changed_while_read=result.changed_while_read,
        errors=result.errors,
        skipped=(*result.skipped, *_gone(chosen.others)),
        unsaved_documents=request.unsaved_documents,
    )


def _gone(others: Sequence[Directory]) -> list[SkippedEntry]:
    return [
        SkippedEntry(volume=directory.name, path="", reason=f"its directory {directory.path} is not there")
        for directory in others
        if not directory.present
    ]


def _member(directory: Directory, archived: ArchivedVolume) -> Member:
    return Member(
        volume=directory.name,
        role=directory.role,
        path=directory.path,
        handle=archived.tree,
        files=archived.files,
        size=archived.size,
    )


def _document(snapshot: Snapshot, result: ArchiveResult, times_ns: tuple[int, int]) -> SnapshotFile:
    fields = to_fields(snapshot)
    return SnapshotFile(
        time=ns_to_text(times_ns[0]),
        tree=result.tree,
        paths=fields["paths"],
        hostname=socket.gethostname(),
        username=user_name(),
        uid=os.getuid(),
        gid=os.getgid(),
        tags=fields["tags"],
        program_version=f"rok-jupyter {__version__}",
        summary=_summary(result, times_ns),
        rok=fields["rok"],
    )


def _summary(result: ArchiveResult, times_ns: tuple[int, int]) -> SnapshotSummary:
    statistics = result.statistics
    return SnapshotSummary(
        backup_start=ns_to_text(times_ns[0]),
        backup_end=ns_to_text(times_ns[1]),
        files_new=statistics.files_new,
        files_changed=statistics.files_changed,
        files_unmodified=statistics.files_unmodified,
        dirs_unmodified=statistics.directories,
        data_added=statistics.bytes_added,
        data_added_packed=statistics.bytes_added,
        total_files_processed=sum(volume.files for volume in result.volumes),
        total_bytes_processed=statistics.bytes_processed,
    )


def _check_name(name: str | None) -> None:
    if name is not None and not 0 < len(name) <= _LONGEST_NAME:
        raise RokError(
            ErrorKind.INVALID_ARGUMENT, "A snapshot's name is empty or too long.", "Use 1 to 200 characters."
        )
