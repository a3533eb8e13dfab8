"""The service on a provider that has no repository of ours, can't be browsed at once and can't restore in place."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from rok_jupyter.config import RokSettings
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import (
    RestoreRequest,
    RetentionPolicy,
    SnapshotEdit,
    SnapshotFilter,
    SnapshotRequest,
)
from rok_jupyter.progress import Progress
from rok_jupyter.providers.registry import OpenedProvider
from rok_jupyter.service.service import Service
from tests.providers.csi_driver import FakeDriver
from tests.providers.csi_like import CsiLikeProvider


@pytest.fixture
def provider(tmp_path: Path) -> CsiLikeProvider:
    return CsiLikeProvider(FakeDriver(tmp_path / "storage", delay=0.01))


@pytest.fixture
def csi(provider: CsiLikeProvider, tmp_path: Path) -> Service:
    root = provider.volumes()[0].path
    (Path(root) / "notes.txt").write_text("first\n")
    settings = RokSettings(workspace=root, state_directory=str(tmp_path / "state"))
    return Service(settings, opened=OpenedProvider(provider=provider, repository=None))


def test_snapshots_are_taken_browsed_edited_and_exported(csi: Service, tmp_path: Path) -> None:
    snapshot = csi.take(SnapshotRequest(message="m"), Progress())
    assert [found.id for found in csi.list(SnapshotFilter(search="M")).items] == [snapshot.id]
    assert [entry.path for entry in csi.tree(snapshot.id).items] == ["notes.txt"]
    assert b"".join(csi.read("latest", None, "notes.txt")) == b"first\n"
    assert csi.edit(snapshot.id, SnapshotEdit(pinned=True)).pinned
    assert csi.export(snapshot.id, (), str(tmp_path / "out.tar"), Progress()).entries == 1


def test_a_member_becomes_a_new_volume(csi: Service) -> None:
    snapshot = csi.take(SnapshotRequest(), Progress())
    clone = csi.clone(snapshot.id, "workspace", "second", Progress())
    assert (Path(clone.path) / "notes.txt").read_text() == "first\n"
    assert "second" in [volume.name for volume in csi.volumes()]


def test_a_restore_in_place_is_refused_with_the_reason_and_one_to_a_directory_works(
    csi: Service, tmp_path: Path
) -> None:
    snapshot = csi.take(SnapshotRequest(), Progress())
    with pytest.raises(RokError) as caught:
        csi.restore(RestoreRequest(snapshot=snapshot.id), Progress())
    assert caught.value.kind is ErrorKind.FAILED_PRECONDITION
    assert len(csi.list().items) == 1
    csi.restore(RestoreRequest(snapshot=snapshot.id, directory=str(tmp_path / "out")), Progress())
    assert (tmp_path / "out" / "notes.txt").read_text() == "first\n"


def test_a_delete_that_cannot_be_undone_is_not_offered_for_it(csi: Service) -> None:
    snapshot = csi.take(SnapshotRequest(), Progress())
    csi.delete([snapshot.id], Progress())
    with pytest.raises(RokError) as caught:
        csi.undo(Progress())
    assert caught.value.kind is ErrorKind.NOT_FOUND


def test_forget_works_without_a_repository(csi: Service) -> None:
    ids = [csi.take(SnapshotRequest(), Progress()).id for _ in range(3)]
    done = csi.forget(RetentionPolicy(keep_last=1), dry_run=False, prune=False, progress=Progress())
    assert set(done.removed) == set(ids[:2])


@pytest.mark.parametrize(
    "verb",
    [
        lambda csi: csi.check(read_data=False, progress=Progress()),
        lambda csi: csi.prune(dry_run=True, progress=Progress()),
        lambda csi: csi.keys(),
        lambda csi: csi.unlock(),
        lambda csi: csi.create_repository(),
        lambda csi: csi.export_key(),
    ],
    ids=["check", "prune", "keys", "unlock", "create", "export_key"],
)
def test_upkeep_says_that_there_is_no_repository(csi: Service, verb: Callable[[Service], object]) -> None:
    with pytest.raises(RokError) as caught:
        verb(csi)
    assert caught.value.kind is ErrorKind.UNIMPLEMENTED
    assert "csi-like" in caught.value.message


def test_status_and_a_list_by_path_ask_for_capabilities(csi: Service) -> None:
    snapshot = csi.take(SnapshotRequest(), Progress())
    status = csi.status()
    assert status.provider == "csi-like"
    assert not status.repository.exists
    assert status.last_snapshot is not None
    assert status.last_snapshot.id == snapshot.id
    with pytest.raises(RokError) as caught:
        csi.list(SnapshotFilter(path="notes.txt"))
    assert caught.value.kind is ErrorKind.FAILED_PRECONDITION
