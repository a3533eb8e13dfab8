"""Signals that come while something is being started: what was started is known to who is interrupted."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import cast

import pytest

from rok_jupyter.commands.local import LocalDoor
from rok_jupyter.errors import Cancelled
from rok_jupyter.service.service import Service
from rok_jupyter.signals import cancelled_by_signals, held_back
from rok_jupyter.tasks import Retry, Task, TaskRunner, TaskStatus, Work


class InterruptedRunner(TaskRunner):
    """A runner whose starting a Ctrl-C meets, at its worst moment: the task runs, and nobody knows it yet."""

    def start(self, verb: str, work: Work, *, idempotency_key: str | None = None, retry: Retry | None = None) -> Task:
        task = super().start(verb, work, idempotency_key=idempotency_key, retry=retry)
        os.kill(os.getpid(), signal.SIGINT)
        return task


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=lambda number: number.name)
def test_a_signal_comes_at_the_end_of_a_moment_that_must_be_whole(number: signal.Signals) -> None:
    done: list[str] = []
    with cancelled_by_signals():
        before = signal.getsignal(number)
        with pytest.raises(KeyboardInterrupt):
            _hear_twice(number, done)
        assert signal.getsignal(number) is before
    assert done == ["whole"]


def _hear_twice(number: signal.Signals, done: list[str]) -> None:
    with held_back():
        os.kill(os.getpid(), number)
        os.kill(os.getpid(), number)
        done.append("whole")


def test_what_is_ignored_stays_ignored() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with held_back():
            os.kill(os.getpid(), signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_task_that_is_interrupted_while_it_starts_is_cancelled(tmp_path: Path) -> None:
    runner = InterruptedRunner(tmp_path)
    door = LocalDoor(cast(Service, None), runner)
    with pytest.raises(Cancelled):
        door._run("snapshot", lambda progress: progress.wait(300), lambda _: None)
    assert [task.status for task in runner.list()] == [TaskStatus.CANCELLED]
