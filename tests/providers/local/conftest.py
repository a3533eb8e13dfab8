"""A workspace and a state directory of its own for each test."""

from __future__ import annotations

from pathlib import Path

import pytest

from rok_jupyter.config import RokSettings


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    directory = tmp_path / "workspace"
    directory.mkdir()
    return directory


@pytest.fixture
def settings(tmp_path: Path, workspace: Path) -> RokSettings:
    return RokSettings(workspace=str(workspace), state_directory=str(tmp_path / "state"), owner="tester")
