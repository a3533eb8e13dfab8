"""Restores in place: safe before they start, undone to the byte, known when they were killed."""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import ExitStack
from pathlib import Path

import pytest

from rok_jupyter.config import RokSettings
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import (
    Change,
    OriginKind,
    RestoreRequest,
    SnapshotFilter,
    SnapshotRequest,
)
from rok_jupyter.progress import Progress
from rok_jupyter.service.service import Service
from rok_jupyter.service.volume_lock import VolumeLocks
from tests.trees import differences, fingerprint


def _take(service: Service, message: str = "") -> str:
    return service.take(SnapshotRequest(message=message), Progress()).id


def _edit(workspace: Path) -> None:
    """Change, create, delete and replace entries."""
    (workspace / "notes.txt").write_text("second\n")
    (workspace / "new.txt").write_text("new\n")
    (workspace / "keep.txt").unlink()
    (workspace / "new directory").mkdir()
    (workspace / "new directory" / "x\nodd").write_text("odd")
    (workspace / "link").unlink()
    (workspace / "link").mkdir()
    (workspace / "empty").rmdir()
    (workspace / "empty").write_text("a file now")


def _in_place(service: Service, snapshot: str, *, delete: bool = True, paths: tuple[str, ...] = ()) -> RestoreRequest:
    return RestoreRequest(snapshot=snapshot, delete=delete, paths=paths)


def test_a_restore_in_place_brings_everything_back_and_its_undo_equals_the_tree_before(
    service: Service, workspace: Path, data: Path
) -> None:
    first = fingerprint(workspace)
    snapshot = _take(service)
    _edit(workspace)
    (data / "table.csv").write_text("changed\n")
    before = fingerprint(workspace), fingerprint(data)

    result = service.restore(_in_place(service, snapshot), Progress())
    assert not differences(first, fingerprint(workspace))
    assert (data / "table.csv").read_text() == "1,2\n"
    assert result.undo is not None
    assert result.deleted >= 3
    safety = service.show(result.undo)
    assert safety.origin.kind is OriginKind.SAFETY
    assert snapshot[:8] in safety.message

    undone = service.undo(Progress())
    assert undone.verb == "restore"
    assert not differences(before[0], fingerprint(workspace))
    assert not differences(before[1], fingerprint(data))


def test_an_undo_touches_nothing_that_the_restore_had_not_touched(service: Service, workspace: Path) -> None:
    snapshot = _take(service)
    (workspace / "notes.txt").write_text("second\n")
    (workspace / "keep.txt").unlink()
    service.restore(_in_place(service, snapshot, delete=False), Progress())
    (workspace / "later.txt").write_text("made after the restore")
    (workspace / "notebooks" / "a.ipynb").write_text('{"cells": [1]}')
    service.undo(Progress())
    assert (workspace / "notes.txt").read_text() == "second\n"
    assert not (workspace / "keep.txt").exists()
    assert (workspace / "later.txt").read_text() == "made after the restore"
    assert (workspace / "notebooks" / "a.ipynb").read_text() == '{"cells": [1]}'


def test_what_an_undo_replaces_is_in_a_safety_snapshot_of_its_own(service: Service, workspace: Path) -> None:
    snapshot = _take(service)
    (workspace / "notes.txt").write_text("second\n")
    service.restore(_in_place(service, snapshot), Progress())
    (workspace / "notes.txt").write_text("third\n")
    undone = service.undo(Progress())
    assert (workspace / "notes.txt").read_text() == "second\n"
    assert undone.restore is not None
    assert undone.restore.undo is not None
    service.restore(_in_place(service, undone.restore.undo, paths=("notes.txt",)), Progress())
    assert (workspace / "notes.txt").read_text() == "third\n"


def test_undoing_twice_undoes_the_two_last_restores(service: Service, workspace: Path) -> None:
    one = _take(service)
    (workspace / "notes.txt").write_text("second\n")
    two = _take(service)
    (workspace / "notes.txt").write_text("third\n")
    service.restore(_in_place(service, two), Progress())
    service.restore(_in_place(service, one), Progress())
    service.undo(Progress())
    assert (workspace / "notes.txt").read_text() == "second\n"
    service.undo(Progress())
    assert (workspace / "notes.txt").read_text() == "third\n"
    with pytest.raises(RokError) as caught:
        service.undo(Progress())
    assert caught.value.kind is ErrorKind.NOT_FOUND
    assert caught.value.hint


