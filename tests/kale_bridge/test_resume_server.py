"""Back at a step by REST: as the panel does it."""

from __future__ import annotations

import json
import shutil
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
    assert json.loads((directory / ".rok-resume.json").read_text())["notebook"] == "titanic.ipynb"
    assert not (server.workspace / ".rok-resume.json").exists(), "the workspace itself is at no step"


def test_a_step_comes_back_in_place_as_it_was_planned(server: RunningServer) -> None:
    failed = server.ask("GET", "snapshots", query={"step": "train"}).json["items"][0]
    half = server.workspace / "half.txt"
    half.write_text("more than half\n")
    plan = server.ask("POST", f"snapshots/{failed['id']}/restore-plan", body={}).json
    half.write_text("all of it, by now\n")
    stale = {"in_place": True, "fingerprint": plan["fingerprint"]}
    refused = server.run("POST", f"snapshots/{failed['id']}/resume", stale)
    assert refused["error"]["kind"] == "aborted"
    assert half.read_text() == "all of it, by now\n"

    agreed = server.ask("POST", f"snapshots/{failed['id']}/restore-plan", body={}).json
    task = server.run(
        "POST", f"snapshots/{failed['id']}/resume", {"in_place": True, "fingerprint": agreed["fingerprint"]}
    )

    assert task["status"] == "succeeded", task
    resumed = task["result"]
    assert resumed["directory"] == str(server.workspace)
    assert half.read_text() == "half\n"
    assert set(resumed["variables"]) == {"a", "table", "cfg"}
    assert server.run("POST", "undo", {})["status"] == "succeeded"
    assert half.read_text() == "all of it, by now\n"
    shutil.rmtree(resumed["variables_directory"])
    (server.workspace / ".rok-resume.json").unlink()


def test_it_goes_nowhere_else(server: RunningServer, tmp_path: Path) -> None:
    failed = server.ask("GET", "snapshots", query={"step": "train"}).json["items"][0]
    answer = server.ask("POST", f"snapshots/{failed['id']}/resume", body={"directory": str(tmp_path / "there")})
    assert (answer.status, answer.json["kind"]) == (403, "permission_denied")
    both = server.ask("POST", f"snapshots/{failed['id']}/resume", body={"directory": "/a/directory", "in_place": True})
    assert (both.status, both.json["kind"]) == (400, "invalid_argument")
    manual = server.snapshot()
    task = server.run("POST", f"snapshots/{manual['id']}/resume", {})
    assert task["error"]["kind"] == "failed_precondition"


def test_another_users_variables_are_left_out_unless_trusted(server: RunningServer, tmp_path: Path) -> None:
    """Two users share a repository; the other one's steps took a snapshot of the same workspace."""
    other = Steps(Rok(tmp_path, names_workspace=False))
    (tmp_path / "config").mkdir()
    (tmp_path / "config" / "jupyter_rok_config.json").write_text(json.dumps({"RokSettings": {"owner": "grace"}}))
    environment = {
        **other.environment(ROK_KALE_RUN="hers"),
        "ROK_WORKSPACE": str(server.workspace),
        "ROK_REPOSITORY": str(server.state / "repository"),
        "ROK_PASSWORD_FILE": str(server.state / "password"),
    }
    planted = server.workspace / ".titanic.ipynb.kale.marshal.dir"
    planted.mkdir()
    (planted / "evil.dillpkl").write_bytes(b"runs something")
    told = make_variables(tmp_path / "artifacts")
    ran = other.run(
        *shell("true"), environment=environment, executor_input=told, notebook="titanic.ipynb", moments=("before",)
    )
    assert "snapshot" in ran.said
    (hers,) = server.ask("GET", "snapshots", query={"run": "hers", "all_owners": "true"}).json["items"]

    wary = server.run("POST", f"snapshots/{hers['id']}/resume", {})["result"]
    assert (wary["untrusted"], wary["variables"]) == ("grace", [])
    beside = Path(wary["directory"]) / ".titanic.ipynb.kale.marshal.dir"
    assert not beside.exists(), "not even what lay in her workspace"
    assert not (Path(wary["directory"]) / ".rok-resume.json").exists()
    trusting = server.run("POST", f"snapshots/{hers['id']}/resume", {"trust": True})["result"]
    assert set(trusting["variables"]) == {"a", "table", "cfg"}
