"""What starts a task again: kept with it, without secrets, and it does the same."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.server.running import RunningServer

_HELD = """
import os, time
rename = os.rename
def held(source, target, **more):
    while target == b"file-3" and os.path.exists("hold"):
        time.sleep(0.01)
    return rename(source, target, **more)
os.rename = held
"""
"""While there is a file `hold`, a restore stops where it has written some of its files."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    arguments = ("--ServerApp.base_url=/user/me@home/",)
    running = RunningServer(tmp_path / "server", config=_HELD, arguments=arguments)
    (running.workspace / "a.txt").write_text("one")
    running.start()
    yield running
    running.stop()


def _send(server: RunningServer, retry: dict[str, Any]) -> dict[str, Any]:
    return server.run(retry["method"], retry["path"], retry["body"], headers={"Prefer": "respond-async"})


def test_a_snapshot_is_retried_as_it_was_asked_for(server: RunningServer) -> None:
    body = {"message": "ü 100 %", "tags": ["a", "b"], "save_documents": False}
    task = server.run("POST", "snapshots", body, headers={"Idempotency-Key": "once"})
    assert task["retry"] == {"method": "POST", "path": "snapshots", "body": body}
    again = _send(server, task["retry"])
    assert again["id"] != task["id"]
    assert again["result"]["id"] != task["result"]["id"]
    assert (again["result"]["message"], again["result"]["tags"]) == ("ü 100 %", ["a", "b"])
    assert again["retry"] == task["retry"]
    listed = {each["id"]: each["retry"] for each in server.ask("GET", "tasks").json["items"]}
    assert listed[task["id"]] == task["retry"]


def test_a_query_is_kept_without_what_is_secret_in_it(server: RunningServer) -> None:
    snapshot = server.snapshot()["id"]
    query = {"against": "live", "path": "a.txt", "token": server.token, "1700000000000": ""}
    task = server.run("GET", f"snapshots/{snapshot}/diff", query=query, headers={"Prefer": "respond-async"})
    path = f"snapshots/{snapshot}/diff?against=live&path=a.txt"
    assert task["retry"] == {"method": "GET", "path": path, "body": None}
    (server.workspace / "a.txt").write_text("other")
    again = _send(server, task["retry"])
    assert [entry["path"] for entry in again["result"]["entries"]] == ["a.txt"]


def test_a_body_that_is_too_long_is_not_kept(server: RunningServer) -> None:
    snapshot = server.snapshot()["id"]
    body = {"paths": [f"no/{'x' * 100}{number}" for number in range(1000)], "directory": str(server.workspace / "out")}
    assert server.run("POST", f"snapshots/{snapshot}/restore", body)["retry"] is None


def test_a_task_without_a_body_is_retried_without_one(server: RunningServer) -> None:
    assert server.run("POST", "undo")["retry"] == {"method": "POST", "path": "undo", "body": None}


def test_a_restore_whose_server_was_killed_is_finished_by_its_retry(server: RunningServer) -> None:
    files = [server.workspace / f"file-{number}" for number in range(6)]
    for path in files:
        path.write_bytes(os.urandom(100_000))
    old = {path: path.read_bytes() for path in files}
    snapshot = server.snapshot()["id"]
    for path in files:
        path.write_bytes(os.urandom(100_000))
    plan = server.ask("POST", f"snapshots/{snapshot}/restore-plan", body={}).json
    hold = server.directory / "hold"
    hold.touch()
    task = server.ask("POST", f"snapshots/{snapshot}/restore", body={"fingerprint": plan["fingerprint"]}).json
    while files[0].read_bytes() != old[files[0]]:
        time.sleep(0.005)
    server.kill()
    assert files[-1].read_bytes() != old[files[-1]]
    hold.unlink()
    server.start()
    interrupted = server.ask("GET", f"tasks/{task['id']}").json
    assert interrupted["status"] == "interrupted"
    assert _send(server, interrupted["retry"])["status"] == "succeeded"
    assert {path: path.read_bytes() for path in files} == old
    assert server.ask("GET", "status").json["interrupted_restores"] == []
