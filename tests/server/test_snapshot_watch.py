"""Whoever changes the stored snapshots, front ends hear of it soon, and of nothing else."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from rok_jupyter.config import RokSettings, load_settings
from rok_jupyter.models import SnapshotRequest
from rok_jupyter.progress import Progress
from rok_jupyter.server.context import ServerContext
from rok_jupyter.server.snapshot_watch import SNAPSHOTS_SCHEMA, SnapshotWatch
from rok_jupyter.service.service import Service
from tests.rok_command import Rok
from tests.server.listening import heard
from tests.server.running import RunningServer

QUIET_SECONDS = 3.0
"""Longer than the pause between two looks."""


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RunningServer]:
    running = RunningServer(tmp_path / "server")
    (running.workspace / "a.txt").write_text("one")
    running.start()
    yield running
    running.stop()


def _shell(server: RunningServer, *words: str) -> dict[str, Any]:
    """Run `rok` as a shell does that doesn't know of the server."""
    elsewhere = {"JUPYTER_RUNTIME_DIR": str(server.directory / "no-runtime")}
    done = Rok(server.directory).run(*words, "--json", environment=elsewhere)
    assert done.status == 0, done.stderr
    return dict(done.json)


def test_every_change_is_heard_once_and_nothing_where_nothing_changes(server: RunningServer) -> None:
    first: dict[str, Any] = {}
    told = heard(
        server,
        SNAPSHOTS_SCHEMA,
        lambda: first.update(server.snapshot(message="first")),
        lambda: server.ask("GET", "snapshots"),
        lambda: _shell(server, "snapshot", "-m", "by a shell"),
        lambda: server.ask("DELETE", f"snapshots/{first['id']}"),
        lambda: server.run("POST", "undo"),
        lambda: server.ask("PATCH", f"snapshots/{first['id']}", body={"message": "edited"}),
        lambda: None,
        newest=_service(server.workspace, server.state).revision,
        quiet=QUIET_SECONDS,
    )
    assert [len(each) for each in told[1:5]] == [0, 1, 1, 1]
    assert len(told[5]) in (1, 2), "an edit is a document more and then one less: a look may come in between"
    assert told[6] == []
    revisions = [revision for each in told for revision in each]
    assert len(set(revisions)) == len(revisions)


def _service(workspace: Path, state: Path) -> Service:
    return Service(load_settings({"workspace": str(workspace), "state_directory": str(state)}))


def _settings(directory: Path) -> RokSettings:
    (directory / "workspace").mkdir(exist_ok=True)
    return load_settings({"workspace": str(directory / "workspace"), "state_directory": str(directory / "state")})


class _Ears:
    """A bus that keeps what it hears."""

    def __init__(self) -> None:
        self.revisions: list[object] = []

    def emit(self, *, schema_id: str, data: dict[str, object]) -> None:
        assert schema_id == SNAPSHOTS_SCHEMA
        self.revisions.append(data["revision"])


def test_nothing_is_opened_before_somebody_asks(tmp_path: Path) -> None:
    async def run() -> tuple[list[object], list[object]]:
        context, ears = ServerContext(lambda: _settings(tmp_path)), _Ears()
        watch = SnapshotWatch(ears, context, seconds=0.02)
        watch.start()
        watch.start()
        await asyncio.sleep(0.2)
        assert context.opened is None
        before = [*ears.revisions]
        await context.in_thread(lambda core: core.settings)
        while not ears.revisions:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)
        watch.close()
        await context.close()
        return before, ears.revisions

    before, after = asyncio.run(run())
    assert before == []
    assert after == [""]
    assert not (tmp_path / "state" / "repository").exists()


def test_storage_that_can_not_be_looked_at_is_told_once_in_the_log_and_looked_at_again(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    Service(_settings(tmp_path)).take(SnapshotRequest(), Progress())
    snapshots = tmp_path / "state" / "repository" / "snapshots"

    async def run() -> list[object]:
        context, ears = ServerContext(lambda: _settings(tmp_path)), _Ears()
        await context.in_thread(lambda core: core.settings)
        watch = SnapshotWatch(ears, context, seconds=0.02)
        snapshots.rename(tmp_path / "aside")
        snapshots.symlink_to(snapshots)  # a loop: not even root can look at it
        watch.start()
        while "can't be told of" not in caplog.text:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)
        assert ears.revisions == []
        (tmp_path / "mended").symlink_to(tmp_path / "aside")
        (tmp_path / "mended").rename(snapshots)  # at once: where there were none for a moment, that would be told, too
        while not ears.revisions:
            await asyncio.sleep(0.02)
        await asyncio.sleep(0.2)
        watch.close()
        await context.close()
        return ears.revisions

    assert len(asyncio.run(run())) == 1
    assert caplog.text.count("can't be told of") == 1


def test_an_idle_look_costs_less_than_a_millisecond(tmp_path: Path) -> None:
    service = Service(_settings(tmp_path))
    service.take(SnapshotRequest(), Progress())
    snapshots = tmp_path / "state" / "repository" / "snapshots"
    for number in range(10_000):
        (snapshots / f"{number:064x}").touch()
    time.sleep(3.1)  # a change that is only just past is looked at more closely
    first = service.revision()
    began = time.process_time()
    assert {service.revision() for _ in range(100)} == {first}
    assert (time.process_time() - began) / 100 < 0.001
    (snapshots / f"{0:064x}").unlink()
    assert service.revision() != first
