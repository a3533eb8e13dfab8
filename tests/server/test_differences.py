"""Differences are kept for the next page, a few and for a while."""

from __future__ import annotations

import pytest

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Change, Difference, DifferenceCounts, EntryDifference, EntryError
from rok_jupyter.server import differences
from rok_jupyter.server.differences import KEPT_SECONDS, DifferencePages
from rok_jupyter.service.paging import make_cursor


class Clock:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def made(count: int, *, before: str = "a") -> Difference:
    return Difference(
        before=before,
        after=None,
        entries=tuple(EntryDifference(volume="w", path=f"{n:04}", change=Change.CREATED) for n in range(count)),
        errors=(EntryError(volume="w", path="x", message="denied"),),
        counts=DifferenceCounts(created=count),
    )


def cursor_of(pages: DifferencePages, difference: Difference) -> str:
    cursor = pages.first(difference, 1).next_cursor
    assert cursor is not None
    return cursor


def is_gone(pages: DifferencePages, cursor: str) -> bool:
    try:
        pages.next(cursor, 1)
    except RokError as error:
        if error.kind is not ErrorKind.INVALID_ARGUMENT or "Compare again" not in error.hint:
            raise
        return True
    return False


def test_following_the_cursors_gives_every_entry_once_and_errors_first() -> None:
    pages, whole = DifferencePages(), made(7)
    page = pages.first(whole, 3)
    assert page.errors == whole.errors
    found = [*page.entries]
    while page.next_cursor is not None:
        page = pages.next(page.next_cursor, 2)
        assert (page.errors, page.counts, page.before) == ((), whole.counts, whole.before)
        found += page.entries
    assert tuple(found) == whole.entries


def test_a_page_may_be_asked_for_again() -> None:
    pages = DifferencePages()
    cursor = cursor_of(pages, made(3))
    assert pages.next(cursor, 2) == pages.next(cursor, 2)


def test_what_fits_into_a_page_is_not_kept() -> None:
    assert DifferencePages().first(made(3), 3) == made(3)


def test_the_oldest_go_where_there_are_many() -> None:
    pages = DifferencePages()
    cursors = [cursor_of(pages, made(2, before=str(number))) for number in range(9)]
    assert [is_gone(pages, cursor) for cursor in cursors] == [True] + 8 * [False]


def test_one_that_was_looked_at_lately_stays_longer() -> None:
    pages = DifferencePages()
    first, second = cursor_of(pages, made(2)), cursor_of(pages, made(2))
    for _ in range(7):
        pages.next(first, 1)
        cursor_of(pages, made(2))
    assert not is_gone(pages, first)
    assert is_gone(pages, second)


def test_large_ones_leave_no_room_for_others_and_are_kept_themselves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(differences, "_MOST_ENTRIES", 10)
    pages = DifferencePages()
    small, large, larger = (cursor_of(pages, made(count)) for count in (4, 6, 20))
    assert [is_gone(pages, cursor) for cursor in (small, large, larger)] == [True, True, False]


def test_what_nobody_asks_for_goes_after_a_while() -> None:
    clock = Clock()
    pages = DifferencePages(clock)
    asked, forgotten = cursor_of(pages, made(2)), cursor_of(pages, made(2))
    clock.seconds = KEPT_SECONDS - 1
    assert not is_gone(pages, asked)
    clock.seconds = KEPT_SECONDS + 1
    assert not is_gone(pages, asked)
    assert is_gone(pages, forgotten)


@pytest.mark.parametrize("place", ["", "abc", "abc.", "abc.-1", "abc.x", "abc.1.2", "\udcff.1"])
def test_a_cursor_that_no_page_gave_is_refused(place: str) -> None:
    pages = DifferencePages()
    with pytest.raises(RokError) as caught:
        pages.next(make_cursor(place.encode("utf-8", "surrogateescape")), 1)
    assert caught.value.kind is ErrorKind.INVALID_ARGUMENT
