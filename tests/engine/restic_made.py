"""Repositories that a real restic filled, opened by ours; with a key that is cheap to open, so that tests are quick."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.storage.local import LocalBackend
from tests.restic import Restic

PASSWORD = "c0ffee" * 10


def new_repository(restic: Restic) -> tuple[Restic, Repository]:
    """Make a repository at restic's location; restic with its password, and ours open."""
    repository = Repository.create(LocalBackend(restic.location), PASSWORD, strong_password=True)
    return replace(restic, password=PASSWORD), repository


def reopen(restic: Restic) -> Repository:
    """Open it anew, as another process would."""
    return Repository.open(LocalBackend(restic.location), restic.password)


def make_files(root: Path, *, seed: int, files: int = 12, size: int = 60_000) -> Path:
    """Make a few directories of random files."""
    chance = random.Random(seed)
    for number in range(files):
        path = root / f"directory{number % 3}" / f"file{number}-{seed}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(chance.randbytes(chance.randrange(size)))
    return root
