"""Pages of long lists, and the cursors that lead on.

Owns the cursor: opaque to clients, a place in the list's order and no number, so that what is added or deleted
meanwhile neither repeats nor hides an item.
"""

from __future__ import annotations

import base64
import binascii

from rok_jupyter.errors import ErrorKind, RokError

LONGEST_PAGE = 1000
_LONGEST_CURSOR = 4096


def check_limit(limit: int) -> None:
    """Raise INVALID_ARGUMENT for a page's length out of bounds."""
    if not 1 <= limit <= LONGEST_PAGE:
        raise RokError(
            ErrorKind.INVALID_ARGUMENT,
            f"A page of {limit} items is not possible.",
            f"Ask for 1 to {LONGEST_PAGE} items, then for the next page by its cursor.",
        )


def make_cursor(place: bytes) -> str:
    """Return the cursor of a place."""
    return base64.urlsafe_b64encode(place).decode("ascii").rstrip("=")


def read_cursor(cursor: str) -> bytes:
    """Return the place of a cursor; INVALID_ARGUMENT where none of ours looks like it."""
    try:
        if len(cursor) > _LONGEST_CURSOR:
            raise ValueError
        return base64.b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4), altchars=b"-_", validate=True)
    except (ValueError, binascii.Error):
        raise bad_cursor() from None


def bad_cursor() -> RokError:
    """Return the error for a cursor that none of ours looks like."""
    return RokError(ErrorKind.INVALID_ARGUMENT, "The cursor is none of this list's.", "Start from the first page.")
