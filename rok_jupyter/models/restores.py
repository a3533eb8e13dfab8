"""Restores: what is asked, what would happen, what happened; undo and export."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from rok_jupyter.models.entries import Change, EntryError, EntryType, SkippedEntry


class RestoreRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a user asks for when restoring.

    `paths` are VOLUME:PATH, or PATH of the workspace; none means everything. `directory` is the absolute target, or
    None for in place. `volumes` maps a member to the path of another directory where its volume is gone or elsewhere.
    """

    snapshot: str
    paths: tuple[str, ...] = ()
    directory: str | None = None
    delete: bool = False
    """Delete, in place, what the snapshot lacks."""
    owners: bool = False
    """Bring back set-user bits, devices and foreign owners, as root."""
    identity_files: bool = False
    """Restore runtime and identity files in place too (cookie secrets, ~/.ssh, tokens, connection files)."""
    volumes: Mapping[str, str] = msgspec.field(default_factory=dict)
    only: tuple[str, ...] | None = None
    """Exact entries (VOLUME:PATH, "VOLUME:" for its root) that a restore in place may change or delete; None for all.

    What lies below an entry isn't meant with it. A directory that would be deleted but still holds something else
    stays. An undo uses this, to touch exactly what the restore had touched; entries that exist nowhere are no error.
    """


class PlannedChange(msgspec.Struct, frozen=True, kw_only=True):
    """One entry that a restore would create, change or delete. `size` is what it would write."""

    volume: str
    path: str
    change: Change
    type: EntryType
    size: int = 0
    part_of: str | None = None
    """The path of the entry that it goes with, as a database's log does: a snapshot of that one holds both."""


class RestorePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a restore would do; `fingerprint` names exactly this plan, so that what is shown is what is executed."""

    request: RestoreRequest
    snapshot: str
    targets: Mapping[str, str]
    """Absolute target directory by volume."""
    changes: tuple[PlannedChange, ...]
    unchanged: int
    bytes_to_write: int
    bytes_available: int | None
    skipped: tuple[SkippedEntry, ...] = ()
    problems: tuple[str, ...] = ()
    """Why it can't be executed as it stands (no space, read-only target): one sentence each; empty where it can."""
    fingerprint: str = ""

    def count(self, change: Change) -> int:
        """How many entries would change in that way."""
        return sum(planned.change is change for planned in self.changes)


class RestoreResult(msgspec.Struct, frozen=True, kw_only=True):
    """What a restore did. `undo` is the id of the safety snapshot, None for a restore to a directory."""

    snapshot: str
    targets: Mapping[str, str]
    created: int = 0
    modified: int = 0
    deleted: int = 0
    metadata: int = 0
    unchanged: int = 0
    bytes_written: int = 0
    seconds: float = 0.0
    undo: str | None = None
    errors: tuple[EntryError, ...] = ()
    skipped: tuple[SkippedEntry, ...] = ()


class BesideCopy(msgspec.Struct, frozen=True, kw_only=True):
    """One entry that was restored beside itself: `copy` is the path that it got in the same volume."""

    volume: str
    path: str
    copy: str


class CopyBackResult(msgspec.Struct, frozen=True, kw_only=True):
    """Entries of a snapshot that were restored next to their originals; `errors` are those that were not, or not whole.

    Nothing that existed was touched. `skipped` is what was left out on purpose: devices, owners, set-user bits.
    """

    copies: tuple[BesideCopy, ...]
    errors: tuple[EntryError, ...] = ()
    skipped: tuple[SkippedEntry, ...] = ()


class UndoResult(msgspec.Struct, frozen=True, kw_only=True):
    """What an undo did: `verb` is what was undone ("restore" or "delete")."""

    verb: str
    snapshots: tuple[str, ...] = ()
    restore: RestoreResult | None = None


class UndoPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What an undo would do: `action` names what would be undone, `verb` says what it was ("restore" or "delete")."""

    action: str
    verb: str
    created: datetime
    """When it was begun."""
    snapshots: tuple[str, ...] = ()
    """The snapshot that was restored, or those that were deleted."""
    restore: RestorePlan | None = None
    """What would change in the volumes; None for a delete."""


class ExportResult(msgspec.Struct, frozen=True, kw_only=True):
    """An archive that was written."""

    path: str
    entries: int
    size: int
    errors: tuple[EntryError, ...] = ()
    likely_secrets: tuple[str, ...] = ()
    """VOLUME:PATH of files in it that look as if they held keys or passwords; at most a hundred."""


class InterruptedRestore(msgspec.Struct, frozen=True, kw_only=True):
    """A restore in place that was killed half-way: each file is old or new; one command finishes or undoes it."""

    snapshot: str
    safety: str
    started: datetime
    targets: Mapping[str, str]
    finish_command: str
    undo_command: str
    request: RestoreRequest | None = None
    """The restore that finishes it; None where an undo was cut short, which another undo finishes."""
