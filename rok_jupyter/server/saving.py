"""Saving of open documents before a snapshot or a restore.

Documents that are open and unsaved live in the browser. Owns the request on Jupyter's event bus and the wait for
answers. Doesn't own the saving: a front end does it, and posts what it is about to save, and what came of it.

    first answer of any window -> 0.2 s for other windows to answer -> until no window has anything pending

all of it within the seconds that the caller gives.
"""

from __future__ import annotations

import asyncio
import secrets
from contextlib import suppress

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.server.follow import EventBus
from rok_jupyter.wire.requests import DocumentsSavedBody

SAVE_SCHEMA = "https://schema.jupyter.org/rok_jupyter/save_documents/v1"

_OTHERS_SECONDS = 0.2
"""How much longer other windows may take to answer, once one has."""


class _Answers:
    """The newest answer of each window to one request. A window that gives no name answers once."""

    def __init__(self) -> None:
        self._answers: dict[str, DocumentsSavedBody] = {}
        self._changed = asyncio.Event()

    def take(self, answer: DocumentsSavedBody) -> None:
        self._answers[answer.window or f"#{len(self._answers)}"] = answer
        self._changed.set()

    async def all_done(self) -> None:
        """Wait until those who answer have saved what they have."""
        await self._changed.wait()
        await asyncio.sleep(_OTHERS_SECONDS)
        while any(answer.pending for answer in self._answers.values()):
            self._changed.clear()
            await self._changed.wait()

    @property
    def unsaved(self) -> int | None:
        """How many documents stay unsaved as far as is known; None where nobody answered."""
        if not self._answers:
            return None
        return sum(answer.pending + answer.failed for answer in self._answers.values())


class DocumentSaver:
    """Asks every open front end to save. All of it on the event loop."""

    def __init__(self, bus: EventBus) -> None:
        self._bus = bus
        self._waits: dict[str, _Answers] = {}

    async def save(self, seconds: float) -> int | None:
        """Ask, wait at most `seconds`, and return how many documents stay unsaved; None where nobody answered."""
        if seconds <= 0:
            return None
        request, answers = secrets.token_hex(8), _Answers()
        self._waits[request] = answers
        try:
            if self._bus.emit(schema_id=SAVE_SCHEMA, data={"request": request, "seconds": seconds}) is None:
                return None  # nobody listens, and so nobody will answer
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await answers.all_done()
        finally:
            del self._waits[request]
        return answers.unsaved

    def answer(self, body: DocumentsSavedBody) -> None:
        """Take a front end's answer; NOT_FOUND where nobody waits for it any more."""
        answers = self._waits.get(body.request)
        if answers is None:
            raise RokError(
                ErrorKind.NOT_FOUND, "Nobody waits for this answer any more.", "Answer within the seconds given."
            )
        if body.pending and not body.window:
            raise RokError(
                ErrorKind.INVALID_ARGUMENT,
                "An answer of a window without a name can't be pending.",
                "Name the window, so that its next answer is known for its own.",
            )
        answers.take(body)
