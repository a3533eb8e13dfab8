"""Changes of the stored snapshots on Jupyter's event bus, whoever made them.

Owns the look, every other second and in a thread, at their revision. Doesn't own what a revision is (provider). It
opens nothing: nobody has seen any snapshot before the first request has opened the core. The first revision is told
too, since what that request was answered may be older.
"""

from __future__ import annotations

import asyncio
import logging

from rok_jupyter.errors import RokError
from rok_jupyter.server.context import ServerContext
from rok_jupyter.server.follow import EventBus
from rok_jupyter.server.ticker import Ticker

SNAPSHOTS_SCHEMA = "https://schema.jupyter.org/rok_jupyter/snapshots/v1"

_log = logging.getLogger(__name__)


class SnapshotWatch:
    """Looks every `seconds`, and emits each new revision."""

    def __init__(self, bus: EventBus, context: ServerContext, *, seconds: float = 2.0) -> None:
        self._bus = bus
        self._context = context
        self._ticker = Ticker(self._look, seconds=seconds, name="rok-snapshots")
        self._told: str | None = None
        self._failing = False

    def start(self) -> None:
        """Start to look; call it on the loop."""
        self._ticker.start()

    def close(self) -> None:
        """Stop looking."""
        self._ticker.close()

    async def _look(self) -> None:
        revision = await self._revision()
        if revision is not None and revision != self._told:
            self._told = revision
            self._bus.emit(schema_id=SNAPSHOTS_SCHEMA, data={"revision": revision})

    async def _revision(self) -> str | None:
        """Return the revision, None where nothing is open yet or the storage can't be looked at just now."""
        core = self._context.opened
        if core is None:
            return None
        try:
            # in a thread of the loop's own: those for requests may all be at work for longer
            revision = await asyncio.to_thread(core.service.revision)
        except RokError as error:
            if not self._failing:
                _log.warning("Changes of snapshots can't be told of: %s", error)
            self._failing = True
            return None
        self._failing = False
        return revision
