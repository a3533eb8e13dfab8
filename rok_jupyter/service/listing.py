"""Which snapshots a list shows, in which order, page by page.

Owns filters, search, the versions of one path, and the place of a page in a list that changes meanwhile: newest first,
by time and id. Doesn't own where snapshots come from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from rok_jupyter.models import Entry, Page, Snapshot, SnapshotFilter
from rok_jupyter.service.paging import bad_cursor, check_limit, make_cursor, read_cursor

EntryOf = Callable[[Snapshot], Entry | None]
"""Finds the entry that a list by path is about, in one snapshot."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def matching(snapshots: Iterable[Snapshot], filter_: SnapshotFilter) -> list[Snapshot]:
    """Return the snapshots that match everything but `path`, newest first."""
    found = [snapshot for snapshot in snapshots if _matches(snapshot, filter_)]
    found.sort(key=lambda snapshot: (snapshot.created, snapshot.id), reverse=True)
    return found


def page_of(snapshots: Sequence[Snapshot], *, cursor: str | None, limit: int) -> Page[Snapshot]:
    """Return the page after `cursor` of snapshots that are sorted newest first; INVALID_ARGUMENT."""
    return first_page(iter(after(snapshots, cursor)), limit=limit)


def after(snapshots: Sequence[Snapshot], cursor: str | None) -> Sequence[Snapshot]:
    """Return those that come after a cursor's place; INVALID_ARGUMENT for a cursor that is none."""
    if cursor is None:
        return snapshots
    place = _read_place(cursor)
    first, end = 0, len(snapshots)
    while first < end:
        middle = (first + end) // 2
        if _place(snapshots[middle]) < place:
            end = middle
        else:
            first = middle + 1
    return snapshots[first:]


def first_page(snapshots: Iterator[Snapshot], *, limit: int) -> Page[Snapshot]:
    """Return the first `limit` of them, asking for no more than one beyond."""
    check_limit(limit)
    items: list[Snapshot] = []
    for snapshot in snapshots:
        if len(items) == limit:
            return Page(items=tuple(items), next_cursor=_cursor(items[-1]))
        items.append(snapshot)
    return Page(items=tuple(items))


def versions(newest_first: Iterable[Snapshot], entry_of: EntryOf) -> Iterator[Snapshot]:
    """Yield the snapshots that hold an entry, of consecutive equal versions only the first that held it."""
    held = _Run()
    for snapshot in newest_first:
        entry = entry_of(snapshot)
        version = None if entry is None else _version(entry)
        if held.snapshot is not None and version != held.version:
            yield held.snapshot
        held = _Run(snapshot if entry is not None else None, version)
    if held.snapshot is not None:
        yield held.snapshot


class _Run(msgspec.Struct, frozen=True):
    """The oldest snapshot seen so far of a run of equal versions."""

    snapshot: Snapshot | None = None
    version: object = None


def _version(entry: Entry) -> object:
    if entry.digest is not None:
        return entry.type, entry.digest, entry.target
    return entry.type, entry.size, entry.mtime_ns, entry.target


def _matches(snapshot: Snapshot, filter_: SnapshotFilter) -> bool:
    origin = snapshot.origin
    return (
        (filter_.volume is None or any(member.volume == filter_.volume for member in snapshot.members))
        and (filter_.tag is None or filter_.tag in snapshot.tags)
        and (filter_.origin is None or origin.kind is filter_.origin)
        and (filter_.pipeline is None or origin.pipeline == filter_.pipeline)
        and (filter_.run is None or origin.run == filter_.run)
        and (filter_.step is None or origin.step == filter_.step)
        and (not filter_.search or _found(snapshot, filter_.search.casefold()))
    )


def _found(snapshot: Snapshot, search: str) -> bool:
    texts = (snapshot.message, snapshot.name or "", *snapshot.tags)
    return any(search in text.casefold() for text in texts) or snapshot.id.startswith(search)


def _place(snapshot: Snapshot) -> tuple[int, str]:
    return (snapshot.created - _EPOCH) // timedelta(microseconds=1), snapshot.id


def _cursor(snapshot: Snapshot) -> str:
    created, id_ = _place(snapshot)
    return make_cursor(f"{created}.{id_}".encode())


def _read_place(cursor: str) -> tuple[int, str]:
    try:
        created, separator, id_ = read_cursor(cursor).decode("ascii").partition(".")
        if not separator:
            raise bad_cursor()
        return int(created), id_
    except ValueError:
        raise bad_cursor() from None
