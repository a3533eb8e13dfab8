"""What a verb talks to: the service's verbs, either in this process or at a running server.

Owns the protocol. `local` implements it over the service, `remote` over HTTP. Each method blocks until its work is done
and raises `RokError`; a long one hands a `Report` to `watch` about four times a second, on the caller's thread, and is
cancelled by KeyboardInterrupt: it then asks for the end, waits for it, and raises `Cancelled` (a second
KeyboardInterrupt gives up waiting).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:  # models take a tenth of a second to import, which `rok --help` need not pay
    from rok_jupyter import models
    from rok_jupyter.progress import Report

Watch = Callable[["Report"], None]


class Snapshots(Protocol):
    """Verbs that take, find and show snapshots."""

    def status(self) -> models.Status:
        """Return volumes, repository, policy and what needs attention."""

    def volumes(self) -> tuple[models.Volume, ...]:
        """Return the volumes, workspace first."""

    def estimate(self, volume: str, watch: Watch) -> models.VolumeEstimate:
        """Say about how much a snapshot of a volume would read."""

    def exclude(self, volume: str, paths: Sequence[str]) -> tuple[str, ...]:
        """Leave directories out of a volume's snapshots; return the patterns that say so."""

    def take(self, request: models.SnapshotRequest, watch: Watch) -> models.Snapshot:
        """Take a snapshot."""

    def list(
        self, filter_: models.SnapshotFilter, *, cursor: str | None = None, limit: int = 100
    ) -> models.Page[models.Snapshot]:
        """Return a page of snapshots, newest first."""

    def show(self, reference: str) -> models.Snapshot:
        """Return one snapshot."""

    def edit(self, reference: str, edit: models.SnapshotEdit) -> models.Snapshot:
        """Change message, tags or pin."""

    def tree(
        self, reference: str, volume: str | None, path: str, *, cursor: str | None = None
    ) -> models.Page[models.Entry]:
        """Return a page of a directory's entries; of no volume named, the workspace's."""

    def read(self, reference: str, volume: str | None, path: str) -> Iterator[bytes]:
        """Yield a file's bytes."""

    def read_live(self, volume: str, path: str) -> Iterator[bytes]:
        """Yield the bytes of a volume's file as it is now; NOT_FOUND where it is gone."""

    def diff(self, reference: str, against: str | None, paths: Sequence[str], watch: Watch) -> models.Difference:
        """Compare with another snapshot, or with the live volumes."""

    def notebook_diff(
        self, reference: str, against: str | None, volume: str, path: str, watch: Watch
    ) -> models.NotebookDifference:
        """Compare a notebook cell by cell with what it is in another snapshot, or now."""

    def export(self, reference: str, paths: Sequence[str], target: str, watch: Watch) -> models.ExportResult:
        """Write an archive to the absolute path `target`."""


class Changes(Protocol):
    """Verbs that change volumes, or remove snapshots."""

    def plan_restore(
        self, request: models.RestoreRequest, watch: Watch, *, save_documents: bool = False
    ) -> models.RestorePlan:
        """Say what a restore would do; `save_documents` has a server's open documents saved first."""

    def restore(
        self, request: models.RestoreRequest, watch: Watch, *, fingerprint: str | None = None
    ) -> models.RestoreResult:
        """Restore; ABORTED where it would do something else than the plan of that fingerprint."""

    def copy_back(self, reference: str, paths: Sequence[str], watch: Watch) -> models.CopyBackResult:
        """Restore entries next to their originals, under new names."""

    def undo(self, watch: Watch) -> models.UndoResult:
        """Undo the last restore or delete."""

    def delete(self, references: Sequence[str], watch: Watch) -> models.DeleteResult:
        """Delete snapshots."""

    def clone(self, reference: str, volume: str, new_name: str, watch: Watch) -> models.Volume:
        """Make a new volume from a member."""

    def attach(self, volume: str, at: str, *, read_only: bool = False, directory: str | None = None) -> models.Volume:
        """Attach a data volume, which is registered first where `directory` is given."""

    def detach(self, volume: str) -> models.Volume:
        """Undo an attach."""


class Upkeep(Protocol):
    """Verbs that keep the repository small, sound and known."""

    def forget(
        self, policy: models.RetentionPolicy | None, *, dry_run: bool, prune: bool, watch: Watch
    ) -> models.ForgetResult:
        """Remove snapshots by a policy, or by the stored one."""

    def prune(self, *, dry_run: bool, watch: Watch) -> models.PruneResult:
        """Free what no snapshot needs."""

    def check(self, *, read_data: bool, watch: Watch) -> models.CheckResult:
        """Look for damage."""

    def repository_info(self) -> models.RepositoryInfo:
        """Return what there is to say of the repository."""

    def create_repository(self) -> models.RepositoryInfo:
        """Make the repository."""

    def unlock(self, *, remove_all: bool) -> int:
        """Remove stale locks, or all; return how many."""

    def copy(
        self, target: str, *, target_password_file: str | None, references: Sequence[str], watch: Watch
    ) -> models.CopyResult:
        """Copy snapshots to another repository."""

    def keys(self) -> tuple[models.KeyInfo, ...]:
        """Return the repository's keys."""

    def add_key(self, new_password_file: str | None) -> models.KeyInfo:
        """Add a key with the password in a file, or with a new random one."""

    def remove_key(self, key_id: str) -> None:
        """Remove a key."""

    def export_key(self) -> str:
        """Return the password."""

    def policy(self) -> models.Policy:
        """Return retention and schedule."""

    def set_policy(self, policy: models.Policy) -> models.Policy:
        """Set retention and schedule."""


class Door(Snapshots, Changes, Upkeep, Protocol):
    """Every verb of the service."""
