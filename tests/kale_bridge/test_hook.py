"""What a hook does around a step's command, in the step's own process."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from tests.kale_bridge.steps import BARE_PYTHON, Steps, shell


def test_a_step_gets_a_snapshot_before_and_one_after(steps: Steps) -> None:
    ran = steps.run(*shell("echo result > made.txt; echo hello"), notebook="titanic.ipynb", image="python:3.12")

    assert (ran.status, ran.output) == (0, "hello\n")
    before, after = steps.snapshots()
    assert [each["name"] for each in (before, after)] == ["titanic/run-1/train/before", "titanic/run-1/train/after"]
    assert before["origin"] == {
        "kind": "step",
        "pipeline": "titanic",
        "run": "run-1",
        "step": "train",
        "moment": "before",
        "details": {
            "notebook": "titanic.ipynb",
            "image": "python:3.12",
            "hook": "inside",
            "run_found_by": "the variable ROK_KALE_RUN",
        },
    }
    assert ran.said == (
        f"[rok] before train: snapshot {before['id'][:8]} (1 file). Back here: rok resume {before['id'][:8]}\n"
        f"[rok] after train: snapshot {after['id'][:8]} (1 file changed). Back here: rok resume {after['id'][:8]}\n"
    )
    assert steps.rok("ls", before["id"]).text.split() != steps.rok("ls", after["id"]).text.split()
    assert steps.rok("cat", after["id"], "made.txt").text == "result\n"


def test_a_failing_step_keeps_its_status_and_what_it_left(steps: Steps) -> None:
    ran = steps.run(*shell("echo half > half.txt; echo no >&2; exit 7"))

    assert ran.status == 7
    before, failed = steps.snapshots()
    assert (before["origin"]["moment"], failed["origin"]["moment"]) == ("before", "failed")
    assert failed["origin"]["details"]["exit_status"] == "7"
    assert steps.rok("cat", failed["id"], "half.txt").text == "half\n"


def test_a_retry_finds_the_snapshots_that_exist(steps: Steps) -> None:
    steps.run(*shell("echo one > made.txt"))
    first = steps.snapshots()
    (steps.rok.workspace / "notes.txt").write_text("second\n")
    again = steps.run(*shell("echo two > made.txt"))

    assert again.status == 0
    assert [each["id"] for each in steps.snapshots()] == [each["id"] for each in first]


@pytest.mark.parametrize("python", [None, BARE_PYTHON], ids=["with the wheel", "without the wheel"])
def test_without_a_repository_the_step_runs_all_the_same(steps: Steps, python: str | None) -> None:
    environment = {name: text for name, text in steps.environment().items() if name != "ROK_WORKSPACE"}
    more = {} if python is None else {"python": python}
    ran = steps.run(*shell("echo hello; exit 3"), environment=environment, **more)

    assert (ran.status, ran.output) == (3, "hello\n")
    assert ran.said.count("\n") == 1
    assert "no snapshot (the step is not touched by it). Nothing says where the notebook's server is" in ran.said


def test_a_run_on_a_copy_is_snapshotted_as_the_workspace(steps: Steps, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(steps.rok.workspace, copy)
    (copy / "made.txt").write_text("in the copy\n")
    (steps.rok.workspace / "live.txt").write_text("not in the copy\n")
    own = steps.rok.snapshot()

    ran = steps.run(
        *shell("echo more > more.txt"), environment=steps.environment(ROK_WORKSPACE_COPY=str(copy)), at=copy
    )

    assert ran.status == 0
    _, before, after = steps.snapshots()
    assert [member["path"] for member in after["members"]] == [str(steps.rok.workspace)]
    assert steps.rok("ls", after["id"]).text.count("live.txt") == 0
    assert steps.rok("cat", after["id"], "more.txt").text == "more\n"
    assert before["origin"]["details"]["read_at"] == str(copy)
    steps.rok("delete", own)
    assert "in a copy of these volumes" in steps.rok.json("show", "latest", status=4)["message"]
    steps.rok("undo")
    assert steps.rok.json("snapshot")["parent"] == own, "the workspace's files are compared with their own snapshot"
    steps.rok("restore", after["id"], "--in-place", "--yes")
    assert (steps.rok.workspace / "made.txt").read_text() == "in the copy\n"
