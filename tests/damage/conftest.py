"""The repository that the tests of damage start from, made once."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.damage.damaged import Subject, make_subject


@pytest.fixture(scope="session")
def sound(tmp_path_factory: pytest.TempPathFactory) -> Subject:
    """A repository without any fault; nobody changes it."""
    return make_subject(tmp_path_factory.mktemp("sound"))


@pytest.fixture
def quick_path(tmp_path: Path) -> Iterator[Path]:
    """A directory in memory where there is one: thousands of restores sync it."""
    if not os.access("/dev/shm", os.W_OK):
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(prefix="rok-test-", dir="/dev/shm") as directory:
        yield Path(directory)


@pytest.fixture
def subject(sound: Subject, quick_path: Path) -> Subject:
    """A copy of it, to be damaged."""
    return sound.copy(quick_path / "repository")
