"""Locks: by restic's protocol, among our own processes; against a live restic in test_locks_with_restic."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from rok_jupyter.engine import lock_owner, locks
from rok_jupyter.engine.format.ids import random_id
from rok_jupyter.engine.format.lock_file import LockFile, encode_lock
from rok_jupyter.engine.format.snapshot_file import SnapshotFile
from rok_jupyter.engine.format.timestamp import ns_to_text
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.storage.backend import FileKind
from rok_jupyter.engine.storage.local import LocalBackend
from rok_jupyter.errors import ErrorKind, RokError
from tests.engine.repositories import new_repository, reopened, store

HOLD = """
import sys
from rok_jupyter.engine.storage.local import LocalBackend
from tests.engine.repositories import PASSWORD
from rok_jupyter.engine.repository import Repository
with Repository.open(LocalBackend(sys.argv[1]), PASSWORD).lock(exclusive=True):
    print("held", flush=True)
    sys.stdin.read()
"""


def put_lock(repository: Repository, *, exclusive: bool, age_seconds: float = 0, host: str = "elsewhere") -> str:
    """A lock of somebody else."""
    taken = time.time_ns() - int(age_seconds * 10**9)
    file = LockFile(time=ns_to_text(taken), exclusive=exclusive, hostname=host, username="somebody", pid=12345)
    return repository.save_document(FileKind.LOCK, encode_lock(file))


def refused(repository: Repository, *, exclusive: bool = False) -> RokError:
    with pytest.raises(RokError) as caught, repository.lock(exclusive=exclusive):
        pass
    return caught.value


def test_shared_locks_go_together() -> None:
    repository = new_repository()
    with repository.lock() as one, reopened(repository).lock() as two:
        one.check()
        two.check()
        assert len(repository.locks()) == 2
    assert repository.locks() == ()


@pytest.mark.parametrize(("held", "wanted"), [(True, False), (False, True), (True, True)])
def test_an_exclusive_lock_is_alone(held: bool, wanted: bool) -> None:
    repository = new_repository()
    with repository.lock(exclusive=held) as lock:
        error = refused(reopened(repository), exclusive=wanted)
        assert error.kind is ErrorKind.ABORTED
        assert str(os.getpid()) in error.message
        assert error.hint
        lock.check()
    assert repository.locks() == ()


def test_a_lock_is_waited_for() -> None:
    repository = new_repository()
    release = threading.Event()

    def hold() -> None:
        with repository.lock(exclusive=True):
            release.wait(200)

    with ThreadPoolExecutor(1) as pool:
        holder = pool.submit(hold)
        while not repository.locks():
            time.sleep(0.01)
        threading.Timer(0.5, release.set).start()
        with reopened(repository).lock(wait_seconds=200) as lock:
            assert release.is_set()
            lock.check()
        holder.result()


def test_of_many_who_want_it_alone_never_two_have_it() -> None:
    repository = new_repository()
    inside: list[int] = []
    most: list[int] = []

    def attempt(number: int) -> None:
        with reopened(repository).lock(exclusive=True, wait_seconds=240):
            inside.append(number)
            most.append(len(inside))
            time.sleep(0.01)
            inside.remove(number)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(attempt, range(4)))
    assert most == [1, 1, 1, 1]
    assert repository.locks() == ()


def test_the_second_look_of_a_shared_lock_runs_beside_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_SECOND_LOOK_SECONDS", 3600.0)
    repository = new_repository()
    with repository.lock():
        pass  # the look lasted longer than a test may
    monkeypatch.setattr(locks, "_SECOND_LOOK_SECONDS", 0.5)
    began = time.monotonic()
    with repository.lock() as lock:
        lock.check()
        assert time.monotonic() - began >= 0.5


def test_who_meets_another_at_the_second_look_withdraws_before_anything_is_published(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repository = new_repository()
    tree = store(repository).tree
    monkeypatch.setattr(locks, "_SECOND_LOOK_SECONDS", 3600.0)
    with repository.lock() as lock:
        put_lock(repository, exclusive=True)
        monkeypatch.setattr(locks, "_SECOND_LOOK_SECONDS", 0.0)  # only now, however late it is
        with pytest.raises(RokError) as caught:
            lock.check()
        assert caught.value.kind is ErrorKind.ABORTED
        with pytest.raises(RokError):
            repository.save_snapshot(SnapshotFile(time=ns_to_text(0), tree=tree))
    assert len(repository.snapshot_files()[0]) == 1
    assert [found.file.exclusive for found in repository.locks() if found.file] == [True]


def test_an_exclusive_lock_that_meets_another_is_not_given(monkeypatch: pytest.MonkeyPatch) -> None:
    repository = new_repository()
    monkeypatch.setattr(locks, "_SECOND_LOOK_SECONDS", 0.5)
    threading.Timer(0.2, put_lock, [repository], {"exclusive": False}).start()
    assert refused(repository, exclusive=True).kind is ErrorKind.ABORTED
    assert len(repository.locks()) == 1


@pytest.mark.parametrize("exclusive", [True, False])
def test_a_lock_of_half_an_hour_is_respected_no_more(exclusive: bool) -> None:
    repository = new_repository()
    old = put_lock(repository, exclusive=exclusive, age_seconds=30 * 60 + 1)
    with repository.lock(exclusive=True) as lock:
        lock.check()
        assert old not in [found.id for found in repository.locks()]


def test_a_lock_that_is_nearly_stale_is_respected() -> None:
    repository = new_repository()
    put_lock(repository, exclusive=True, age_seconds=29 * 60)
    assert "12345 of somebody on elsewhere" in refused(repository).message


def test_the_same_host_and_a_dead_process_number_do_not_make_a_lock_stale() -> None:
    """Containers share host names and process numbers."""
    repository = new_repository()
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True)
    file = LockFile(
        time=ns_to_text(time.time_ns()), exclusive=True, hostname=lock_owner.host_name(), pid=int(gone.stdout)
    )
    repository.save_document(FileKind.LOCK, encode_lock(file))
    assert refused(repository).kind is ErrorKind.ABORTED
    assert repository.unlock() == 0


def test_a_lock_of_ours_whose_process_was_killed_hinders_nobody(tmp_path: Path) -> None:
    repository = new_repository(LocalBackend(str(tmp_path)))
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert refused(repository).kind is ErrorKind.ABORTED
        assert repository.unlock() == 0
        process.send_signal(signal.SIGKILL)
    with repository.lock(exclusive=True):
        assert len(repository.locks()) == 1


def test_owner_names_are_judged_only_where_it_is_certain() -> None:
    mine = lock_owner.owner_name("a/strange/host")
    assert not lock_owner.owner_is_gone(mine)
    parts = mine.split("/")
    boot, namespace, pid, start, chance = parts[-5:]
    head = "/".join(parts[:-5])
    assert lock_owner.owner_is_gone(f"{head}/{boot}/{namespace}/{pid}/1{start}/{chance}")
    for foreign in (
        f"{head}/other-boot/{namespace}/{pid}/1{start}/{chance}",
        f"{head}/{boot}/1{namespace}/{pid}/1{start}/{chance}",
        f"{head}/{boot}/{namespace}/{pid}/unknown/{chance}",
        f"{head}/{boot}/{namespace}/x/1{start}/{chance}",
        "vm",
        "",
    ):
        assert not lock_owner.owner_is_gone(foreign)


def test_two_locks_of_one_process_have_different_names() -> None:
    repository = new_repository()
    with repository.lock(), repository.lock():
        hosts = [found.file.hostname for found in repository.locks() if found.file]
    assert len(set(hosts)) == 2
    assert all(host != lock_owner.host_name() for host in hosts)


def test_a_lock_that_vanished_is_noticed_before_anything_is_published() -> None:
    repository = new_repository()
    tree = store(repository).tree
    with repository.lock() as lock:
        lock.check()
        reopened(repository).unlock(live_too=True)
        with pytest.raises(RokError) as caught:
            repository.save_snapshot(SnapshotFile(time=ns_to_text(0), tree=tree))
        assert caught.value.kind is ErrorKind.ABORTED
    assert len(repository.snapshot_files()[0]) == 1


def sleep_long(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the clock of locks go on by 40 minutes."""
    clock = locks._now
    monkeypatch.setattr(locks, "_now", lambda: clock() + 40 * 60)


