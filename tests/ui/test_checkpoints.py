"""Jupyter's own File > Revert to Checkpoint, served from snapshots where the server is set up for it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import running
from tests.ui.documents import open_text
from tests.ui.lab import RunningLab, User

_CONFIG = 'c.AsyncContentsManager.checkpoints_class = "rok_jupyter.server.checkpoints.RokCheckpoints"\n'


@pytest.fixture
def lab(tmp_path: Path) -> Iterator[RunningLab]:
    """A JupyterLab whose checkpoints are snapshots, too."""
    yield from running(RunningLab(tmp_path / "lab", config=_CONFIG))


def test_a_file_is_reverted_to_a_version_of_a_snapshot(user: User, page: Page, lab: RunningLab) -> None:
    file = lab.workspace / "report.txt"
    file.write_text("in the snapshot\n")
    lab.snapshot()
    content = open_text(user, file, "later\n")
    user.run("docmanager:restore-checkpoint")
    dialog = user.dialog()
    expect(dialog).to_contain_text("Revert Text to checkpoint")
    user.button("Revert", dialog).click()
    expect(content).to_have_text("in the snapshot")
    assert file.read_text() == "in the snapshot\n"