def test_a_restore_of_one_path_changes_that_alone(service: Service, workspace: Path) -> None:
    snapshot = _take(service)
    _edit(workspace)
    before = fingerprint(workspace)
    service.restore(_in_place(service, snapshot, paths=("notes.txt",)), Progress())
    assert (workspace / "notes.txt").read_text() == "first\n"
    assert (workspace / "new.txt").exists()
    service.undo(Progress())
    assert not differences(before, fingerprint(workspace))


def test_a_restore_that_changes_nothing_takes_no_safety_snapshot(service: Service) -> None:
    snapshot = _take(service)
    result = service.restore(_in_place(service, snapshot), Progress())
    assert result.undo is None
    assert len(service.list().items) == 1
    with pytest.raises(RokError):
        service.undo(Progress())


def test_a_restore_to_a_directory_needs_no_undo(service: Service, workspace: Path, tmp_path: Path) -> None:
    snapshot = _take(service)
    request = RestoreRequest(snapshot=snapshot, directory=str(tmp_path / "out"))
    result = service.restore(request, Progress())
    assert result.undo is None
    assert len(service.list().items) == 1
    with pytest.raises(RokError) as caught:
        service.restore(request, Progress())
    assert caught.value.kind is ErrorKind.FAILED_PRECONDITION


def test_a_plan_that_was_shown_is_the_plan_that_is_executed(service: Service, workspace: Path) -> None:
    snapshot = _take(service)
    _edit(workspace)
    request = _in_place(service, snapshot)
    plan = service.plan_restore(request, Progress())
    assert plan.count(Change.DELETED) >= 3
    (workspace / "surprise.txt").write_text("written after the plan was shown")
    before = fingerprint(workspace)
    with pytest.raises(RokError) as caught:
        service.restore(request, Progress(), fingerprint=plan.fingerprint)
    assert caught.value.kind is ErrorKind.ABORTED
    assert not differences(before, fingerprint(workspace))
    plan = service.plan_restore(request, Progress())
    result = service.restore(request, Progress(), fingerprint=plan.fingerprint)
    assert (result.created, result.modified, result.deleted) == (
        plan.count(Change.CREATED),
        plan.count(Change.MODIFIED) + plan.count(Change.TYPE),
        plan.count(Change.DELETED),
    )


def test_two_restores_of_one_volume_at_once_and_a_snapshot_meanwhile_are_refused(
    service: Service, settings: RokSettings, workspace: Path
) -> None:
    snapshot = _take(service)
    (workspace / "notes.txt").write_text("second\n")
    locks = VolumeLocks(settings.locations.locks)
    with locks.restoring({"workspace": str(workspace)}, [snapshot]):
        for attempt in (
            lambda: service.restore(_in_place(service, snapshot), Progress()),
            lambda: _take(service),
            lambda: service.delete([snapshot], Progress()),
        ):
            with pytest.raises(RokError) as caught:
                attempt()
            assert caught.value.kind is ErrorKind.ABORTED
            assert str(os.getpid()) in caught.value.message
    assert (workspace / "notes.txt").read_text() == "second\n"
    service.restore(_in_place(service, snapshot), Progress())


def test_a_restore_does_not_start_where_the_safety_snapshot_fails(
    service: Service, settings: RokSettings, workspace: Path
) -> None:
    snapshot = _take(service)
    _edit(workspace)
    before = fingerprint(workspace)
    settings.repository_size_limit = 1
    with pytest.raises(RokError) as caught:
        Service(settings).restore(_in_place(service, snapshot), Progress())
    assert caught.value.kind is ErrorKind.RESOURCE_EXHAUSTED
    assert not differences(before, fingerprint(workspace))
    assert service.status().interrupted_restores == ()


def test_a_restore_does_not_start_where_the_safety_snapshot_would_lack_a_file(
    service: Service, settings: RokSettings, workspace: Path
) -> None:
    snapshot = _take(service)
    (workspace / "notes.txt").write_text("second, and precious\n")
    settings.excludes = ["notes.txt"]
    with pytest.raises(RokError) as caught:
        Service(settings).restore(_in_place(service, snapshot), Progress())
    assert caught.value.kind is ErrorKind.FAILED_PRECONDITION
    assert "notes.txt" in caught.value.message
    assert (workspace / "notes.txt").read_text() == "second, and precious\n"


