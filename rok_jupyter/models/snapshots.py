"""Snapshots: the state of one or more volumes at one time, how they are asked for, edited, found and deleted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

import msgspec

from rok_jupyter.models.entries import EntryError, SkippedEntry
from rok_jupyter.models.volumes import Role

Item = TypeVar("Item")


class Consistency(StrEnum):
    """How a snapshot was cut."""

    ATOMIC = "atomic"
    """The storage's own snapshot: one moment for every file."""
    QUIESCED = "quiesced"
    """Writers were paused or joined, and no file changed while it was read."""
    FUZZY = "fuzzy"
    """Files were read while in use; the changed ones are named."""


class OriginKind(StrEnum):
    """Why a snapshot exists."""

    MANUAL = "manual"
    SCHEDULE = "schedule"
    SAFETY = "safety"
    STEP = "step"
    CELL = "cell"


class Moment(StrEnum):
    """When, relative to a pipeline's step, a snapshot was taken."""

    BEFORE = "before"
    AFTER = "after"
    FAILED = "failed"


class Origin(msgspec.Struct, frozen=True, kw_only=True):
    """Why a snapshot exists, and for a step where in which pipeline; `details` is free text by key."""

    kind: OriginKind = OriginKind.MANUAL
    pipeline: str | None = None
    run: str | None = None
    step: str | None = None
    moment: Moment | None = None
    details: Mapping[str, str] = msgspec.field(default_factory=dict)


class Member(msgspec.Struct, frozen=True, kw_only=True):
    """One volume's part of a snapshot.

    `path` is where it was; `handle` is its provider's own (a tree id, a CSI name).
    """

    volume: str
    role: Role
    path: str
    handle: str = ""
    files: int | None = None
    size: int | None = None


class Statistics(msgspec.Struct, frozen=True, kw_only=True):
    """What taking a snapshot cost and found."""

    files_new: int = 0
    files_changed: int = 0
    files_unmodified: int = 0
    files_removed: int = 0
    directories: int = 0
    bytes_processed: int = 0
    bytes_added: int = 0
    """Bytes that this snapshot added to the repository, after compression."""
    seconds: float = 0.0


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The state of one or more volumes at one time; immutable but for message, tags and pin.

    `id` is what users, links and lineage see: 64 hexadecimal digits that outlive an edit. `storage_id` is the stored
    document's own (restic's snapshot id; it changes with an edit).
    """

    id: str
    storage_id: str
    created: datetime
    members: tuple[Member, ...]
    message: str = ""
    name: str | None = None
    """The caller's name for it, by which a repeated request finds it again."""
    tags: tuple[str, ...] = ()
    origin: Origin = msgspec.field(default_factory=Origin)
    consistency: Consistency = Consistency.FUZZY
    pinned: bool = False
    owner: str = ""
    host: str = ""
    user: str = ""
    provider: str = ""
    parent: str | None = None
    statistics: Statistics | None = None
    changed_while_read: tuple[EntryError, ...] = ()
    errors: tuple[EntryError, ...] = ()
    skipped: tuple[SkippedEntry, ...] = ()
    unsaved_documents: int | None = None
    """Documents that were open and unsaved when it was taken; None where nobody could tell."""

    @property
    def complete(self) -> bool:
        """Whether every entry was saved as it stood."""
        return not self.errors and not self.changed_while_read


class SnapshotRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a user asks for when taking a snapshot; no `volumes` means all that can be snapshotted."""

    message: str = ""
    volumes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    name: str | None = None
    origin: Origin = msgspec.field(default_factory=Origin)
    only_if_changed: bool = False
    """Take none where nothing changed since this owner's newest snapshot of these volumes: that one is returned."""
    unsaved_documents: int | None = None


class SnapshotEdit(msgspec.Struct, frozen=True, kw_only=True):
    """Changes to what may change of a snapshot; None leaves a field as it is."""

    message: str | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    pinned: bool | None = None


class SnapshotFilter(msgspec.Struct, frozen=True, kw_only=True):
    """Which snapshots a list shows; every given field must match. `search` looks in message, name, tags and id."""

    volume: str | None = None
    tag: str | None = None
    origin: OriginKind | None = None
    path: str | None = None
    """VOLUME:PATH or PATH (of the workspace): snapshots that hold it; equal versions in a row collapse to the first."""
    pipeline: str | None = None
    run: str | None = None
    step: str | None = None
    search: str | None = None
    all_owners: bool = False


class Page(msgspec.Struct, Generic[Item], frozen=True, kw_only=True):
    """A part of a long list, and the cursor for the next part (None at its end)."""

    items: tuple[Item, ...]
    next_cursor: str | None = None


class DeleteResult(msgspec.Struct, frozen=True, kw_only=True):
    """Snapshots that were deleted; `rok undo` brings them back until the next prune."""

    deleted: tuple[str, ...]
