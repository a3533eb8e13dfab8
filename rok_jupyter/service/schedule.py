"""Scheduled snapshots: when the next is due, and what is done then.

Owns the decision and its record (when it last ran, and why it failed). Has no thread and no clock: a server asks it
every now and then. A run that was missed (the laptop slept) is made up for once. Of several servers on one state
directory, one runs.
"""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from pathlib import Path

import msgspec

from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.file_lock import FileLock
from rok_jupyter.models import Origin, OriginKind, Policy, Schedule, Snapshot, SnapshotRequest
from rok_jupyter.progress import Progress
from rok_jupyter.service.forgetting import Forgetting
from rok_jupyter.service.policy import Policies
from rok_jupyter.service.snapshots import Snapshots
from rok_jupyter.state import read_json, write_json


class ScheduleRecord(msgspec.Struct, frozen=True, kw_only=True):
    """How the last scheduled run went; `error` is None where it went well."""

    last_run: datetime | None = None
    error: str | None = None


def next_due(schedule: Schedule, last_run: datetime | None, now: datetime) -> datetime | None:
    """When the next run is due: in the past where one was missed, None where the schedule is off.

    A last run in the future (the clock was set back) counts for nothing.
    """
    if schedule.every_minutes <= 0:
        return None
    if last_run is None or last_run > now:
        return now
    return last_run + timedelta(minutes=schedule.every_minutes)


class Scheduler:
    """The schedule of one workspace."""

    def __init__(
        self, state: Path, workspace: str, policies: Policies, *, snapshots: Snapshots, forgetting: Forgetting
    ) -> None:
        name = hashlib.sha256(workspace.encode("utf-8", "surrogateescape")).hexdigest()[:16]
        self._file = state / f"schedule-{name}.json"
        self._lock = state / "locks" / f"schedule-{name}.lock"
        self._policies = policies
        self._snapshots = snapshots
        self._forgetting = forgetting

    def record(self) -> ScheduleRecord:
        """Return how the last run went; as if there was none where the record can't be read."""
        try:
            return msgspec.convert(read_json(self._file) or {}, ScheduleRecord)
        except (RokError, msgspec.ValidationError):
            return ScheduleRecord()

    def next_due(self, now: datetime) -> datetime | None:
        """When the next run is due, None where the schedule is off."""
        return next_due(self._policies.get().schedule, self.record().last_run, now)

    def is_due(self, now: datetime) -> bool:
        """Whether a run is due; false where the policy can't be read."""
        try:
            due = self.next_due(now)
        except RokError:
            return False
        return due is not None and due <= now

    def run_due(self, now: datetime, progress: Progress) -> Snapshot | None:
        """Take the snapshot that is due, where something changed, then forget and prune as the policy says.

        Returns the new snapshot, None where none was due, another process runs, a volume is just being restored (it is
        tried again at the next call) or nothing changed. A failure is recorded, for the status, and raised.
        """
        lock = FileLock.acquire(self._lock)
        if lock is None:
            return None
        with lock:
            if not self.is_due(now):
                return None
            try:
                taken = self._run(self._policies.get(), progress)
            except Cancelled:
                raise
            except RokError as error:
                if error.kind is ErrorKind.ABORTED:
                    return None
                self._write(ScheduleRecord(last_run=now, error=str(error)))
                raise
            self._write(ScheduleRecord(last_run=now))
            return taken

    def _run(self, policy: Policy, progress: Progress) -> Snapshot | None:
        known = self._known()
        request = SnapshotRequest(
            message="Scheduled",
            volumes=policy.schedule.volumes,
            origin=Origin(kind=OriginKind.SCHEDULE),
            only_if_changed=True,
        )
        snapshot = self._snapshots.take(request, progress)
        if snapshot.id in known:
            return None
        if not policy.retention.empty:
            self._forgetting.forget(
                policy.retention, dry_run=False, prune=policy.schedule.prune, progress=progress, undoable=False
            )
        return snapshot

    def _known(self) -> frozenset[str]:
        """Return the ids of what there is; none where the first snapshot has yet to make the repository."""
        try:
            return self._snapshots.ids()
        except RokError as error:
            if error.kind is not ErrorKind.FAILED_PRECONDITION:
                raise
            return frozenset()

    def _write(self, record: ScheduleRecord) -> None:
        write_json(self._file, msgspec.to_builtins(record))
