"""Tasks of other processes on Jupyter's event bus: what `rok` in a shell does while no server is told.

Owns the look, every other second and in a thread, for records of tasks that aren't this server's. Doesn't own following
one (follow) nor what records are (task_records). What had ended before the first look isn't news.
"""

from __future__ import annotations

import asyncio
import logging

from rok_jupyter.errors import RokError
from rok_jupyter.server.context import Core, ServerContext
from rok_jupyter.server.follow import Follower
from rok_jupyter.server.ticker import Ticker
from rok_jupyter.tasks import Task

_log = logging.getLogger(__name__)


class TaskWatch:
    """Looks every `seconds`, and has each new task followed."""

    def __init__(self, context: ServerContext, follower: Follower, *, seconds: float = 2.0) -> None:
        self._context = context
        self._follower = follower
        self._ticker = Ticker(self._look, seconds=seconds, name="rok-tasks-of-others")
        self._known: frozenset[str] | None = None

    def start(self) -> None:
        """Start to look; call it on the loop."""
        self._ticker.start()

    def close(self) -> None:
        """Stop looking."""
        self._ticker.close()

    async def _look(self) -> None:
        core = self._context.opened
        if core is not None:
            # in a thread of the loop's own: those for requests may all be at work for longer
            for task in await asyncio.to_thread(self._news, core):
                self._follower.follow(task)

    def _news(self, core: Core) -> list[Task]:
        """Return tasks of others that weren't there at the last look; at the first look, those that run."""
        try:
            ids = frozenset(core.runner.others())
            if self._known is None:
                news = [task for task in map(core.runner.get, ids) if not task.status.ended]
            else:
                news = [core.runner.get(task_id) for task_id in ids - self._known]
        except RokError as error:
            _log.info("Tasks of other processes can't be told of: %s", error)
            return []
        self._known = ids
        return sorted(news, key=lambda task: task.id)
