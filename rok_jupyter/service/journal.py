"""The journal of what can be undone: restores in place and deletes of one workspace, in the state directory.

Owns the records and their states. Doesn't own undoing (restore, snapshots). A restore's record is durable before its
first change:

    started -> done -> undoing -> undone          started or undoing, and nobody at work: it was interrupted
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import cast

import msgspec
from msgspec.structs import replace

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import RestoreRequest
from rok_jupyter.state import os_errors, read_json, write_json

_KEPT = 100
_TIME_DIGITS = 16
_SUFFIX = ".action.json"
_ENTRIES_SUFFIX = ".entries.json"


class ActionState(StrEnum):
    """How far an action, or its undoing, got."""

    STARTED = "started"
    DONE = "done"
    UNDOING = "undoing"
    UNDONE = "undone"


class Action(msgspec.Struct, frozen=True, kw_only=True):
    """One restore in place or delete. `id` orders actions by time."""

    id: str
    verb: str
    """"restore" or "delete"."""
    workspace: str
    created: datetime
    state: ActionState
    request: RestoreRequest | None = None
    """What was asked for, with the snapshot's whole id."""
    agreed: str | None = None
    """The fingerprint of the plan that the user agreed to."""
    safety: str | None = None
    """The snapshot of how things were before."""
    targets: Mapping[str, str] = msgspec.field(default_factory=dict)
    tokens: Mapping[str, str] = msgspec.field(default_factory=dict)
    """What brings deleted snapshots back, by id."""

    @property
    def pending(self) -> bool:
        """Whether it is half-way, or was left so."""
        return self.state in (ActionState.STARTED, ActionState.UNDOING)


class Journal:
    """The actions of one workspace; nothing is kept in memory, since other processes act too."""

    def __init__(self, directory: Path, workspace: str) -> None:
        self._directory = directory
        self._workspace = workspace

    def new_restore(self, request: RestoreRequest, *, agreed: str | None = None) -> Action:
        """Return a restore that isn't recorded yet; `agreed` is the fingerprint of the plan that the user was shown."""
        return replace(self._new("restore", ActionState.STARTED), request=request, agreed=agreed)

    def begin(self, action: Action, entries: Iterable[str]) -> None:
        """Record a restore that is about to start, or to go on, with the entries (VOLUME:PATH) that it may touch."""
        known = read_json(self._entries_file(action.id)) or []
        write_json(self._entries_file(action.id), sorted({*cast(list[str], known), *entries}))
        self._write(action)

    def deleted(self, tokens: Mapping[str, str]) -> None:
        """Record snapshots that were deleted, and what brings them back."""
        self._write(replace(self._new("delete", ActionState.DONE), tokens=dict(tokens)))

    def move(self, action: Action, state: ActionState) -> Action:
        """Record that an action got further."""
        moved = replace(action, state=state)
        self._write(moved)
        return moved

    def drop(self, action: Action) -> None:
        """Forget an action that never changed anything, or that can't be undone any more."""
        with os_errors("Writing the journal"):
            self._file(action.id).unlink(missing_ok=True)
            self._entries_file(action.id).unlink(missing_ok=True)

    def entries(self, action: Action) -> tuple[str, ...]:
        """Return the entries (VOLUME:PATH) that a restore may have touched; DATA_LOSS where their list is lost."""
        file = self._entries_file(action.id)
        stored = read_json(file)
        if not isinstance(stored, list):
            raise RokError(ErrorKind.DATA_LOSS, f"The file {file} is missing or damaged.", "")
        return tuple(stored)

    def actions(self) -> tuple[Action, ...]:
        """Return this workspace's actions, newest first; one that can't be read is left out."""
        if not self._directory.is_dir():
            return ()
        with os_errors("Reading the journal"):
            files = sorted(self._directory.glob(f"*{_SUFFIX}"), reverse=True)
        found = [action for file in files if (action := _read(file)) is not None]
        return tuple(action for action in found if action.workspace == self._workspace)

    def last(self) -> Action | None:
        """Return the newest action that isn't undone."""
        return next((action for action in self.actions() if action.state is not ActionState.UNDONE), None)

    def _new(self, verb: str, state: ActionState) -> Action:
        self._trim()
        newest = next(iter(self.actions()), None)
        after = 0 if newest is None else int(newest.id[:_TIME_DIGITS], 16) + 1
        name = f"{max(after, time.time_ns()):0{_TIME_DIGITS}x}{secrets.token_hex(4)}"  # clocks are set back, too
        return Action(id=name, verb=verb, workspace=self._workspace, created=datetime.now(UTC), state=state)

    def _trim(self) -> None:
        for action in self.actions()[_KEPT:]:
            if not action.pending:
                self.drop(action)

    def _write(self, action: Action) -> None:
        write_json(self._file(action.id), msgspec.to_builtins(action))

    def _file(self, action_id: str) -> Path:
        return self._directory / f"{action_id}{_SUFFIX}"

    def _entries_file(self, action_id: str) -> Path:
        return self._directory / f"{action_id}{_ENTRIES_SUFFIX}"


def _read(file: Path) -> Action | None:
    try:
        return msgspec.convert(read_json(file), Action)
    except (RokError, msgspec.ValidationError):
        return None
