"""Compiled pipelines, made by the real Kale and the real KFP once for each test run, not for each test."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

import pytest

HERE = Path(__file__).parent
EXAMPLE = HERE.parents[1] / "examples" / "kale" / "tumours.ipynb"
_SECONDS = 240


def kale_notebooks() -> Path:
    """The notebooks that Kale's wheel ships with its tests."""
    spec = importlib.util.find_spec("kale")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    return Path(spec.submodule_search_locations[0]) / "tests" / "assets" / "notebooks"


@pytest.fixture(scope="session")
def kale_pipelines(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Each of Kale's notebooks, and our example, as Kale compiles it, without hooks; by the notebook's name."""
    directory = tmp_path_factory.mktemp("kale")
    notebooks = [*sorted(kale_notebooks().glob("*.ipynb")), EXAMPLE]
    program = [sys.executable, str(HERE / "kale_made.py"), str(directory), *map(str, notebooks)]
    subprocess.run(program, cwd=directory, check=True, timeout=_SECONDS, capture_output=True)
    return {path.stem: path for path in directory.glob("*.yaml")}


@pytest.fixture(scope="session")
def kfp_pipelines(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Pipelines that Kale didn't make; by the pipeline's name."""
    directory = tmp_path_factory.mktemp("kfp")
    program = [sys.executable, "-W", "ignore", str(HERE / "kfp_made.py"), str(directory)]
    subprocess.run(program, cwd=directory, check=True, timeout=_SECONDS, capture_output=True)
    return {path.stem: path for path in directory.glob("*.yaml")}
