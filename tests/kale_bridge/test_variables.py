"""A step's variables travel in its snapshots, and leave nothing in the volume; the page names the snapshots."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from kale_bridge.step import variables
from kale_bridge.step.page import Taken, page
from tests.kale_bridge.stepped import make_variables, write_notebook
from tests.kale_bridge.steps import Steps, shell


@pytest.fixture
def told(steps: Steps, tmp_path: Path) -> dict[str, Any]:
    write_notebook(steps.rok.workspace / "titanic.ipynb")
    return make_variables(tmp_path / "artifacts")


@pytest.fixture
def shared_marshal() -> Iterator[Path]:
    """Kale's own marshal directory, of which a machine has one: a test beside this one waits until it is free."""
    directory = Path(variables.MARSHAL_DIRECTORY)
    directory.mkdir(exist_ok=True)
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield directory
    finally:
        os.close(descriptor)


def _names(steps: Steps, snapshot: dict[str, Any]) -> list[str]:
    volume, _, path = snapshot["origin"]["details"]["variables"].partition(":")
    assert volume == "workspace"
    return sorted(entry["path"].rpartition("/")[2] for entry in steps.rok.json("ls", snapshot["id"], path)["items"])


def test_inputs_are_in_the_snapshot_and_gone_from_the_volume(steps: Steps, told: dict[str, Any]) -> None:
    ran = steps.run(
        *shell("ls -A"),
        executor_input=told,
        notebook="titanic.ipynb",
        parameters={"seed": "1"},
        defaults={"depth": "3.0"},
    )

    assert ran.status == 0
    assert ".rok-kale" not in ran.output, "the step sees the volume as it is without a hook"
    before, _ = steps.snapshots()
    assert _names(steps, before) == ["a.npy", "cfg.dillpkl", "table.pdpkl"]
    assert not (steps.rok.workspace / ".rok-kale").exists()
    assert json.loads(before["origin"]["details"]["parameters"]) == {"depth": "3", "seed": "1"}
    assert "parameters_given" not in before["origin"]["details"], "it is the pipeline's own"


def test_outputs_are_in_the_snapshot_after(steps: Steps, told: dict[str, Any], tmp_path: Path) -> None:
    made = tmp_path / "artifacts" / "model"
    output = {"name": "model", "uri": str(made), "metadata": {"marshal_path": "/tmp/marshal/model_artifact.joblib"}}
    said = json.dumps({"artifacts": {"model_output_artifact": {"artifacts": [output]}}})
    output_file = told["outputs"]["outputFile"]
    script = f"mkdir -p {tmp_path}/artifacts/out; echo model > {made}; printf '%s' '{said}' > {output_file}"
    steps.run(*shell(script), executor_input=told, artifact="rok_snapshots")

    before, after = steps.snapshots()
    assert _names(steps, after) == ["a.npy", "cfg.dillpkl", "model.joblib", "table.pdpkl"]
    written = json.loads(Path(output_file).read_text())["artifacts"]
    assert written["model_output_artifact"]["artifacts"] == [output], "what the step said stays"
    named = written["rok_snapshots"]["artifacts"][0]
    assert named["metadata"] == {"snapshot_before": before["id"], "snapshot_after": after["id"]}
    page = Path(named["uri"]).read_text()
    assert f"rok resume {before['id'][:8]}" in page
    assert "kale run" not in page, "nobody says of which notebook"


def test_the_pages_commands_run_the_step_again_with_the_files_of_then() -> None:
    config = {"step": "train it", "notebook": "/home/ada/work/a b.ipynb", "volumes": {"home": "/home/ada"}}
    text = page(
        {**config, "parameters": {"depth": "7"}}, "run-1", [Taken("before", "1a2b3c4d5e"), Taken("after", "9f")]
    )

    assert "    rok resume 1a2b3c4d --to again-1a2b3c4d\n" in text
    assert "    rok --workspace again-1a2b3c4d kale run 'work/a b.ipynb' --from 'train it'\n" in text
    assert "    rok kale compile '/home/ada/work/a b.ipynb' --from 'train it' --resume 1a2b3c4d\n" in text
    assert "depth=7" in text
    assert "kale run" not in page(config, "run-1", [Taken("after", "9f")]), "the files are no longer those before"


def test_a_page_names_the_parameters_that_the_run_was_given(steps: Steps, told: dict[str, Any]) -> None:
    steps.run(*shell("true"), executor_input=told, artifact="rok_snapshots", parameters={"seed": "1", "depth": "9"})

    uri = told["outputs"]["artifacts"]["rok_snapshots"]["artifacts"][0]["uri"]
    assert "depth=3, seed=1" in Path(uri).read_text()


def test_a_failed_step_keeps_what_it_had_marshalled(steps: Steps, told: dict[str, Any], shared_marshal: Path) -> None:
    name = f"half{os.getpid()}"
    path = shared_marshal / f"{name}_artifact.npy"
    environment = steps.environment()
    del environment["ROK_KALE_MARSHAL"]
    try:
        steps.run(*shell(f"echo half > {path}; exit 1"), executor_input=told, environment=environment)
    finally:
        path.unlink(missing_ok=True)

    _, failed = steps.snapshots()
    assert {f"{name}.npy", "a.npy"} <= set(_names(steps, failed))


