"""Long operations: run in threads, watched by sampling, recorded so that what became of them outlives their process.

Owns a task's life:

    queued -> running -> succeeded | failed | cancelled          interrupted: its process died before it ended

Doesn't own how it is recorded (task_records), what it does, nor how it is shown. Workers never call back: `watch`
samples.
"""

from __future__ import annotations

import logging
import secrets
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

from msgspec.structs import replace

from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.progress import Progress
from rok_jupyter.task_records import Retry, Task, TaskRecords, TaskStatus

__all__ = ["SAMPLE_SECONDS", "Retry", "Task", "TaskRunner", "TaskStatus", "Work"]

SAMPLE_SECONDS = 0.25
"""How often a watcher looks."""

_RECORD_SECONDS = 1.0
_CANCEL_SECONDS = 0.1
_log = logging.getLogger(__name__)

Work = Callable[[Progress], object]
"""What a task does; it gets the progress that it writes to, and its value is the result."""


class _Job:
    """A task of this process while it lives; what changes it holds `lock`."""

    def __init__(self, task: Task, work: Work, key: str | None) -> None:
        self.lock = threading.Lock()
        self.task = task
        self.work = work
        self.key = key
        self.progress = Progress()
        self.ended = threading.Event()

    def view(self) -> Task:
        with self.lock:
            if self.task.status is TaskStatus.RUNNING:
                return replace(self.task, report=self.progress.report())
            return self.task

    def change(self, **fields: object) -> Task:
        with self.lock:
            self.task = replace(self.task, **fields)
            return self.task


