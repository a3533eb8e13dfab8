"""What the bridge's tests share: a workspace with a repository, and steps that snapshot into it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kale_bridge.compiled import kale_pipelines, kfp_pipelines
from tests.kale_bridge.steps import Steps
from tests.rok_command import Rok

__all__ = ["kale_pipelines", "kfp_pipelines", "steps"]


@pytest.fixture
def steps(tmp_path: Path) -> Steps:
    """Steps that work in their own process, on a workspace with one file, into a repository that is there."""
    rok = Rok(tmp_path)
    rok("repo", "init")
    (rok.workspace / "notes.txt").write_text("first\n")
    return Steps(rok)
