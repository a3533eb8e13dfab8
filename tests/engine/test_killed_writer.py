"""A process that is killed while it makes a repository and a snapshot leaves a sound one, whatever it was doing.

The kill comes at a system call that changes the repository: strace delivers it before the call is done.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.storage.local import LocalBackend
from tests.engine.repositories import PASSWORD, read_back, store
from tests.restic import Restic

SCENARIO = """
import sys
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.storage.local import LocalBackend
from tests.engine.repositories import PASSWORD, store
repository = Repository.create(LocalBackend(sys.argv[1]), PASSWORD, strong_password=True)
print("acknowledged", store(repository, {"a": b"a" * 5000, "b": bytes(range(256)) * 9}).snapshot, flush=True)
"""
CHANGES = ("mkdir", "openat", "write", "fsync", "link", "rename", "unlink")
EXPECTED = {"a": b"a" * 5000, "b": bytes(range(256)) * 9}


@dataclass(frozen=True)
class Point:
    """The n-th use of a system call."""

    call: str
    number: int


def run(repository: Path, *options: str) -> subprocess.CompletedProcess[str]:
    command = ["strace", "-f", "-y", "-e", f"trace={','.join(CHANGES)}", *options]
    environment = {**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0"}
    return subprocess.run(
        [*command, sys.executable, "-c", SCENARIO, str(repository)],
        capture_output=True, text=True, check=False, env=environment,
    )  # fmt: skip


@pytest.fixture(scope="module")
def points(tmp_path_factory: pytest.TempPathFactory) -> list[Point]:
    """Every call of an undisturbed run that touches the repository."""
    directory = tmp_path_factory.mktemp("undisturbed") / "repository"
    done = run(directory)
    assert done.returncode == 0, done.stderr[-3000:]
    counts: Counter[str] = Counter()
    found = []
    for line in done.stderr.splitlines():
        match = re.search(r"(?:^|\] )(\w+)\(", line)
        if match is None or match[1] not in CHANGES:
            continue
        counts[match[1]] += 1
        reads = match[1] == "openat" and "O_CREAT" not in line
        if str(directory) in line and not reads and match[1] != "mkdir":
            found.append(Point(match[1], counts[match[1]]))
    assert len(found) > 30
    return found


def survives(point: Point, directory: Path) -> None:
    """Kill at this point; then nothing acknowledged is lost, and a next writer finishes the work."""
    done = run(directory, "-e", f"inject={point.call}:signal=KILL:when={point.number}")
    backend = LocalBackend(str(directory))
    acknowledged = re.findall(r"acknowledged (\w+)", done.stdout)
    if not (directory / "config").exists():
        assert not acknowledged
        repository = Repository.create(backend, PASSWORD, strong_password=True)
    else:
        repository = Repository.open(backend, PASSWORD)
    snapshots, damages = repository.snapshot_files()
    assert not damages
    assert set(acknowledged) <= set(snapshots)
    for snapshot in snapshots.values():
        assert read_back(repository, snapshot.tree) == EXPECTED
    store(repository, EXPECTED)
    assert repository.locks() == ()


@pytest.mark.parametrize("position", range(8))
def test_a_kill_leaves_a_sound_repository(position: int, points: list[Point], tmp_path: Path, restic: Restic) -> None:
    point = points[position * len(points) // 8]
    survives(point, Path(restic.at(tmp_path / "repository", PASSWORD).location))
    restic.at(tmp_path / "repository", PASSWORD).check()


@pytest.mark.full
@pytest.mark.timeout(3600)
def test_a_kill_at_every_change_leaves_a_sound_repository(
    points: list[Point], tmp_path: Path, current_restic: Restic
) -> None:
    for point in points:
        directory = tmp_path / "repository"
        survives(point, directory)
        current_restic.at(directory, PASSWORD).check()
        shutil.rmtree(directory)
