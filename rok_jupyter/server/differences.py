"""Differences that clients are paging through.

Owns keeping the few that were made last, for a while, so that a page doesn't take another comparison, and the cursors
that lead from page to page. Doesn't own comparing (service).
"""

from __future__ import annotations

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from msgspec.structs import replace

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Difference
from rok_jupyter.service.paging import bad_cursor, make_cursor, read_cursor

KEPT_SECONDS = 600.0
"""How long a difference is kept after it was last asked for."""
_MOST = 8
_MOST_ENTRIES = 200_000


@dataclass(slots=True)
class _Kept:
    difference: Difference
    asked: float


class DifferencePages:
    """Pages of differences. Thread-safe. `clock` gives seconds, for tests."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()

    def first(self, difference: Difference, limit: int) -> Difference:
        """Return the first page of a difference, which is kept where there are more."""
        if len(difference.entries) <= limit:
            return difference
        token = secrets.token_hex(8)
        with self._lock:
            self._kept[token] = _Kept(difference, self._clock())
            self._make_room()
        return _page(difference, token, start=0, limit=limit)

    def next(self, cursor: str, limit: int) -> Difference:
        """Return the page that a cursor leads to; errors are told on the first page only.

        INVALID_ARGUMENT for a cursor that none of ours gave, or whose difference is kept no longer.
        """
        token, start = _read(cursor)
        self.drop_expired()
        with self._lock:
            kept = self._kept.get(token)
            if kept is None:
                raise RokError(
                    ErrorKind.INVALID_ARGUMENT,
                    "The comparison that this cursor belongs to isn't kept any more.",
                    "Compare again, without a cursor.",
                )
            kept.asked = self._clock()
            self._kept.move_to_end(token)
        return replace(_page(kept.difference, token, start=start, limit=limit), errors=())

    def drop_expired(self) -> None:
        """Forget what nobody has asked for in a while."""
        with self._lock:
            now = self._clock()
            for token in [token for token, kept in self._kept.items() if now - kept.asked >= KEPT_SECONDS]:
                del self._kept[token]

    def _make_room(self) -> None:
        while len(self._kept) > 1 and (len(self._kept) > _MOST or self._entries() > _MOST_ENTRIES):
            self._kept.popitem(last=False)

    def _entries(self) -> int:
        return sum(len(kept.difference.entries) for kept in self._kept.values())


def _page(difference: Difference, token: str, *, start: int, limit: int) -> Difference:
    end = start + limit
    more = make_cursor(f"{token}.{end}".encode()) if end < len(difference.entries) else None
    return replace(difference, entries=difference.entries[start:end], next_cursor=more)


def _read(cursor: str) -> tuple[str, int]:
    token, separator, start = read_cursor(cursor).decode("latin-1").partition(".")
    if not separator or not (start.isascii() and start.isdigit() and len(start) < 10):
        raise bad_cursor()
    return token, int(start)
