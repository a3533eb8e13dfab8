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
from tests.server.listening import end

Fetch = Callable[..., Awaitable[Any]]
SECONDS = 120


@pytest.fixture
def jp_server_config(jp_root_dir: Path) -> dict[str, Any]:
    """Wait for the browser as long as a server may: its answer counts, however late a busy machine lets it come."""
    return {
        "ServerApp": {"jpserver_extensions": {"rok_jupyter": True}},
        "RokSettings": {"save_wait_seconds": 60.0, "state_directory": str(jp_root_dir.parent / "state")},
    }


async def _post(fetch: Fetch, path: str, body: object) -> Any:
    headers = {"Content-Type": "application/json"}
    given = {"method": "POST", "body": json.dumps(body), "headers": headers, "request_timeout": SECONDS}
    return await fetch("rok", "v1", *path.split("/"), **given)


async def _hear(stream: Any, schema: str) -> dict[str, Any]:
    while True:
        event: dict[str, Any] = json.loads(await asyncio.wait_for(stream.read_message(), SECONDS))
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
    await end(stream)


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
    await end(stream)


async def test_where_nobody_answers_the_snapshot_says_unknown(jp_fetch: Fetch, jp_root_dir: Path) -> None:
    (jp_root_dir / "a.txt").write_text("one")
    task = json.loads((await _post(jp_fetch, "snapshots", {})).body)
    while task["status"] in ("queued", "running"):
        await asyncio.sleep(0.05)
        task = json.loads((await jp_fetch("rok", "v1", "tasks", task["id"])).body)
    assert task["result"]["unsaved_documents"] is None


@pytest.mark.parametrize("planned", [False, True])
async def test_a_restore_in_place_has_documents_saved_so_that_its_undo_brings_them_back(
    jp_fetch: Fetch, jp_ws_fetch: Fetch, jp_root_dir: Path, planned: bool
) -> None:
    note = jp_root_dir / "a.txt"
    note.write_text("one")
    await _done(jp_fetch, "snapshots", {"save_documents": False})
    stream = await jp_ws_fetch("api", "events", "subscribe")
    body: dict[str, Any] = {}
    if planned:
        planning = asyncio.ensure_future(_post(jp_fetch, "snapshots/latest/restore-plan", {"save_documents": True}))
        await _save(jp_fetch, stream, note, "typed before the plan")
        body = {"fingerprint": json.loads((await planning).body)["fingerprint"]}
    restoring = asyncio.ensure_future(_done(jp_fetch, "snapshots/latest/restore", body))
    await _save(jp_fetch, stream, note, "typed before the plan" if planned else "typed")
    restored = await restoring
    assert note.read_text() == "one"
    safety = json.loads((await jp_fetch("rok", "v1", "snapshots", restored["undo"])).body)
    assert safety["unsaved_documents"] == 0
    undoing = asyncio.ensure_future(_done(jp_fetch, "undo", {}))
    await _save(jp_fetch, stream, note, "one")
    await undoing
    assert note.read_text() == ("typed before the plan" if planned else "typed")
    await end(stream)


async def test_a_document_that_changed_what_was_planned_is_saved_and_the_restore_refused(
    jp_fetch: Fetch, jp_ws_fetch: Fetch, jp_root_dir: Path
) -> None:
    note = jp_root_dir / "a.txt"
    note.write_text("one")
    await _done(jp_fetch, "snapshots", {"save_documents": False})
    plan = json.loads((await _post(jp_fetch, "snapshots/latest/restore-plan", {})).body)
    stream = await jp_ws_fetch("api", "events", "subscribe")
    body = {"fingerprint": plan["fingerprint"]}
    restoring = asyncio.ensure_future(_post(jp_fetch, "snapshots/latest/restore", body))
    await _save(jp_fetch, stream, note, "typed after the plan")
    task = await _end(jp_fetch, json.loads((await restoring).body))
    assert task["error"]["kind"] == "aborted"
    assert note.read_text() == "typed after the plan"
    await end(stream)


@pytest.mark.parametrize("body", [{"save_documents": False}, {"directory": "out"}])
async def test_a_restore_that_needs_no_documents_saved_asks_nobody(
    jp_fetch: Fetch, jp_ws_fetch: Fetch, jp_root_dir: Path, body: dict[str, Any]
) -> None:
    (jp_root_dir / "a.txt").write_text("one")
    await _done(jp_fetch, "snapshots", {"save_documents": False})
    stream = await jp_ws_fetch("api", "events", "subscribe")
    if "directory" in body:
        body = {"directory": str(jp_root_dir / body["directory"])}
    await _post(jp_fetch, "snapshots/latest/restore-plan", body)
    await _done(jp_fetch, "snapshots/latest/restore", body)
    asked = []
    while True:
        event = json.loads(await asyncio.wait_for(stream.read_message(), SECONDS))
        if event["schema_id"] == SAVE_SCHEMA:
            asked.append(event)
        elif event.get("status") == "succeeded":
            break
    assert asked == []
    await end(stream)


async def _save(fetch: Fetch, stream: Any, note: Path, text: str) -> None:
    """Do what a front end with one open document does when it is asked."""
    window = {"request": (await _hear(stream, SAVE_SCHEMA))["request"], "window": "w"}
    await _post(fetch, "documents/saved", {**window, "pending": 1})
    if note.read_text() != text:
        note.write_text(text)
    await _post(fetch, "documents/saved", {**window, "saved": 1})


async def _done(fetch: Fetch, path: str, body: object) -> Any:
    task = await _end(fetch, json.loads((await _post(fetch, path, body)).body))
    assert task["status"] == "succeeded", task
    return task["result"]


async def _end(fetch: Fetch, task: dict[str, Any]) -> dict[str, Any]:
    while task["status"] in ("queued", "running"):
        await asyncio.sleep(0.05)
        task = json.loads((await fetch("rok", "v1", "tasks", task["id"])).body)
    return task
