"""What a provider is: it owns volumes, and snapshots, restores, clones and attaches them.

Owns the seam between the service and storage. Doesn't own policy, undo, tasks or locks (service), nor a repository's
upkeep. Every implementation passes `tests/providers/conformance.py`. Operations may take long and may be asynchronous
underneath: they block, report through a `Progress`, and return when the thing is done and visible to everybody.

Errors: `RokError` only, with the kinds named at each method; storage at fault is UNAVAILABLE, no space
RESOURCE_EXHAUSTED, damage DATA_LOSS.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

from rok_jupyter.models import (
    CopyBackResult,
    Difference,
    Entry,
    Mount,
    RestorePlan,
    RestoreRequest,
    RestoreResult,
    Snapshot,
    SnapshotEdit,
    SnapshotRequest,
    Volume,
    VolumeEstimate,
)
from rok_jupyter.progress import Progress

Announce = Callable[[Mapping[str, str]], None]
"""Hears by id what will bring deleted snapshots back."""


class SnapshotView(Protocol):
    """A snapshot opened for reading. `volume` is a member's name, `path` relative to it."""

    def entry(self, volume: str, path: str) -> Entry:
        """Return one entry; NOT_FOUND where there is none."""

    def children(self, volume: str, path: str, *, after: str | None = None) -> Iterator[Entry]:
        """Yield a directory's entries in the order of their names' bytes, only those after a name where one is given.

        NOT_FOUND, or INVALID_ARGUMENT where it is no directory.
        """

    def read(self, volume: str, path: str, *, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Yield a file's bytes in pieces; INVALID_ARGUMENT where it is no regular file, DATA_LOSS where damaged."""


class Provider(Protocol):
    """Owns volumes and what is made of them."""

    name: str

    def volumes(self) -> tuple[Volume, ...]:
        """Return the volumes, workspace first; cheap enough to call for each request."""

    def mounts(self) -> tuple[Mount, ...]:
        """Return mounts below the workspace that no volume covers."""

    def owner(self) -> str:
        """Return the name that tells this user's snapshots from others' in a shared repository; DATA_LOSS."""

    def snapshot(self, request: SnapshotRequest, progress: Progress) -> Snapshot:
        """Take a snapshot of the named volumes, as one.

        Idempotent by `request.name`: where this owner has one of that name for these volumes, it is returned. Nothing
        is visible until everything is stored. NOT_FOUND for an unknown volume, FAILED_PRECONDITION where it can't be
        snapshotted, CANCELLED.
        """

    def snapshots(self, *, all_owners: bool = False) -> tuple[Snapshot, ...]:
        """Return what exists, newest first (of one moment, the highest id first).

        A damaged document is left out here and named by a check.
        """

    def revision(self) -> str:
        """Return a text that is another one once any snapshot was taken, edited, deleted or brought back, by whomever.

        Cheap enough to be asked every other second; opens nothing, and "" where nothing was ever stored.
        """

    def find(self, reference: str) -> Snapshot:
        """Return the snapshot that `reference` names: an id, a storage id, a unique prefix of one, or "latest".

        "latest" is this owner's newest of these volumes that is no safety snapshot, where there is such a one.
        NOT_FOUND, INVALID_ARGUMENT where it is ambiguous (the message names the candidates) or malformed.
        """

    def edit(self, snapshot: Snapshot, edit: SnapshotEdit) -> Snapshot:
        """Change message, tags or pin; the id stays."""

    def delete(
        self, snapshots: Sequence[Snapshot], progress: Progress, *, announce: Announce | None = None
    ) -> Mapping[str, str]:
        """Delete snapshots; return by id an opaque token that `undelete` takes, or "" where it can't be undone.

        `announce` hears the same before the first goes, and may raise to keep them. NOT_FOUND before the first goes.
        """

    def undelete(self, tokens: Mapping[str, str]) -> tuple[Snapshot, ...]:
        """Bring deleted snapshots back; FAILED_PRECONDITION where a prune has removed what they need."""

    def open(self, snapshot: Snapshot, progress: Progress) -> AbstractContextManager[SnapshotView]:
        """Open a snapshot for reading; where `capabilities.browse` isn't available this makes and removes a clone."""

    def difference(
        self, before: Snapshot, after: Snapshot | None, paths: Sequence[str], progress: Progress
    ) -> Difference:
        """Compare two snapshots, or one with the live volumes; `paths` are VOLUME:PATH and narrow it."""

    def estimate(self, volume: str, progress: Progress) -> VolumeEstimate:
        """Say about how much a snapshot of a volume would read, in some seconds at most; changes nothing.

        NOT_FOUND for an unknown volume, FAILED_PRECONDITION for one that isn't there.
        """

    def exclude(self, volume: str, paths: Sequence[str]) -> tuple[str, ...]:
        """Leave directories out of the volume's snapshots from now on; return the patterns that say so.

        UNIMPLEMENTED where snapshots hold a volume whole.
        """

    def plan_restore(self, request: RestoreRequest, progress: Progress) -> RestorePlan:
        """Say what a restore would do; changes nothing.

        NOT_FOUND for an unknown snapshot, volume or path, INVALID_ARGUMENT for a path outside a volume,
        FAILED_PRECONDITION for a target that isn't empty, or where a volume's capability is missing.
        """

    def restore(self, plan: RestorePlan, progress: Progress) -> RestoreResult:
        """Execute a plan. ABORTED where the target changed since it was made."""

    def copy_back(self, snapshot: Snapshot, paths: Sequence[str], progress: Progress) -> CopyBackResult:
        """Restore entries (VOLUME:PATH) next to where they were, under names that are free; nothing else is touched.

        Directories above them that are gone are made. What can't be is an error of its path, but before the first:
        NOT_FOUND for an entry that the snapshot lacks, INVALID_ARGUMENT for a whole volume, FAILED_PRECONDITION for a
        volume that isn't there. UNIMPLEMENTED where the provider can't write to volumes.
        """

    def clone(self, snapshot: Snapshot, volume: str, new_name: str, progress: Progress) -> Volume:
        """Make a new volume from a member; ALREADY_EXISTS where the name is taken."""

    def attach(self, volume: str, at: str, *, read_only: bool = False, directory: str | None = None) -> Volume:
        """Attach a volume at a path of the workspace; ALREADY_EXISTS where something else is there.

        `directory` registers an absolute directory as a new volume of that name first. FAILED_PRECONDITION where the
        provider can't (with the reason), or where the volume is attached elsewhere.
        """

    def detach(self, volume: str) -> Volume:
        """Undo an attach; the data stays."""
