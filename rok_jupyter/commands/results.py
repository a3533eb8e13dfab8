"""What only commands return, and JSON shows: files that differ with their lines, locks that were removed.

Owns these values. Doesn't own how they look (showing).
"""

from __future__ import annotations

import msgspec


class FileComparison(msgspec.Struct, frozen=True, kw_only=True):
    """One file's differences as text: lines of a unified diff, or a reason why there are none to show."""

    volume: str
    path: str
    """Percent-encoded, as a listing shows it."""
    lines: tuple[str, ...] = ()
    reason: str = ""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Files that differ, each with its lines."""

    before: str
    after: str | None
    files: tuple[FileComparison, ...]


class Unlocked(msgspec.Struct, frozen=True, kw_only=True):
    """How many locks were removed from a repository."""

    removed: int
