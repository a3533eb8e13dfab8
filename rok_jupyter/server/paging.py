"""Pages of lists that are at hand whole: volumes, keys, tasks.

Owns their cursor: the number of items before. Doesn't own the pages of snapshots and trees (service).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Page
from rok_jupyter.wire.queries import PageQuery

Item = TypeVar("Item")


def page_of(items: Sequence[Item], query: PageQuery) -> Page[Item]:
    """Return the part that a query asks for; INVALID_ARGUMENT for a cursor that none of ours gave."""
    if query.cursor is not None and not (query.cursor.isascii() and query.cursor.isdigit() and len(query.cursor) < 10):
        raise RokError(ErrorKind.INVALID_ARGUMENT, "The cursor is none that a page gave.", "Start without one.")
    start = int(query.cursor or 0)
    end = start + query.limit
    return Page(items=tuple(items[start:end]), next_cursor=str(end) if end < len(items) else None)
