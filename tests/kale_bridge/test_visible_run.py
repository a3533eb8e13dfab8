"""Visible tasks at work: KFP runs a pipeline whose second step fails, and whose hooks are tasks of their own."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.kale_bridge.steps import Steps
from tests.rok_command import ROOT

RUN = ROOT / "tests" / "kale_bridge" / "kfp_run.py"


def run(steps: Steps, pipeline: Path, directory: Path) -> subprocess.CompletedProcess[str]:
    environment = steps.environment(
        ROK_REPOSITORY=str(steps.repository),
        PIP_NO_INDEX="1",
        PATH=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
    )
    program = [sys.executable, "-W", "ignore", str(RUN), str(pipeline), str(directory)]
    return subprocess.run(
        program, cwd=directory, env=environment, capture_output=True, text=True, timeout=240, check=False
    )


@pytest.mark.parametrize("tasks", ["visible", pytest.param("inside", marks=pytest.mark.full)])
def test_each_moment_has_its_snapshot_and_a_failed_step_stays_failed(
    steps: Steps, kfp_pipelines: Mapping[str, Path], tmp_path: Path, tasks: str
) -> None:
    hooked = tmp_path / "hooked.yaml"
    steps.rok("kale", "hook", str(kfp_pipelines["failing"]), "--tasks", tasks, "-o", str(hooked))
    directory = tmp_path / "run"
    directory.mkdir()

    done = run(steps, hooked, directory)

    assert done.returncode == 1
    assert "as it should" in done.stdout + done.stderr
    listed = steps.rok.json("list", "--pipeline", "failing", "--run", "run-1")["items"]
    taken = {(each["origin"]["step"], each["origin"]["moment"]) for each in listed}
    assert taken == {("make", "before"), ("make", "after"), ("fail", "before"), ("fail", "failed")}, done.stdout
    assert {each["origin"]["details"]["hook"] for each in listed} == {tasks}
    assert len(listed) == 4
