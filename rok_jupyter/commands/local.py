"""The verbs in this process: the service, and its long verbs as tasks that other processes can see.

Owns turning a task into a blocking call. Doesn't own what tasks are (tasks) nor what they do (service).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar, cast

from rok_jupyter import models
from rok_jupyter.commands.door import Watch
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.progress import Progress
from rok_jupyter.service.service import Service
from rok_jupyter.signals import held_back
from rok_jupyter.tasks import Task, TaskRunner

Result = TypeVar("Result")


class LocalDoor:
    """`commands.door.Door` over a service of this process."""

    def __init__(self, service: Service, runner: TaskRunner) -> None:
        self._service = service
        self._runner = runner

    def status(self) -> models.Status:
        """Return volumes, repository, policy and what needs attention."""
        return self._service.status()

    def volumes(self) -> tuple[models.Volume, ...]:
        """Return the volumes, workspace first."""
        return self._service.volumes()

    def estimate(self, volume: str, watch: Watch) -> models.VolumeEstimate:
        """Say about how much a snapshot of a volume would read."""
        return self._run("estimate", lambda progress: self._service.estimate(volume, progress), watch)

    def exclude(self, volume: str, paths: Sequence[str]) -> tuple[str, ...]:
        """Leave directories out of a volume's snapshots."""
        return self._service.exclude(volume, paths)

    def take(self, request: models.SnapshotRequest, watch: Watch) -> models.Snapshot:
        """Take a snapshot."""
        return self._run("snapshot", lambda progress: self._service.take(request, progress), watch)

    def list(
        self, filter_: models.SnapshotFilter, *, cursor: str | None = None, limit: int = 100
    ) -> models.Page[models.Snapshot]:
        """Return a page of snapshots, newest first."""
        return self._service.list(filter_, cursor=cursor, limit=limit)

    def show(self, reference: str) -> models.Snapshot:
        """Return one snapshot."""
        return self._service.show(reference)

    def edit(self, reference: str, edit: models.SnapshotEdit) -> models.Snapshot:
        """Change message, tags or pin."""
        return self._service.edit(reference, edit)

    def tree(
        self, reference: str, volume: str | None, path: str, *, cursor: str | None = None
    ) -> models.Page[models.Entry]:
        """Return a page of a directory's entries."""
        return self._service.tree(reference, volume, path, cursor=cursor)

    def read(self, reference: str, volume: str | None, path: str) -> Iterator[bytes]:
        """Yield a file's bytes."""
        return self._service.read(reference, volume, path)

    def read_live(self, volume: str, path: str) -> Iterator[bytes]:
        """Yield the bytes of a volume's file as it is now."""
        with self._service.open_live(volume, path) as file:
            yield from file.read()

    def diff(self, reference: str, against: str | None, paths: Sequence[str], watch: Watch) -> models.Difference:
        """Compare with another snapshot, or with the live volumes."""
        return self._run("diff", lambda progress: self._service.diff(reference, against, paths, progress), watch)

    def notebook_diff(
        self, reference: str, against: str | None, volume: str, path: str, watch: Watch
    ) -> models.NotebookDifference:
        """Compare a notebook cell by cell; it takes seconds at most, and so is no task."""
        return self._service.notebook_diff(reference, against, volume, path, Progress())

    def export(self, reference: str, paths: Sequence[str], target: str, watch: Watch) -> models.ExportResult:
        """Write an archive."""
        return self._run("export", lambda progress: self._service.export(reference, paths, target, progress), watch)

    def plan_restore(
        self, request: models.RestoreRequest, watch: Watch, *, save_documents: bool = False
    ) -> models.RestorePlan:
        """Say what a restore would do; of open documents only a server knows."""
        return self._run("restore-plan", lambda progress: self._service.plan_restore(request, progress), watch)

    def restore(
        self, request: models.RestoreRequest, watch: Watch, *, fingerprint: str | None = None
    ) -> models.RestoreResult:
        """Restore what the plan of that fingerprint says."""

        def work(progress: Progress) -> models.RestoreResult:
            return self._service.restore(request, progress, fingerprint=fingerprint)

        return self._run("restore", work, watch)

    def copy_back(self, reference: str, paths: Sequence[str], watch: Watch) -> models.CopyBackResult:
        """Restore entries next to their originals, under new names."""
        return self._run("copy-back", lambda progress: self._service.copy_back(reference, paths, progress), watch)

    def undo(self, watch: Watch) -> models.UndoResult:
        """Undo the last restore or delete."""
        return self._run("undo", self._service.undo, watch)

    def delete(self, references: Sequence[str], watch: Watch) -> models.DeleteResult:
        """Delete snapshots."""
        return self._run("delete", lambda progress: self._service.delete(references, progress), watch)

    def clone(self, reference: str, volume: str, new_name: str, watch: Watch) -> models.Volume:
        """Make a new volume from a member."""
        return self._run("clone", lambda progress: self._service.clone(reference, volume, new_name, progress), watch)

    def attach(self, volume: str, at: str, *, read_only: bool = False, directory: str | None = None) -> models.Volume:
        """Attach a data volume."""
        return self._service.attach(volume, at, read_only=read_only, directory=directory)

    def detach(self, volume: str) -> models.Volume:
        """Undo an attach."""
        return self._service.detach(volume)

    def forget(
        self, policy: models.RetentionPolicy | None, *, dry_run: bool, prune: bool, watch: Watch
    ) -> models.ForgetResult:
        """Remove snapshots by a policy, or by the stored one."""

        def work(progress: Progress) -> models.ForgetResult:
            return self._service.forget(policy, dry_run=dry_run, prune=prune, progress=progress)

        return self._run("forget", work, watch)

    def prune(self, *, dry_run: bool, watch: Watch) -> models.PruneResult:
        """Free what no snapshot needs."""
        return self._run("prune", lambda progress: self._service.prune(dry_run=dry_run, progress=progress), watch)

    def check(self, *, read_data: bool, watch: Watch) -> models.CheckResult:
        """Look for damage."""
        return self._run("check", lambda progress: self._service.check(read_data=read_data, progress=progress), watch)

    def repository_info(self) -> models.RepositoryInfo:
        """Return what there is to say of the repository."""
        return self._service.repository_info()

    def create_repository(self) -> models.RepositoryInfo:
        """Make the repository."""
        return self._service.create_repository()

    def unlock(self, *, remove_all: bool) -> int:
        """Remove stale locks, or all."""
        return self._service.unlock(remove_all=remove_all)

    def copy(
        self, target: str, *, target_password_file: str | None, references: Sequence[str], watch: Watch
    ) -> models.CopyResult:
        """Copy snapshots to another repository."""

        def work(progress: Progress) -> models.CopyResult:
            return self._service.copy(
                target, target_password_file=target_password_file, refs=references, progress=progress
            )

        return self._run("copy", work, watch)

    def keys(self) -> tuple[models.KeyInfo, ...]:
        """Return the repository's keys."""
        return self._service.keys()

    def add_key(self, new_password_file: str | None) -> models.KeyInfo:
        """Add a key."""
        return self._service.add_key(new_password_file)

    def remove_key(self, key_id: str) -> None:
        """Remove a key."""
        self._service.remove_key(key_id)

    def export_key(self) -> str:
        """Return the password."""
        return self._service.export_key()

    def policy(self) -> models.Policy:
        """Return retention and schedule."""
        return self._service.policy()

    def set_policy(self, policy: models.Policy) -> models.Policy:
        """Set retention and schedule."""
        return self._service.set_policy(policy)

    def _run(self, verb: str, work: Callable[[Progress], Result], watch: Watch) -> Result:
        task: Task | None = None
        interrupted = False
        while task is None or not task.status.ended:
            try:
                if task is None:
                    with held_back():
                        task = self._runner.start(verb, work)
                for task in self._runner.watch(task.id):  # noqa: B020  the newest state is what counts afterwards
                    watch(task.report)
            except KeyboardInterrupt:
                if interrupted or task is None:
                    raise
                interrupted = True
                self._runner.cancel(task.id)
        return cast(Result, _result(task))


def _result(task: Task) -> object:
    if task.error is not None:
        raise task.error
    if task.status != "succeeded":
        raise RokError(ErrorKind.ABORTED, "The task ended without a result.", "Look at `rok status`.")
    return task.result
