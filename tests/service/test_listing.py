"""Filters, pages and versions, on values alone."""

from __future__ import annotations

import time

import pytest
from msgspec.structs import replace

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Entry, EntryType, OriginKind, Snapshot, SnapshotFilter
from rok_jupyter.service.listing import first_page, matching, page_of, versions
from tests.service.builders import snapshot


def _all_pages(snapshots: list[Snapshot], limit: int) -> list[Snapshot]:
    found: list[Snapshot] = []
    cursor: str | None = None
    while True:
        page = page_of(snapshots, cursor=cursor, limit=limit)
        found.extend(page.items)
        cursor = page.next_cursor
        if cursor is None:
            return found


@pytest.mark.parametrize("limit", [1, 2, 5, 7, 1000])
def test_pages_together_are_the_list(limit: int) -> None:
    snapshots = matching([snapshot(number, minutes=number // 3) for number in range(14)], SnapshotFilter())
    assert _all_pages(snapshots, limit) == snapshots


def test_the_newest_comes_first() -> None:
    found = matching([snapshot(2), snapshot(9), snapshot(5)], SnapshotFilter())
    assert found == [snapshot(9), snapshot(5), snapshot(2)]


def test_a_cursor_bears_what_is_added_and_deleted_meanwhile() -> None:
    snapshots = matching([snapshot(number) for number in range(10)], SnapshotFilter())
    first = page_of(snapshots, cursor=None, limit=4)
    without = [item for item in snapshots if item != first.items[-1]]
    later = matching([*without, snapshot(99)], SnapshotFilter())
    assert page_of(later, cursor=first.next_cursor, limit=100).items == tuple(snapshots[4:])


@pytest.mark.parametrize("cursor", ["", "x", "!!!", "é", "MTIz", "YWJj", "x" * 5000, "LmFi"])
def test_a_foreign_cursor_is_refused(cursor: str) -> None:
    with pytest.raises(RokError) as caught:
        page_of([snapshot(1)], cursor=cursor, limit=10)
    assert caught.value.kind is ErrorKind.INVALID_ARGUMENT


@pytest.mark.parametrize("limit", [0, -1, 1001])
def test_a_page_has_bounds(limit: int) -> None:
    with pytest.raises(RokError) as caught:
        page_of([], cursor=None, limit=limit)
    assert caught.value.kind is ErrorKind.INVALID_ARGUMENT


def test_every_given_field_must_match() -> None:
    step = snapshot(1, message="Before training", pipeline="p", run="r", step="s")
    step = replace(step, tags=("good",), origin=replace(step.origin, kind=OriginKind.STEP))
    others = [snapshot(2), snapshot(3, pipeline="p", run="other")]
    for filter_ in (
        SnapshotFilter(tag="good"),
        SnapshotFilter(origin=OriginKind.STEP),
        SnapshotFilter(pipeline="p", run="r"),
        SnapshotFilter(step="s"),
        SnapshotFilter(search="TRAIN"),
        SnapshotFilter(search="goo"),
        SnapshotFilter(search=step.id[:6].upper()),
    ):
        assert matching([step, *others], filter_) == [step], filter_
    assert len(matching([step, *others], SnapshotFilter(volume="workspace"))) == 3
    assert matching([step, *others], SnapshotFilter(volume="data")) == []


def test_equal_versions_collapse_to_the_first_that_held_them() -> None:
    digests = {1: "a", 2: "a", 3: None, 4: "a", 5: "b", 6: "b"}
    by_id = {snapshot(number).id: digest for number, digest in digests.items()}

    def entry_of(found: Snapshot) -> Entry | None:
        digest = by_id[found.id]
        return None if digest is None else Entry(path="f", type=EntryType.FILE, digest=digest)

    newest_first = matching([snapshot(number) for number in digests], SnapshotFilter())
    assert list(versions(newest_first, entry_of)) == [snapshot(5), snapshot(4), snapshot(1)]
    page = first_page(versions(newest_first, entry_of), limit=2)
    assert page.items == (snapshot(5), snapshot(4))
    assert page.next_cursor is not None


def test_ten_thousand_snapshots_are_listed_in_a_second() -> None:
    snapshots = [snapshot(number, message=f"Number {number}") for number in range(10_000)]
    started = time.thread_time()  # its own work, however long others keep it waiting
    page = page_of(matching(snapshots, SnapshotFilter(search="number 99")), cursor=None, limit=1000)
    assert time.thread_time() - started < 1
    assert len(page.items) == 111
