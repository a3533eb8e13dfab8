"""Undo: the last restore in place or delete of a workspace that isn't undone yet; again, the one before.

Owns which action that is, and what a killed restore means to a user. Doesn't own changing files (restore) or storage.
What an undo itself replaces is in a safety snapshot of its own, whose id it returns.
"""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.file_lock import FileLock
from rok_jupyter.models import InterruptedRestore, RestoreRequest, UndoPlan, UndoResult
from rok_jupyter.progress import Progress
from rok_jupyter.providers.protocol import Provider
from rok_jupyter.service.journal import Action, ActionState, Journal
from rok_jupyter.service.restore import Restores, Step
from rok_jupyter.service.volume_lock import VolumeLocks


class Agreed(msgspec.Struct, frozen=True, kw_only=True):
    """What a user saw before an undo: its action, and the fingerprint of its plan; None for whatever it is."""

    action: str | None = None
    fingerprint: str | None = None


_ANYTHING = Agreed()


class Undo:
    """Undoes actions of the journal."""

    def __init__(
        self, provider: Provider, restores: Restores, locks: VolumeLocks, journal: Journal, *, lock_file: Path
    ) -> None:
        self._provider = provider
        self._restores = restores
        self._locks = locks
        self._journal = journal
        self._lock_file = lock_file

    def plan(self, progress: Progress) -> UndoPlan:
        """Say what an undo would do; NOT_FOUND where there is nothing to undo. Changes nothing."""
        action = self._last()
        if action.verb == "delete":
            return UndoPlan(
                action=action.id, verb=action.verb, created=action.created, snapshots=tuple(sorted(action.tokens))
            )
        self._refuse_running(action)
        return UndoPlan(
            action=action.id,
            verb=action.verb,
            created=action.created,
            snapshots=_restored(action),
            restore=self._restores.plan(self._restores.undo_request(action), progress),
        )

    def changes_files(self) -> bool:
        """Whether there is something to undo, and that is a restore."""
        action = self._journal.last()
        return action is not None and action.verb != "delete"

    def undo(
        self, progress: Progress, agreed: Agreed = _ANYTHING, *, unsaved_documents: int | None = None
    ) -> UndoResult:
        """Undo the last action; NOT_FOUND where there is none, or where what it needs is gone.

        ABORTED where that, or its plan, would be another one now than was agreed to.
        """
        with self._alone():
            action = self._last()
            if agreed.action not in (None, action.id):
                raise RokError(
                    ErrorKind.ABORTED,
                    "What an undo would undo is something else now than when that was shown.",
                    "Look at the new plan, then undo again.",
                )
            try:
                if action.verb == "delete":
                    return self._undo_delete(action)
                return self._undo_restore(action, progress, agreed.fingerprint, unsaved_documents)
            except RokError as error:
                if error.kind is ErrorKind.NOT_FOUND:
                    self._journal.drop(action)  # else it would stand in the way of earlier ones for ever
                raise

    def interrupted(self) -> tuple[InterruptedRestore, ...]:
        """Return restores in place, and undoings of them, that were begun and that nobody is at work on."""
        return tuple(
            _interrupted(action)
            for action in self._journal.actions()
            if action.pending and action.safety is not None and not self._locks.runs(action.id)
        )

    def _last(self) -> Action:
        action = self._journal.last()
        if action is None:
            raise RokError(
                ErrorKind.NOT_FOUND, "There is nothing to undo.", "Restores in place and deletes can be undone."
            )
        return action

    def _refuse_running(self, action: Action) -> None:
        if self._locks.runs(action.id):
            raise RokError(ErrorKind.ABORTED, "The restore is still running.", "Wait for it, or cancel it first.")

    def _undo_delete(self, action: Action) -> UndoResult:
        try:
            snapshots = self._provider.undelete(action.tokens)
        except RokError as error:
            if error.kind is not ErrorKind.FAILED_PRECONDITION:
                raise
            raise RokError(ErrorKind.NOT_FOUND, error.message, "An earlier action: `rok undo` again.") from error
        self._journal.move(action, ActionState.UNDONE)
        return UndoResult(verb=action.verb, snapshots=tuple(snapshot.id for snapshot in snapshots))

    def _undo_restore(
        self, action: Action, progress: Progress, fingerprint: str | None, unsaved_documents: int | None
    ) -> UndoResult:
        self._refuse_running(action)
        restored = "".join(_restored(action))
        step = Step(
            action=action,
            during=ActionState.UNDOING,
            after=ActionState.UNDONE,
            message=f"Before the undo of the restore of {restored[:8]}",
            unsaved_documents=unsaved_documents,
        )
        result = self._restores.in_place(self._restores.undo_request(action), step, progress, fingerprint=fingerprint)
        return UndoResult(verb=action.verb, snapshots=(restored,), restore=result)

    @contextmanager
    def _alone(self) -> Iterator[None]:
        lock = FileLock.acquire(self._lock_file)
        if lock is None:
            raise RokError(ErrorKind.ABORTED, "Another undo is running.", "Wait until it has ended, then try again.")
        with lock:
            yield


def _restored(action: Action) -> tuple[str, ...]:
    return () if action.request is None else (action.request.snapshot,)


def _interrupted(action: Action) -> InterruptedRestore:
    undoing = action.state is ActionState.UNDOING
    request = action.request
    return InterruptedRestore(
        snapshot="" if request is None else request.snapshot,
        safety=action.safety or "",
        started=action.created,
        targets=action.targets,
        finish_command="rok undo" if undoing or request is None else _command(request),
        undo_command="rok undo",
        request=None if undoing else request,
    )


def _command(request: RestoreRequest) -> str:
    """Return the command that asks for a restore in place."""
    words = ["rok", "restore", request.snapshot[:12], "--in-place"]
    for path in request.paths:
        words += ["--path", path.replace("%", "%25")]
    for name, directory in request.volumes.items():
        words += ["--volume-at", f"{name}={directory}"]
    words += ["--delete"] * request.delete + ["--owners"] * request.owners
    words += ["--identity-files"] * request.identity_files
    return " ".join(shlex.quote(word) for word in words)
