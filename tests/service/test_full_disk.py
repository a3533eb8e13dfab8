"""The disk that holds repository and state is full to the last byte, by somebody else's files."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from rok_jupyter.config import RokSettings
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import RestoreRequest, RetentionPolicy, SnapshotRequest
from rok_jupyter.progress import Progress
from rok_jupyter.service.service import Service

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Path]:
    where = tmp_path / "disk"
    where.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=8m", "none", where], capture_output=True, check=False)
    if made.returncode:
        pytest.skip("this machine lets nobody mount")
    yield where
    subprocess.run(["umount", where], check=True)


def _fill(disk: Path) -> None:
    with open(disk / "filler", "wb", buffering=0) as file, suppress(OSError):
        while file.write(b"x" * 4096):
            pass
    assert os.statvfs(disk).f_bfree == 0


def test_on_a_full_disk_snapshots_are_read_and_nothing_is_changed_in_place(
    disk: Path, settings: RokSettings, workspace: Path, tmp_path: Path
) -> None:
    settings.state_directory = str(disk / "state")
    service = Service(settings)
    (workspace / "large").write_bytes(os.urandom(2_000_000))
    service.take(SnapshotRequest(), Progress())
    (workspace / "large").write_bytes(os.urandom(1_000_000))
    kept = service.take(SnapshotRequest(), Progress())
    _fill(disk)

    later = Service(settings)
    (workspace / "notes.txt").write_text("second\n")
    with pytest.raises(RokError) as refused:
        later.restore(RestoreRequest(snapshot=kept.id), Progress())
    assert refused.value.kind is ErrorKind.RESOURCE_EXHAUSTED
    assert (workspace / "notes.txt").read_text() == "second\n"

    later = Service(settings)
    assert len(later.list().items) == 2
    later.restore(RestoreRequest(snapshot=kept.id, directory=str(tmp_path / "there")), Progress())
    assert (tmp_path / "there" / "workspace" / "notes.txt").read_text() == "first\n"
    assert later.check(read_data=True, progress=Progress()).damages == ()


def test_on_a_full_disk_room_is_made(disk: Path, settings: RokSettings, workspace: Path) -> None:
    settings.state_directory = str(disk / "state")
    service = Service(settings)
    (workspace / "large").write_bytes(os.urandom(2_000_000))
    doomed = service.take(SnapshotRequest(), Progress())
    (workspace / "large").write_bytes(os.urandom(1_000_000))
    kept = service.take(SnapshotRequest(), Progress())
    _fill(disk)

    later = Service(settings)
    assert later.delete([doomed.id], Progress()).deleted == (doomed.id,)
    later.prune(dry_run=False, progress=Progress())
    assert os.statvfs(disk).f_bfree * 4096 > 1_500_000
    assert [snapshot.id for snapshot in later.list().items] == [kept.id]
    assert later.check(read_data=True, progress=Progress()).damages == ()
    assert later.forget(RetentionPolicy(keep_last=1), dry_run=False, prune=True, progress=Progress()).prune is not None
