"""Tasks as two processes see them."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from msgspec.structs import replace

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import DeleteResult
from rok_jupyter.progress import Progress
from rok_jupyter.task_records import TaskRecords
from rok_jupyter.tasks import SAMPLE_SECONDS, Retry, Task, TaskRunner, TaskStatus
from rok_jupyter.wire import to_json


@pytest.fixture
def runner(tmp_path: Path) -> TaskRunner:
    return TaskRunner(tmp_path / "tasks")


def _other(runner_directory: Path) -> TaskRunner:
    return TaskRunner(runner_directory / "tasks")


def test_a_task_succeeds_with_its_result(runner: TaskRunner) -> None:
    started = runner.start("delete", lambda progress: DeleteResult(deleted=("a" * 64,)))
    task = runner.wait(started.id)
    assert task.status is TaskStatus.SUCCEEDED
    assert task.result == DeleteResult(deleted=("a" * 64,))
    assert task.finished is not None
    assert task.started is not None
    assert task.created <= task.started <= task.finished


def test_another_process_reads_result_and_error(runner: TaskRunner, tmp_path: Path) -> None:
    def fails(progress: Progress) -> object:
        raise RokError(ErrorKind.NOT_FOUND, "There is no such thing.", "Look elsewhere.")

    good = runner.wait(runner.start("delete", lambda progress: DeleteResult(deleted=("b" * 64,))).id)
    bad = runner.wait(runner.start("restore", fails).id)
    other = _other(tmp_path)
    assert other.get(good.id).result == DeleteResult(deleted=("b" * 64,))
    error = other.get(bad.id).error
    assert error is not None
    assert (error.kind, error.message, error.hint) == (
        ErrorKind.NOT_FOUND,
        "There is no such thing.",
        "Look elsewhere.",
    )
    assert [task.id for task in other.list()] == sorted([good.id, bad.id], reverse=True)


def test_a_task_is_this_processes_own_from_its_record_on(runner: TaskRunner, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who looks for those of others right then would tell of it a second time."""
    write, others = TaskRecords.write, []

    def write_and_look(records: TaskRecords, task: Task, key: str | None) -> None:
        write(records, task, key)
        others.append(runner.others())

    monkeypatch.setattr(TaskRecords, "write", write_and_look)
    runner.wait(runner.start("delete", lambda progress: None).id)
    assert set(others) == {()}


def test_how_to_retry_is_read_by_another_process(runner: TaskRunner, tmp_path: Path) -> None:
    body = {"message": "ü", "volumes": ["a"], "origin": {"kind": "manual"}, "name": None}
    retry = Retry(method="POST", path="snapshots/ab/restore?x=%25", body=body)
    task = runner.wait(runner.start("delete", lambda progress: None, retry=retry).id)
    assert to_json(_other(tmp_path).get(task.id).retry) == to_json(task.retry) == to_json(retry)
    plain = runner.wait(runner.start("delete", lambda progress: None).id)
    assert _other(tmp_path).get(plain.id).retry is None


def test_a_foreign_exception_is_an_internal_error_without_its_text(
    runner: TaskRunner, caplog: pytest.LogCaptureFixture
) -> None:
    def breaks(progress: Progress) -> object:
        raise ZeroDivisionError("a secret detail")

    task = runner.wait(runner.start("check", breaks).id)
    assert task.status is TaskStatus.FAILED
    assert task.error is not None
    assert task.error.kind is ErrorKind.INTERNAL
    assert "secret" not in str(task.error)
    assert "ZeroDivisionError" in caplog.text


def test_a_cancelled_task_ends_as_cancelled(runner: TaskRunner) -> None:
    task = runner.start("snapshot", lambda progress: progress.wait(300))
    runner.cancel(task.id)
    assert runner.wait(task.id).status is TaskStatus.CANCELLED


def test_a_task_is_cancelled_from_another_process(runner: TaskRunner, tmp_path: Path) -> None:
    task = runner.start("snapshot", lambda progress: progress.wait(300))
    _other(tmp_path).cancel(task.id)
    assert runner.wait(task.id).status is TaskStatus.CANCELLED


def test_cancelling_what_has_ended_changes_nothing(runner: TaskRunner) -> None:
    task = runner.wait(runner.start("delete", lambda progress: None).id)
    assert runner.cancel(task.id).status is TaskStatus.SUCCEEDED


def test_tasks_beyond_the_number_of_workers_are_queued(tmp_path: Path) -> None:
    runner = TaskRunner(tmp_path, workers=1)
    go = threading.Event()
    first = runner.start("snapshot", lambda progress: go.wait(300))
    while runner.get(first.id).status is TaskStatus.QUEUED:
        time.sleep(0.01)
    second = runner.start("snapshot", lambda progress: None)
    third = runner.start("snapshot", lambda progress: None)
    runner.cancel(third.id)
    assert runner.wait(third.id).status is TaskStatus.CANCELLED
    assert runner.get(second.id).status is TaskStatus.QUEUED
    go.set()
    assert runner.wait(second.id).status is TaskStatus.SUCCEEDED


