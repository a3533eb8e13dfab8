"""`make lab` as a newcomer types it: JupyterLab with the extension on a workspace of its own, started and stopped."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parent.parent
TOKEN = "tried-by-a-test"
START_SECONDS = 240


@pytest.mark.skipif(shutil.which("make") is None, reason="there is no make")
def test_make_lab_starts_jupyterlab_with_snapshots_of_the_example_workspace(tmp_path: Path) -> None:
    environment = {**os.environ, "ROK_LAB_HOME": str(tmp_path / "lab"), "HOME": str(tmp_path)}
    arguments = f"LAB_ARGS=--port=0 --IdentityProvider.token={TOKEN}"
    log = tmp_path / "log"
    with log.open("wb") as file, subprocess.Popen(
        ["make", "lab", arguments], cwd=ROOT, env=environment, stdout=file, stderr=file, start_new_session=True
    ) as process:  # fmt: skip
        try:
            port = await_port(log)
            assert b"<title>JupyterLab</title>" in ask(port, "GET", "/lab")
            status = json.loads(ask(port, "GET", "/rok/v1/status"))
            assert status["workspace"] == str(tmp_path / "lab" / "workspace")
            task = json.loads(ask(port, "POST", "/rok/v1/snapshots", {"message": "first", "save_documents": False}))
            assert ended(port, task["id"])["status"] == "succeeded"
            assert json.loads(ask(port, "GET", "/rok/v1/snapshots"))["items"][0]["members"][0]["files"] == 3
        finally:
            os.killpg(process.pid, signal.SIGTERM)
            process.wait(START_SECONDS)
    assert (tmp_path / "lab" / "data" / "rok" / "repository" / "config").exists()


def await_port(log: Path) -> int:
    """Wait until it says where it is, and listens there, which it does a moment later."""
    until = time.monotonic() + START_SECONDS
    while True:
        found = re.search(r"http://127\.0\.0\.1:(\d+)/lab", log.read_text(errors="replace"))
        if found:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", int(found[1])), timeout=10):
                return int(found[1])
        assert time.monotonic() < until, log.read_text(errors="replace")
        time.sleep(0.1)


def ask(port: int, method: str, path: str, body: object = None) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"Authorization": f"token {TOKEN}", "Content-Type": "application/json"}
    try:
        connection.request(method, path, None if body is None else json.dumps(body), headers)
        return connection.getresponse().read()
    finally:
        connection.close()


def ended(port: int, task_id: str) -> dict[str, Any]:
    until = time.monotonic() + START_SECONDS
    while True:
        task: dict[str, Any] = json.loads(ask(port, "GET", f"/rok/v1/tasks/{task_id}"))
        if task["status"] in ("succeeded", "failed", "cancelled", "interrupted"):
            return task
        assert time.monotonic() < until
        time.sleep(0.1)
