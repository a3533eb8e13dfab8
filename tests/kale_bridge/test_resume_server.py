"""Back at a step by REST: as the panel does it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kale_bridge.stepped import make_variables, write_notebook
from tests.kale_bridge.steps import Steps, shell
from tests.rok_command import Rok
from tests.server.running import RunningServer


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose workspace a step failed in."""
    directory = tmp_path_factory.mktemp("resume")
    server = RunningServer(directory / "server")
    write_notebook(server.workspace / "titanic.ipynb")
    server.start()
    (directory / "pod").mkdir()
    steps = Steps(Rok(directory / "pod", names_workspace=False))
    environment = {
        **steps.environment(),
        "ROK_SERVER_URL": f"http://127.0.0.1:{server.port}/",
        "ROK_SERVER_TOKEN": server.token,
    }
    told = make_variables(directory / "artifacts")
    ran = steps.run(
        *shell("echo half > half.txt; exit 1"),
        environment=environment,
        executor_input=told,
        notebook="titanic.ipynb",
        volumes={"workspace-pvc": str(server.workspace)},
        at=server.workspace,
    )
    assert ran.status == 1, ran.said
    yield server
    server.stop()


def test_a_step_comes_back_below_the_workspace(server: RunningServer) -> None:
    failed = server.ask("GET", "snapshots", query={"step": "train"}).json["items"][0]
    assert failed["origin"]["moment"] == "failed"
    task = server.run("POST", f"snapshots/{failed['id']}/resume", {})

    assert task["status"] == "succeeded", task
    resumed = task["result"]
    directory = Path(resumed["directory"])
    assert directory == server.workspace / f"resumed-train-{failed['id'][:8]}"
    assert (directory / "half.txt").read_text() == "half\n"
    assert set(resumed["variables"]) == {"a", "table", "cfg"}
    assert resumed["next_cell"] == 5
    mark = json.loads((server.workspace / ".rok-resume.json").read_text())
    assert mark["notebook"] == f"{directory.name}/titanic.ipynb", "the server's own kernels know it too"


def test_it_goes_nowhere_else(server: RunningServer, tmp_path: Path) -> None:
    failed = server.ask("GET", "snapshots", query={"step": "train"}).json["items"][0]
    answer = server.ask("POST", f"snapshots/{failed['id']}/resume", body={"directory": str(tmp_path / "there")})
    assert (answer.status, answer.json["kind"]) == (403, "permission_denied")
    manual = server.snapshot()
    task = server.run("POST", f"snapshots/{manual['id']}/resume", {})
    assert task["error"]["kind"] == "failed_precondition"
