"""A long history is listed in pages, each within a second once the server has read it."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.storage.local import LocalBackend
from tests.server.running import RunningServer


@pytest.fixture
def started(tmp_path: Path) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path / "server")
    (running.workspace / "a.txt").write_text("one")
    running.start()
    running.snapshot(message="the first")
    yield running
    running.stop()


def _multiply(server: RunningServer, count: int) -> None:
    """Put so many snapshots into the repository, each with an id of its own."""
    info = server.ask("GET", "repository").json
    repository = Repository.open(LocalBackend(info["location"]), Path(info["password_file"]).read_text().strip())
    (snapshot,) = repository.snapshot_files()[0].values()
    kept = tuple(tag for tag in snapshot.tags or () if not tag.startswith("rok:id="))
    for _ in range(count - 1):
        tags = (f"rok:id={secrets.token_hex(32)}", *kept)
        repository.save_snapshot(msgspec.structs.replace(snapshot, tags=tags))


def _list_all(server: RunningServer) -> tuple[set[str], float]:
    """Return the ids on all pages, and the seconds that the slowest took."""
    ids: set[str] = set()
    query, slowest = {"limit": "100"}, 0.0
    while True:
        begun = time.monotonic()
        page = server.ask("GET", "snapshots", query=query).json
        slowest = max(slowest, time.monotonic() - begun)
        ids |= {snapshot["id"] for snapshot in page["items"]}
        if page["next_cursor"] is None:
            return ids, slowest
        query["cursor"] = page["next_cursor"]


@pytest.mark.parametrize("count", [250, pytest.param(10_000, marks=[pytest.mark.full, pytest.mark.timeout(1800)])])
def test_a_long_history_is_listed_in_quick_pages(started: RunningServer, count: int) -> None:
    _multiply(started, count)
    assert started.ask("GET", "snapshots").status == 200
    ids, slowest = _list_all(started)
    assert len(ids) == count
    assert slowest < 1.0
