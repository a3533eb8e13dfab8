"""Who may work on a volume at the same time, between threads and processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.service.volume_lock import VolumeLocks

WORKSPACE = {"workspace": "/home/me/work"}
SNAPSHOT = "ab" * 32


@pytest.fixture
def locks(tmp_path: Path) -> VolumeLocks:
    return VolumeLocks(tmp_path / "locks")


def test_snapshots_of_one_volume_run_side_by_side(locks: VolumeLocks) -> None:
    with locks.snapshotting(WORKSPACE), locks.snapshotting(WORKSPACE):
        pass


def test_two_restores_of_one_volume_are_refused_and_the_holder_is_named(locks: VolumeLocks) -> None:
    with locks.restoring(WORKSPACE, [SNAPSHOT]), pytest.raises(RokError) as caught, ExitStack() as held:
        held.enter_context(locks.restoring(WORKSPACE, []))
    assert caught.value.kind is ErrorKind.ABORTED
    assert "'workspace'" in caught.value.message
    assert f"process {os.getpid()}" in caught.value.message
    assert caught.value.hint
    with locks.restoring(WORKSPACE, []):
        pass


def test_a_snapshot_is_refused_while_its_volume_is_restored_and_the_other_way_round(locks: VolumeLocks) -> None:
    with locks.restoring(WORKSPACE, []), pytest.raises(RokError), locks.snapshotting(WORKSPACE):
        pass
    with locks.snapshotting(WORKSPACE), pytest.raises(RokError) as caught, locks.restoring(WORKSPACE, []):
        pass
    assert "is being snapshotted" in caught.value.message


def test_copying_back_holds_off_restores_in_place_and_deletes_and_nothing_else(locks: VolumeLocks) -> None:
    with locks.copying(WORKSPACE, SNAPSHOT):
        with locks.copying(WORKSPACE, SNAPSHOT), locks.snapshotting(WORKSPACE), locks.restoring({}, [SNAPSHOT]):
            pass
        with pytest.raises(RokError), locks.deleting([SNAPSHOT]):
            pass
        with pytest.raises(RokError) as caught, locks.restoring(WORKSPACE, []):
            pass
    assert "is being copied back to" in caught.value.message
    with locks.restoring(WORKSPACE, []), pytest.raises(RokError), locks.copying(WORKSPACE, SNAPSHOT):
        pass


def test_a_snapshot_in_use_by_a_restore_cannot_be_deleted(locks: VolumeLocks) -> None:
    with locks.restoring({}, [SNAPSHOT]):
        assert locks.in_use(SNAPSHOT)
        with pytest.raises(RokError) as caught, locks.deleting(["cd" * 32, SNAPSHOT]):
            pass
        with locks.restoring({}, [SNAPSHOT]):
            pass
    assert caught.value.kind is ErrorKind.ABORTED
    assert not locks.in_use(SNAPSHOT)
    with locks.deleting([SNAPSHOT]):
        pass


def test_volumes_of_one_name_in_two_workspaces_do_not_meet(locks: VolumeLocks) -> None:
    with locks.restoring({"workspace": "/a"}, []), locks.restoring({"workspace": "/b"}, []):
        pass


def test_lock_files_are_gone_when_nobody_holds_them(locks: VolumeLocks, tmp_path: Path) -> None:
    with locks.snapshotting(WORKSPACE), locks.snapshotting(WORKSPACE), locks.restoring({}, [SNAPSHOT]):
        assert list((tmp_path / "locks").iterdir())
    assert not list((tmp_path / "locks").iterdir())


def test_names_of_any_length_and_bytes_have_locks(locks: VolumeLocks) -> None:
    with locks.restoring({"odd": "/" + "\udcff" * 300 + "/x"}, []), locks.restoring({"odd": "/" + "y" * 3000}, []):
        pass


def test_of_several_sharers_one_that_is_still_there_is_named(locks: VolumeLocks) -> None:
    with locks.restoring({}, [SNAPSHOT]):
        for _ in range(3):
            with locks.restoring({}, [SNAPSHOT]):
                pass
        with pytest.raises(RokError) as caught, locks.deleting([SNAPSHOT]):
            pass
    assert f"is being restored by process {os.getpid()}" in caught.value.message


_CHILD = """
import sys
from pathlib import Path
from rok_jupyter.service.volume_lock import VolumeLocks
with VolumeLocks(Path(sys.argv[1])).restoring({"workspace": "/home/me/work"}, [], action="a1"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_another_process_holds_a_lock_until_it_is_killed(locks: VolumeLocks, tmp_path: Path) -> None:
    command = [sys.executable, "-c", _CHILD, str(tmp_path / "locks")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        child.stdout.readline()
        with pytest.raises(RokError) as caught, locks.snapshotting(WORKSPACE):
            pass
        assert f"process {child.pid}" in caught.value.message
        assert locks.runs("a1")
        assert not locks.runs("a2")
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
    assert not locks.runs("a1")
    with locks.restoring(WORKSPACE, []):
        pass
