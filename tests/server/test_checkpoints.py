"""File > Revert to Checkpoint with versions out of snapshots: Jupyter's own REST, against a real server."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.many_snapshots import VERSIONS, make
from tests.server.running import Answer, RunningServer

CONFIG = """
c.AsyncContentsManager.checkpoints_class = "rok_jupyter.server.checkpoints.RokCheckpoints"

def note(kind):
    def hook(**given):
        with open("hooks.log", "a") as log:
            log.write(f"{kind} {given.get('path') or given.get('os_path')}\\n")
    return hook

c.FileContentsManager.pre_save_hook = note("before")
c.FileContentsManager.post_save_hook = note("after")
"""
OLD = b'{"cells": [],\n   "metadata": {}, "nbformat": 4, "nbformat_minor": 5}   \n'
NEW = OLD.replace(b"[]", b"[ ]")


class Jupyter:
    """Jupyter's contents API for one file."""

    def __init__(self, server: RunningServer, path: str) -> None:
        self.server = server
        self.file = server.workspace / path
        self._address = f"/api/contents/{path}"

    def ask(self, method: str, path: str = "", body: object = None) -> Answer:
        return self.server.ask(method, self._address + path, body=body)

    def checkpoints(self) -> list[dict[str, Any]]:
        answer = self.ask("GET", "/checkpoints")
        assert answer.status == 200, answer
        return list(answer.json)

    def snapshot_ids(self) -> list[str]:
        return [each["id"][4:] for each in self.checkpoints() if each["id"].startswith("rok-")]

    def revert(self, id_: str) -> int:
        return self.ask("POST", f"/checkpoints/{id_}").status


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path / "server", config=CONFIG)
    (running.workspace / "notes").mkdir()
    running.start()
    yield running
    running.stop()


@pytest.fixture
def notebook(server: RunningServer) -> Jupyter:
    (server.workspace / "notes" / "a.ipynb").write_bytes(OLD)
    return Jupyter(server, "notes/a.ipynb")


def test_versions_are_listed_oldest_first_beside_jupyters_own(server: RunningServer, notebook: Jupyter) -> None:
    assert notebook.checkpoints() == []
    first = server.snapshot()["id"]
    server.snapshot(message="the same version")
    assert notebook.ask("POST", "/checkpoints").status == 201
    notebook.file.write_bytes(NEW)
    second = server.snapshot()["id"]
    listed = notebook.checkpoints()
    # Jupyter gives its own the time at which the file was saved, which was before the first snapshot
    assert [each["id"] for each in listed] == ["checkpoint", f"rok-{first}", f"rok-{second}"]
    assert [each["last_modified"] for each in listed] == sorted(each["last_modified"] for each in listed)


def test_a_version_comes_back_byte_by_byte_as_a_save_writes(server: RunningServer, notebook: Jupyter) -> None:
    notebook.file.chmod(0o640)
    first = server.snapshot()["id"]
    notebook.file.write_bytes(NEW)
    assert notebook.revert(f"rok-{first}") == 204
    assert notebook.file.read_bytes() == OLD
    assert notebook.file.stat().st_mode & 0o777 == 0o640
    hooks = (server.directory / "hooks.log").read_text().splitlines()
    assert hooks == ["before notes/a.ipynb", f"after {notebook.file}"]


def test_files_that_are_no_notebooks_and_no_text_come_back_too(server: RunningServer) -> None:
    data = Jupyter(server, "notes/ä 100%25 b.bin")
    data.file = server.workspace / "notes" / "ä 100% b.bin"
    data._address = "/api/contents/notes/%C3%A4%20100%25%20b.bin"
    content = os.urandom(100_000)
    data.file.write_bytes(content)
    first = server.snapshot()["id"]
    data.file.write_bytes(b"")
    assert data.revert(f"rok-{first}") == 204
    assert data.file.read_bytes() == content


def test_jupyters_own_checkpoint_is_made_and_reverted_to_as_ever(notebook: Jupyter) -> None:
    assert notebook.ask("POST", "/checkpoints").json["id"] == "checkpoint"
    notebook.file.write_bytes(NEW)
    assert notebook.revert("checkpoint") == 204
    assert notebook.file.read_bytes() == OLD
    assert notebook.ask("DELETE", "/checkpoints/checkpoint").status == 204
    assert notebook.checkpoints() == []


