"""Restores: planned, then done behind a verified safety snapshot, and journalled.

Owns the order of things in place:

    lock the volumes -> plan -> refuse what the plan finds wrong -> safety snapshot -> verify it -> journal -> change

so that up to the last step nothing has changed, and from it on one command finishes or undoes. Doesn't own how files
are written (provider), nor which action is undone (undo).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence

import msgspec
from msgspec.structs import replace

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import (
    Change,
    CopyBackResult,
    Origin,
    OriginKind,
    PlannedChange,
    RestorePlan,
    RestoreRequest,
    RestoreResult,
    Snapshot,
    SnapshotRequest,
)
from rok_jupyter.progress import Progress
from rok_jupyter.providers.paths import parse_volume_path
from rok_jupyter.providers.protocol import Provider
from rok_jupyter.service.journal import Action, ActionState, Journal
from rok_jupyter.service.safety import verify
from rok_jupyter.service.snapshots import Snapshots
from rok_jupyter.service.volume_lock import VolumeLocks


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """What a change in place is to the journal: the action, and its states while and after it is done."""

    action: Action
    during: ActionState
    after: ActionState
    message: str
    """The safety snapshot's."""
    unsaved_documents: int | None = None
    """How many documents are known to be open and unsaved; None where nobody could tell."""


