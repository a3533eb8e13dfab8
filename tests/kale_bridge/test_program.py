"""The words that carry the hook's program, and how it finds out which run it is in."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from kale_bridge.step.identity import find_run
from kale_bridge.step.program import MODULES, bootstrap
from tests.kale_bridge.steps import BARE_PYTHON, PLACEHOLDERS, Steps, shell
from tests.rok_command import ROOT

_UNRESOLVED = PLACEHOLDERS[:2]
_UUID = "0f0d0c0b-1111-2222-3333-444455556666"


def test_a_template_sees_nothing_in_it_and_it_is_short() -> None:
    assert not any(mark in bootstrap() for mark in ("{{", "}}", "python3", "${"))
    assert len(bootstrap()) < 30_000, "nine steps must fit into a workflow of Kubernetes"


@pytest.mark.parametrize("name", MODULES)
def test_what_is_packed_needs_the_standard_library_only(name: str) -> None:
    tree = ast.parse((ROOT / f"{name.replace('.', '/')}.py").read_text())
    imported = {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    imported |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    own = {each for each in imported if each.partition(".")[0] in ("rok_jupyter", "kale_bridge")}
    assert own <= {*MODULES, "kale_bridge.step"}
    assert {each.partition(".")[0] for each in imported - own} <= sys.stdlib_module_names


@pytest.mark.parametrize("name", MODULES)
def test_what_is_packed_runs_in_python_3_9(name: str) -> None:
    """As its grammar, and what is called in it, say: the images of older pipelines have no later one."""
    tree = ast.parse((ROOT / f"{name.replace('.', '/')}.py").read_text(), feature_version=(3, 9))
    words = {word.arg for node in ast.walk(tree) if isinstance(node, ast.Call) for word in node.keywords}
    assert not words & {"slots", "kw_only", "strict"}
    assert not {node.attr for node in ast.walk(tree) if isinstance(node, ast.Attribute)} & {"pairwise", "UTC"}
    assert [node for node in tree.body if isinstance(node, ast.Assign) and _is_union(node.value)] == []


def test_a_python_that_is_too_old_says_so_and_runs_the_step(steps: Steps) -> None:
    words = steps.words(shell("exit 5"), python=BARE_PYTHON)
    words[2] = words[2].replace("sys.version_info <", "(3, 6) <")
    done = subprocess.run(words, env={"PATH": "/usr/bin:/bin"}, capture_output=True, check=False)
    assert done.returncode == 5
    assert b"it needs Python 3.9 or later" in done.stderr


def _is_union(node: ast.expr) -> bool:
    return isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr)


def test_a_program_that_cannot_be_unpacked_leaves_the_step_alone(steps: Steps) -> None:
    for on_error, status in (("warn", 5), ("fail", 1)):
        words = steps.words(shell("echo done; exit 5"), python=BARE_PYTHON, on_error=on_error)
        words[2] = words[2].replace("b64decode('", "b64decode('broken")
        done = subprocess.run(words, env={"PATH": "/usr/bin:/bin"}, capture_output=True, check=False)
        assert done.returncode == status, done.stderr
        assert b"[rok] The hook cannot run here" in done.stderr


def test_files_of_the_workspace_are_no_modules_of_the_hooks(steps: Steps) -> None:
    for name in ("json", "base64", "zlib", "select", "kale_bridge", "msgspec", "rok_jupyter", "types"):
        (steps.rok.workspace / f"{name}.py").write_text("raise SystemExit('a file of the user')\n")
    for python in (sys.executable, BARE_PYTHON):
        ran = steps.run(*shell("exit 5"), python=python)
        assert ran.status == 5
        assert "a file of the user" not in ran.said
    assert len(steps.snapshots()) == 2


def test_an_older_wheel_is_not_used_for_a_newer_pipeline(steps: Steps, tmp_path: Path) -> None:
    old = tmp_path / "old" / "kale_bridge" / "step"
    old.mkdir(parents=True)
    for package in (old, old.parent):
        (package / "__init__.py").write_text("")
    (old / "hook.py").write_text("VERSION = 0\ndef main(argv): raise SystemExit('old')\n")
    environment = {**steps.environment(), "PYTHONPATH": str(tmp_path / "old")}
    words = steps.words(shell("exit 5"), python=BARE_PYTHON)
    done = subprocess.run(words, env=environment, capture_output=True, check=False)
    assert done.returncode == 5, done.stderr
    assert b"rok-jupyter isn't installed here" in done.stderr


def test_a_run_is_found_where_it_is_to_be_seen() -> None:
    outputs = {"a": {"artifacts": [{"uri": f"minio://mlpipeline/v2/artifacts/titanic/{_UUID}/train/a"}]}}
    told = {"outputs": {"artifacts": outputs}}
    assert find_run(("resolved", "my run"), {}, told).id == "resolved"
    assert find_run(("resolved", "my run"), {"ROK_KALE_RUN": "local-1"}, told).id == "local-1"
    assert find_run(_UNRESOLVED, {"KFP_RUN_ID": "run-2", "HOSTNAME": "pod"}, told).id == "run-2"
    assert find_run(_UNRESOLVED, {"HOSTNAME": "pod"}, told).id == _UUID
    assert find_run(_UNRESOLVED, {"HOSTNAME": "pod-7"}, {}).id == "pod-7"
    assert find_run(_UNRESOLVED, {}, {}).id == "unknown"
    assert find_run(("a", "my run"), {}, told).name == "my run"


def test_a_run_is_found_at_kfps_launcher() -> None:
    """The launcher stands above the step's shell, with the run's id among its arguments."""
    script = (
        "import json, subprocess, sys\n"
        "inner = 'import json; from kale_bridge.step.identity import find_run; from dataclasses import asdict;'"
        " 'print(json.dumps(asdict(find_run([], {}, {}))))'\n"
        "print(subprocess.check_output(['sh', '-c', '\"$0\" \"$@\"', sys.executable, '-c', inner], text=True))\n"
    )
    words = [sys.executable, "-c", script, "--pipeline_name", "titanic", "--run_id", _UUID, "--execution_id", "3"]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True)
    assert json.loads(done.stdout) == {"id": _UUID, "found_by": "KFP's launcher", "name": ""}
