"""Tasks on Jupyter's event bus.

Owns the sampling of this server's tasks, every 250 ms on the event loop, and the emission of what changed. Workers
never call back, and `EventLogger.emit` works only on the loop's thread. An event holds everything of a task but its
result, which may be large and is to be had at its address, and, in between its first and its last event, how to retry
it, which says what it is about.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from rok_jupyter.errors import RokError
from rok_jupyter.tasks import SAMPLE_SECONDS, Task
from rok_jupyter.wire import to_json

TASK_SCHEMA = "https://schema.jupyter.org/rok_jupyter/task/v1"
EVENTS = Path(__file__).parent / "events"

_log = logging.getLogger(__name__)


class EventBus(Protocol):
    """What of Jupyter's `EventLogger` is used."""

    def emit(self, *, schema_id: str, data: dict[str, object]) -> object:
        """Emit one event, and return it, or None where nobody listens; on the loop's thread only."""


class Follower:
    """Emits the changes of tasks until they end. `look` returns a task's state, in a thread."""

    def __init__(self, bus: EventBus, look: Callable[[str], Awaitable[Task]]) -> None:
        self._bus = bus
        self._look = look
        self._followed: dict[str, asyncio.Task[None]] = {}

    @property
    def following(self) -> int:
        """How many tasks haven't ended."""
        return len(self._followed)

    def follow(self, task: Task) -> None:
        """Emit `task` and its changes; one that is followed already is not followed twice. Call it on the loop."""
        if task.id in self._followed:
            return
        if task.status.ended:
            self._emit(task)
            return
        follower = asyncio.get_running_loop().create_task(self._watch(task), name=f"rok-follow-{task.id}")
        self._followed[task.id] = follower
        follower.add_done_callback(lambda _: self._followed.pop(task.id, None))

    def close(self) -> None:
        """Stop following."""
        for follower in list(self._followed.values()):
            follower.cancel()

    async def _watch(self, task: Task) -> None:
        last = None
        while True:
            told = _without_clocks(task)
            if told != last:
                self._emit(task, is_first=last is None)
                last = told
            if task.status.ended:
                return
            await asyncio.sleep(SAMPLE_SECONDS)
            try:
                task = await self._look(task.id)
            except RokError as error:
                _log.warning("The task %s can't be followed any more: %s", task.id, error)
                return

    def _emit(self, task: Task, *, is_first: bool = False) -> None:
        retry = task.retry if is_first or task.status.ended else None
        self._bus.emit(schema_id=TASK_SCHEMA, data=to_json(replace(task, result=None, retry=retry)))


def _without_clocks(task: Task) -> Task:
    """Return what of a task is worth telling: clocks run on by themselves."""
    still = replace(task.report, elapsed_seconds=0.0, bytes_per_second=0.0, remaining_seconds=None)
    return replace(task, report=still, result=None)
