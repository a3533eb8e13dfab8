"""The plan of a notebook, made without Kale, is the plan of the pipeline that the real Kale compiles."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kale_bridge.compiling import compile_notebook
from kale_bridge.notebook_plan import plan_notebook
from kale_bridge.settings import default_settings
from rok_jupyter.config import RokSettings
from tests.kale_bridge.compiled import kale_notebooks
from tests.kale_bridge.small_notebooks import TWO_STEPS, Cell, write_notebook

HARD: Sequence[Cell] = (
    ("import os", ["imports"]),
    ("n = 1", ["pipeline-parameters"]),
    ("x = n", ["step:first", "annotation:rok.dev/snapshot:before", "annotation:other:off"]),
    ("x += 1", []),
    ("x += 2", ["step:first"]),
    ("y = x", ["step:second", "prev:first", "annotation:rok.dev/snapshot:a:f:t:e:r"]),
    ("z = x", ["skip", "step:never"]),
    ("w = x + y", ["step:third", "prev:first", "prev:second", "annotation:rok.dev/snapshot:off"]),
    ("v = x", ["step:fourth", "prev:first"]),
)


def plans(notebook: Path, tmp_path: Path) -> tuple[Any, Any]:
    """Return what the plan says without Kale and with it, as far as both can know."""
    content = json.loads(notebook.read_text())
    tags = [cell["metadata"].get("tags", []) for cell in content["cells"] if cell["cell_type"] == "code"]
    static = plan_notebook(content["metadata"], tags, RokSettings())
    compiled = compile_notebook(notebook, default_settings(RokSettings()), target=tmp_path / "made.yaml").plan
    return _comparable(static), _comparable(compiled)


def _comparable(plan: Any) -> dict[str, Any]:
    found: dict[str, Any] = msgspec.to_builtins(plan)
    del found["notebook"], found["notes"]
    found["steps"] = {step["step"]: step for step in found["steps"]}
    found["finals"] = [final for final in found["finals"] if final["step"] != "final"]
    return found


@pytest.mark.parametrize("name", ["mount_pvc", "mount_pvc_env_var", "pipeline_parameters_and_metrics"])
def test_of_kales_own_notebooks(name: str, tmp_path: Path) -> None:
    static, compiled = plans(kale_notebooks() / f"{name}.ipynb", tmp_path)
    assert static == compiled


def test_of_a_notebook_with_everything(tmp_path: Path) -> None:
    kale = {
        "steps_defaults": ["annotation:rok.dev/snapshot:after", "label:a:b"],
        "volumes": [
            {"name": "data", "type": "pvc", "mount_point": "/data", "snapshot": True, "snapshot_name": "trained"},
            {"name": "other", "type": "pvc", "mount_point": "/other", "snapshot": True},
            {"name": "ghost", "type": "clone", "mount_point": "/ghost", "snapshot": True},
        ],
    }
    rok = {"kale": {"seconds": 20, "on_error": "fail", "tasks": "visible"}}
    static, compiled = plans(write_notebook(tmp_path / "hard.ipynb", HARD, rok=rok, kale=kale), tmp_path)
    assert static == compiled
    assert {step: list(planned["moments"]) for step, planned in static["steps"].items()} == {
        "first": ["before"],
        "second": ["after", "failed"],
        "third": [],
        "fourth": ["after", "failed"],
    }


def test_of_one_that_is_switched_off(tmp_path: Path) -> None:
    off = write_notebook(tmp_path / "off.ipynb", TWO_STEPS, rok={"kale": {"snapshots": False}})
    static, compiled = plans(off, tmp_path)
    assert static == compiled
    assert not any(step["moments"] for step in static["steps"].values())
