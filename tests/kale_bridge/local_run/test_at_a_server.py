"""A local run beside a running notebook server: visible tasks, two ends, a data volume, and whose files are saved.

The server reads the workspace; a run's steps work on a copy, which no server knows. So a run takes its snapshots
itself, into that server's repository, and the server has them at once.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.kale_bridge.local_run.records import files_of, recording
from tests.kale_bridge.local_run.running import LocalRuns, Ran
from tests.kale_bridge.small_notebooks import write_notebook
from tests.server.running import RunningServer

_TWO_ENDS = (
    ("import os", ["imports"]),
    ("size = 4\nname = 'a'", ["pipeline-parameters"]),
    ("x = 'first'", ["step:first"]),
    ("open('left.txt', 'w').write(x * size)", ["step:left", "prev:first"]),
    ("open('right.txt', 'w').write(x)", ["step:right", "prev:first"]),
)
_ORDER = (*(f"{step}.{moment}" for step in ("first", "left", "right") for moment in ("before", "after")), "final.after")


@dataclass(frozen=True)
class AtAServer:
    """A run whose environment names a server of its workspace, as a notebook's terminal does."""

    server: RunningServer
    runs: LocalRuns
    ran: Ran
    before: Mapping[str, tuple[str, bytes]]
    data: Path

    @property
    def listed(self) -> dict[str, dict[str, Any]]:
        """What the server lists of the run, by step and moment, oldest first."""
        items = self.server.ask("GET", "snapshots", query={"run": self.ran.json["run"]}).json["items"]
        return {f"{each['origin']['step']}.{each['origin']['moment']}": each for each in reversed(items)}


@pytest.fixture(scope="module")
def at_a_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AtAServer]:
    directory = tmp_path_factory.mktemp("server")
    server = RunningServer(directory)
    runs = LocalRuns(directory)
    data = directory / "data-volume"
    data.mkdir()
    (data / "rows.csv").write_text("1\n")
    plain = write_notebook(directory / "ends.ipynb", _TWO_ENDS, rok={"kale": {"tasks": "visible"}})
    recording(plain, runs.workspace / "ends.ipynb")
    server.start()
    try:
        runs.rok("attach", "rows", "--directory", str(data), "--at", "rows")
        before = files_of(runs.workspace)
        url = f"http://127.0.0.1:{server.port}{server.base_url}"
        named = {"ROK_SERVER_URL": url, "ROK_SERVER_TOKEN": server.token, "JUPYTER_SERVER_URL": url}
        ran = runs("kale", "run", "ends.ipynb", "--param", "size=2", "--json", environment=named)
        yield AtAServer(server, runs, ran, before, data)
    finally:
        server.stop()


def test_the_server_has_every_snapshot_at_once(at_a_server: AtAServer) -> None:
    assert tuple(at_a_server.listed) == _ORDER
    result = at_a_server.ran.json
    assert result["final"] == at_a_server.listed["final.after"]["id"]
    told = {f"{step['step']}.{each['moment']}": each["id"] for step in result["steps"] for each in step["snapshots"]}
    assert told == {name: each["id"] for name, each in at_a_server.listed.items() if name != "final.after"}


def test_visible_tasks_run_here_too(at_a_server: AtAServer) -> None:
    assert {each["origin"]["details"]["hook"] for each in at_a_server.listed.values()} == {"visible"}
    assert [(step["step"], step["status"]) for step in at_a_server.ran.json["steps"]] == [
        ("first", "succeeded"),
        ("left", "succeeded"),
        ("right", "succeeded"),
    ]
    for name, each in at_a_server.listed.items():
        details = each["origin"]["details"]
        told = [json.loads(details.get(key, "{}")) for key in ("parameters", "parameters_given")]
        assert told == ([{}, {}] if name == "final.after" else [{"size": "2", "name": "a"}, {"size": "2"}])


def test_they_hold_the_copy_which_the_steps_saw_and_not_the_workspace(at_a_server: AtAServer, tmp_path: Path) -> None:
    runs = at_a_server.runs
    for name, snapshot in at_a_server.listed.items():
        record = runs.records / name.replace("final.after", "right.after")
        assert runs.restored(snapshot["id"], tmp_path / name) == files_of(record), name
    assert files_of(runs.workspace) == at_a_server.before


def test_the_workspaces_own_snapshots_are_not_mixed_with_the_runs(at_a_server: AtAServer) -> None:
    own = at_a_server.server.snapshot(message="mine")
    assert own["id"] == at_a_server.server.ask("GET", "snapshots/latest").json["id"]
    entries = at_a_server.server.ask("GET", f"snapshots/{own['id']}/tree").json["items"]
    assert "left.txt" not in {entry["path"] for entry in entries}


def test_the_data_volume_is_named_as_the_original_that_it_is(at_a_server: AtAServer) -> None:
    (note,) = at_a_server.ran.json["notes"]
    assert note.startswith("Not copied, so a step that writes there changes the original: rows -> ")
    assert note.endswith(f"{at_a_server.data} (the volume rows)")
    assert {member["volume"] for member in at_a_server.listed["left.before"]["members"]} == {"workspace", "rows"}