def test_a_restore_into_a_data_volume_that_moved_asks_where_it_goes(
    service: Service, settings: RokSettings, data: Path, tmp_path: Path
) -> None:
    snapshot = _take(service)
    shutil.rmtree(data)
    settings.data_volumes = {}
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    later = Service(settings)
    request = RestoreRequest(snapshot=snapshot, paths=("data:",), volumes={"data": str(elsewhere)})
    later.restore(request, Progress())
    assert (elsewhere / "table.csv").read_text() == "1,2\n"
    (elsewhere / "table.csv").write_text("changed\n")
    with pytest.raises(RokError) as caught:
        later.restore(request, Progress())
    assert caught.value.kind is ErrorKind.FAILED_PRECONDITION
    assert (elsewhere / "table.csv").read_text() == "changed\n"


def test_an_undo_of_a_delete_brings_the_same_snapshot_back(service: Service) -> None:
    snapshot = service.take(SnapshotRequest(message="dear", tags=("t",)), Progress())
    assert service.delete([snapshot.id[:10]], Progress()).deleted == (snapshot.id,)
    with pytest.raises(RokError) as caught:
        service.delete([snapshot.id], Progress())
    assert caught.value.kind is ErrorKind.NOT_FOUND
    assert service.undo(Progress()).snapshots == (snapshot.id,)
    assert service.show(snapshot.id) == snapshot


def test_a_delete_cannot_be_undone_after_a_prune_and_then_gives_way_to_earlier_actions(
    service: Service, workspace: Path
) -> None:
    first = _take(service)
    (workspace / "notes.txt").write_text("second\n")
    service.restore(_in_place(service, first), Progress())
    (workspace / "unique.txt").write_bytes(os.urandom(5000))
    doomed = _take(service)
    service.delete([doomed], Progress())
    service.prune(dry_run=False, progress=Progress())
    with pytest.raises(RokError) as caught:
        service.undo(Progress())
    assert caught.value.kind is ErrorKind.NOT_FOUND
    service.undo(Progress())
    assert (workspace / "notes.txt").read_text() == "second\n"


def test_modes_and_times_of_directories_come_back_with_an_undo(service: Service, workspace: Path) -> None:
    os.utime(workspace / "notebooks", ns=(1, 123_456_789_123_456_789))
    snapshot = _take(service)
    (workspace / "notebooks").chmod(0o711)
    (workspace / "notebooks" / "b.ipynb").write_text("{}")
    os.utime(workspace / "notebooks", ns=(1, 222_222_222_222_222_222))
    before = fingerprint(workspace)
    service.restore(_in_place(service, snapshot), Progress())
    status = (workspace / "notebooks").stat()
    assert status.st_mtime_ns == 123_456_789_123_456_789
    assert stat.S_IMODE(status.st_mode) == 0o755
    service.undo(Progress())
    assert not differences(before, fingerprint(workspace))


def test_safety_snapshots_are_listed_by_their_origin(service: Service, workspace: Path) -> None:
    snapshot = _take(service)
    (workspace / "notes.txt").write_text("second\n")
    service.restore(_in_place(service, snapshot), Progress())
    found = service.list(SnapshotFilter(origin=OriginKind.SAFETY)).items
    assert len(found) == 1
    assert found[0].complete


def test_a_running_undo_keeps_a_second_one_away(service: Service, settings: RokSettings, workspace: Path) -> None:
    snapshot = _take(service)
    (workspace / "notes.txt").write_text("second\n")
    service.restore(_in_place(service, snapshot), Progress())
    with ExitStack() as held:
        locks = VolumeLocks(settings.locations.locks)
        held.enter_context(locks.restoring({"workspace": str(workspace)}, []))
        with pytest.raises(RokError) as caught:
            service.undo(Progress())
    assert caught.value.kind is ErrorKind.ABORTED
    service.undo(Progress())


def test_latest_is_no_safety_snapshot_so_that_the_same_restore_again_is_the_same(
    service: Service, workspace: Path
) -> None:
    snapshot = _take(service)
    (workspace / "notes.txt").write_text("second\n")
    assert service.restore(_in_place(service, "latest"), Progress()).snapshot == snapshot
    assert service.show("latest").id == snapshot
    assert service.restore(_in_place(service, "latest"), Progress()).undo is None
    assert (workspace / "notes.txt").read_text() == "first\n"
