"""A server's start, end and sudden death: enabled by its file, ended without leftovers, and its tasks known after."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.running import ENDED, Cookies, RunningServer

CONFIG = """
import os
os.environ["ROK_JUPYTER_NATIVE"] = "off"
c.RokSettings.save_wait_seconds = 0.0
"""


@pytest.fixture
def busy(tmp_path: Path) -> Iterator[RunningServer]:
    """A server whose snapshot of `large` takes half a minute: files of the shortest chunk's length, cut in Python."""
    running = RunningServer(tmp_path / "server", config=CONFIG)
    (running.workspace / "large").mkdir()
    for number in range(240):
        (running.workspace / "large" / str(number)).write_bytes(os.urandom(640 << 10))
    running.start()
    yield running
    running.stop()


def _running_task(server: RunningServer) -> str:
    task = server.ask("POST", "snapshots", body={}).json
    while (now := server.ask("GET", f"tasks/{task['id']}").json)["status"] != "running":
        assert now["status"] not in ENDED, now
        time.sleep(0.01)
    return str(task["id"])


def test_the_file_of_the_wheel_enables_the_extension(server: RunningServer) -> None:
    assert "rok_jupyter | extension was successfully loaded" in server.log


def test_a_server_that_is_killed_leaves_its_task_as_interrupted(busy: RunningServer) -> None:
    task = _running_task(busy)
    busy.kill()
    shutil.rmtree(busy.workspace / "large")
    busy.start()
    found = busy.ask("GET", f"tasks/{task}").json
    assert (found["status"], found["error"]["kind"]) == ("interrupted", "aborted")
    assert busy.ask("GET", "snapshots").status in (200, 404, 409)
    assert busy.run("POST", "snapshots", {})["status"] == "succeeded"


def test_a_server_that_is_stopped_cancels_its_tasks_and_ends_soon(busy: RunningServer) -> None:
    task = _running_task(busy)
    assert busy.stop()
    assert list((busy.state / "repository" / "locks").iterdir()) == []
    busy.start()
    assert busy.ask("GET", f"tasks/{task}").json["status"] in ("cancelled", "interrupted")


def test_a_cancelled_task_ends_and_changes_nothing(busy: RunningServer) -> None:
    task = _running_task(busy)
    assert busy.ask("DELETE", f"tasks/{task}").status == 200
    assert busy.wait(task)["status"] == "cancelled"
    assert busy.ask("GET", "snapshots").json.get("items", []) == []


def test_it_works_below_a_base_url(tmp_path: Path) -> None:
    running = RunningServer(tmp_path / "server", arguments=("--ServerApp.base_url=/user/me/",))
    running.start()
    try:
        assert running.ask("GET", "openapi.json").json["servers"] == [{"url": "/user/me"}]
        answer = running.ask("POST", "snapshots", body={"save_documents": False})
        assert answer.headers["Location"] == f"/user/me/rok/v1/tasks/{answer.json['id']}"
        assert running.ask("GET", "/rok/v1/status").status == 404
    finally:
        running.stop()


def test_without_a_token_a_change_takes_the_xsrf_cookie_alone(tmp_path: Path) -> None:
    running = RunningServer(tmp_path / "server")
    running.token = ""
    running.start()
    try:
        assert running.ask_bare("GET", "policy").status == 200
        assert running.ask_bare("PUT", "policy", body={}).status == 403
        cookies = Cookies()
        cookies.keep(running.ask_bare("GET", "/no-such-page"))
        headers = {"Cookie": cookies.header, "X-XSRFToken": cookies.xsrf}
        assert running.ask_bare("PUT", "policy", body={}, headers=headers).status == 200
    finally:
        running.stop()
