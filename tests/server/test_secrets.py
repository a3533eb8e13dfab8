"""The repository's password goes nowhere but into its file: a canary is looked for wherever it could have leaked."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.server.running import ROOT, RunningServer

CANARY = "canary-7f3e9b1c-password"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    config = (
        f"c.RokSettings.password_file = {str(tmp_path / 'secret' / 'password')!r}\nc.ServerApp.log_level = 'DEBUG'\n"
    )
    running = RunningServer(tmp_path / "server", config=config)
    (tmp_path / "secret").mkdir(mode=0o700)
    (tmp_path / "secret" / "password").write_text(CANARY + "\n")
    (tmp_path / "secret" / "password").chmod(0o600)
    (running.workspace / "notes.txt").write_text("notes\n")
    running.start()
    try:
        yield running
    finally:
        running.stop()


def test_the_password_is_in_no_answer_log_record_snapshot_or_argument(server: RunningServer, tmp_path: Path) -> None:
    heard = [server.ask("GET", path).content for path in ("status", "volumes", "repository", "policy", "openapi.json")]
    first = server.snapshot(message="first")
    (server.workspace / "notes.txt").write_text("changed\n")
    server.run("POST", f"snapshots/{first['id']}/restore", {})
    server.run("POST", "repository", {"action": "check", "read_data": True})
    for path in ("tasks", "snapshots", "repository", "repository/keys", f"snapshots/{first['id']}"):
        heard.append(server.ask("GET", path).content)
    command = [sys.executable, "-m", "rok_jupyter", "--workspace", str(server.workspace), "snapshot", "--json"]
    environment = {
        **os.environ,
        "HOME": str(server.directory),
        "PYTHONPATH": str(ROOT),
        "ROK_PASSWORD_FILE": str(tmp_path / "secret" / "password"),
        "JUPYTER_DATA_DIR": str(server.directory / "data"),
        "JUPYTER_RUNTIME_DIR": str(tmp_path / "no runtime"),
    }
    done = subprocess.run(command, env=environment, capture_output=True, check=True)
    heard += [done.stdout, done.stderr, arguments_of_all_processes()]

    assert not [content for content in heard if CANARY.encode() in content]
    files = [path for path in server.directory.rglob("*") if path.is_file()]
    assert len(files) > 10
    assert [str(path) for path in files if CANARY.encode() in path.read_bytes()] == []


def arguments_of_all_processes() -> bytes:
    found = b""
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            found += entry.read_bytes()
        except OSError:
            continue  # it ended meanwhile
    return found
