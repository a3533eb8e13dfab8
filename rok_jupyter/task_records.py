"""Records of tasks: one JSON file each, replaced whole, read by every process of a user.

Owns what a task looks like, and how its record is written, found and judged. A process that runs tasks holds a lock
file for as long as it lives, which the system lets go even where it is killed: a task whose process is gone reads as
interrupted. Doesn't own running (tasks).
"""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import socket
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import msgspec
from msgspec.structs import replace

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.file_lock import FileLock, is_held
from rok_jupyter.progress import Report
from rok_jupyter.state import os_errors, private_directory, read_json, to_json_bytes, write_whole
from rok_jupyter.wire import from_json, to_json
from rok_jupyter.wire.results import decode_result

_LARGEST_RESULT = 1_000
_log = logging.getLogger(__name__)


class TaskStatus(StrEnum):
    """Where in its life a task is."""

    QUEUED = "queued"
    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"

    @property
    def ended(self) -> bool:
        """Whether it won't change any more."""
        return self not in (TaskStatus.QUEUED, TaskStatus.RUNNING)


class Retry(msgspec.Struct, frozen=True, kw_only=True):
    """The REST call that starts the same again: send it as it is. `path` is below /rok/v1, with its query.

    A GET may answer at once, without a task; with the header `Prefer: respond-async` it answers a task again.
    """

    method: str
    path: str
    body: Mapping[str, Any] | None = None


class Task(msgspec.Struct, frozen=True, kw_only=True):
    """A frozen view of one long operation. `result` is the verb's value, None until it succeeded.

    `retry` starts the same again; None where REST didn't start it, or its body is too long to be kept.
    """

    id: str
    verb: str
    status: TaskStatus
    created: datetime
    started: datetime | None = None
    finished: datetime | None = None
    report: Report = msgspec.field(default_factory=Report)
    result: object = None
    error: RokError | None = None
    retry: Retry | None = None


class TaskRecords:
    """The directory of records, which all processes of a user share."""

    def __init__(self, directory: Path, *, keep: int) -> None:
        self._directory = directory
        self._keep = keep
        self._runner = secrets.token_hex(8)
        self._alive: FileLock | None = None
        self._lock = threading.Lock()

    def write(self, task: Task, key: str | None) -> None:
        """Replace a task's record; only logged where it can't be, since the task itself goes on."""
        try:
            self._hold_alive()
            encoded = to_json(replace(task, result=None if _is_large(task.result) else task.result))
            record = {"task": encoded, "key": key, "runner": self._runner, "pid": os.getpid()}
            self._replace(task.id, {**record, "host": socket.gethostname()})
            if task.status.ended:
                self._cancel_file(task.id).unlink(missing_ok=True)
        except (RokError, OSError) as error:
            _log.warning("The record of task %s could not be written: %s", task.id, error)

    def read(self, task_id: str) -> Task | None:
        """Return a task by its record, None where there is none that can be read."""
        record = self._record(task_id)
        return None if record is None else self._task(record)

    def ids(self) -> list[str]:
        """Return the ids of all records, oldest first."""
        if not self._directory.is_dir():
            return []
        with os_errors("Listing tasks"):
            return sorted(
                path.stem for path in self._directory.iterdir() if path.suffix == ".json" and _is_id(path.stem)
            )

    def find_key(self, key: str) -> Task | None:
        """Return the newest task that was started with an idempotency key."""
        for task_id in reversed(self.ids()):
            record = self._record(task_id)
            if record is not None and record.get("key") == key:
                return self._task(record)
        return None

    @contextlib.contextmanager
    def starting(self) -> Iterator[None]:
        """Hold off other starts with a key, so that of two alike one starts."""
        lock = FileLock.acquire(self._directory / "start.lock", wait_seconds=10)
        if lock is None:
            raise RokError(ErrorKind.ABORTED, "Another task is just being started.", "Try again.")
        with lock:
            yield

    def ask_cancel(self, task_id: str) -> None:
        """Leave word for the process that runs a task."""
        with os_errors("Cancelling a task"):
            self._cancel_file(task_id).touch(mode=0o600)

    def cancel_asked(self, task_id: str) -> bool:
        """Whether somebody asked for a task's end."""
        return self._cancel_file(task_id).exists()

    def trim(self) -> list[str]:
        """Remove the oldest records beyond the number that is kept, but none that hasn't ended; return their ids."""
        try:
            surplus = self.ids()[: -self._keep]
            dropped = [task_id for task_id in surplus if (task := self.read(task_id)) is None or task.status.ended]
            for task_id in dropped:
                self._file(task_id).unlink(missing_ok=True)
                self._cancel_file(task_id).unlink(missing_ok=True)
        except (RokError, OSError) as error:
            _log.warning("Old records of tasks could not be removed: %s", error)
            return []
        return dropped

    def close(self) -> None:
        """Say that this process runs none any more."""
        with self._lock:
            if self._alive is not None:
                self._alive.release()
                self._alive = None

    def _hold_alive(self) -> None:
        with self._lock:
            if self._alive is None:
                private_directory(self._directory)
                self._alive = FileLock.acquire(self._runner_file(self._runner))

    def _record(self, task_id: str) -> Mapping[str, object] | None:
        if not _is_id(task_id):
            return None
        try:
            record = read_json(self._file(task_id))
        except RokError as error:
            _log.warning("%s", error)
            return None
        return record if isinstance(record, dict) else None

    def _task(self, record: Mapping[str, object]) -> Task | None:
        try:
            task = from_json(Task, record.get("task"))
            task = replace(task, result=decode_result(task.verb, task.result))
        except RokError as error:
            _log.warning("The record of a task can't be read: %s", error)
            return None
        if task.status.ended or is_held(self._runner_file(str(record.get("runner")))):
            return task
        return self._interrupted(task, record)

    def _interrupted(self, task: Task, record: Mapping[str, object]) -> Task:
        again = self._record(task.id)  # it may have ended between the look at its record and at its runner
        if again is not None and again != record:
            return self._task(again) or task
        error = RokError(
            ErrorKind.ABORTED,
            f"The process that ran this task ({record.get('pid')} on {record.get('host')}) ended before the task did.",
            "See `rok status` for what is left to do, then start it again.",
        )
        ended = replace(task, status=TaskStatus.INTERRUPTED, finished=datetime.now(UTC), error=error)
        with contextlib.suppress(RokError, OSError):
            self._replace(task.id, {**record, "task": to_json(ended)})
            self._runner_file(str(record.get("runner"))).unlink(missing_ok=True)
        return ended

    def _replace(self, task_id: str, record: Mapping[str, object]) -> None:
        # A power cut ends the task too, and what it had to tell of itself; syncs would be the cost of short verbs.
        write_whole(self._file(task_id), to_json_bytes(record))

    def _file(self, task_id: str) -> Path:
        return self._directory / f"{task_id}.json"

    def _cancel_file(self, task_id: str) -> Path:
        return self._directory / f"{task_id}.cancel"

    def _runner_file(self, runner: str) -> Path:
        return self._directory / f"runner-{runner}.lock"


def _is_id(text: str) -> bool:
    return len(text) == 20 and set(text) <= set("0123456789abcdef")


def _is_large(result: object) -> bool:
    """Whether a result is too long a list for a record; it is then known to its own process only."""
    entries = getattr(result, "entries", getattr(result, "changes", ()))
    return isinstance(entries, tuple) and len(entries) > _LARGEST_RESULT
