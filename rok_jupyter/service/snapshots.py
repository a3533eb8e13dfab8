"""Snapshots: take, list, browse, compare, edit, export, delete.

Owns the rules that hold whatever the provider: who may work on a volume at the same time, room in the repository,
pages, what a delete leaves for an undo. Doesn't own storage (provider) or bringing files back (restore).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import islice

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import (
    DeleteResult,
    Difference,
    Entry,
    ExportResult,
    Page,
    Snapshot,
    SnapshotEdit,
    SnapshotFilter,
    SnapshotRequest,
)
from rok_jupyter.progress import Progress
from rok_jupyter.providers.paths import VolumePath, find_member, parse_volume_path, place_in
from rok_jupyter.providers.protocol import Provider, SnapshotView
from rok_jupyter.service.differences import told
from rok_jupyter.service.journal import Journal
from rok_jupyter.service.listing import after, first_page, matching, page_of, versions
from rok_jupyter.service.paging import check_limit, make_cursor, read_cursor
from rok_jupyter.service.room import Room
from rok_jupyter.service.volume_lock import VolumeLocks

_REMEMBERED_ENTRIES = 100_000


class Snapshots:
    """The verbs on snapshots. `prepare` makes what a first snapshot needs; `room` says how much one may add."""

    def __init__(
        self, provider: Provider, locks: VolumeLocks, journal: Journal, *, prepare: Callable[[], None], room: Room
    ) -> None:
        self._provider = provider
        self._locks = locks
        self._journal = journal
        self._prepare = prepare
        self._room = room
        self._known: dict[tuple[str, VolumePath], Entry | None] = {}

    def take(self, request: SnapshotRequest, progress: Progress) -> Snapshot:
        """Take a snapshot of volumes that nobody is restoring."""
        with self._locks.snapshotting(self._chosen(request)):
            return self.take_held(request, progress)

    def take_held(self, request: SnapshotRequest, progress: Progress) -> Snapshot:
        """Take a snapshot of volumes whose locks the caller holds."""
        self._prepare()
        return self._provider.snapshot(request, self._room.limit(progress))

    def ids(self) -> frozenset[str]:
        """Return the ids of this owner's snapshots."""
        return frozenset(snapshot.id for snapshot in self._provider.snapshots())

    def revision(self) -> str:
        """Return a text that is another one once the stored snapshots changed."""
        return self._provider.revision()

    def list(self, filter_: SnapshotFilter, *, cursor: str | None, limit: int) -> Page[Snapshot]:
        """Return a page of the snapshots that match, newest first."""
        check_limit(limit)
        found = matching(self._provider.snapshots(all_owners=filter_.all_owners), filter_)
        if filter_.path is None:
            return page_of(found, cursor=cursor, limit=limit)
        path = filter_.path
        self._require_browsing()
        rest = after(found, cursor)
        return first_page(versions(rest, lambda snapshot: self._entry_of(snapshot, path)), limit=limit)

    def tags(self) -> tuple[str, ...]:
        """Return all tags of this owner's snapshots, by name."""
        return tuple(sorted({tag for snapshot in self._provider.snapshots() for tag in snapshot.tags}))

    def show(self, ref: str) -> Snapshot:
        """Return one snapshot."""
        return self._provider.find(ref)

    def edit(self, ref: str, edit: SnapshotEdit) -> Snapshot:
        """Change message, tags or pin."""
        for tag in edit.add_tags:
            _check_tag(tag)
        return self._provider.edit(self._provider.find(ref), edit)

    def tree(self, ref: str, volume: str | None, path: str, *, cursor: str | None, limit: int) -> Page[Entry]:
        """Return a page of a directory's entries, by name."""
        check_limit(limit)
        last = None if cursor is None else read_cursor(cursor).decode("utf-8", "surrogateescape")
        snapshot = self._provider.find(ref)
        place = place_in(snapshot.members, volume, path)
        with self._provider.open(snapshot, Progress()) as view:
            items = tuple(islice(view.children(place.volume, place.path, after=last), limit + 1))
        if len(items) <= limit:
            return Page(items=items)
        return Page(items=items[:limit], next_cursor=make_cursor(_name(items[limit - 1])))

    def entry(self, ref: str, volume: str | None, path: str) -> Entry:
        """Return one entry."""
        snapshot = self._provider.find(ref)
        place = place_in(snapshot.members, volume, path)
        with self._provider.open(snapshot, Progress()) as view:
            return view.entry(place.volume, place.path)

    def open_view(self, ref: str, progress: Progress) -> AbstractContextManager[SnapshotView]:
        """Open a snapshot for reading."""
        return self._provider.open(self._provider.find(ref), progress)

    def read(self, ref: str, volume: str | None, path: str, *, offset: int, length: int | None) -> Iterator[bytes]:
        """Yield a file's bytes."""
        snapshot = self._provider.find(ref)
        place = place_in(snapshot.members, volume, path)
        with self._provider.open(snapshot, Progress()) as view:
            yield from view.read(place.volume, place.path, offset=offset, length=length)

    def diff(self, ref: str, against: str | None, paths: Sequence[str], progress: Progress) -> Difference:
        """Compare a snapshot with another, or with the live volumes."""
        before = self._provider.find(ref)
        after_ = None if against is None else self._provider.find(against)
        found = self._provider.difference(before, after_, paths, progress)
        return told(found, (*before.members, *(after_.members if after_ is not None else ())))

    def export(self, ref: str, paths: Sequence[str], target: str, progress: Progress) -> ExportResult:
        """Write entries to a new archive."""
        from rok_jupyter.service.export import export

        snapshot = self._provider.find(ref)
        places = [parse_volume_path(path, snapshot.members) for path in paths]
        with self._provider.open(snapshot, progress) as view:
            return export(snapshot, view, places, target, progress)

    def delete(self, refs: Sequence[str], progress: Progress) -> DeleteResult:
        """Delete snapshots, and note how to bring them back."""
        found = {snapshot.id: snapshot for snapshot in (self._provider.find(ref) for ref in refs)}
        for snapshot in found.values():
            if snapshot.pinned:
                raise RokError(
                    ErrorKind.FAILED_PRECONDITION,
                    f"The snapshot {snapshot.id[:8]} is pinned.",
                    f"Unpin it first: rok edit {snapshot.id[:8]} --unpin",
                )
        self.remove(tuple(found.values()), progress, undoable=True)
        return DeleteResult(deleted=tuple(found))

    def remove(self, snapshots: Sequence[Snapshot], progress: Progress, *, undoable: bool) -> None:
        """Delete these snapshots while nobody restores them; `undoable` where an undo shall bring them back."""
        if not snapshots:
            return
        with self._locks.deleting([snapshot.id for snapshot in snapshots]):
            self._provider.delete(snapshots, progress, announce=self._note_delete if undoable else None)

    def _note_delete(self, tokens: Mapping[str, str]) -> None:
        if any(tokens.values()):
            self._journal.deleted(tokens)

    def _chosen(self, request: SnapshotRequest) -> dict[str, str]:
        """The places, by name, of the volumes that a request means; the provider refuses unknown names."""
        return {
            volume.name: volume.path or volume.name
            for volume in self._provider.volumes()
            if (volume.name in request.volumes if request.volumes else volume.capabilities.snapshot.available)
        }

    def _require_browsing(self) -> None:
        for volume in self._provider.volumes():
            if not volume.capabilities.browse.available:
                raise RokError(
                    ErrorKind.FAILED_PRECONDITION,
                    f"Looking for a path in every snapshot would take too much: {volume.capabilities.browse.reason}.",
                    "List without a path, then look into one snapshot: rok ls ID PATH",
                )

    def _entry_of(self, snapshot: Snapshot, path: str) -> Entry | None:
        place = parse_volume_path(path, snapshot.members)
        # A handle names content, so snapshots that share it share its entries: a list by path opens few of them.
        key = find_member(snapshot.members, place.volume).handle or snapshot.id, place
        if key not in self._known:
            if len(self._known) >= _REMEMBERED_ENTRIES:
                self._known.clear()
            self._known[key] = self._find_entry(snapshot, place)
        return self._known.get(key)

    def _find_entry(self, snapshot: Snapshot, place: VolumePath) -> Entry | None:
        try:
            with self._provider.open(snapshot, Progress()) as view:
                return view.entry(place.volume, place.path)
        except RokError as error:
            if error.kind in (ErrorKind.NOT_FOUND, ErrorKind.DATA_LOSS):
                return None
            raise


def _name(entry: Entry) -> bytes:
    return entry.path.rpartition("/")[2].encode("utf-8", "surrogateescape")


def _check_tag(tag: str) -> None:
    if not tag or "," in tag or tag.startswith("rok:"):
        raise RokError(
            ErrorKind.INVALID_ARGUMENT,
            f"{tag!r} can't be a tag.",
            "A tag is not empty, holds no comma and doesn't start with 'rok:'.",
        )
