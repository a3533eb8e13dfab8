"""The values that every floor speaks of: frozen, typed, without I/O.

Owns the meaning of volumes, snapshots, plans and policies. Doesn't own their JSON (wire), their storage (engine,
providers) or their looks (render).

Paths inside a volume are relative, with "/" between names and "" for the volume's root; bytes of a name that are no
UTF-8 are kept as Python's `surrogateescape` does, always through UTF-8 whatever the locale says. Times are aware UTC
datetimes, or integers of nanoseconds since the epoch where a name ends in `_ns`. Sizes are in bytes.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

Item = TypeVar("Item")


class Role(StrEnum):
    """What a volume is to its user."""

    WORKSPACE = "workspace"
    DATA = "data"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Origin:
    """Why a snapshot exists, and for a step where in which pipeline; `details` is free text by key."""

    kind: OriginKind = OriginKind.MANUAL
    pipeline: str | None = None
    run: str | None = None
    step: str | None = None
    moment: Moment | None = None
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """Whether something can be done, and the reason where it can't (empty where it can)."""

    available: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What can be done with a volume by its provider. Ask these, never a type."""

    snapshot: Capability
    browse: Capability
    """Reading a snapshot's tree at once; where it isn't available, a view needs work first (a clone)."""
    restore_in_place: Capability
    restore_to_directory: Capability
    clone: Capability
    attach: Capability
    detach: Capability


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
    """A mounted tree that a user names. `path` is absolute and "" where it isn't mounted here."""

    name: str
    role: Role
    path: str
    provider: str
    capabilities: Capabilities
    read_only: bool = False
    attached_at: str | None = None
    """The path inside the workspace at which a data volume is attached by a link."""
    size: int | None = None
    """Capacity of the storage under the volume."""
    used: int | None = None
    available: int | None = None
    file_system: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A mount found below the workspace that no volume covers: it is not snapshotted unless chosen."""

    path: str
    file_system: str
    device: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryError:
    """One entry that could not be saved or restored as it should: the rest went on."""

    volume: str
    path: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SkippedEntry:
    """One entry that was left out on purpose, and why ("socket", "other mount", "the repository itself")."""

    volume: str
    path: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Member:
    """One volume's part of a snapshot.

    `path` is where it was; `handle` is its provider's own (a tree id, a CSI name).
    """

    volume: str
    role: Role
    path: str
    handle: str = ""
    files: int | None = None
    size: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Statistics:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Snapshot:
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
    origin: Origin = field(default_factory=Origin)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotRequest:
    """What a user asks for when taking a snapshot; no `volumes` means all that can be snapshotted."""

    message: str = ""
    volumes: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    name: str | None = None
    origin: Origin = field(default_factory=Origin)
    only_if_changed: bool = False
    """Take none where nothing changed since this owner's newest snapshot of these volumes: that one is returned."""
    unsaved_documents: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotEdit:
    """Changes to what may change of a snapshot; None leaves a field as it is."""

    message: str | None = None
    add_tags: tuple[str, ...] = ()
    remove_tags: tuple[str, ...] = ()
    pinned: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class SnapshotFilter:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Page(Generic[Item]):
    """A part of a long list, and the cursor for the next part (None at its end)."""

    items: tuple[Item, ...]
    next_cursor: str | None = None


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryDifference:
    """One entry that differs between two states; `before` and `after` are None where it doesn't exist."""

    volume: str
    path: str
    change: Change
    before: Entry | None = None
    after: Entry | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """What differs between a snapshot and another, or the live volumes (`after` is None)."""

    before: str
    after: str | None
    entries: tuple[EntryDifference, ...]
    errors: tuple[EntryError, ...] = ()

    def count(self, change: Change) -> int:
        """How many entries differ in that way."""
        return sum(entry.change is change for entry in self.entries)


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreRequest:
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
    volumes: Mapping[str, str] = field(default_factory=dict)
    only: tuple[str, ...] | None = None
    """Exact entries (VOLUME:PATH, "VOLUME:" for its root) that a restore in place may change or delete; None for all.

    What lies below an entry isn't meant with it. A directory that would be deleted but still holds something else
    stays. An undo uses this, to touch exactly what the restore had touched; entries that exist nowhere are no error.
    """


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedChange:
    """One entry that a restore would create, change or delete. `size` is what it would write."""

    volume: str
    path: str
    change: Change
    type: EntryType
    size: int = 0
    part_of: str | None = None
    """The path of the entry that it goes with, as a database's log does: a snapshot of that one holds both."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RestorePlan:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class RestoreResult:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DeleteResult:
    """Snapshots that were deleted; `rok undo` brings them back until the next prune."""

    deleted: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class UndoResult:
    """What an undo did: `verb` is what was undone ("restore" or "delete")."""

    verb: str
    snapshots: tuple[str, ...] = ()
    restore: RestoreResult | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportResult:
    """An archive that was written."""

    path: str
    entries: int
    size: int
    errors: tuple[EntryError, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RetentionPolicy:
    """Which snapshots a forget keeps. All zero or empty: nothing is ever forgotten. Source: restic's `forget`.

    `keep_within` is a duration as restic writes it ("1y5m7d2h"). Pinned snapshots stay for ever, safety ones 14 days.
    """

    keep_last: int = 0
    keep_hourly: int = 0
    keep_daily: int = 0
    keep_weekly: int = 0
    keep_monthly: int = 0
    keep_yearly: int = 0
    keep_within: str = ""
    keep_tags: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether it names nothing to keep, which means: keep everything."""
        return self == RetentionPolicy()


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Snapshots every `every_minutes` while the server runs, only where something changed. 0 turns it off."""

    every_minutes: int = 0
    volumes: tuple[str, ...] = ()
    prune: bool = False
    """Prune after a scheduled forget removed something."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """Retention and schedule together, as `rok policy` shows them."""

    retention: RetentionPolicy = field(default_factory=RetentionPolicy)
    schedule: Schedule = field(default_factory=Schedule)


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetDecision:
    """One snapshot's fate under a policy, and the rules that keep it ("last snapshot", "daily snapshot", "pinned")."""

    snapshot: str
    keep: bool
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PrunePlan:
    """What a prune would do, in packs and bytes."""

    packs_to_delete: int = 0
    packs_to_repack: int = 0
    packs_kept: int = 0
    bytes_freed: int = 0
    bytes_used: int = 0
    bytes_to_rewrite: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ForgetResult:
    """What a forget removed or, on a dry run, would remove; `prune` is set where it pruned, or would."""

    decisions: tuple[ForgetDecision, ...]
    dry_run: bool
    prune: PrunePlan | None = None

    @property
    def removed(self) -> tuple[str, ...]:
        """The ids that didn't stay."""
        return tuple(decision.snapshot for decision in self.decisions if not decision.keep)


