"""What makes a safety snapshot good enough, and what is refused before the first change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from rok_jupyter.config import RokSettings
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import (
    Change,
    EntryError,
    EntryType,
    OriginKind,
    PlannedChange,
    RestoreRequest,
    SnapshotFilter,
    SnapshotRequest,
)
from rok_jupyter.progress import Progress
from rok_jupyter.service import safety
from rok_jupyter.service.service import Service
from tests.trees import differences, fingerprint


def _planned(path: str, change: Change = Change.MODIFIED, part_of: str | None = None) -> PlannedChange:
    return PlannedChange(volume="workspace", path=path, change=change, type=EntryType.FILE, part_of=part_of)


def test_a_snapshot_that_holds_everything_passes(service: Service) -> None:
    taken = service.take(SnapshotRequest(), Progress())
    changes = [
        _planned("notes.txt"),
        _planned("notebooks", Change.METADATA),
        _planned("", Change.METADATA),
        _planned("not there yet", Change.CREATED),
        _planned("history.sqlite-wal", Change.DELETED, part_of="history.sqlite"),
    ]
    safety.verify(service.restores._provider, taken, changes, Progress())


def test_a_file_that_the_snapshot_lacks_or_holds_torn_is_refused(service: Service) -> None:
    provider = service.restores._provider
    taken = service.take(SnapshotRequest(), Progress())
    with pytest.raises(RokError) as caught:
        safety.verify(provider, taken, [_planned("missing.txt")], Progress())
    assert caught.value.kind is ErrorKind.FAILED_PRECONDITION
    find = provider.find
    torn = EntryError(volume="workspace", path="notes.txt", message="It changed while it was read.")
    provider.find = lambda ref: replace(find(ref), changed_while_read=(torn,))  # type: ignore[method-assign]
    with pytest.raises(RokError) as caught:
        safety.verify(provider, taken, [_planned("notes.txt")], Progress())
    assert "notes.txt" in caught.value.message
    safety.verify(provider, taken, [_planned("keep.txt")], Progress())


@pytest.mark.parametrize("whole", [True, False], ids=["read whole", "read in part"])
def test_a_file_that_does_not_read_back_is_refused(
    service: Service, settings: RokSettings, workspace: Path, whole: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not whole:
        monkeypatch.setattr(safety, "_READ_WHOLE", 0)
    (workspace / "large.bin").write_bytes(os.urandom(1_000_000))
    taken = service.take(SnapshotRequest(), Progress())
    safety.verify(service.restores._provider, taken, [_planned("large.bin")], Progress())
    packs = sorted((settings.locations.repository / "data").glob("*/*"), key=lambda path: path.stat().st_size)
    content = bytearray(packs[-1].read_bytes())
    for place in range(0, len(content) - 5000, 1000):
        content[place] ^= 1
    packs[-1].chmod(0o600)
    packs[-1].write_bytes(content)
    provider = Service(settings).restores._provider
    with pytest.raises(RokError) as caught:
        safety.verify(provider, taken, [_planned("large.bin")], Progress())
    assert caught.value.kind is ErrorKind.DATA_LOSS


def test_an_undo_whose_safety_snapshot_was_deleted_says_so_and_gives_way(service: Service, workspace: Path) -> None:
    snapshot = service.take(SnapshotRequest(), Progress()).id
    (workspace / "notes.txt").write_text("second\n")
    result = service.restore(RestoreRequest(snapshot=snapshot), Progress())
    assert result.undo is not None
    service.delete([result.undo], Progress())
    assert service.undo(Progress()).verb == "delete"
    service.delete([result.undo], Progress())
    service.prune(dry_run=False, progress=Progress())
    for _ in range(2):
        with pytest.raises(RokError) as caught:
            service.undo(Progress())
        assert caught.value.kind is ErrorKind.NOT_FOUND
    with pytest.raises(RokError) as caught:
        service.undo(Progress())
    assert caught.value.message == "There is nothing to undo."


@pytest.mark.parametrize("content", [None, b"", b"{}"])
def test_an_undo_whose_list_of_entries_is_lost_says_so_and_names_the_safety_snapshot(
    service: Service, workspace: Path, settings: RokSettings, content: bytes | None
) -> None:
    snapshot = service.take(SnapshotRequest(), Progress()).id
    (workspace / "notes.txt").write_text("second\n")
    result = service.restore(RestoreRequest(snapshot=snapshot), Progress())
    assert result.undo is not None
    (entries,) = settings.locations.journal.glob("*.entries.json")
    entries.unlink() if content is None else entries.write_bytes(content)
    with pytest.raises(RokError) as caught:
        service.undo(Progress())
    assert caught.value.kind is ErrorKind.NOT_FOUND
    assert result.undo[:12] in caught.value.hint
    service.restore(RestoreRequest(snapshot=result.undo), Progress())
    assert (workspace / "notes.txt").read_text() == "second\n"


def test_a_restore_with_a_problem_is_refused_before_the_first_change(service: Service, workspace: Path) -> None:
    snapshot = service.take(SnapshotRequest(), Progress()).id
    (workspace / "notes.txt").write_text("second\n")
    before = fingerprint(workspace)
    provider = service.restores._provider
    plan_restore = provider.plan_restore

    def full(request: RestoreRequest, progress: Progress) -> object:
        plan = plan_restore(request, progress)
        return replace(plan, problems=("There is no room.",), bytes_to_write=10, bytes_available=5)

    provider.plan_restore = full  # type: ignore[method-assign, assignment]
    with pytest.raises(RokError) as caught:
        service.restore(RestoreRequest(snapshot=snapshot), Progress())
    assert caught.value.kind is ErrorKind.RESOURCE_EXHAUSTED
    assert caught.value.message == "There is no room."
    assert not differences(before, fingerprint(workspace))
    assert service.list(SnapshotFilter(origin=OriginKind.SAFETY)).items == ()
