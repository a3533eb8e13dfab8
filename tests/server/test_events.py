"""What a front end hears on Jupyter's own event stream, and what it answers."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from rok_jupyter.server.follow import TASK_SCHEMA
from rok_jupyter.server.saving import SAVE_SCHEMA

Fetch = Callable[..., Awaitable[Any]]


@pytest.fixture
def jp_server_config(jp_root_dir: Path) -> dict[str, Any]:
    """Wait for the browser as long as a user's server does."""
    return {
        "ServerApp": {"jpserver_extensions": {"rok_jupyter": True}},
        "RokSettings": {"state_directory": str(jp_root_dir.parent / "state")},
    }


async def _post(fetch: Fetch, path: str, body: object) -> Any:
    headers = {"Content-Type": "application/json"}
    return await fetch("rok", "v1", *path.split("/"), method="POST", body=json.dumps(body), headers=headers)


async def _hear(stream: Any, schema: str) -> dict[str, Any]:
    while True:
        event: dict[str, Any] = json.loads(await asyncio.wait_for(stream.read_message(), 20))
        if event["schema_id"] == schema:
            return event


async def test_a_task_is_heard_from_its_start_to_its_end(
    jp_fetch: Fetch, jp_ws_fetch: Fetch, jp_root_dir: Path
) -> None:
    (jp_root_dir / "a.txt").write_text("one")
    stream = await jp_ws_fetch("api", "events", "subscribe")
    answer = await _post(jp_fetch, "snapshots", {"save_documents": False})
    task = json.loads(answer.body)["id"]
    statuses: list[str] = []
    while not statuses or statuses[-1] in ("queued", "running"):
        event = await _hear(stream, TASK_SCHEMA)
        assert event["id"] == task
        statuses.append(event["status"])
    assert statuses[-1] == "succeeded"
    stream.close()


async def test_a_front_end_is_asked_to_save_and_its_answer_is_kept(
    jp_fetch: Fetch, jp_ws_fetch: Fetch, jp_root_dir: Path
) -> None:
    (jp_root_dir / "a.txt").write_text("one")
    stream = await jp_ws_fetch("api", "events", "subscribe")
    posting = asyncio.ensure_future(_post(jp_fetch, "snapshots", {}))
    asked = await _hear(stream, SAVE_SCHEMA)
    window = {"request": asked["request"], "window": "a-1_Z"}
    for answer in ({**window, "pending": 3}, {**window, "saved": 2, "failed": 1}):
        assert (await _post(jp_fetch, "documents/saved", answer)).code == 204
    task = json.loads((await posting).body)["id"]
    while (event := await _hear(stream, TASK_SCHEMA))["status"] in ("queued", "running"):
        pass
    assert event["status"] == "succeeded"
    found = json.loads((await jp_fetch("rok", "v1", "tasks", task)).body)
    assert found["result"]["unsaved_documents"] == 1
    stream.close()


async def test_where_nobody_answers_the_snapshot_says_unknown(jp_fetch: Fetch, jp_root_dir: Path) -> None:
    (jp_root_dir / "a.txt").write_text("one")
    task = json.loads((await _post(jp_fetch, "snapshots", {})).body)
    while task["status"] in ("queued", "running"):
        await asyncio.sleep(0.05)
        task = json.loads((await jp_fetch("rok", "v1", "tasks", task["id"])).body)
    assert task["result"]["unsaved_documents"] is None
