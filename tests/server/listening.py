"""The event stream of a real server, heard as a front end hears it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from contextlib import suppress

from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from tests.server.running import RunningServer

_END_SECONDS = 120.0


def heard(
    server: RunningServer, schema: str, *acts: Callable[[], object], newest: Callable[[], str], quiet: float
) -> list[list[str]]:
    """Do one thing after the other, and return which revisions events of a schema told after each.

    That is until `newest()` is told, however long it takes; where that was told before, what comes in `quiet` seconds.
    """
    return asyncio.run(_listen(server, schema, acts, (newest, quiet)))


async def _listen(
    server: RunningServer,
    schema: str,
    acts: tuple[Callable[[], object], ...],
    waiting: tuple[Callable[[], str], float],
) -> list[list[str]]:
    newest, quiet = waiting
    address = f"ws://127.0.0.1:{server.port}{server.base_url}api/events/subscribe"
    stream = await websocket_connect(HTTPRequest(address, headers={"Authorization": f"token {server.token}"}))
    try:
        found: list[list[str]] = []
        told = ""
        for act in acts:
            await asyncio.to_thread(act)
            wanted = newest()
            found.append(await _revisions(stream, schema, wanted, None if told != wanted else quiet))
            told = wanted
        return found
    finally:
        await end(stream)


async def end(stream: WebSocketClientConnection) -> None:
    """Close a stream, and read to its end, which comes with the server's answer: before, the socket stays open."""
    stream.close()
    async with asyncio.timeout(_END_SECONDS):
        while await stream.read_message() is not None:
            pass


async def _revisions(stream: WebSocketClientConnection, schema: str, wanted: str, seconds: float | None) -> list[str]:
    """Return revisions until the wanted one, or, with `seconds`, those that come within them."""
    found: list[str] = []
    with suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while seconds is not None or wanted not in found:
                message = await stream.read_message()
                assert message is not None, "the stream has ended"
                event = json.loads(message)
                if event["schema_id"] == schema:
                    found.append(event["revision"])
    return found
