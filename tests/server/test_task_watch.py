"""What `rok` does in a shell that tells no server is heard by front ends all the same: its tasks, each once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rok_jupyter.config import RokSettings, load_settings
from rok_jupyter.server.context import ServerContext
from rok_jupyter.server.follow import Follower
from rok_jupyter.server.task_watch import TaskWatch
from rok_jupyter.tasks import Task, TaskRunner, TaskStatus


class _Ears:
    """A bus that keeps what it hears."""

    def __init__(self) -> None:
        self.heard: list[tuple[str, str]] = []

    def emit(self, *, schema_id: str, data: dict[str, Any]) -> None:
        self.heard.append((data["verb"], data["status"]))


def _settings(directory: Path) -> RokSettings:
    (directory / "workspace").mkdir(exist_ok=True)
    return load_settings({"workspace": str(directory / "workspace"), "state_directory": str(directory / "state")})


async def _watched(directory: Path, act: Callable[[TaskRunner, ServerContext], None]) -> list[tuple[str, str]]:
    """Return what is heard while `act` runs, with another process's runner and with the server's own context.

    A task of another process that runs meanwhile says that the first look was, one after it that all was looked at.
    """
    ears, context = _Ears(), ServerContext(lambda: _settings(directory))

    async def look(task_id: str) -> Task:
        return await context.in_thread(lambda core: core.runner.get(task_id))

    follower = Follower(ears, look)
    watch = TaskWatch(context, follower, seconds=0.02)
    watch.start()
    other = TaskRunner(_settings(directory).locations.tasks)
    other.wait(other.start("earlier", lambda _: None).id)
    looked = threading.Event()
    first = other.start("first look", lambda _: looked.wait())
    await context.in_thread(lambda core: core.settings)
    await _until(lambda: any(verb == "first look" for verb, _ in ears.heard))
    await asyncio.to_thread(act, other, context)
    looked.set()
    other.wait(first.id)
    other.wait(other.start("last look", lambda _: None).id)
    await _until(lambda: ("last look", "succeeded") in ears.heard and not follower.following)
    watch.close()
    await context.close()
    return [(verb, status) for verb, status in ears.heard if not verb.endswith(" look")]


async def _until(reached: Callable[[], bool]) -> None:
    while not reached():
        await asyncio.sleep(0.02)


def test_a_task_of_another_process_is_told_once_and_one_of_before_is_not(tmp_path: Path) -> None:
    def act(other: TaskRunner, _: ServerContext) -> None:
        other.wait(other.start("restore", lambda _: None).id)

    heard = asyncio.run(_watched(tmp_path, act))
    assert {verb for verb, _ in heard} == {"restore"}
    assert [status for _, status in heard].count(TaskStatus.SUCCEEDED.value) == 1


def test_the_servers_own_tasks_are_left_to_who_started_them(tmp_path: Path) -> None:
    def act(_: TaskRunner, context: ServerContext) -> None:
        runner = context.open().runner
        runner.wait(runner.start("snapshot", lambda _: None).id)

    assert asyncio.run(_watched(tmp_path, act)) == []


def test_nothing_is_opened_by_looking(tmp_path: Path) -> None:
    async def run() -> bool:
        context = ServerContext(lambda: _settings(tmp_path))
        watch = TaskWatch(context, Follower(_Ears(), lambda _: asyncio.sleep(0)), seconds=0.02)  # type: ignore[arg-type]
        watch.start()
        await asyncio.sleep(0.1)
        watch.close()
        opened = context.opened is not None
        await context.close()
        return opened

    assert not asyncio.run(run())
