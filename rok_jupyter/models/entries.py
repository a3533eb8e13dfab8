"""Entries of a volume or a snapshot: as a listing shows them, as they differ, and where they could not be had."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

import msgspec


class EntryError(msgspec.Struct, frozen=True, kw_only=True):
    """One entry that could not be saved or restored as it should: the rest went on."""

    volume: str
    path: str
    message: str


class SkippedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry that was left out on purpose, and why ("socket", "other mount", "the repository itself")."""

    volume: str
    path: str
    reason: str


class EntryType(StrEnum):
    """What an entry of a volume is."""

    FILE = "file"
    DIRECTORY = "directory"
    SYMLINK = "symlink"
    FIFO = "fifo"
    SOCKET = "socket"
    CHARACTER_DEVICE = "character_device"
    BLOCK_DEVICE = "block_device"
    OTHER = "other"


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One entry of a volume or a snapshot, as a listing shows it. `mode` is POSIX's, with its type bits."""

    path: str
    type: EntryType
    size: int = 0
    mode: int = 0
    mtime_ns: int = 0
    uid: int = 0
    gid: int = 0
    user: str = ""
    group: str = ""
    links: int = 1
    target: str | None = None
    """Where a symlink leads."""
    digest: str | None = None
    """A strong name of the content, for comparing and for ETag; None where unknown without reading."""
    changed_while_read: bool = False


class Change(StrEnum):
    """How an entry differs."""

    CREATED = "created"
    MODIFIED = "modified"
    DELETED = "deleted"
    METADATA = "metadata"
    """Same content; other mode, owner, times or attributes."""
    TYPE = "type"


class EntryDifference(msgspec.Struct, frozen=True, kw_only=True):
    """One entry that differs between two states; `before` and `after` are None where it doesn't exist."""

    volume: str
    path: str
    change: Change
    before: Entry | None = None
    after: Entry | None = None


class DifferenceCounts(msgspec.Struct, frozen=True, kw_only=True):
    """How many entries differ in which way. The bytes are those of files whose content differs, before and after."""

    created: int = 0
    deleted: int = 0
    modified: int = 0
    metadata: int = 0
    type: int = 0
    bytes_before: int = 0
    bytes_after: int = 0


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """What differs between a snapshot and another, or the live volumes (`after` is None), or a page of that.

    `counts` are of everything. `errors` of a page that isn't the first are left out.
    """

    before: str
    after: str | None
    entries: tuple[EntryDifference, ...]
    errors: tuple[EntryError, ...] = ()
    counts: DifferenceCounts = DifferenceCounts()
    next_cursor: str | None = None


class NotebookDifference(msgspec.Struct, frozen=True, kw_only=True):
    """What differs, cell by cell, between two states of a notebook. A state that isn't there counts as empty."""

    base: Mapping[str, Any]
    """The earlier one, in nbformat 4."""
    diff: tuple[Any, ...]
    """What makes the later one of it: nbdime's operations."""
    before_missing: bool = False
    after_missing: bool = False