class Restores:
    """The verbs that bring files back."""

    def __init__(self, provider: Provider, snapshots: Snapshots, locks: VolumeLocks, journal: Journal) -> None:
        self._provider = provider
        self._snapshots = snapshots
        self._locks = locks
        self._journal = journal

    def plan(self, request: RestoreRequest, progress: Progress) -> RestorePlan:
        """Say what a restore would do."""
        return self._provider.plan_restore(request, progress)

    def restore(
        self, request: RestoreRequest, progress: Progress, *, fingerprint: str | None, unsaved_documents: int | None
    ) -> RestoreResult:
        """Restore; in place so that it can be undone."""
        snapshot = self._provider.find(request.snapshot)
        request = replace(request, snapshot=snapshot.id)
        if request.directory is not None:
            with self._locks.restoring({}, [snapshot.id]):
                return self._provider.restore(self._agreed(request, fingerprint, progress), progress)
        begun = self._left_half_way(request)
        step = Step(
            action=begun or self._journal.new_restore(request, agreed=fingerprint),
            during=ActionState.STARTED,
            after=ActionState.DONE,
            message=f"Before the restore of {snapshot.id[:8]}",
            unsaved_documents=unsaved_documents,
        )
        if begun is not None and begun.agreed == fingerprint:
            fingerprint = None  # that plan is half done, so none is like it: what is left of it was agreed to
        result = self.in_place(request, step, progress, fingerprint=fingerprint)
        if begun is not None:  # how it was before the restore, and not how its interruption left it
            result = replace(result, undo=begun.safety)
        self._settle(step.action, request)
        return result

    def copy_back(self, ref: str, paths: Sequence[str], progress: Progress) -> CopyBackResult:
        """Restore entries next to their originals; nothing that exists is touched, so nothing is to be undone."""
        snapshot = self._provider.find(ref)
        meant = {parse_volume_path(path, snapshot.members).volume for path in paths}
        places = {member.volume: member.path for member in snapshot.members if member.volume in meant}
        with self._locks.copying(places, snapshot.id):
            return self._provider.copy_back(snapshot, paths, progress)

    def in_place(
        self, request: RestoreRequest, step: Step, progress: Progress, *, fingerprint: str | None = None
    ) -> RestoreResult:
        """Change volumes as planned, behind a safety snapshot, under their locks."""
        snapshot = self._provider.find(request.snapshot)
        with self._locks.restoring(self._places(snapshot, request), [snapshot.id], action=step.action.id):
            plan = self._agreed(request, fingerprint, progress)
            if not plan.changes:
                self._end(step)
                return self._provider.restore(plan, progress)
            changes = self._by_live_volume(plan)
            safety = self._take_safety(step, changes, progress)
            action = replace(step.action, state=step.during)
            if action.safety is None and safety is not None:
                action = replace(action, safety=safety.id, targets=dict(plan.targets))
            if safety is not None:
                self._journal.begin(action, _entries(changes))
            result = self._change(plan, replace(step, action=action), progress)
            return replace(result, undo=None if safety is None else safety.id)

    def undo_request(self, action: Action) -> RestoreRequest:
        """Return the restore that undoes a restore: exactly what it touched, as the safety snapshot holds it."""
        live = {volume.name: volume.path for volume in self._provider.volumes()}
        safety = self._provider.find(action.safety or "")
        try:
            entries = self._journal.entries(action)
        except RokError as error:
            hint = (
                f"Everything as it was before: rok restore {safety.id[:12]} --in-place; or `rok undo` an earlier one."
            )
            raise RokError(
                ErrorKind.NOT_FOUND, f"What the restore touched is not known. {error.message}", hint
            ) from error
        return RestoreRequest(
            snapshot=safety.id,
            delete=True,
            owners=os.geteuid() == 0,
            identity_files=True,
            volumes={m.volume: m.path for m in safety.members if live.get(m.volume) != m.path},
            only=entries,
        )

    def _change(self, plan: RestorePlan, step: Step, progress: Progress) -> RestoreResult:
        try:
            result = self._provider.restore(plan, progress)
        except RokError as error:
            if step.during is ActionState.STARTED and self._untouched(step.action):
                self._journal.drop(step.action)
                raise
            hint = "Some files were changed: `rok undo` brings them back, and the same command again goes on."
            raise type(error)(error.kind, error.message, hint) from error
        self._end(step)
        return result

    def _end(self, step: Step) -> None:
        if step.action.safety is not None:
            self._journal.move(step.action, step.after)

    def _untouched(self, action: Action) -> bool:
        """Whether a failed restore left everything as it was; false where that can't be told."""
        try:
            return not self._provider.plan_restore(self.undo_request(action), Progress()).changes
        except RokError:
            return False

    def _agreed(self, request: RestoreRequest, fingerprint: str | None, progress: Progress) -> RestorePlan:
        """Plan, and refuse what can't be done or is not what the user was shown."""
        plan = self._provider.plan_restore(request, progress)
        if fingerprint is not None and plan.fingerprint != fingerprint:
            raise RokError(
                ErrorKind.ABORTED,
                "The files have changed since the plan of this restore was shown.",
                "Look at the new plan, then restore again.",
            )
        if plan.problems:
            full = plan.bytes_available is not None and plan.bytes_to_write > plan.bytes_available
            kind = ErrorKind.RESOURCE_EXHAUSTED if full else ErrorKind.FAILED_PRECONDITION
            raise RokError(kind, " ".join(plan.problems), "Nothing was changed. Mend that, then restore again.")
        return plan

    def _places(self, snapshot: Snapshot, request: RestoreRequest) -> dict[str, str]:
        """Where the volumes are, by name, that a restore in place may change."""
        live = {volume.name: volume.path for volume in self._provider.volumes()}
        meant = {parse_volume_path(path, snapshot.members).volume for path in request.paths}
        return {
            member.volume: request.volumes.get(member.volume) or live.get(member.volume) or member.path
            for member in snapshot.members
            if not meant or member.volume in meant
        }

    def _by_live_volume(self, plan: RestorePlan) -> list[PlannedChange]:
        """Return the changes by the names of the volumes that are there now: a member may go to another one."""
        names = {volume.path: volume.name for volume in self._provider.volumes()}
        found = []
        for change in plan.changes:
            target = plan.targets[change.volume]
            if target in names:
                found.append(replace(change, volume=names[target]))
            elif change.change is not Change.CREATED and change.path:
                raise RokError(
                    ErrorKind.FAILED_PRECONDITION,
                    f"The directory {target} is no volume, so what the restore would replace there can't be saved.",
                    f"Make it one first: rok attach NAME --directory {target} --at PATH",
                )
        return found

    def _take_safety(self, step: Step, changes: Sequence[PlannedChange], progress: Progress) -> Snapshot | None:
        volumes = tuple(sorted({change.volume for change in changes}))
        if not volumes:
            return None
        request = step.action.request
        restored = "" if request is None else request.snapshot
        origin = Origin(kind=OriginKind.SAFETY, details={"before": step.during.value, "snapshot": restored})
        wanted = SnapshotRequest(
            message=step.message, volumes=volumes, origin=origin, unsaved_documents=step.unsaved_documents
        )
        taken = self._snapshots.take_held(wanted, progress)
        verify(self._provider, taken, changes, progress)
        return taken

    def _left_half_way(self, request: RestoreRequest) -> Action | None:
        """Return the interrupted restore that this request finishes."""
        for action in self._journal.actions():
            if action.state is ActionState.STARTED and action.request == request and not self._locks.runs(action.id):
                return action
        return None

    def _settle(self, done: Action, request: RestoreRequest) -> None:
        """After a restore of whole volumes, earlier ones of them that were interrupted are of no concern any more."""
        if request.paths:
            return
        for action in self._journal.actions():
            interrupted = action.state is ActionState.STARTED and not self._locks.runs(action.id)
            if interrupted and action.id < done.id and set(action.targets.items()) <= set(done.targets.items()):
                self._journal.move(action, ActionState.DONE)


def _entries(changes: Sequence[PlannedChange]) -> Iterator[str]:
    """Yield the entries that changes touch, as VOLUME:PATH: themselves, and the directories whose times they change."""
    for change in changes:
        path = change.path
        yield f"{change.volume}:{path}"
        while path:
            path = path.rpartition("/")[0]
            yield f"{change.volume}:{path}"
