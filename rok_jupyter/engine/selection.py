"""Which entries of a tree are meant: all, some paths with what lies below them, or exact entries alone.

Owns the answer for one path. Doesn't own walking. Paths are relative text with "/" between names, "" is the root.
"""

from __future__ import annotations

from collections.abc import Iterable

from rok_jupyter.errors import ErrorKind, RokError


class Selection:
    """Entries by path. No `paths`: everything. `only`, where it isn't None, narrows them to exact entries."""

    def __init__(self, paths: Iterable[str] = (), *, only: Iterable[str] | None = None) -> None:
        self.paths = tuple(sorted({_checked(path) for path in paths}))
        self.only = None if only is None else frozenset(_checked(path) for path in only)
        self._whole = frozenset(self.paths)
        self._everything = not self.paths or "" in self._whole
        self._above = frozenset(parent for path in self.paths for parent in _parents(path))
        self._above_only = frozenset(parent for path in self.only or () for parent in _parents(path))

    def holds(self, path: str) -> bool:
        """Whether the entry itself is meant."""
        return self._covers(path) and (self.only is None or path in self.only)

    def leads_on(self, path: str) -> bool:
        """Whether something below the entry may be meant, so that it must exist as a directory."""
        if self.only is not None:
            return path in self._above_only
        return self._covers(path) or path in self._above

    def _covers(self, path: str) -> bool:
        if self._everything or path in self._whole:
            return True
        return bool(self._whole) and any(parent in self._whole for parent in _parents(path))


def _parents(path: str) -> Iterable[str]:
    """Every directory above a path, "" for the root included."""
    while path:
        path = path.rpartition("/")[0]
        yield path


def _checked(path: str) -> str:
    names = path.split("/") if path else []
    if any(name in ("", ".", "..") or "\0" in name for name in names):
        raise RokError(
            ErrorKind.INVALID_ARGUMENT,
            f"The path {path!r} does not lie inside the volume.",
            "Give a path relative to the volume, without '..'.",
        )
    return path