@dataclass(frozen=True, slots=True, kw_only=True)
class PruneResult:
    """What a prune did or, on a dry run, would do."""

    plan: PrunePlan
    dry_run: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Damage:
    """One damaged or missing file of a repository. `kind` is pack, index, snapshot, tree, blob, key, config, lock."""

    kind: str
    id: str
    message: str
    paths: tuple[str, ...] = ()
    """Some of the entries ("SNAPSHOT:VOLUME/PATH") that need it, where known."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckResult:
    """What a check found; no damages means that everything read was right."""

    damages: tuple[Damage, ...]
    hints: tuple[str, ...] = ()
    snapshots: int = 0
    packs: int = 0
    blobs: int = 0
    bytes_read: int = 0
    read_data: bool = False

    @property
    def sound(self) -> bool:
        """Whether nothing is damaged."""
        return not self.damages


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyInfo:
    """One key of a repository, without anything secret."""

    id: str
    user: str
    host: str
    created: datetime
    current: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RepositoryInfo:
    """What there is to say of a repository. `location` and `password_file` are what restic's -r and -p take."""

    location: str
    exists: bool
    password_file: str | None = None
    id: str | None = None
    version: int | None = None
    snapshots: int | None = None
    packs: int | None = None
    size: int | None = None
    """Bytes that its files take."""
    protects_against_disk_loss: bool = True
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CopyResult:
    """Snapshots copied to another repository; those that it already had are not copied again."""

    copied: tuple[str, ...]
    already_there: tuple[str, ...]
    bytes_added: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class InterruptedRestore:
    """A restore in place that was killed half-way: each file is old or new; one command finishes or undoes it."""

    snapshot: str
    safety: str
    started: datetime
    targets: Mapping[str, str]
    finish_command: str
    undo_command: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Status:
    """What `rok status` shows."""

    workspace: str
    provider: str
    volumes: tuple[Volume, ...]
    repository: RepositoryInfo
    policy: Policy
    mounts: tuple[Mount, ...] = ()
    last_snapshot: Snapshot | None = None
    next_scheduled: datetime | None = None
    schedule_error: str | None = None
    """Why the last scheduled snapshot failed, None where it did not."""
    interrupted_restores: tuple[InterruptedRestore, ...] = ()
    warnings: tuple[str, ...] = ()
