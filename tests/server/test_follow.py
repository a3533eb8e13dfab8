"""Changes of tasks on the event bus: each once, on the loop, until the task has ended."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jupyter_events import EventLogger

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import DeleteResult
from rok_jupyter.progress import Progress
from rok_jupyter.server.follow import EVENTS, TASK_SCHEMA, Follower
from rok_jupyter.tasks import Retry, Task, TaskRunner


class Bus:
    """Jupyter's event logger with a listener, and the threads on which events came."""

    def __init__(self) -> None:
        self.logger = EventLogger()
        for schema in EVENTS.glob("*.yaml"):
            self.logger.register_event_schema(schema)
        self.events: list[dict[str, Any]] = []
        self.threads: set[int] = set()
        self.logger.add_listener(schema_id=TASK_SCHEMA, listener=self._listen)

    async def _listen(self, logger: EventLogger, schema_id: str, data: dict[str, Any]) -> None:
        self.events.append(data)

    def emit(self, *, schema_id: str, data: dict[str, object]) -> object:
        self.threads.add(threading.get_ident())
        return self.logger.emit(schema_id=schema_id, data=data)


def _follow(
    directory: Path, work: Callable[[Progress], object], *, verb: str = "delete", retry: Retry | None = None
) -> Bus:
    """Run one task, follow it, and return the bus."""

    async def run() -> Bus:
        runner, bus = TaskRunner(directory), Bus()

        async def look(task_id: str) -> Task:
            return await asyncio.to_thread(runner.get, task_id)

        follower = Follower(bus, look)
        task = runner.start(verb, work, retry=retry)
        follower.follow(task)
        follower.follow(task)
        while follower.following:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.02)
        runner.close()
        assert bus.threads == {threading.get_ident()}
        return bus

    return asyncio.run(run())


def test_a_task_is_told_from_its_start_to_its_end(tmp_path: Path) -> None:
    def work(progress: Progress) -> DeleteResult:
        progress.begin("deleting", files_total=2)
        progress.wait(0.4)
        progress.advance(files=2)
        progress.wait(0.4)
        return DeleteResult(deleted=("a",))

    events = _follow(tmp_path, work).events
    assert events[0]["status"] in ("queued", "running")
    assert events[-1]["status"] == "succeeded"
    assert events[-1]["report"]["files_done"] == 2
    assert [event["status"] for event in events].count("succeeded") == 1


def test_an_event_never_holds_the_result(tmp_path: Path) -> None:
    events = _follow(tmp_path, lambda _: DeleteResult(deleted=("a",) * 1000)).events
    assert all(event["result"] is None for event in events)


def test_how_to_retry_is_told_at_both_ends(tmp_path: Path) -> None:
    retry = Retry(method="POST", path="snapshots", body={"message": "m", "tags": ["a"]})
    events = _follow(tmp_path, lambda progress: progress.wait(0.6), retry=retry).events
    told = {"method": "POST", "path": "snapshots", "body": {"message": "m", "tags": ["a"]}}
    assert [event["retry"] for event in events] == [told, *[None] * (len(events) - 2), told]


def test_nothing_is_told_while_nothing_changes(tmp_path: Path) -> None:
    events = _follow(tmp_path, lambda progress: progress.wait(1.3)).events
    assert len(events) <= 3


def test_a_failure_is_told_with_its_error(tmp_path: Path) -> None:
    def fail(_: Progress) -> object:
        raise RokError(ErrorKind.UNAVAILABLE, "The disk is gone.", "Mount it.")

    last = _follow(tmp_path, fail).events[-1]
    assert last["status"] == "failed"
    assert last["error"] == {"kind": "unavailable", "message": "The disk is gone.", "hint": "Mount it."}


def test_a_task_that_is_forgotten_is_not_followed_for_ever() -> None:
    async def run() -> int:
        bus = Bus()

        async def look(task_id: str) -> Task:
            raise RokError(ErrorKind.NOT_FOUND, f"There is no task {task_id}.", "")

        follower = Follower(bus, look)
        runner = TaskRunner(Path("/nonexistent/never-made"))
        follower.follow(runner.start("check", lambda progress: progress.wait(5)))
        await asyncio.sleep(0.6)
        runner.close()
        return follower.following

    assert asyncio.run(run()) == 0


def test_closing_ends_the_following(tmp_path: Path) -> None:
    async def run() -> int:
        runner, bus = TaskRunner(tmp_path), Bus()

        async def look(task_id: str) -> Task:
            return runner.get(task_id)

        follower = Follower(bus, look)
        follower.follow(runner.start("check", lambda progress: progress.wait(30)))
        await asyncio.sleep(0.05)
        follower.close()
        await asyncio.sleep(0.05)
        runner.close()
        return follower.following

    assert asyncio.run(run()) == 0


@pytest.mark.parametrize("schema", sorted(EVENTS.glob("*.yaml")), ids=lambda path: path.stem)
def test_every_schema_is_accepted_by_jupyter(schema: Path) -> None:
    EventLogger().register_event_schema(schema)
