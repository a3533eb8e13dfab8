"""Pipelines on this machine, with real Kale and KFP: what their snapshots hold, and that nothing else is left.

A step takes seconds to start, so tests that only look share a run, and runs that don't meet run side by side.

The nine-step example runs by `make kale-example`.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import dill
import nbformat
import numpy as np
import pytest

from tests.kale_bridge.local_run.records import files_of, recording
from tests.kale_bridge.local_run.running import EXAMPLE, NOTEBOOKS, LocalRuns, Ran, interrupt, read_until, wait_for
from tests.kale_bridge.small_notebooks import write_notebook

FOUR = ("count", "multiply", "measure", "tell")


@pytest.fixture
def runs(tmp_path: Path) -> LocalRuns:
    return LocalRuns(tmp_path)


@dataclass(frozen=True)
class FourSteps:
    """The four-step notebook, run once for several tests that only look; and beside it without snapshots."""

    runs: LocalRuns
    before: Mapping[str, tuple[str, bytes]]
    """The workspace before the run."""
    ran: Ran
    kept: Path
    bare: LocalRuns
    bare_ran: Ran
    bare_kept: Path


@pytest.fixture(scope="module")
def four(tmp_path_factory: pytest.TempPathFactory) -> FourSteps:
    directory, other = tmp_path_factory.mktemp("four"), tmp_path_factory.mktemp("bare")
    runs, bare = LocalRuns(directory), LocalRuns(other)
    for each in (runs, bare):
        recording(NOTEBOOKS / "four.ipynb", each.workspace / "notebooks" / "four.ipynb")
    before = files_of(runs.workspace)
    words = ("kale", "run", "four.ipynb", "--no-snapshots", "--to", str(other / "kept"))
    beside = bare.start(*words, at=bare.workspace / "notebooks")
    ran = runs("kale", "run", "notebooks/four.ipynb", "--json", "--to", str(directory / "kept"))
    return FourSteps(runs, before, ran, directory / "kept", bare, wait_for(beside), other / "kept")


@dataclass(frozen=True)
class TwoFailures:
    """Two notebooks of one workspace, run side by side; the second step of each fails."""

    runs: LocalRuns
    ran: Ran
    other: Ran


_GIVEN = ("kale", "run", "failing.ipynb", "--param", "scale=2")


@pytest.fixture(scope="module")
def failed(tmp_path_factory: pytest.TempPathFactory) -> TwoFailures:
    runs = LocalRuns(tmp_path_factory.mktemp("failed"))
    recording(NOTEBOOKS / "failing.ipynb", runs.workspace / "failing.ipynb", failing="train")
    text = (NOTEBOOKS / "failing.ipynb").read_text()
    (runs.workspace / "other.ipynb").write_text(text.replace("[1, 2, 3]", "[4, 5]").replace('"failing"', '"other"'))
    beside = runs.start("kale", "run", "other.ipynb", "--json")
    return TwoFailures(runs, runs(*_GIVEN, status=1), wait_for(beside, status=1))


def test_every_snapshot_holds_exactly_what_its_step_saw(four: FourSteps, tmp_path: Path) -> None:
    snapshots = four.runs.snapshots("--run", four.ran.json["run"])
    assert set(snapshots) == {f"{step}.{moment}" for step in FOUR for moment in ("before", "after")}
    for name, snapshot in snapshots.items():
        held = four.runs.restored(snapshot["id"], tmp_path / name)
        inside = {path.removeprefix("notebooks/"): found for path, found in held.items() if path[:10] == "notebooks/"}
        assert inside == files_of(four.runs.records / name), name
        assert {path for path in held if not path.startswith("notebooks")} == {
            "canary.txt",
            "data",
            "data/table.csv",
        }


def test_the_result_names_each_step_and_its_snapshots(four: FourSteps) -> None:
    result = four.ran.json
    assert (result["pipeline"], result["status"], result["notebook"]) == ("four", "succeeded", "notebooks/four.ipynb")
    assert [step["step"] for step in result["steps"]] == list(FOUR)
    assert {step["status"] for step in result["steps"]} == {"succeeded"}
    snapshots = four.runs.snapshots("--pipeline", "four")
    for step in result["steps"]:
        moments = {snapshot["moment"]: snapshot["id"] for snapshot in step["snapshots"]}
        assert moments == {m: snapshots[f"{step['step']}.{m}"]["id"] for m in ("before", "after")}
    assert four.ran.said == ""


def test_snapshots_are_found_by_pipeline_run_and_step(four: FourSteps) -> None:
    assert set(four.runs.snapshots("--step", "measure")) == {"measure.before", "measure.after"}
    assert set(four.runs.snapshots("--pipeline", "four", "--step", "tell")) == {"tell.before", "tell.after"}
    assert four.runs.snapshots("--pipeline", "five") == {}
    assert four.runs.snapshots("--run", "local-1") == {}


def test_the_users_workspace_is_as_it_was_and_nothing_is_left(four: FourSteps) -> None:
    assert files_of(four.runs.workspace) == four.before
    assert list(four.runs.temporary.iterdir()) == []
    four.runs.wait_for_no_process()


def test_the_runs_workspace_is_kept_where_asked(four: FourSteps) -> None:
    assert four.ran.json["kept"] == str(four.kept)
    assert (four.kept / "notebooks" / "result.txt").read_text() == "35"
    assert (four.kept / "notebooks" / "latest.csv").is_symlink()
    assert not (four.kept / ".rok-kale").exists()
    assert not (four.kept / "notebooks" / ".kale").exists()


def test_the_variables_come_back_equal(four: FourSteps, tmp_path: Path) -> None:
    snapshots = four.runs.snapshots("--pipeline", "four")
    four.runs.rok("restore", snapshots["tell.before"]["id"], "--to", str(tmp_path / "tell"))
    found = {path.name: path for path in (tmp_path / "tell").rglob(".rok-kale/*/tell.before/*")}
    assert set(found) == {"array.npy", "numbers.dillpkl"}
    assert np.load(found["array.npy"]).tolist() == [0, 3, 6, 9, 12]
    assert dill.loads(found["numbers.dillpkl"].read_bytes()) == [0, 1, 2, 3, 4]


def test_a_run_is_not_the_workspaces_latest_snapshot(four: FourSteps) -> None:
    assert four.runs.rok("show", "latest", status=4).status == 4
    taken = four.runs.rok.snapshot("-m", "mine")
    assert four.runs.rok.json("show", "latest")["id"] == taken


def test_a_run_without_snapshots_gives_the_same(four: FourSteps) -> None:
    assert files_of(four.bare_kept) == files_of(four.kept)
    assert {path.name for path in four.bare.records.iterdir()} == {path.name for path in four.runs.records.iterdir()}
    for record in four.bare.records.iterdir():
        assert files_of(record) == files_of(four.runs.records / record.name)
    lines = four.bare_ran.said.splitlines()
    assert lines[0] == "four: 4 steps, one after another"
    assert lines[1] == "[1/4] count: started"
    assert lines[-1].startswith("[4/4] tell: done in ")
    assert "[rok]" not in four.bare_ran.said
    assert not (four.bare.rok.directory / "data" / "rok" / "repository").exists()


def test_a_failing_step_is_kept_as_it_failed(failed: TwoFailures, tmp_path: Path) -> None:
    runs, ran = failed.runs, failed.ran
    snapshots = runs.snapshots("--pipeline", "failing")
    assert set(snapshots) == {"load.before", "load.after", "train.before", "train.failed"}
    for name, snapshot in snapshots.items():
        assert runs.restored(snapshot["id"], tmp_path / name) == files_of(runs.records / name), name
    short = snapshots["train.failed"]["id"][:8]
    assert "[2/3] train: failed (exit status" in ran.said
    assert f"    [rok] failed train: snapshot {short} (1 file changed). Back here" in ran.said
    assert "ZeroDivisionError: division by zero" in ran.stdout
    assert "NameError" not in ran.stdout  # of the cell behind, which Kale runs all the same
    assert ran.stdout.rstrip().endswith(f"Back at that step, with its variables: rok resume {short}")
    assert list(runs.temporary.iterdir()) == []


def test_runs_side_by_side_keep_their_variables_apart(failed: TwoFailures, tmp_path: Path) -> None:
    for pipeline, rows in (("failing", [1, 2, 3]), ("other", [4, 5])):
        snapshots = failed.runs.snapshots("--pipeline", pipeline)
        for moment, names in (("before", {"rows"}), ("failed", {"rows", "weights"})):
            target = tmp_path / f"{pipeline}.{moment}"
            failed.runs.rok("restore", snapshots[f"train.{moment}"]["id"], "--to", str(target))
            found = {path.stem: path.read_bytes() for path in target.rglob(f".rok-kale/*/train.{moment}/*")}
            assert {name: dill.loads(content) for name, content in found.items()} == dict.fromkeys(names, rows)
    assert [step["status"] for step in failed.other.json["steps"]] == ["succeeded", "failed", "not run"]


def test_the_rest_of_a_failed_pipeline_runs_on_where_it_was_resumed(failed: TwoFailures, tmp_path: Path) -> None:
    runs, snapshots = failed.runs, failed.runs.snapshots("--pipeline", "failing")
    resumed = tmp_path / "resumed"
    runs.rok("resume", snapshots["train.failed"]["id"], "--to", str(resumed))
    assert (resumed / "half.txt").read_text() == "half"
    (resumed / "failing.ipynb").write_text((NOTEBOOKS / "failing.ipynb").read_text().replace("row / 0", "row / 2"))
    other = snapshots["train.before"]["id"]  # not the one that was resumed, and one's own all the same
    words = ("--workspace", str(resumed), "kale", "run", "failing.ipynb", "--from", "train", "--resume", other)
    ran = runs(*words, "--json", "--to", str(tmp_path / "kept")).json
    assert [(step["step"], step["status"]) for step in ran["steps"]] == [
        ("load", "not run again"),
        ("train", "succeeded"),
        ("report", "succeeded"),
    ]
    assert (tmp_path / "kept" / "report.txt").read_text() == "[0.5, 1.0, 1.5] of [1, 2, 3] by 2"
    assert ran["notes"] == ["As the run that is resumed: scale=2. Others: --param scale=VALUE"]
    assert not (resumed / "report.txt").exists()
    assert runs(*_GIVEN, "--param", "scale", "--json", status=2).json["hint"] == "For example: --param trees=200"
    assert (
        runs("kale", "run", "failing.ipynb", "--from", "train", "--json", status=2)
        .json["hint"]
        .startswith("Add --resume")
    )


@dataclass(frozen=True)
class Waiting:
    """A run whose step waits for ever, to be ended from outside."""

    runs: LocalRuns
    before: Mapping[str, tuple[str, bytes]]
    """The workspace before the run."""
    process: subprocess.Popen[str]


@pytest.fixture(scope="module")
def waiting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], Waiting]]:
    """Runs that are in their step, one for each test that asks: both were started at once."""
    started = []
    for _ in range(2):
        runs = LocalRuns(tmp_path_factory.mktemp("waiting"))
        (runs.workspace / "waiting.ipynb").write_bytes((NOTEBOOKS / "waiting.ipynb").read_bytes())
        started.append(Waiting(runs, files_of(runs.workspace), runs.start("kale", "run", "waiting.ipynb")))
    left = iter(started)

    def next_one() -> Waiting:
        found = next(left)
        read_until(found.process, "[rok] before wait")
        return found

    yield next_one
    for each in started:
        each.process.kill()
        each.process.communicate()


def test_a_cancelled_run_leaves_no_process_and_nothing_half_made(waiting: Callable[[], Waiting]) -> None:
    it = waiting()
    runs, before = it.runs, it.before
    ran = interrupt(it.process)
    assert ran.status == 130
    assert "was cancelled." in ran.said
    assert "rok list --run local-" in ran.said
    assert list(runs.temporary.iterdir()) == []
    runs.wait_for_no_process()
    assert files_of(runs.workspace) == before
    runs.rok("check", "--read-data")
    assert "wait.before" in runs.snapshots()


def test_a_killed_run_ends_by_itself_and_the_next_one_clears_up(waiting: Callable[[], Waiting]) -> None:
    it = waiting()
    runs, before = it.runs, it.before
    it.process.kill()
    it.process.communicate()
    runs.wait_for_no_process()
    assert files_of(runs.workspace) == before
    assert len(list(runs.temporary.iterdir())) == 1
    (runs.workspace / "none.ipynb").write_text(nbformat.writes(nbformat.v4.new_notebook()))
    error = runs("kale", "run", "none.ipynb", "--json", status=2).json
    assert error["message"].startswith("Kale refuses none.ipynb: ")
    assert list(runs.temporary.iterdir()) == []
    runs.rok("check", "--read-data")


def test_what_kale_refuses_is_told_in_its_words(runs: LocalRuns) -> None:
    write_notebook(runs.workspace / "an old one.ipynb", kale={"autosnapshot": True})
    error = runs("kale", "run", "an old one.ipynb", "--json", status=2).json
    assert error["hint"] == "Its metadata is of Kale 0.7: rok kale migrate 'an old one.ipynb'"
    assert list(runs.temporary.iterdir()) == []


def test_packages_that_are_missing_are_named_with_the_command_to_type(runs: LocalRuns) -> None:
    notebook = nbformat.read(NOTEBOOKS / "four.ipynb", as_version=4)
    imports = next(cell for cell in notebook.cells if "imports" in cell.metadata.tags)
    imports.source += "\nimport some_package_that_nobody_has"
    nbformat.write(notebook, runs.workspace / "four.ipynb")
    elsewhere = runs.temporary.parent / "later-kale"
    elsewhere.mkdir()
    (elsewhere / "sitecustomize.py").write_text("from kale_bridge import kale_compiler\nkale_compiler.KNOWN = '1.9'\n")
    python_path = os.pathsep.join(filter(None, (str(elsewhere), runs.environment.get("PYTHONPATH"))))
    said = runs("kale", "run", "four.ipynb", status=5, environment={"PYTHONPATH": python_path}).said
    assert "some-package-that-nobody-has" in said.replace("_", "-")
    assert "Install them, then run again: pip install 'some" in said
    assert "No snapshots in this run: rok knows Kale 1.9" in said


def test_a_notebook_elsewhere_is_refused_with_a_way(runs: LocalRuns, tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "four.ipynb").write_bytes((NOTEBOOKS / "four.ipynb").read_bytes())
    error = runs("kale", "run", str(elsewhere / "four.ipynb"), "--json", status=2).json
    assert error["hint"] == f"Name its workspace: rok --workspace {elsewhere} kale run {elsewhere / 'four.ipynb'}"
    assert runs("kale", "run", "no.ipynb", "--json", status=4).json["message"] == "There is no notebook no.ipynb."
    taken = runs("kale", "run", "no.ipynb", "--to", str(elsewhere), "--json", status=4)
    assert taken.json["kind"] == "not_found"


@pytest.mark.full
@pytest.mark.timeout(1200)
def test_nine_steps_five_of_them_parallel(runs: LocalRuns, tmp_path: Path) -> None:
    recording(EXAMPLE, runs.workspace / "tumours.ipynb")
    result = runs("kale", "run", "tumours.ipynb", "--json", "--to", str(tmp_path / "kept")).json
    assert [step["status"] for step in result["steps"]] == ["succeeded"] * 9
    snapshots = runs.snapshots("--run", result["run"])
    assert len(snapshots) == 18
    for name, snapshot in snapshots.items():
        assert runs.restored(snapshot["id"], tmp_path / name) == files_of(runs.records / name), name
    report = (tmp_path / "kept" / "report.txt").read_text().splitlines()
    assert len(report) == 6
    assert json.loads((tmp_path / "kept" / "bayes.json").read_text())["accuracy"] > 0.9