def test_what_happens_to_the_file_leaves_snapshots_alone(server: RunningServer, notebook: Jupyter) -> None:
    first = server.snapshot()["id"]
    assert notebook.ask("POST", "/checkpoints").status == 201
    assert notebook.ask("DELETE", f"/checkpoints/rok-{first}").status == 409
    assert notebook.ask("PATCH", body={"path": "notes/b.ipynb"}).status == 200
    renamed = Jupyter(server, "notes/b.ipynb")
    assert [each["id"] for each in renamed.checkpoints()] == ["checkpoint"]
    second = server.snapshot()["id"]
    assert renamed.ask("DELETE").status == 204
    assert renamed.snapshot_ids() == [second]
    assert server.ask("GET", "snapshots").json["items"][0]["id"] == second


def test_a_deleted_file_comes_back(server: RunningServer, notebook: Jupyter) -> None:
    first = server.snapshot()["id"]
    notebook.file.unlink()
    assert notebook.revert(f"rok-{first}") == 204
    assert notebook.file.read_bytes() == OLD


@pytest.mark.parametrize("id_", ["rok-" + "0" * 64, "no-such-one"])
def test_what_is_no_checkpoint_is_an_error_and_changes_nothing(notebook: Jupyter, id_: str) -> None:
    notebook.server.snapshot()
    notebook.file.write_bytes(NEW)
    assert notebook.revert(id_) >= 400
    assert notebook.file.read_bytes() == NEW


def test_a_version_of_another_file_is_not_brought_back(server: RunningServer, notebook: Jupyter) -> None:
    first = server.snapshot()["id"]
    other = Jupyter(server, "notes/other.ipynb")
    other.file.write_bytes(NEW)
    assert other.snapshot_ids() == []
    assert other.revert(f"rok-{first}") == 404
    assert other.file.read_bytes() == NEW


def test_files_of_an_attached_volume_have_versions(server: RunningServer) -> None:
    (server.workspace / "elsewhere").mkdir()
    (server.workspace / "elsewhere" / "table.csv").write_text("1,2\n")
    body = {"at": "data", "directory": str(server.workspace / "elsewhere")}
    assert server.run("POST", "volumes/table/attach", body)["status"] == "succeeded"
    first = server.snapshot()["id"]
    table = Jupyter(server, "data/table.csv")
    assert table.snapshot_ids() == [first]
    table.file.write_text("changed")
    assert table.revert(f"rok-{first}") == 204
    assert table.file.read_text() == "1,2\n"


@pytest.mark.full
def test_a_save_is_as_quick_as_without(tmp_path: Path) -> None:
    def seconds(act: Callable[[], Answer]) -> float:
        took = []
        for _ in range(20):
            begun = time.monotonic()
            assert act().status in (200, 201)
            took.append(time.monotonic() - begun)
        return min(took)

    running = RunningServer(tmp_path / "server", config=CONFIG)
    make(running.workspace, running.state, snapshots=2_000)
    running.start()
    try:
        notebook = Jupyter(running, "notebook.ipynb")
        document = {"type": "notebook", "content": json.loads(notebook.file.read_text())}
        until = time.monotonic() + 60
        while len(notebook.snapshot_ids()) < VERSIONS:
            assert time.monotonic() < until
        assert seconds(lambda: notebook.ask("PUT", body=document)) < 0.2
        assert seconds(lambda: notebook.ask("POST", "/checkpoints")) < 0.2
        assert seconds(lambda: notebook.ask("GET", "/checkpoints")) < 0.2
    finally:
        running.stop()


def test_without_the_option_everything_is_as_jupyter_has_it(tmp_path: Path) -> None:
    running = RunningServer(tmp_path / "server")
    (running.workspace / "a.txt").write_text("one")
    running.start()
    try:
        first = running.snapshot()["id"]
        plain = Jupyter(running, "a.txt")
        assert plain.checkpoints() == []
        assert plain.revert(f"rok-{first}") >= 400
    finally:
        running.stop()
