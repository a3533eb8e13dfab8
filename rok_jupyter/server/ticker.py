"""A look that is taken again and again on the event loop, for as long as the server runs.

Owns the pause between two looks. Doesn't own what is looked at, nor what a look's error means: a look raises nothing.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable


class Ticker:
    """Calls `look` every `seconds`, one at a time; the first after a pause."""

    def __init__(self, look: Callable[[], Awaitable[None]], *, seconds: float, name: str) -> None:
        self._look = look
        self._seconds = seconds
        self._name = name
        self._ticking: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Start to look; call it on the loop."""
        if self._ticking is None:
            self._ticking = asyncio.get_running_loop().create_task(self._tick(), name=self._name)

    def close(self) -> None:
        """Stop looking."""
        if self._ticking is not None:
            self._ticking.cancel()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(self._seconds)
            await self._look()
