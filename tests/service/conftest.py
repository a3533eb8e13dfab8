"""A service on the local provider, as a user has it: a workspace, a data volume, an embedded repository."""

from __future__ import annotations

from pathlib import Path

import pytest

from rok_jupyter.config import RokSettings
from rok_jupyter.service.service import Service


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A workspace with a little of everything that matters to a restore."""
    root = tmp_path / "work"
    (root / "notebooks").mkdir(parents=True)
    (root / "notebooks" / "a.ipynb").write_text('{"cells": []}')
    (root / "notes.txt").write_text("first\n")
    (root / "keep.txt").write_text("kept\n")
    (root / "link").symlink_to("notes.txt")
    (root / "empty").mkdir()
    return root


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """A data volume's directory."""
    root = tmp_path / "data"
    root.mkdir()
    (root / "table.csv").write_text("1,2\n")
    return root


@pytest.fixture
def settings(tmp_path: Path, workspace: Path, data: Path) -> RokSettings:
    """Settings whose state lies in the test's own directory, with no margin of disk to depend on."""
    settings = RokSettings()
    settings.workspace = str(workspace)
    settings.data_volumes = {"data": str(data)}
    settings.state_directory = str(tmp_path / "state")
    settings.disk_margin = 0
    settings.owner = "tester"
    return settings


@pytest.fixture
def service(settings: RokSettings) -> Service:
    """The service; nothing was taken yet."""
    return Service(settings)
