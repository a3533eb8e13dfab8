"""What the engine's tests share: a directory and a repository to save it into, and a tree that restic saved once."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.storage.local import LocalBackend
from tests.engine.archiving import Studio
from tests.engine.restoring import Saved, save
from tests.restic import Restic
from tests.trees import build_tree


@pytest.fixture
def work(tmp_path: Path) -> Path:
    """An empty directory to be saved."""
    directory = tmp_path / "work"
    directory.mkdir()
    return directory


@pytest.fixture
def studio(tmp_path: Path) -> Studio:
    """An empty repository of ours."""
    return Studio(tmp_path / "repository")


@pytest.fixture(scope="session")
def restic_repository(current_restic_binary: str, tmp_path_factory: pytest.TempPathFactory) -> Restic:
    """One repository of restic's for the whole session; tests may add to it, never damage it."""
    return Restic(current_restic_binary, str(tmp_path_factory.mktemp("restic") / "repository"))


@pytest.fixture(scope="session")
def saved_once(restic_repository: Restic, tmp_path_factory: pytest.TempPathFactory) -> Saved:
    """A tree with everything, as restic saved it; for looking at alone."""
    source = tmp_path_factory.mktemp("saved") / "source"
    build_tree(source)
    return save(restic_repository, source)


@pytest.fixture
def saved(saved_once: Saved, tmp_path: Path) -> Saved:
    """The saved tree with a copy of its source that a test may change."""
    copy = tmp_path / "source"
    subprocess.run(["cp", "-a", saved_once.source, copy], check=True)
    return replace(saved_once, source=copy)


@pytest.fixture
def saved_alone(saved: Saved, restic_repository: Restic, tmp_path: Path) -> Saved:
    """As `saved`, with a repository that a test may change and damage."""
    copy = shutil.copytree(restic_repository.location, tmp_path / "repository")
    return replace(saved, repository=Repository.open(LocalBackend(str(copy)), restic_repository.password))
