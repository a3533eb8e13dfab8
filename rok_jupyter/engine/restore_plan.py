"""What a restore would do: frozen values that a dialog, a dry run and the execution all read.

Owns the values and the fingerprint that names exactly one plan. Doesn't own making plans (restore_planner) nor
executing them (restorer).
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping

import msgspec
from msgspec.structs import replace

from rok_jupyter.engine.confined import decode_path
from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.tree import Node
from rok_jupyter.engine.live import Live
from rok_jupyter.engine.ownership import Ownership
from rok_jupyter.models import Change, EntryError, EntryType, PlannedChange, SkippedEntry

TEMPORARY_PREFIX = b".rok-restore-"
"""How the names of temporary files begin: then the restore's id, "-" and a number."""

_TEMPORARY_NAME = re.compile(re.escape(TEMPORARY_PREFIX) + rb"[0-9a-f]{16}-[0-9]+")

Reason = Callable[[str], str | None]
"""For a path inside a target: why it is left alone, None where it isn't."""


class RestorePart(msgspec.Struct, frozen=True, kw_only=True):
    """One tree that goes to one directory. `name` names it in results; `paths` narrow it (none: everything).

    `target` is an absolute path. `root` is the node of the tree's own directory, where that is known: then the target
    directory gets its metadata. `only` narrows the changes to exact entries (what lies below them isn't meant).
    `protected` and `kept` stand for this part in the place of the options' own.
    """

    name: str
    tree: Id
    target: str
    root: Node | None = None
    paths: tuple[str, ...] = ()
    only: tuple[str, ...] | None = None
    protected: Reason | None = None
    kept: Reason | None = None


class RestoreOptions(msgspec.Struct, frozen=True, kw_only=True):
    """How to restore. Not `in_place` means into a directory that is empty or doesn't exist yet.

    `delete` removes, in place, what the tree lacks. `owners` brings back set-user bits, devices and foreign owners (it
    counts for root alone). `protected` gives the reason why an entry isn't touched at all, `kept` why one that the tree
    lacks isn't deleted (it is excluded from snapshots, or is the repository itself).
    """

    in_place: bool
    delete: bool = False
    owners: bool = False
    protected: Reason = msgspec.field(default=lambda _: None)
    kept: Reason = msgspec.field(default=lambda _: None)
    companion_of: Reason = msgspec.field(default=lambda _: None)
    """For a name: the name in the same directory whose log or the like it is ("a.db-wal": "a.db"), None for others."""
    is_passing: Callable[[str], bool] = msgspec.field(default=lambda _: False)
    """Whether a companion holds nothing that lasts ("a.db-shm"): reading changes it, and a plan stays the same."""

    def for_part(self, part: RestorePart) -> RestoreOptions:
        """Return the options as they are for one part."""
        return replace(self, protected=part.protected or self.protected, kept=part.kept or self.kept)


class PlannedEntry(msgspec.Struct, frozen=True, kw_only=True):
    """One change. `size` is what it writes, `node` what it becomes (None: it is deleted), `live` what stood there.

    `link_to` is the path whose inode it shares afterwards; `deferred` ones stand in the place of a directory, and are
    made after the deletions. `companions` are live files beside it that mean something else once it is another file
    (the log of a database): they go just before it is replaced.
    """

    path: bytes
    change: Change
    type: EntryType
    size: int = 0
    node: Node | None = None
    live: Live | None = None
    link_to: bytes | None = None
    deferred: bool = False
    companions: tuple[bytes, ...] = ()


class PartPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What happens in one target. `entries` are in an order in which directories precede what they hold.

    `leftovers` are temporary files of killed restores. `root` is the target's device and inode where it exists,
    `seen` has the prints of the live directories that the plan was made from (see live_listing).
    """

    part: RestorePart
    entries: tuple[PlannedEntry, ...]
    unchanged: int
    root: tuple[int, int] | None
    seen: Mapping[bytes, int] = msgspec.field(default_factory=dict)
    leftovers: tuple[bytes, ...] = ()
    skipped: tuple[SkippedEntry, ...] = ()
    errors: tuple[EntryError, ...] = ()

    @property
    def bytes_to_write(self) -> int:
        """Bytes of content that it writes; holes don't count."""
        return sum(entry.size for entry in self.entries)

    def changes(self) -> tuple[PlannedChange, ...]:
        """Return the changes as everybody above the engine knows them."""
        part_of = {path: decode_path(entry.path) for entry in self.entries for path in entry.companions}
        return tuple(
            PlannedChange(
                volume=self.part.name,
                path=decode_path(entry.path),
                change=entry.change,
                type=entry.type,
                size=entry.size,
                part_of=part_of.get(entry.path),
            )
            for entry in self.entries
        )


class TreeRestorePlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a restore would do in all its targets.

    `problems` say, one sentence each, why it can't be executed as it stands. `bytes_available` is the room of the
    fullest file system among the targets'. `fingerprint` names the changes and the state of what they change.
    """

    parts: tuple[PartPlan, ...]
    options: RestoreOptions
    ownership: Ownership
    bytes_available: int | None
    problems: tuple[str, ...]
    fingerprint: str

    @property
    def bytes_to_write(self) -> int:
        """Bytes of content that it writes."""
        return sum(part.bytes_to_write for part in self.parts)


def is_temporary(name: bytes) -> bool:
    """Whether a name is a restore's temporary one; a user's own file may begin alike."""
    return name.startswith(TEMPORARY_PREFIX) and _TEMPORARY_NAME.fullmatch(name) is not None


def fingerprint_of(parts: tuple[PartPlan, ...], options: RestoreOptions) -> str:
    """Return a hash of what would change and of the state of that now; what stays as it is doesn't count."""
    digest = hashlib.sha256()
    digest.update(repr((options.in_place, options.delete, options.owners)).encode())
    for plan in parts:
        part = plan.part
        header = (part.name, part.tree, part.target, part.root, part.paths, part.only, plan.root)
        digest.update(repr(header).encode("utf-8", "surrogateescape"))
        companions = {path for entry in plan.entries for path in entry.companions}
        for entry in plan.entries:
            live = _told(entry, options) if entry.path in companions else entry.live
            facts = (entry.path, entry.change.value, entry.type.value, entry.size, live, entry.link_to)
            digest.update(repr(facts).encode())
    return digest.hexdigest()


def _told(companion: PlannedEntry, options: RestoreOptions) -> object:
    """What a companion's state tells: a database's readers touch its log's ctime, and all of its shared memory."""
    live = companion.live
    if live is None or options.is_passing(decode_path(companion.path)):
        return None
    return live.device, live.inode, live.size, live.mtime_ns