def test_a_machine_with_several_runs_keeps_each_ones_apart(
    steps: Steps, told: dict[str, Any], shared_marshal: Path, tmp_path: Path
) -> None:
    """A local run names a directory of its own in the place of Kale's, which all would share."""
    shared, own = shared_marshal / f"theirs{os.getpid()}_artifact.npy", tmp_path / "own-marshal"
    own.mkdir()
    environment = steps.environment(ROK_KALE_MARSHAL=str(own))
    failing = shell(f"echo other > {shared}; echo half > {own}/half_artifact.npy; exit 1")
    try:
        steps.run(*failing, executor_input=told, environment=environment)
    finally:
        shared.unlink(missing_ok=True)

    _, failed = steps.snapshots()
    assert _names(steps, failed) == ["a.npy", "cfg.dillpkl", "half.npy", "table.pdpkl"]


def test_what_is_said_of_files_counts_no_variables(steps: Steps, told: dict[str, Any]) -> None:
    ran = steps.run(*shell("echo made > made.txt; rm titanic.ipynb"), executor_input=told)
    again = steps.run(*shell("true"), executor_input=told, environment=steps.environment(ROK_KALE_RUN="run-2"))

    before, after = ran.said.splitlines()
    assert "(2 files). Back here" in before, "the notebook and notes.txt"
    assert "(2 files changed). Back here" in after
    before, after = again.said.splitlines()
    assert "(2 files). Back here" in before
    assert "(0 files changed). Back here" in after


def test_a_volume_that_takes_no_variables_is_snapshotted_without_them(steps: Steps, told: dict[str, Any]) -> None:
    (steps.rok.workspace / ".rok-kale").write_text("in the way")
    ran = steps.run(*shell("true"), executor_input=told)

    before, _ = steps.snapshots()
    assert "variables" not in before["origin"]["details"]
    assert "the variables are not in it" in ran.said
    assert (steps.rok.workspace / ".rok-kale").read_text() == "in the way"


def test_a_link_in_the_volume_leads_nothing_out(steps: Steps, told: dict[str, Any], tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (steps.rok.workspace / ".rok-kale").symlink_to(outside)
    steps.run(*shell("true"), executor_input=told)

    assert list(outside.iterdir()) == []
    assert len(steps.snapshots()) == 2


def test_a_volume_that_is_read_only_is_snapshotted_without_them(steps: Steps, told: dict[str, Any]) -> None:
    """As where a pod's user, 65534, may not write into the volume."""
    at = str(steps.rok.workspace)
    if os.geteuid() != 0 or subprocess.run(["mount", "-t", "tmpfs", "none", at], check=False).returncode:
        pytest.skip("this machine lets nobody mount")
    try:
        (steps.rok.workspace / "notes.txt").write_text("mounted\n")
        subprocess.run(["mount", "-o", "remount,ro", at], check=True)
        ran = steps.run(*shell("echo hello"), executor_input=told, at=steps.rok.directory)
        snapshots = steps.snapshots()
    finally:
        subprocess.run(["umount", at], check=True)

    assert (ran.status, ran.output) == (0, "hello\n")
    assert "the variables are not in it" in ran.said
    assert "read-only file system" in ran.said
    assert len(snapshots) == 2


def test_what_a_run_leaves_in_kfp_leads_nowhere_and_tells_no_secret(steps: Steps, told: dict[str, Any]) -> None:
    """Case 98: KFP serves artifacts without asking whose they are, so the page may be read by anybody."""
    elsewhere = "[here](https://evil.example/take) s3://other/place minio://other/place"
    given = told["outputs"]["artifacts"]["rok_snapshots"]["artifacts"][0]
    steps.run(
        *shell("true"),
        executor_input=told,
        artifact="rok_snapshots",
        environment=steps.environment(ROK_KALE_RUN=elsewhere, ROK_SERVER_TOKEN="hush-token"),
        step=elsewhere,
        pipeline=elsewhere,
        notebook="titanic.ipynb",
        packages=("git+https://ada:hush-package@example.org/x.git",),
        parameters={"db_password": "hush-parameter", "API_KEY": "hush-key", "rows": "7"},
    )

    named = json.loads(Path(told["outputs"]["outputFile"]).read_text())["artifacts"]["rok_snapshots"]["artifacts"]
    ids = {f"snapshot_{each['origin']['moment']}": each["id"] for each in steps.snapshots()}
    assert named == [{"name": given["name"], "uri": given["uri"], "metadata": ids}], "KFP's own place, and ids"
    page = Path(given["uri"]).read_text()
    assert "hush" not in page
    assert "rows=7" in page
    assert "db_password=" in page
    assert "](" not in "".join(line for line in page.splitlines() if not line.startswith("    ")), "no link"
    assert str(steps.rok.directory) not in page


def test_texts_of_users_are_no_markdown(steps: Steps, told: dict[str, Any]) -> None:
    nasty = "<script>alert(1)</script> | `x` \n# head {{workflow.name}} ${HOME} 'quoted\""
    ran = steps.run(
        *shell("true"), executor_input=told, artifact="rok_snapshots", step=nasty, pipeline=nasty, notebook=nasty
    )

    assert ran.status == 0
    page = Path(told["outputs"]["artifacts"]["rok_snapshots"]["artifacts"][0]["uri"]).read_text()
    shown = [line for line in page.splitlines() if not line.startswith("    ")]
    assert not any(mark in line for line in shown for mark in ("<", "{{", "`"))
    assert sum(line.startswith("# ") for line in shown) == 1
    before, _ = steps.snapshots()
    assert before["origin"]["step"].startswith("<script>alert(1)</script> | `x` ")
    shutil.rmtree(told["outputs"]["outputFile"].rpartition("/")[0])
