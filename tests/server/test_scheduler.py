"""The clock takes the snapshot that is due, as a task, and goes on whatever happens."""

from __future__ import annotations

import asyncio
from pathlib import Path

from rok_jupyter.config import RokSettings, load_settings
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Policy, Schedule
from rok_jupyter.server.context import ServerContext
from rok_jupyter.server.follow import Follower
from rok_jupyter.server.scheduler import ScheduleClock
from rok_jupyter.tasks import Task


class Silence:
    """An event bus that nobody listens to."""

    def emit(self, *, schema_id: str, data: dict[str, object]) -> None:
        del schema_id, data


def _settings(directory: Path) -> RokSettings:
    workspace = directory / "workspace"
    workspace.mkdir(exist_ok=True)
    (workspace / "a.txt").write_text("one")
    return load_settings({"workspace": str(workspace), "state_directory": str(directory / "state")})


def _tasks_after(context: ServerContext, count: int, every_minutes: int) -> tuple[Task, ...]:
    """Set a schedule, let the clock run until so many tasks have ended and longer, and return those that it started."""

    async def run() -> tuple[Task, ...]:
        async def look(task_id: str) -> Task:
            return await context.in_thread(lambda core: core.runner.get(task_id))

        schedule = Schedule(every_minutes=every_minutes)
        await context.in_thread(lambda core: core.service.set_policy(Policy(schedule=schedule)))
        follower = Follower(Silence(), look)
        clock = ScheduleClock(context, follower, seconds=0.05)
        clock.start()
        clock.start()
        while sum(task.status.ended for task in await context.in_thread(lambda core: core.runner.list())) < count:
            await asyncio.sleep(0.05)
        await asyncio.sleep(0.5)
        clock.close()
        follower.close()
        tasks = await context.in_thread(lambda core: core.runner.list())
        await context.close()
        return tasks

    return asyncio.run(run())


def test_a_due_snapshot_is_taken_once(tmp_path: Path) -> None:
    tasks = _tasks_after(ServerContext(lambda: _settings(tmp_path)), 1, every_minutes=60)
    assert [(task.verb, task.status, task.retry) for task in tasks] == [("scheduled-snapshot", "succeeded", None)]


def test_nothing_is_taken_where_the_schedule_is_off(tmp_path: Path) -> None:
    assert _tasks_after(ServerContext(lambda: _settings(tmp_path)), 0, every_minutes=0) == ()


def test_settings_that_can_not_be_read_do_not_stop_the_clock(tmp_path: Path) -> None:
    refusals = [RokError(ErrorKind.INVALID_ARGUMENT, "The file can't be read.", "")] * 3

    def load() -> RokSettings:
        if refusals:
            raise refusals.pop()
        return _settings(tmp_path)

    async def run() -> None:
        context = ServerContext(load)

        async def look(task_id: str) -> Task:
            return await context.in_thread(lambda core: core.runner.get(task_id))

        follower = Follower(Silence(), look)
        clock = ScheduleClock(context, follower, seconds=0.02)
        clock.start()
        async with asyncio.timeout(120):
            while context.opened is None:
                await asyncio.sleep(0.02)
        clock.close()
        await context.close()

    asyncio.run(run())
    assert refusals == []