class TaskRunner:
    """Runs tasks, and knows those of other processes by their records.

    `directory` holds the records (`settings.locations.tasks`). At most `workers` tasks run at a time, the rest is
    queued. The newest `keep` records are kept. A record that can't be written (a full disk) doesn't stop its task.
    """

    def __init__(self, directory: Path, *, workers: int = 4, keep: int = 200) -> None:
        self._records = TaskRecords(directory, keep=keep)
        self._slots = threading.Semaphore(workers)
        self._lock = threading.Lock()
        self._jobs: dict[str, _Job] = {}
        self._observer: threading.Thread | None = None

    def start(self, verb: str, work: Work, *, idempotency_key: str | None = None, retry: Retry | None = None) -> Task:
        """Start `work` and return at once; a key that was used before returns its task, whatever became of it.

        `retry` is what starts the same again. INVALID_ARGUMENT where the key was used for another verb.
        """
        if idempotency_key is None:
            return self._start(verb, work, None, retry)
        with self._records.starting():
            known = self._by_key(idempotency_key)
            if known is None:
                return self._start(verb, work, idempotency_key, retry)
        if known.verb != verb:
            raise RokError(
                ErrorKind.INVALID_ARGUMENT,
                f"The idempotency key was used for a task of the verb {known.verb!r} already.",
                "Use a new key for each request.",
            )
        return known

    def get(self, task_id: str) -> Task:
        """Return a task of this or another process; NOT_FOUND."""
        job = self._jobs.get(task_id)
        task = job.view() if job is not None else self._records.read(task_id)
        if task is None:
            raise RokError(ErrorKind.NOT_FOUND, f"There is no task {task_id!r}.", "List the tasks that there are.")
        return task

    def list(self) -> tuple[Task, ...]:
        """Return tasks of every process, newest first."""
        with self._lock:
            jobs = dict(self._jobs)
        others = [self._records.read(task_id) for task_id in self._records.ids() if task_id not in jobs]
        tasks = [job.view() for job in jobs.values()] + [task for task in others if task is not None]
        return tuple(sorted(tasks, key=lambda task: task.id, reverse=True))

    def others(self) -> tuple[str, ...]:
        """Return the ids of other processes' tasks; reads names only."""
        ids = self._records.ids()
        with self._lock:
            return tuple(task_id for task_id in ids if task_id not in self._jobs)

    def cancel(self, task_id: str) -> Task:
        """Ask for a task's end, which comes at its next safe point; one that ended stays as it is. NOT_FOUND."""
        task = self.get(task_id)
        job = self._jobs.get(task_id)
        if job is not None:
            job.progress.cancel()
        elif not task.status.ended:
            self._records.ask_cancel(task_id)
        return self.get(task_id)

    def watch(self, task_id: str) -> Iterator[Task]:
        """Yield a task now, whenever it has changed, and once it has ended; NOT_FOUND."""
        last: Task | None = None
        while last is None or not last.status.ended:
            task = self.get(task_id)
            if last is None or not _alike(task, last):
                yield task
                last = task
            if not task.status.ended:
                self._pause(task_id)

    def wait(self, task_id: str) -> Task:
        """Return a task once it has ended; NOT_FOUND."""
        task = self.get(task_id)
        while not task.status.ended:
            self._pause(task_id)
            task = self.get(task_id)
        return task

    def close(self, *, wait_seconds: float = 5.0) -> None:
        """Cancel what runs, and wait for it. What doesn't end in time reads as interrupted once the process is gone."""
        with self._lock:
            jobs = list(self._jobs.values())
        for job in jobs:
            job.progress.cancel()
        until = time.monotonic() + wait_seconds
        if all(job.ended.wait(max(0.0, until - time.monotonic())) for job in jobs):
            self._records.close()

    def _start(self, verb: str, work: Work, key: str | None, retry: Retry | None) -> Task:
        now = datetime.now(UTC)
        task_id = f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(4)}"
        job = _Job(Task(id=task_id, verb=verb, status=TaskStatus.QUEUED, created=now, retry=retry), work, key)
        with self._lock:
            self._jobs[task_id] = job  # before its record: whoever finds that must know it for this process's own
        self._records.write(job.task, key)
        with self._lock:
            if self._observer is None:
                self._observer = threading.Thread(target=self._observe, name="rok-tasks", daemon=True)
                self._observer.start()
        # A daemon: an exit doesn't wait for it, and whatever it does bears being killed.
        threading.Thread(target=self._run, args=(job,), name=f"rok-{verb}", daemon=True).start()
        return job.view()

    def _run(self, job: _Job) -> None:
        try:
            self._await_slot(job)
            try:
                self._records.write(job.change(status=TaskStatus.RUNNING, started=datetime.now(UTC)), job.key)
                result = job.work(job.progress)
            finally:
                self._slots.release()
            self._end(job, TaskStatus.SUCCEEDED, result=result)
        except Cancelled as error:
            self._end(job, TaskStatus.CANCELLED, error=error)
        except RokError as error:
            self._end(job, TaskStatus.FAILED, error=error)
        except BaseException as error:  # noqa: BLE001  whatever it is, the task has ended and somebody waits for it
            _log.error("The task %s (%s) failed.", job.task.id, job.task.verb, exc_info=error)
            self._end(job, TaskStatus.FAILED, error=_internal(job.task.verb))

    def _await_slot(self, job: _Job) -> None:
        while not self._slots.acquire(timeout=_CANCEL_SECONDS):
            job.progress.check_cancelled()

    def _end(self, job: _Job, status: TaskStatus, *, result: object = None, error: RokError | None = None) -> None:
        kept = None if error is None else error.with_traceback(None)  # its frames would keep buffers alive
        report = job.progress.report()
        with job.lock:  # whoever sees the end here may tell another process, which must find it in the record
            ended = replace(
                job.task, status=status, finished=datetime.now(UTC), report=report, result=result, error=kept
            )
            self._records.write(ended, job.key)
            job.task = ended
        job.ended.set()
        dropped = self._records.trim()
        with self._lock:
            for task_id in dropped:
                self._jobs.pop(task_id, None)

    def _observe(self) -> None:
        """Keep records of running tasks fresh for other processes, and hear of their wish to cancel."""
        while True:
            time.sleep(_RECORD_SECONDS)
            with self._lock:
                jobs = [job for job in self._jobs.values() if not job.ended.is_set()]
                if not jobs:
                    self._observer = None
                    return
            for job in jobs:
                if self._records.cancel_asked(job.task.id):
                    job.progress.cancel()
                with job.lock:  # else an older view could replace the record of its end
                    if not job.task.status.ended:
                        self._records.write(replace(job.task, report=job.progress.report()), job.key)

    def _pause(self, task_id: str) -> None:
        job = self._jobs.get(task_id)
        if job is None:
            time.sleep(SAMPLE_SECONDS)
        else:
            job.ended.wait(SAMPLE_SECONDS)

    def _by_key(self, key: str) -> Task | None:
        with self._lock:
            mine = next((job for job in self._jobs.values() if job.key == key), None)
        return mine.view() if mine is not None else self._records.find_key(key)


def _alike(task: Task, last: Task) -> bool:
    """Whether nothing is to be told: clocks run on by themselves."""
    still = replace(last.report, elapsed_seconds=0, bytes_per_second=0, remaining_seconds=None)
    now = replace(task.report, elapsed_seconds=0, bytes_per_second=0, remaining_seconds=None)
    return task.status is last.status and now == still


def _internal(verb: str) -> RokError:
    return RokError(
        ErrorKind.INTERNAL,
        f"The task ({verb}) failed by a fault of rok-jupyter's own.",
        "The log says more; please report it.",
    )