def test_a_holder_that_slept_too_long_renews_a_lock_that_is_still_there(monkeypatch: pytest.MonkeyPatch) -> None:
    repository = new_repository()
    with repository.lock() as lock:
        lock.check()
        before = repository.locks()
        sleep_long(monkeypatch)
        lock.check()
        assert len(repository.locks()) == 1
        assert repository.locks() != before


def test_a_holder_that_slept_too_long_notices_that_its_lock_was_taken_for_stale(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    repository = new_repository()
    with repository.lock() as lock:
        lock.check()
        reopened(repository).unlock(live_too=True)
        sleep_long(monkeypatch)
        with pytest.raises(RokError) as caught:
            lock.check()
        assert caught.value.kind is ErrorKind.ABORTED
    assert repository.locks() == ()


def test_a_holder_that_slept_too_long_notices_who_works_now(monkeypatch: pytest.MonkeyPatch) -> None:
    repository = new_repository()
    with repository.lock() as lock:
        lock.check()
        other = put_lock(repository, exclusive=True)
        sleep_long(monkeypatch)
        with pytest.raises(RokError) as caught:
            lock.check()
        assert caught.value.kind is ErrorKind.ABORTED
    assert [found.id for found in repository.locks()] == [other]


def test_a_lock_is_renewed_and_never_absent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_RENEW_SECONDS", 0.05)
    monkeypatch.setattr(locks, "_SECOND_LOOK_SECONDS", 0.02)
    repository = new_repository()
    seen: set[str] = set()
    with repository.lock() as lock:
        while len(seen) <= 3:
            now = {name for name, _ in repository.backend.list(FileKind.LOCK)}
            assert now
            seen |= now
        lock.check()
    assert repository.locks() == ()


def test_a_lock_that_vanished_is_not_renewed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locks, "_RENEW_SECONDS", 0.05)
    monkeypatch.setattr(locks, "_SECOND_LOOK_SECONDS", 0.02)
    repository = new_repository()
    with repository.lock() as lock:
        time.sleep(0.1)
        while repository.unlock(live_too=True):
            pass
        time.sleep(0.2)
        with pytest.raises(RokError):
            lock.check()  # after a renewal that was under way
        assert repository.locks() == ()


@pytest.mark.parametrize("content", [b"", b"garbage", bytes(200)])
def test_an_unreadable_lock_stops_writers_but_not_readers_until_it_is_unlocked(content: bytes) -> None:
    repository = new_repository()
    repository.backend.save(FileKind.LOCK, random_id(), content)
    error = refused(repository)
    assert error.kind is ErrorKind.DATA_LOSS
    assert "rok repo unlock" in error.hint
    with repository.lock(reading=True) as lock:
        lock.check()
    assert repository.unlock() == 1
    with repository.lock(exclusive=True):
        pass


def test_unlock_removes_stale_locks_and_live_ones_only_when_asked() -> None:
    repository = new_repository()
    put_lock(repository, exclusive=False, age_seconds=3600)
    put_lock(repository, exclusive=False)
    assert [found.stale for found in repository.locks()].count(True) == 1
    assert repository.unlock() == 1
    assert repository.unlock() == 0
    assert repository.unlock(live_too=True) == 1


def test_a_lock_with_a_malformed_time_is_unreadable() -> None:
    repository = new_repository()
    repository.save_document(FileKind.LOCK, msgspec.json.encode({"time": "never", "exclusive": False}))
    assert refused(repository, exclusive=True).kind is ErrorKind.DATA_LOSS
