"""Forget, prune, check, copy, keys and how things stand."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from rok_jupyter.config import RokSettings
from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.file_lock import FileLock
from rok_jupyter.models import (
    OriginKind,
    Policy,
    RestoreRequest,
    RetentionPolicy,
    Schedule,
    SnapshotEdit,
    SnapshotRequest,
)
from rok_jupyter.progress import Progress
from rok_jupyter.service.service import Service
from rok_jupyter.service.volume_lock import VolumeLocks
from tests.restic import Restic


def _take(service: Service, workspace: Path, number: int) -> str:
    (workspace / "counter.bin").write_bytes(os.urandom(3000))
    return service.take(SnapshotRequest(message=str(number)), Progress()).id


def _ids(service: Service) -> list[str]:
    return [snapshot.id for snapshot in service.list().items]


def _forget(service: Service, policy: RetentionPolicy | None, *, dry_run: bool = False, prune: bool = False):  # type: ignore[no-untyped-def]
    return service.forget(policy, dry_run=dry_run, prune=prune, progress=Progress())


def test_a_dry_run_of_forget_decides_like_the_real_run(service: Service, workspace: Path) -> None:
    ids = [_take(service, workspace, number) for number in range(5)]
    service.edit(ids[0], SnapshotEdit(pinned=True))
    policy = RetentionPolicy(keep_last=2)
    planned = _forget(service, policy, dry_run=True, prune=True)
    assert len(_ids(service)) == 5
    done = _forget(service, policy, prune=True)
    assert planned.decisions == done.decisions
    assert planned.prune == done.prune
    assert done.removed == tuple(reversed(ids[1:3]))
    assert _ids(service) == [ids[4], ids[3], ids[0]]
    assert service.check(read_data=True, progress=Progress()).sound


def test_forget_without_anything_to_keep_is_refused(service: Service, workspace: Path) -> None:
    _take(service, workspace, 1)
    with pytest.raises(RokError) as caught:
        _forget(service, None)
    assert caught.value.kind is ErrorKind.FAILED_PRECONDITION
    with pytest.raises(RokError) as caught:
        _forget(service, RetentionPolicy())
    assert caught.value.kind is ErrorKind.INVALID_ARGUMENT
    assert len(_ids(service)) == 1


def test_forget_never_removes_the_last_snapshot(service: Service, workspace: Path) -> None:
    snapshot = _take(service, workspace, 1)
    _forget(service, RetentionPolicy(keep_tags=("none",)))
    assert _ids(service) == [snapshot]


def test_forget_means_this_owners_snapshots_alone(settings: RokSettings, workspace: Path) -> None:
    mine, others = Service(settings), _of_owner(settings, "somebody else")
    theirs = [_take(others, workspace, number) for number in range(3)]
    ours = [_take(mine, workspace, number) for number in range(3)]
    _forget(mine, RetentionPolicy(keep_last=1))
    assert _ids(mine) == [ours[-1]]
    assert _ids(others) == list(reversed(theirs))


def _of_owner(settings: RokSettings, owner: str) -> Service:
    copy = RokSettings(
        workspace=settings.workspace,
        data_volumes=settings.data_volumes,
        state_directory=settings.state_directory,
        disk_margin=0,
        owner=owner,
    )
    return Service(copy)


def test_forget_is_undone_but_not_after_its_prune(service: Service, workspace: Path) -> None:
    ids = [_take(service, workspace, number) for number in range(3)]
    _forget(service, RetentionPolicy(keep_last=1))
    assert set(service.undo(Progress()).snapshots) == set(ids[:2])
    assert len(_ids(service)) == 3
    _forget(service, RetentionPolicy(keep_last=1), prune=True)
    with pytest.raises(RokError):
        service.undo(Progress())


def test_a_snapshot_that_is_being_restored_is_not_forgotten(
    service: Service, settings: RokSettings, workspace: Path
) -> None:
    ids = [_take(service, workspace, number) for number in range(2)]
    with VolumeLocks(settings.locations.locks).restoring({}, [ids[0]]):
        assert _forget(service, RetentionPolicy(keep_last=1)).removed == ()
    assert _forget(service, RetentionPolicy(keep_last=1)).removed == (ids[0],)


def test_a_service_that_lives_on_after_a_prune_stores_again_what_was_pruned(
    service: Service, settings: RokSettings, workspace: Path, current_restic: Restic
) -> None:
    _take(service, workspace, 1)
    precious = os.urandom(200_000)
    (workspace / "precious.bin").write_bytes(precious)
    doomed = _take(service, workspace, 2)
    (workspace / "precious.bin").unlink()
    _take(service, workspace, 3)
    service.delete([doomed], Progress())
    Service(settings).prune(dry_run=False, progress=Progress())
    (workspace / "precious.bin").write_bytes(precious)
    last = _take(service, workspace, 4)
    assert b"".join(service.read(last, None, "precious.bin")) == precious
    password = settings.locations.password_file.read_text().strip()
    current_restic.at(settings.locations.repository, password).run("check", "--read-data")


def test_snapshots_are_copied_once(service: Service, workspace: Path, tmp_path: Path) -> None:
    ids = [_take(service, workspace, number) for number in range(2)]
    target = str(tmp_path / "second")
    first = service.copy(target, target_password_file=None, refs=[ids[0]], progress=Progress())
    assert (first.copied, first.already_there) == ((ids[0],), ())
    second = service.copy(target, target_password_file=None, refs=[], progress=Progress())
    assert (set(second.copied), second.already_there) == ({ids[1]}, (ids[0],))
    with pytest.raises(RokError):
        service.copy(service.repository_info().location, target_password_file=None, refs=[], progress=Progress())
    with pytest.raises(RokError) as caught:
        service.copy("s3:bucket", target_password_file=None, refs=[], progress=Progress())
    assert caught.value.kind is ErrorKind.INVALID_ARGUMENT


def test_keys_are_added_and_removed_but_not_the_one_in_use(
    service: Service, settings: RokSettings, tmp_path: Path
) -> None:
    service.create_repository()
    (tmp_path / "second").write_text("another password\n")
    second = service.add_key(tmp_path / "second")
    made = service.add_key()
    made_file = settings.locations.root / f"password-{made.id[:16]}"
    assert made_file.stat().st_mode & 0o777 == 0o600
    assert len(service.keys()) == 3
    settings.password_file = str(made_file)
    assert Service(settings).repository_info().snapshots == 0
    settings.password_file = ""
    service.remove_key(second.id[:12])
    service.remove_key(made.id)
    assert not made_file.exists()
    for key, kind in (
        (service.keys()[0].id, ErrorKind.FAILED_PRECONDITION),
        ("ffff", ErrorKind.NOT_FOUND),
        ("", ErrorKind.NOT_FOUND),
    ):
        with pytest.raises(RokError) as caught:
            service.remove_key(key)
        assert caught.value.kind is kind


def test_a_repository_is_made_once(service: Service) -> None:
    assert service.create_repository().exists
    with pytest.raises(RokError) as caught:
        service.create_repository()
    assert caught.value.kind is ErrorKind.ALREADY_EXISTS
    assert service.unlock() == 0
    assert service.unlock(remove_all=True) == 0


def test_status_tells_how_things_stand(service: Service, workspace: Path) -> None:
    status = service.status()
    assert status.workspace == str(workspace)
    assert not status.repository.exists
    assert status.last_snapshot is None
    assert not status.repository.protects_against_disk_loss
    assert any("does not protect against losing this disk" in warning for warning in status.warnings)
    snapshot = _take(service, workspace, 1)
    status = service.status()
    assert status.last_snapshot is not None
    assert status.last_snapshot.id == snapshot
    assert status.repository.snapshots == 1
    assert [volume.name for volume in status.volumes] == ["workspace", "data"]


def test_status_warns_of_a_missing_or_public_password(service: Service, settings: RokSettings, workspace: Path) -> None:
    _take(service, workspace, 1)
    password = settings.locations.password_file
    password.chmod(0o644)
    assert any("Other users can read" in warning for warning in service.status().warnings)
    password.unlink()
    status = Service(settings).status()
    assert status.repository.exists
    assert any("password" in warning and "missing" in warning for warning in status.warnings)
    with pytest.raises(RokError) as caught:
        Service(settings).take(SnapshotRequest(), Progress())
    assert caught.value.kind is ErrorKind.FAILED_PRECONDITION
    assert not password.exists()


def test_a_wrong_password_is_refused_in_one_sentence(service: Service, settings: RokSettings, workspace: Path) -> None:
    _take(service, workspace, 1)
    settings.locations.password_file.write_text("hunter2")
    with pytest.raises(RokError) as caught:
        Service(settings).list()
    assert caught.value.kind is ErrorKind.PERMISSION_DENIED
    assert "hunter2" not in str(caught.value)


NOW = datetime(2030, 1, 1, tzinfo=UTC)


def test_a_schedule_takes_a_snapshot_only_where_something_changed_then_forgets(
    service: Service, workspace: Path
) -> None:
    _take(service, workspace, 1)
    service.set_policy(Policy(schedule=Schedule(every_minutes=10), retention=RetentionPolicy(keep_last=2)))
    assert service.schedule.is_due(NOW)
    assert service.schedule.run_due(NOW, Progress()) is None
    for number in range(1, 4):
        (workspace / "notes.txt").write_text(str(number))
        later = NOW + timedelta(minutes=10 * number)
        assert not service.schedule.is_due(later - timedelta(minutes=1))
        taken = service.schedule.run_due(later, Progress())
        assert taken is not None
        assert taken.origin.kind is OriginKind.SCHEDULE
        assert service.schedule.run_due(later, Progress()) is None
    assert len(_ids(service)) == 2
    assert service.status().schedule_error is None
    assert service.schedule.next_due(NOW) is not None


def test_a_scheduled_snapshot_that_fails_is_seen_and_tried_again_later(
    service: Service, settings: RokSettings, workspace: Path
) -> None:
    _take(service, workspace, 1)
    service.set_policy(Policy(schedule=Schedule(every_minutes=10)))
    settings.repository_size_limit = 1
    with pytest.raises(RokError):
        Service(settings).schedule.run_due(NOW, Progress())
    settings.repository_size_limit = 0
    error = Service(settings).status().schedule_error
    assert error is not None
    assert "limit" in error
    assert not service.schedule.is_due(NOW + timedelta(minutes=9))
    service.schedule.run_due(NOW + timedelta(minutes=10), Progress())
    assert Service(settings).status().schedule_error is None


def test_a_schedule_waits_for_a_restore(service: Service, settings: RokSettings, workspace: Path) -> None:
    _take(service, workspace, 1)
    (workspace / "notes.txt").write_text("changed")
    service.set_policy(Policy(schedule=Schedule(every_minutes=10)))
    with VolumeLocks(settings.locations.locks).restoring({"workspace": str(workspace)}, []):
        assert service.schedule.run_due(NOW, Progress()) is None
    assert service.schedule.run_due(NOW, Progress()) is not None


def test_what_an_interrupted_restore_needs_is_not_forgotten(service: Service, workspace: Path) -> None:
    first = _take(service, workspace, 1)
    _take(service, workspace, 2)
    action = service.restores._journal.new_restore(RestoreRequest(snapshot=first))
    service.restores._journal.begin(action, [])
    _take(service, workspace, 3)
    _forget(service, RetentionPolicy(keep_last=1))
    assert first in _ids(service)
    assert len(_ids(service)) == 2


def test_status_tells_of_damage_and_never_fails_for_it(
    service: Service, settings: RokSettings, workspace: Path
) -> None:
    _take(service, workspace, 1)
    settings.locations.policy_file.write_text("{")
    (settings.locations.repository / "config").write_bytes(b"no config")
    status = Service(settings).status()
    assert status.last_snapshot is None
    assert any("policy" in warning for warning in status.warnings)
    assert any("config" in warning for warning in status.warnings)
    assert not Service(settings).schedule.is_due(NOW)


def test_a_record_of_the_schedule_that_is_damaged_counts_for_nothing(service: Service, workspace: Path) -> None:
    _take(service, workspace, 1)
    service.set_policy(Policy(schedule=Schedule(every_minutes=10)))
    service.schedule.run_due(NOW, Progress())
    service.schedule._file.write_text("[1]")
    assert service.schedule.is_due(NOW)


def test_two_servers_run_one_schedule(service: Service, settings: RokSettings, workspace: Path) -> None:
    service.set_policy(Policy(schedule=Schedule(every_minutes=10)))
    lock = FileLock.acquire(service.schedule._lock)
    assert lock is not None
    with lock:
        assert Service(settings).schedule.run_due(NOW, Progress()) is None
    assert Service(settings).schedule.run_due(NOW, Progress()) is not None


def test_a_cancelled_scheduled_snapshot_is_tried_again(service: Service, workspace: Path) -> None:
    service.set_policy(Policy(schedule=Schedule(every_minutes=10)))
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        service.schedule.run_due(NOW, progress)
    assert service.status().schedule_error is None
    assert service.schedule.is_due(NOW)


def test_volumes_are_attached_and_detached(service: Service, workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    volume = service.attach("images", "pictures", directory=str(tmp_path / "images"))
    assert volume.attached_at == "pictures"
    assert (workspace / "pictures").is_dir()
    assert service.detach("images").attached_at is None
    assert not (workspace / "pictures").exists()
    assert (tmp_path / "images").is_dir()


def test_a_repository_that_is_gone_is_told_and_no_other_one_is_begun(
    service: Service, settings: RokSettings, workspace: Path
) -> None:
    taken = _take(service, workspace, 1)
    place = Path(settings.repository_location)
    place.rename(place.with_name("unmounted"))
    for other in (service, Service(settings)):
        assert any("is gone: it was there before" in warning for warning in other.status().warnings)
        with pytest.raises(RokError, match="rok repo init") as caught:
            _take(other, workspace, 2)
        assert caught.value.kind is ErrorKind.FAILED_PRECONDITION
    place.with_name("unmounted").rename(place)
    assert _ids(service) == [taken]