def test_one_idempotency_key_is_one_task(runner: TaskRunner, tmp_path: Path) -> None:
    runs: list[int] = []

    def work(progress: Progress) -> object:
        runs.append(1)
        progress.wait(0.2)
        return None

    tasks: list[Task] = []
    threads = [
        threading.Thread(target=lambda: tasks.append(runner.start("snapshot", work, idempotency_key="k")))
        for _ in range(5)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    runner.wait(tasks[0].id)
    assert len({task.id for task in tasks}) == 1
    assert runs == [1]
    assert _other(tmp_path).start("snapshot", work, idempotency_key="k").id == tasks[0].id
    with pytest.raises(RokError) as caught:
        runner.start("delete", work, idempotency_key="k")
    assert caught.value.kind is ErrorKind.INVALID_ARGUMENT


def test_watch_yields_changes_and_the_end(runner: TaskRunner) -> None:
    is_seen = threading.Event()

    def work(progress: Progress) -> object:
        progress.begin("reading", files_total=2)
        assert is_seen.wait(60)
        progress.wait(2 * SAMPLE_SECONDS)  # the watcher looks again meanwhile, and there is nothing new
        progress.advance(files=2, bytes_=10, current="a\udcff")
        return None

    seen = []
    for task in runner.watch(runner.start("snapshot", work).id):
        still = replace(task.report, elapsed_seconds=0, bytes_per_second=0, remaining_seconds=None)
        seen.append((task.status, still))
        if task.status is TaskStatus.RUNNING and task.report.phase == "reading":
            is_seen.set()
    assert seen[-1][0] is TaskStatus.SUCCEEDED
    assert seen[-1][1].files_done == 2
    assert any(status is TaskStatus.RUNNING and report.phase == "reading" for status, report in seen)
    assert len(seen) == len(set(seen)), "only changes"


def test_an_unknown_task_is_not_found(runner: TaskRunner) -> None:
    for task_id in ("", "0" * 20, "../password", "nonsense"):
        with pytest.raises(RokError) as caught:
            runner.get(task_id)
        assert caught.value.kind is ErrorKind.NOT_FOUND
        with pytest.raises(RokError):
            runner.cancel(task_id)
        with pytest.raises(RokError):
            next(runner.watch(task_id))


def test_only_the_newest_records_are_kept(tmp_path: Path) -> None:
    runner = TaskRunner(tmp_path, keep=3)
    tasks = [runner.wait(runner.start("delete", lambda progress: None).id) for _ in range(6)]
    until = time.monotonic() + 60
    while len(list(tmp_path.glob("*.json"))) > 3 and time.monotonic() < until:
        time.sleep(0.01)  # the oldest is removed just after the newest is seen to have ended
    assert [task.id for task in TaskRunner(tmp_path).list()] == sorted((task.id for task in tasks[3:]), reverse=True)


def test_a_damaged_record_hides_only_itself(runner: TaskRunner, tmp_path: Path) -> None:
    bad = runner.wait(runner.start("delete", lambda progress: None).id)
    good = runner.wait(runner.start("delete", lambda progress: None).id)
    (tmp_path / "tasks" / f"{bad.id}.json").write_text('{"task": 3}')
    (tmp_path / "tasks" / ("0" * 20 + ".json")).write_text("{")
    assert [task.id for task in _other(tmp_path).list()] == [good.id]


def test_records_that_cannot_be_written_stop_no_task(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    runner = TaskRunner(tmp_path / "file")
    assert runner.wait(runner.start("prune", lambda progress: 1).id).result == 1


def test_closing_cancels_what_runs(runner: TaskRunner) -> None:
    task = runner.start("snapshot", lambda progress: progress.wait(300))
    runner.close()
    assert runner.get(task.id).status is TaskStatus.CANCELLED


_CHILD = """
import sys, time
from pathlib import Path
from rok_jupyter.tasks import TaskRunner
runner = TaskRunner(Path(sys.argv[1]))
task = runner.start("snapshot", lambda progress: progress.wait(300))
while TaskRunner(Path(sys.argv[1])).get(task.id).status != "running":  # as another process sees it
    time.sleep(0.01)
print(task.id, flush=True)
time.sleep(300)
"""


def test_a_task_whose_process_was_killed_reads_as_interrupted(tmp_path: Path) -> None:
    directory = tmp_path / "tasks"
    with subprocess.Popen([sys.executable, "-c", _CHILD, str(directory)], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        try:
            task_id = child.stdout.readline().strip()
            runner = TaskRunner(directory)
            assert runner.get(task_id).status is TaskStatus.RUNNING
        finally:
            child.kill()
            child.wait()
    task = runner.wait(task_id)
    assert task.status is TaskStatus.INTERRUPTED
    assert task.error is not None
    assert str(child.pid) in task.error.message
    assert TaskRunner(directory).get(task_id).finished == task.finished
    assert not list(directory.glob("*.lock"))
