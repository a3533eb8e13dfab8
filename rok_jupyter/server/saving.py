"""Saving of open documents before a snapshot.

Documents that are open and unsaved live in the browser. Owns the request on Jupyter's event bus and the wait for
answers. Doesn't own the saving: a front end does it, and posts how many documents it saved and how many it couldn't.
"""

from __future__ import annotations

import asyncio
import secrets
from dataclasses import dataclass, field

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.server.follow import EventBus
from rok_jupyter.wire.requests import DocumentsSavedBody

SAVE_SCHEMA = "https://schema.jupyter.org/rok_jupyter/save_documents/v1"

_OTHERS_SECONDS = 0.2
"""How much longer other windows may take, once one has answered."""


@dataclass(slots=True)
class _Wait:
    answered: asyncio.Event = field(default_factory=asyncio.Event)
    unsaved: int = 0


class DocumentSaver:
    """Asks every open front end to save. All of it on the event loop."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._waits: dict[str, _Wait] = {}

    async def save(self, seconds: float) -> int | None:
        """Ask, wait at most `seconds`, and return how many documents stay unsaved; None where nobody answered."""
        if seconds <= 0:
            return None
        request, wait = secrets.token_hex(8), _Wait()
        self._waits[request] = wait
        try:
            self._bus.emit(schema_id=SAVE_SCHEMA, data={"request": request, "seconds": seconds})
            await asyncio.wait_for(wait.answered.wait(), seconds)
            await asyncio.sleep(min(_OTHERS_SECONDS, seconds))
        except TimeoutError:
            return None
        finally:
            del self._waits[request]
        return wait.unsaved

    def answer(self, body: DocumentsSavedBody) -> None:
        """Take a front end's answer; NOT_FOUND where nobody waits for it any more."""
        wait = self._waits.get(body.request)
        if wait is None:
            raise RokError(
                ErrorKind.NOT_FOUND, "Nobody waits for this answer any more.", "Answer within the seconds given."
            )
        wait.unsaved += body.failed
        wait.answered.set()
