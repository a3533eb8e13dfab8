"""Back at a step: by `rok resume`, and in a kernel by `%rok resume`."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pexpect
import pytest

from kale_bridge.resume.marker import find_mark
from tests.kale_bridge.stepped import EQUAL, make_variables, write_notebook
from tests.kale_bridge.steps import Steps, shell
from tests.kernel import running_kernel


@pytest.fixture
def taken(steps: Steps, tmp_path: Path) -> Steps:
    """A step that was run: with a snapshot before it and one as it failed."""
    nested = steps.rok.workspace / "work"
    nested.mkdir()
    write_notebook(nested / "titanic.ipynb")
    told = make_variables(tmp_path / "artifacts")
    ran = steps.run(
        *shell("echo half > work/half.txt; exit 1"),
        executor_input=told,
        notebook="titanic.ipynb",
        defaults={"depth": "7.0"},
    )
    assert ran.status == 1, ran.said
    return steps


def _resumed(steps: Steps, *words: str) -> dict[str, Any]:
    return dict(steps.rok.json("resume", *words))


def test_a_step_comes_back_into_a_new_directory(taken: Steps) -> None:
    before, failed = taken.snapshots()
    resumed = _resumed(taken, failed["id"])

    directory = Path(resumed["directory"])
    assert directory == Path(f"{taken.rok.workspace}-train-{failed['id'][:8]}")
    assert (directory / "work" / "half.txt").read_text() == "half\n"
    assert resumed["notebook"] == str(directory / "work" / "titanic.ipynb")
    assert set(resumed["variables"]) == {"a", "table", "cfg"}
    assert sorted(path.name for path in Path(resumed["variables_directory"]).iterdir()) == [
        "a.npy",
        "cfg.dillpkl",
        "table.pdpkl",
    ]
    assert not (directory / ".rok-kale").exists()
    assert resumed["next_cell"] == 5
    assert _resumed(taken, failed["id"])["directory"] == f"{directory}-2", "what is there stays as it is"
    text = taken.rok("resume", before["id"], "--to", str(taken.rok.directory / "there")).text
    assert "before it ran" in text
    assert "parameters:  depth=3\n" in text
    assert "Next comes cell 5." in text


def test_the_latest_is_the_newest_of_a_step(taken: Steps) -> None:
    _, failed = taken.snapshots()
    taken.rok.snapshot()
    done = taken.rok.run("resume", "latest", "--to", str(taken.rok.directory / "a place"))
    assert f"'{taken.rok.directory}/a place' kale run work/titanic.ipynb --from train" in done.text
    assert _resumed(taken, "latest")["snapshot"] == failed["id"]


def test_in_place_a_volume_may_have_moved(taken: Steps) -> None:
    before, _ = taken.snapshots()
    moved = taken.rok.directory / "moved"
    taken.rok.workspace.rename(moved)
    words = ("--workspace", str(moved), "resume", before["id"], "--in-place", "--yes")
    assert "--volume-at" in taken.rok.run(*words).stderr
    assert taken.rok.run(*words, "--volume-at", f"workspace={moved}", "--json").json["directory"] == str(moved)


def test_what_others_took_comes_back_beside_ones_own_workspace(taken: Steps) -> None:
    before, _ = taken.snapshots()
    mine = taken.rok.directory / "mine"
    mine.mkdir()
    config = taken.rok.directory / "config"
    config.mkdir()
    (config / "jupyter_rok_config.json").write_text(json.dumps({"RokSettings": {"owner": "grace"}}))
    done = taken.rok.run("--workspace", str(mine), "resume", before["id"], "--json")
    assert done.json["directory"] == f"{mine}-train-{before['id'][:8]}"


def test_in_place_there_is_a_safety_snapshot(taken: Steps) -> None:
    before, _ = taken.snapshots()
    (taken.rok.workspace / "notes.txt").write_text("changed since\n")
    refused = taken.rok.run("resume", before["id"], "--in-place")
    resumed = _resumed(taken, before["id"], "--in-place", "--yes")

    assert refused.status == 5
    assert (taken.rok.workspace / "notes.txt").read_text() == "first\n"
    assert set(resumed["variables"]) == {"a", "table", "cfg"}
    taken.rok("undo")
    assert (taken.rok.workspace / "notes.txt").read_text() == "changed since\n"


def test_data_volumes_come_with_it(steps: Steps, tmp_path: Path) -> None:
    data = tmp_path / "data-volume"
    data.mkdir()
    (data / "rows.csv").write_text("1\n")
    steps.rok("attach", "data", "--directory", str(data), "--at", "data")
    write_notebook(steps.rok.workspace / "titanic.ipynb")
    steps.run(*shell("echo 2 > data/rows.csv"), notebook="titanic.ipynb")
    before, _ = steps.snapshots()
    resumed = _resumed(steps, before["id"])

    assert set(resumed["volumes"]) == {"workspace", "data"}
    there = steps.rok.directory / "there"
    shown = steps.rok("resume", before["id"], "--to", str(there)).text
    assert f"volume data:  {there}/data\n" in shown
    assert "volume workspace" not in shown, "it is the directory that is named"
    assert (Path(resumed["directory"]) / "data" / "rows.csv").read_text() == "1\n"
    assert (data / "rows.csv").read_text() == "2\n"
    assert (steps.rok.workspace / "data" / "rows.csv").read_text() == "2\n"


def test_what_is_no_step_cannot_be_resumed(steps: Steps) -> None:
    id_ = steps.rok.snapshot()
    error = steps.rok.json("resume", id_, status=5)
    assert "no pipeline's step" in error["message"]
    assert steps.rok.json("resume", status=2)["message"] == "Which snapshot? Give its id."


def test_others_variables_are_left_out_unless_trusted(taken: Steps) -> None:
    before, _ = taken.snapshots()
    config = taken.rok.directory / "config"
    config.mkdir()
    (config / "jupyter_rok_config.json").write_text(json.dumps({"RokSettings": {"owner": "grace"}}))

    done = taken.rok.run("resume", before["id"], "--json")
    assert json.loads(done.stdout)["variables"] == []
    assert "Its variables are pickles: loading them" in done.stderr
    directory = Path(json.loads(done.stdout)["directory"])
    assert not any(path.name.endswith(".marshal.dir") for path in directory.rglob("*"))
    assert not (directory / ".rok-kale").exists(), "no pickle of another user lies about"
    assert set(_resumed(taken, before["id"], "--trust")["variables"]) == {"a", "table", "cfg"}

    rest = ("kale", "compile", str(taken.rok.workspace / "work" / "titanic.ipynb"), "--resume", before["id"])
    assert "Where you trust them, add --trust." in taken.rok.run(*rest).stderr
    program, *arguments = taken.rok.words(*rest)
    asked = pexpect.spawn(str(program), [str(word) for word in arguments], env=taken.rok.environment, timeout=120)
    asked.expect("Use the variables")
    asked.sendline("n")
    asked.expect(pexpect.EOF)
    asked.wait()  # its terminal is closed a moment before it has ended
    asked.close()
    assert asked.exitstatus == 5


def test_ones_own_snapshot_is_ones_own_from_any_workspace(taken: Steps) -> None:
    """As in a directory where another step of the run was resumed."""
    before, failed = taken.snapshots()
    there = Path(_resumed(taken, failed["id"])["directory"])
    done = taken.rok.run("--workspace", str(there), "resume", before["id"], "--json")
    assert done.stderr == ""
    assert set(done.json["variables"]) == {"a", "table", "cfg"}


def test_the_magic_loads_the_variables_and_says_what_comes_next(taken: Steps) -> None:
    _, failed = taken.snapshots()
    with running_kernel(taken.rok) as kernel:
        text = kernel.text(f"result = %rok resume {failed['id'][:12]}\nresult")
        assert "Next comes cell 5." in text
        assert "loaded" in text
        assert "True" in kernel.text(f"bool({EQUAL})"), "the first cells were run, and the variables are equal"
        assert "[[ 0  2  4]" in kernel.text("print(double(a))")
        assert "half" in kernel.text("print(open('half.txt').read())"), "the kernel is where the notebook is"
        assert kernel.text("print(repr(depth))").strip() == "3", "the run was given this one, and not the notebook's"
        result = kernel.text("print(*result.value.loaded)")
        assert "a cfg table" in result


def test_a_variable_that_cannot_be_loaded_is_named_and_the_others_come(steps: Steps, tmp_path: Path) -> None:
    write_notebook(steps.rok.workspace / "titanic.ipynb")
    told = make_variables(tmp_path / "artifacts")
    (tmp_path / "artifacts" / "cfg").write_bytes(b"?" * 30)
    steps.run(*shell("true"), executor_input=told, notebook="titanic.ipynb")
    before, _ = steps.snapshots()
    resumed = _resumed(steps, before["id"])
    with running_kernel(steps.rok, Path(resumed["notebook"]).parent) as kernel:
        text = kernel.text("%rok resume")
        assert "cfg.dillpkl" in text
        assert "True" in kernel.text("bool(a.shape == (2, 3) and len(table) == 2)")


def test_other_files_beside_the_notebook_are_not_loaded(taken: Steps, monkeypatch: pytest.MonkeyPatch) -> None:
    """A snapshot of somebody else's that is restored into a resumed directory may bring pickles."""
    before, _ = taken.snapshots()
    resumed = _resumed(taken, before["id"])
    for name, text in taken.rok.environment.items():
        monkeypatch.setenv(name, text)
    directory, variables = resumed["directory"], Path(resumed["variables_directory"])
    assert find_mark(str(Path(directory) / "work")) is not None

    content = (variables / "a.npy").read_bytes()
    (variables / "a.npy").unlink()
    (variables / "a.npy.new").write_bytes(content)
    (variables / "a.npy.new").rename(variables / "a.npy")
    assert find_mark(directory) is None, "another file of the same name, size and content"
    shutil.rmtree(variables)
    assert find_mark(directory) is not None, "without any, there is nothing to distrust"
    mark = Path(directory) / ".rok-resume.json"
    mark.write_text(mark.read_text().replace("titanic", "other"))
    assert find_mark(directory) is None
