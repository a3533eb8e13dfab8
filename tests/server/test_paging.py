"""Pages of lists that are at hand whole."""

from __future__ import annotations

import pytest

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.server.paging import page_of
from rok_jupyter.wire.queries import PageQuery


def test_following_the_cursors_gives_every_item_once() -> None:
    items, cursor, pages = tuple(range(7)), None, 0
    found: list[int] = []
    while pages == 0 or cursor is not None:
        page = page_of(items, PageQuery(cursor=cursor, limit=3))
        found += page.items
        cursor, pages = page.next_cursor, pages + 1
    assert found == list(items)
    assert pages == 3


def test_a_list_that_fits_is_one_page() -> None:
    assert page_of((1, 2, 3), PageQuery(limit=3)).next_cursor is None
    assert page_of((), PageQuery()).items == ()


@pytest.mark.parametrize("cursor", ["", "-1", "x", "²", "9" * 30])
def test_a_cursor_that_no_page_gave_is_refused(cursor: str) -> None:
    with pytest.raises(RokError) as caught:
        page_of((1,), PageQuery(cursor=cursor))
    assert caught.value.kind is ErrorKind.INVALID_ARGUMENT
