"""The clock of scheduled snapshots.

Owns when to look, and how a scheduled snapshot becomes a task that front ends see. Doesn't own when one is due
(service).
"""

from __future__ import annotations

import logging
from datetime import UTC, datetime
from functools import partial

from rok_jupyter.errors import RokError
from rok_jupyter.server.context import Core, ServerContext
from rok_jupyter.server.follow import Follower
from rok_jupyter.server.ticker import Ticker
from rok_jupyter.tasks import Task

_log = logging.getLogger(__name__)


class ScheduleClock:
    """Looks every `seconds` whether a scheduled snapshot is due, and starts it; one at a time."""

    def __init__(self, context: ServerContext, follower: Follower, *, seconds: float = 30.0) -> None:
        self._context = context
        self._follower = follower
        self._ticker = Ticker(self._look, seconds=seconds, name="rok-schedule")
        self._running: Task | None = None

    def start(self) -> None:
        """Start to look; call it on the loop."""
        self._ticker.start()

    def close(self) -> None:
        """Stop looking."""
        self._ticker.close()

    async def _look(self) -> None:
        try:
            self._running = await self._context.in_thread(partial(_start_if_due, self._running))
        except RokError as error:
            _log.warning("The schedule can't be looked at: %s", error)
            return
        if self._running is not None:
            self._follower.follow(self._running)


def _start_if_due(last: Task | None, core: Core) -> Task | None:
    """Start what is due and return it, `last` where that still runs, else None."""
    if last is not None and not core.runner.get(last.id).status.ended:
        return last
    if not core.service.schedule.is_due(datetime.now(UTC)):
        return None
    return core.runner.start(
        "scheduled-snapshot", lambda progress: core.service.schedule.run_due(datetime.now(UTC), progress)
    )
