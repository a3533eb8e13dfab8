"""What an undo would do, asked before it is done: exactly that, or a refusal."""

from __future__ import annotations

import collections
import json
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest

from rok_jupyter.server.saving import SAVE_SCHEMA
from tests.server.test_verbs import Api


@pytest.fixture
def api(jp_fetch: Callable[..., Awaitable[Any]]) -> Api:
    return Api(jp_fetch)


async def plan_undo(api: Api) -> Any:
    answer = await api.ask("POST", "undo-plan", {})
    assert answer.code == 200, answer.body
    return json.loads(answer.body)


async def test_the_plan_of_an_undo_is_what_the_undo_does(api: Api, jp_root_dir: Path) -> None:
    (jp_root_dir / "a.txt").write_text("one")
    (jp_root_dir / "b.txt").write_text("same")
    snapshot = await api.done("snapshots", {})
    (jp_root_dir / "a.txt").write_text("two")
    (jp_root_dir / "new.txt").write_text("new")
    await api.done(f"snapshots/{snapshot['id']}/restore", {"delete": True})

    plan = await plan_undo(api)
    assert (plan["verb"], plan["snapshots"]) == ("restore", [snapshot["id"]])
    planned = collections.Counter(change["change"] for change in plan["restore"]["changes"])
    assert {change["path"] for change in plan["restore"]["changes"]} >= {"a.txt", "new.txt"}
    assert not (jp_root_dir / "new.txt").exists(), "a plan changes nothing"

    body = {"action": plan["action"], "fingerprint": plan["restore"]["fingerprint"]}
    undone = await api.done("undo", body)
    done = undone["restore"]
    assert (done["created"], done["modified"], done["deleted"], done["metadata"]) == (
        planned["created"],
        planned["modified"] + planned["type"],
        planned["deleted"],
        planned["metadata"],
    )
    assert (jp_root_dir / "new.txt").read_text() == "new"


async def test_the_plan_of_a_deletes_undo_names_the_snapshots(api: Api, jp_root_dir: Path) -> None:
    (jp_root_dir / "a.txt").write_text("one")
    snapshot = await api.done("snapshots", {})
    await api.done("delete", {"snapshots": [snapshot["id"]]})
    plan = await plan_undo(api)
    assert (plan["verb"], plan["snapshots"], plan["restore"]) == ("delete", [snapshot["id"]], None)
    assert (await api.done("undo", {"action": plan["action"]}))["snapshots"] == [snapshot["id"]]


async def test_nothing_but_what_was_shown_is_undone(api: Api, jp_root_dir: Path) -> None:
    nothing = await api.ask("POST", "undo-plan", {})
    assert (nothing.code, json.loads(nothing.body)["kind"]) == (404, "not_found")

    (jp_root_dir / "a.txt").write_text("one")
    snapshot = await api.done("snapshots", {})
    (jp_root_dir / "a.txt").write_text("two")
    await api.done(f"snapshots/{snapshot['id']}/restore", {})
    plan = await plan_undo(api)

    (jp_root_dir / "a.txt").write_text("changed meanwhile")
    body = {"action": plan["action"], "fingerprint": plan["restore"]["fingerprint"]}
    assert (await api.run("undo", body))["error"]["kind"] == "aborted"
    assert (await api.run("undo", {"action": "another"}))["error"]["kind"] == "aborted"
    assert (jp_root_dir / "a.txt").read_text() == "changed meanwhile"


async def test_open_documents_are_asked_for_before_files_are_undone_and_only_then(
    api: Api, jp_root_dir: Path, jp_serverapp: Any
) -> None:
    asked: list[object] = []

    async def listen(logger: object, schema_id: str, data: dict[str, object]) -> None:
        asked.append(data["request"])

    jp_serverapp.event_logger.add_listener(schema_id=SAVE_SCHEMA, listener=listen)
    (jp_root_dir / "a.txt").write_text("one")
    snapshot = await api.done("snapshots", {"save_documents": False})
    (extension,) = jp_serverapp.extension_manager.extension_apps["rok_jupyter"]
    (await extension.context.in_thread(lambda core: core.settings)).save_wait_seconds = 0.01
    (jp_root_dir / "a.txt").write_text("two")
    quick = {"save_documents": False}
    await api.done("snapshots/latest/restore", quick)
    await api.done("undo", {})
    assert len(asked) == 1
    await api.done("snapshots/latest/restore", quick)
    await api.done("undo", quick)
    await api.done("delete", {"snapshots": [snapshot["id"]]})
    await api.done("undo", {})
    assert len(asked) == 1
