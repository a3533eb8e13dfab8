"""The only door to snapshots: what the command, the magics, the server and pipeline steps call.

Owns the list of verbs. Doesn't own their work: snapshots (take, list, browse, compare, export, delete), restores (in
place, to a directory, undo), upkeep (repository, keys, forget, prune, check, copy), policies and the schedule each have
their module here, and storage lies behind a provider.

Every verb blocks, is thread-safe, and raises RokError only. What changes a volume or a snapshot holds lock files, so
that several processes (a server, a shell, a kernel) agree. Verbs that may take long get a `Progress` last.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path

from rok_jupyter.config import RokSettings
from rok_jupyter.models import (
    CheckResult,
    CopyBackResult,
    CopyResult,
    DeleteResult,
    Difference,
    Entry,
    ExportResult,
    ForgetResult,
    KeyInfo,
    NotebookDifference,
    Page,
    Policy,
    PolicyPreview,
    PruneResult,
    RepositoryInfo,
    RestorePlan,
    RestoreRequest,
    RestoreResult,
    RetentionPolicy,
    Snapshot,
    SnapshotEdit,
    SnapshotFilter,
    SnapshotRequest,
    Status,
    UndoPlan,
    UndoResult,
    Volume,
    VolumeEstimate,
)
from rok_jupyter.progress import Progress
from rok_jupyter.providers.protocol import SnapshotView
from rok_jupyter.providers.registry import OpenedProvider, open_provider
from rok_jupyter.save_gate import SaveGate
from rok_jupyter.service.composition import compose
from rok_jupyter.service.live_files import LiveFile
from rok_jupyter.service.undo import Agreed


class Service:
    """Every verb of rok-jupyter on one configuration.

    `opened` is by default the provider that the settings name; tests give another. `save_gate` tells which files this
    process is saving itself, where it is a server. Nothing is read from storage yet,
    and a workspace that isn't named or isn't there is an error of the verbs that need it.
    """

    def __init__(
        self, settings: RokSettings, *, opened: OpenedProvider | None = None, save_gate: SaveGate | None = None
    ) -> None:
        parts = compose(settings, opened or open_provider(settings, save_gate=save_gate))
        self.settings = settings
        self.snapshots = parts.snapshots
        self.restores = parts.restores
        self.upkeep = parts.upkeep
        self.policies = parts.policies
        self.schedule = parts.schedule
        self._overview = parts.overview
        self._forgetting = parts.forgetting
        self._undo = parts.undo
        self._volumes = parts.volumes
        self._live_files = parts.live_files
        self._notebooks = parts.notebooks

    # What there is

    def status(self) -> Status:
        """Say how things stand; never fails for a repository that is missing or can't be opened, but warns."""
        return self._overview.status()

    def volumes(self) -> tuple[Volume, ...]:
        """Return the volumes, workspace first."""
        return self._volumes.list()

    def estimate(self, volume: str, progress: Progress) -> VolumeEstimate:
        """Say about how much a snapshot of a volume would read, in some seconds at most, and what may be left out."""
        return self._volumes.estimate(volume, progress)

    def exclude(self, volume: str, paths: Sequence[str]) -> tuple[str, ...]:
        """Leave directories (paths in the volume) out of its snapshots; return the patterns that were added.

        UNIMPLEMENTED where the provider's snapshots hold a volume whole.
        """
        return self._volumes.exclude(volume, paths)

    def open_live(self, volume: str, path: str) -> LiveFile:
        """Open a regular file of a volume as it is now, never through a link; use it in a `with`.

        NOT_FOUND, INVALID_ARGUMENT for a path outside the volume or to something else than a file, PERMISSION_DENIED
        for the repository, its password and the state.
        """
        return self._live_files.open(volume, path)

    # Snapshots

    def take(self, request: SnapshotRequest, progress: Progress) -> Snapshot:
        """Take a snapshot; the embedded repository is made by the first one.

        ABORTED while a volume is being restored, RESOURCE_EXHAUSTED where the repository's limit or the disk's margin
        would be passed, FAILED_PRECONDITION where a configured repository isn't there.
        """
        return self.snapshots.take(request, progress)

    def revision(self) -> str:
        """Return a text that is another one once any stored snapshot came, went or was edited, by whomever; cheap."""
        return self.snapshots.revision()

    def tags(self) -> tuple[str, ...]:
        """Return all tags of this owner's snapshots, by name."""
        return self.snapshots.tags()

    def list(
        self, filter_: SnapshotFilter | None = None, *, cursor: str | None = None, limit: int = 100
    ) -> Page[Snapshot]:
        """Return snapshots that match, newest first; INVALID_ARGUMENT for a cursor that none of ours gave."""
        return self.snapshots.list(filter_ or SnapshotFilter(), cursor=cursor, limit=limit)

    def show(self, ref: str) -> Snapshot:
        """Return one snapshot by id, unique prefix or "latest"; NOT_FOUND, INVALID_ARGUMENT where ambiguous."""
        return self.snapshots.show(ref)

    def edit(self, ref: str, edit: SnapshotEdit) -> Snapshot:
        """Change message, tags or pin; the id stays."""
        return self.snapshots.edit(ref, edit)

    def tree(
        self, ref: str, volume: str | None = None, path: str = "", *, cursor: str | None = None, limit: int = 1000
    ) -> Page[Entry]:
        """Return a directory's entries by name; `volume` may be left out where the snapshot has one or a workspace."""
        return self.snapshots.tree(ref, volume, path, cursor=cursor, limit=limit)

    def entry(self, ref: str, volume: str | None, path: str) -> Entry:
        """Return one entry of a snapshot; NOT_FOUND where there is none."""
        return self.snapshots.entry(ref, volume, path)

    def open_view(self, ref: str, progress: Progress) -> AbstractContextManager[SnapshotView]:
        """Open a snapshot for reading, for several reads at once."""
        return self.snapshots.open_view(ref, progress)

    def read(
        self, ref: str, volume: str | None, path: str, *, offset: int = 0, length: int | None = None
    ) -> Iterator[bytes]:
        """Yield a file's bytes; INVALID_ARGUMENT where it is no regular file, DATA_LOSS where it is damaged."""
        return self.snapshots.read(ref, volume, path, offset=offset, length=length)

    def diff(self, ref: str, against: str | None, paths: Sequence[str], progress: Progress) -> Difference:
        """Compare a snapshot with another, or with the live volumes where `against` is None.

        Entries are in the order of their volumes and paths, `counts` are made.
        """
        return self.snapshots.diff(ref, against, paths, progress)

    def notebook_diff(
        self, ref: str, against: str | None, volume: str | None, path: str, progress: Progress
    ) -> NotebookDifference:
        """Compare a notebook cell by cell with what it is in another snapshot, or now where `against` is None.

        INVALID_ARGUMENT where it is no notebook, UNIMPLEMENTED where it is too large, NOT_FOUND where neither state
        has it.
        """
        return self._notebooks.compare(ref, against, volume, path, progress)

    def export(self, ref: str, paths: Sequence[str], target: str, progress: Progress) -> ExportResult:
        """Write entries to a new archive, .tar, .tar.gz or .zip by its name; ALREADY_EXISTS where `target` is there."""
        return self.snapshots.export(ref, paths, target, progress)

    def delete(self, refs: Sequence[str], progress: Progress) -> DeleteResult:
        """Delete snapshots, all or none; ABORTED while one is being restored, FAILED_PRECONDITION for a pinned one."""
        return self.snapshots.delete(refs, progress)

    # Restores

    def plan_restore(self, request: RestoreRequest, progress: Progress) -> RestorePlan:
        """Say what a restore would do; changes nothing."""
        return self.restores.plan(request, progress)

    def restore(
        self,
        request: RestoreRequest,
        progress: Progress,
        *,
        fingerprint: str | None = None,
        unsaved_documents: int | None = None,
    ) -> RestoreResult:
        """Restore, in place behind a verified safety snapshot, which notes how many documents are known to be unsaved.

        `fingerprint` is that of a plan that the user agreed to: ABORTED where the plan would be another one now.
        FAILED_PRECONDITION or RESOURCE_EXHAUSTED before the first change where the plan has problems or the safety
        snapshot isn't whole.
        """
        return self.restores.restore(request, progress, fingerprint=fingerprint, unsaved_documents=unsaved_documents)

    def copy_back(self, ref: str, paths: Sequence[str], progress: Progress) -> CopyBackResult:
        """Restore entries (VOLUME:PATH, or PATH of the workspace) next to where they were, under names that are free.

        Directories above them that are gone are made. NOT_FOUND before the first one, ABORTED while a volume is being
        restored, UNIMPLEMENTED where the provider can't.
        """
        return self.restores.copy_back(ref, paths, progress)

    def plan_undo(self, progress: Progress) -> UndoPlan:
        """Say what an undo would do; NOT_FOUND where there is nothing to undo. Changes nothing."""
        return self._undo.plan(progress)

    def undo_changes_files(self) -> bool:
        """Whether the next undo is one of a restore, which documents that are open may have to do with."""
        return self._undo.changes_files()

    def undo(
        self,
        progress: Progress,
        *,
        action: str | None = None,
        fingerprint: str | None = None,
        unsaved_documents: int | None = None,
    ) -> UndoResult:
        """Undo the last restore in place or delete that isn't undone yet; NOT_FOUND where there is none.

        `action` and `fingerprint` are those of a plan that the user agreed to: ABORTED where it would be another one.
        The undo's own safety snapshot notes how many documents are known to be unsaved.
        """
        return self._undo.undo(
            progress, Agreed(action=action, fingerprint=fingerprint), unsaved_documents=unsaved_documents
        )

    # Volumes

    def clone(self, ref: str, volume: str, new_name: str, progress: Progress) -> Volume:
        """Make a new volume from a member; ALREADY_EXISTS where the name is taken."""
        return self._volumes.clone(ref, volume, new_name, progress)

    def attach(self, volume: str, at: str, *, read_only: bool = False, directory: str | None = None) -> Volume:
        """Attach a volume at a path of the workspace; `directory` registers that directory under a new name first."""
        return self._volumes.attach(volume, at, read_only=read_only, directory=directory)

    def detach(self, volume: str) -> Volume:
        """Undo an attach; the data stays."""
        return self._volumes.detach(volume)

    # Upkeep

    def forget(self, policy: RetentionPolicy | None, *, dry_run: bool, prune: bool, progress: Progress) -> ForgetResult:
        """Delete what a policy (None: the stored one) doesn't keep of this owner's snapshots of these volumes."""
        return self._forgetting.forget(policy, dry_run=dry_run, prune=prune, progress=progress)

    def prune(self, *, dry_run: bool, progress: Progress) -> PruneResult:
        """Remove data that no snapshot needs; after it a delete can't be undone."""
        return self.upkeep.prune(dry_run=dry_run, progress=progress)

    def check(self, *, read_data: bool, progress: Progress) -> CheckResult:
        """Check the repository; `read_data` reads every byte of it."""
        return self.upkeep.check(read_data=read_data, progress=progress)

    def repository_info(self) -> RepositoryInfo:
        """Say where the repository is and what it holds; `exists` is false where there is none yet."""
        return self.upkeep.info()

    def create_repository(self) -> RepositoryInfo:
        """Make the repository, and its password file where there is none; ALREADY_EXISTS."""
        return self.upkeep.create()

    def unlock(self, *, remove_all: bool = False) -> int:
        """Remove stale locks of the repository, or all of them; return how many."""
        return self.upkeep.unlock(remove_all=remove_all)

    def copy(
        self, target: str, *, target_password_file: str | Path | None, refs: Sequence[str], progress: Progress
    ) -> CopyResult:
        """Copy snapshots (no `refs`: all of this owner's) to the repository at `target`, made where there is none."""
        return self.upkeep.copy(target, target_password_file=target_password_file, refs=refs, progress=progress)

    def keys(self) -> tuple[KeyInfo, ...]:
        """Return the repository's keys, without anything secret."""
        return self.upkeep.keys()

    def add_key(self, new_password_file: str | Path | None = None) -> KeyInfo:
        """Add a key whose password stands in a file; without one, a random password is made and put into the state."""
        return self.upkeep.add_key(new_password_file)

    def remove_key(self, key_id: str) -> None:
        """Remove a key; FAILED_PRECONDITION for the last or the current one."""
        self.upkeep.remove_key(key_id)

    def export_key(self) -> str:
        """Return the repository's password. Never log it."""
        return self.upkeep.export_key()

    # Policy

    def policy(self) -> Policy:
        """Return retention and schedule."""
        return self.policies.get()

    def set_policy(self, policy: Policy) -> Policy:
        """Store retention and schedule; INVALID_ARGUMENT where they make no sense."""
        return self.policies.set(policy)

    def preview_policy(self, policy: Policy) -> PolicyPreview:
        """Say what a policy would leave of a year of its schedule, and of the snapshots that there are.

        Changes nothing; INVALID_ARGUMENT where the policy makes no sense.
        """
        from rok_jupyter.service.policy_preview import preview

        return preview(policy, self._forgetting, datetime.now(UTC).astimezone())
