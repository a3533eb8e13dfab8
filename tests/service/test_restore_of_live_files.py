"""Restores in place over databases with live logs, and over odd names, modes and links."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.models import Change, RestoreRequest, SnapshotRequest
from rok_jupyter.progress import Progress
from rok_jupyter.service.service import Service
from tests.trees import build_tree, differences, fingerprint


def _values(path: Path) -> list[int]:
    with closing(sqlite3.connect(path)) as database:
        return [row[0] for row in database.execute("select value from t order by value")]


def test_a_database_with_a_live_log_is_restored_and_undone_with_its_content(service: Service, workspace: Path) -> None:
    path = workspace / "history.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("pragma journal_mode=wal")
        database.execute("pragma wal_autocheckpoint=0")
        database.execute("create table t (value)")
        database.execute("insert into t values (1)")
        database.commit()
        snapshot = service.take(SnapshotRequest(), Progress()).id
        database.execute("insert into t values (2)")
        database.commit()
        request = RestoreRequest(snapshot=snapshot, delete=True)
        plan = service.plan_restore(request, Progress())
        assert any(change.path == "history.sqlite" for change in plan.changes)
        service.restore(request, Progress())
    assert _values(path) == [1]
    service.undo(Progress())
    assert _values(path) == [1, 2]


def test_a_database_that_is_new_since_the_snapshot_comes_back_by_the_undo(service: Service, workspace: Path) -> None:
    snapshot = service.take(SnapshotRequest(), Progress()).id
    path = workspace / "new.sqlite"
    with closing(sqlite3.connect(path)) as database:
        database.execute("pragma journal_mode=wal")
        database.execute("create table t (value)")
        database.execute("insert into t values (7)")
        database.commit()
        service.restore(RestoreRequest(snapshot=snapshot, delete=True), Progress())
        assert not path.exists()
    service.undo(Progress())
    assert _values(path) == [7]


def test_a_tree_with_everything_is_undone_to_the_byte(service: Service, workspace: Path) -> None:
    snapshot = service.take(SnapshotRequest(), Progress()).id
    build_tree(workspace / "everything")
    before = fingerprint(workspace, leave_out=frozenset({"socket"}))
    service.restore(RestoreRequest(snapshot=snapshot, delete=True, owners=True), Progress())
    service.undo(Progress())
    assert not differences(before, fingerprint(workspace, leave_out=frozenset({"socket"})))


def test_a_restore_that_is_cancelled_half_way_is_known_and_undone(
    service: Service, workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rok_jupyter.engine.staging._BATCH_ENTRIES", 500)

    class _CancelledWhileWriting(Progress):
        def begin(self, phase: str, *, files_total: int | None = None, bytes_total: int | None = None) -> None:
            super().begin(phase, files_total=files_total, bytes_total=bytes_total)
            self.writing = phase == "writing"

        def advance(
            self, *, files: int = 0, bytes_: int = 0, added: int = 0, errors: int = 0, current: str = ""
        ) -> None:
            super().advance(files=files, bytes_=bytes_, added=added, errors=errors, current=current)
            if getattr(self, "writing", False) and self.report().files_done > 100:
                self.cancel()

    for number in range(1500):
        (workspace / f"file {number}").write_text("old")
    snapshot = service.take(SnapshotRequest(), Progress()).id
    for number in range(1500):
        (workspace / f"file {number}").write_text("new")
    before = fingerprint(workspace)
    with pytest.raises(Cancelled):
        service.restore(RestoreRequest(snapshot=snapshot), _CancelledWhileWriting())
    if differences(before, fingerprint(workspace)):
        assert len(service.status().interrupted_restores) == 1
        service.undo(Progress())
    assert not differences(before, fingerprint(workspace))
    assert service.status().interrupted_restores == ()


def test_a_restore_that_fails_before_its_first_change_leaves_no_trace(service: Service, workspace: Path) -> None:
    snapshot = service.take(SnapshotRequest(), Progress()).id
    (workspace / "notes.txt").write_text("second\n")
    provider = service.restores._provider
    restore = provider.restore

    def fails(*arguments: object) -> object:
        raise RokError(ErrorKind.UNAVAILABLE, "The disk went away.", "")

    provider.restore = fails  # type: ignore[method-assign, assignment]
    with pytest.raises(RokError) as caught:
        service.restore(RestoreRequest(snapshot=snapshot), Progress())
    provider.restore = restore  # type: ignore[method-assign]
    assert caught.value.kind is ErrorKind.UNAVAILABLE
    assert service.status().interrupted_restores == ()
    with pytest.raises(RokError) as caught:
        service.undo(Progress())
    assert caught.value.kind is ErrorKind.NOT_FOUND


def test_changes_of_a_plan_are_what_a_restore_does(service: Service, workspace: Path) -> None:
    snapshot = service.take(SnapshotRequest(), Progress()).id
    (workspace / "notes.txt").write_text("second\n")
    (workspace / "new.txt").write_text("new\n")
    plan = service.plan_restore(RestoreRequest(snapshot=snapshot, delete=True), Progress())
    found = {(change.path, change.change) for change in plan.changes if change.path}
    assert found == {("notes.txt", Change.MODIFIED), ("new.txt", Change.DELETED)}
