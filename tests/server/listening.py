"""The event stream of a real server, heard as a front end hears it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable
from typing import Any

from tornado.httpclient import HTTPRequest
from tornado.websocket import WebSocketClientConnection, websocket_connect

from tests.server.running import RunningServer

_END_SECONDS = 30.0


def heard(server: RunningServer, schema: str, *acts: Callable[[], object], seconds: float) -> list[list[Any]]:
    """Do one thing after the other, and return what events of a schema came within so many seconds after each."""
    return asyncio.run(_listen(server, schema, acts, seconds))


async def _listen(
    server: RunningServer, schema: str, acts: tuple[Callable[[], object], ...], seconds: float
) -> list[list[Any]]:
    address = f"ws://127.0.0.1:{server.port}{server.base_url}api/events/subscribe"
    stream = await websocket_connect(HTTPRequest(address, headers={"Authorization": f"token {server.token}"}))
    try:
        found = []
        for act in acts:
            await asyncio.to_thread(act)
            found.append(await _events(stream, schema, until=time.monotonic() + seconds))
        return found
    finally:
        await end(stream)


async def end(stream: WebSocketClientConnection) -> None:
    """Close a stream, and read to its end, which comes with the server's answer: before, the socket stays open."""
    stream.close()
    async with asyncio.timeout(_END_SECONDS):
        while await stream.read_message() is not None:
            pass


async def _events(stream: WebSocketClientConnection, schema: str, *, until: float) -> list[Any]:
    events = []
    while (left := until - time.monotonic()) > 0:
        try:
            message = await asyncio.wait_for(stream.read_message(), left)
        except TimeoutError:
            break
        assert message is not None, "the stream has ended"
        event = json.loads(message)
        if event["schema_id"] == schema:
            events.append(event)
    return events
