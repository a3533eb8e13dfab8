"""RELIABILITY.md's cases of runs: ids that restore what the step saw (96), many steps at once on one volume (97)."""

from __future__ import annotations

import json
import os
import subprocess
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.kale_bridge.steps import Steps, shell

_RECORD = r"""
find . -name .rok-kale -prune -o \( -type f -o -type l \) -print0 | sort -z | xargs -0 sha256sum
find . -name .rok-kale -prune -o -type d -print | sort
"""
"""What a step sees of the workspace, byte by byte."""
_STEPS = 20


def _recorded(directory: Path) -> str:
    return subprocess.run(["sh", "-c", _RECORD], cwd=directory, capture_output=True, text=True, check=True).stdout


@pytest.mark.parametrize("runs", [3, pytest.param(100, marks=(pytest.mark.full, pytest.mark.timeout(1800)))])
def test_a_runs_id_restored_in_a_fresh_directory_is_what_the_step_saw(steps: Steps, tmp_path: Path, runs: int) -> None:
    """Case 96."""
    changing = shell(
        f"({_RECORD}) > {tmp_path}/seen-$1; mkdir -p d/$1; head -c 3000 /dev/urandom > d/$1/new; rm -f old-*;"
        f" touch 'old-'$1; ({_RECORD}) > {tmp_path}/left-$1; exit $(($1 % 2))"
    )
    for run in range(runs):
        steps.run(*changing, str(run), environment=steps.environment(ROK_KALE_RUN=f"run-{run}"))

    found = steps.snapshots()
    assert len(found) == 2 * runs
    for snapshot in found:
        origin = snapshot["origin"]
        target = tmp_path / "fresh" / snapshot["id"]
        steps.rok("restore", snapshot["id"], "--to", str(target))
        record = "seen" if origin["moment"] == "before" else "left"
        assert _recorded(target) == (tmp_path / f"{record}-{origin['run'].removeprefix('run-')}").read_text()


def test_twenty_steps_at_once_snapshot_one_workspace(steps: Steps) -> None:
    """Case 97: nobody waits for ever, nothing is stored twice, and every id is valid."""
    (steps.rok.workspace / "data").write_bytes(os.urandom(3_000_000))
    steps.rok.snapshot()
    stored = steps.rok.json("repo", "info")["size"]
    with ExitStack() as running:
        started = [
            running.enter_context(
                subprocess.Popen(
                    steps.words(
                        shell(f"head -c 1000 /dev/urandom > made-{number}"), step=f"branch-{number}", on_error="fail"
                    ),
                    env=steps.environment(),
                    cwd=steps.rok.workspace,
                    stderr=subprocess.PIPE,
                )
            )
            for number in range(_STEPS)
        ]
        said = [process.communicate(timeout=240)[1].decode() for process in started]

    assert [process.returncode for process in started] == [0] * _STEPS, said
    found = steps.snapshots("--origin", "step")
    assert len({snapshot["id"] for snapshot in found}) == 2 * _STEPS
    assert len({snapshot["name"] for snapshot in found}) == 2 * _STEPS
    assert steps.rok.json("repo", "info")["size"] - stored < 1_500_000, "the data is not stored again"
    steps.rok("check", "--read-data")
    for number, snapshot in enumerate(each for each in found if each["origin"]["moment"] == "after"):
        made = {entry["path"] for entry in steps.rok.json("ls", snapshot["id"])["items"]}
        assert f"made-{snapshot['origin']['step'].removeprefix('branch-')}" in made, number


def test_a_run_never_names_what_cannot_be_restored(steps: Steps, tmp_path: Path) -> None:
    """Case 94: what a page and its metadata name is there; what failed is named by its reason."""
    output = tmp_path / "out" / "executor_output.json"
    page = {"name": "rok_snapshots", "uri": str(tmp_path / "out" / "rok_snapshots"), "metadata": {}}
    told = {"inputs": {}, "outputs": {"artifacts": {"rok_snapshots": {"artifacts": [page]}}, "outputFile": str(output)}}
    away = f"mv {steps.repository} {steps.repository}.away"
    ran = steps.run(*shell(away), executor_input=told, artifact="rok_snapshots")
    os.rename(f"{steps.repository}.away", steps.repository)

    assert ran.status == 0
    metadata = json.loads(output.read_text())["artifacts"]["rok_snapshots"]["artifacts"][0]["metadata"]
    (before,) = steps.snapshots()
    assert metadata == {"snapshot_before": before["id"]}
    assert "| after |" in Path(page["uri"]).read_text()
    assert steps.rok("ls", metadata["snapshot_before"]).text.count("notes.txt") == 1
