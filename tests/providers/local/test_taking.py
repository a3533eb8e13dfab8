from __future__ import annotations

import json
import os
import shutil
import socket
import sqlite3
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rok_jupyter.config import RokSettings
from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.models import Consistency, SnapshotRequest
from rok_jupyter.progress import Progress
from rok_jupyter.providers.local.owner import owner_of
from rok_jupyter.providers.registry import open_provider
from tests.providers.local.conftest import Local
from tests.providers.local.test_capture import rows_of
from tests.providers.local.writers import running
from tests.restic import Restic

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")


def size_of(directory: str) -> int:
    return sum(path.stat().st_size for path in Path(directory).rglob("*") if path.is_file())


# What is in it and what is not


@pytest.mark.parametrize("rounds", [8, pytest.param(100, marks=pytest.mark.full)])
def test_a_repository_inside_the_workspace_is_never_part_of_a_snapshot(
    tmp_path: Path, workspace: Path, rounds: int
) -> None:
    """Nor its password, wherever that lies, nor the rest of the state."""
    settings = RokSettings(
        workspace=str(workspace),
        repository=str(workspace / "deep" / "repository"),
        password_file=str(workspace / "key"),
        state_directory=str(workspace / ".local" / "rok"),
        owner="tester",
    )
    (workspace / "key").write_text("canary-password")
    (workspace / "mine").write_bytes(os.urandom(50_000))
    opened = open_provider(settings)
    assert opened.repository is not None
    opened.repository.create()
    local = Local(settings, workspace, opened.repository, opened.provider)  # type: ignore[arg-type]
    snapshot = local.take()
    before = size_of(settings.repository)
    for _ in range(rounds):
        snapshot = local.take()
    assert size_of(settings.repository) - before < rounds * 10_000
    assert local.names(snapshot) == [".local", "deep", "mine"]
    assert local.names(snapshot, "deep") == local.names(snapshot, ".local") == []
    reasons = {entry.path: entry.reason for entry in snapshot.skipped}
    assert reasons == {
        "key": "the repository's password",
        "deep/repository": "the repository itself",
        ".local/rok": "the state of rok-jupyter itself",
    }


def test_excludes_ignore_files_and_caches_are_left_out(local: Local) -> None:
    again = local.again(excludes=["*.tmp", "/build"])
    for name in ("a.tmp", "build/x", "sub/build/y", "sub/keep.txt", "sub/no.log", "cache/big"):
        path = local.workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(name)
    (local.workspace / "sub" / ".rokignore").write_text("*.log\n")
    (local.workspace / "cache" / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n")
    snapshot = again.take()
    assert again.names(snapshot) == ["cache", "sub"]
    assert again.names(snapshot, "sub") == [".rokignore", "build", "keep.txt"]
    assert again.names(snapshot, "cache") == ["CACHEDIR.TAG"]
    assert "cache" in again.names(local.take())
    everything = local.again(exclude_caches=False)
    assert everything.names(everything.take(), "cache") == ["CACHEDIR.TAG", "big"]


def test_a_socket_is_skipped_and_named(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(local.workspace)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("s")
        snapshot = local.take()
    assert [(entry.path, entry.reason) for entry in snapshot.skipped] == [("s", "socket")]
    assert snapshot.complete


@pytest.fixture
def mounted(local: Local) -> Iterator[Path]:
    """A tmpfs, and the workspace once more by a bind mount, below the workspace."""
    other, loop = local.workspace / "other", local.workspace / "loop"
    other.mkdir()
    loop.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(other)], check=True)
    subprocess.run(["mount", "--bind", str(local.workspace), str(loop)], check=True)
    (other / "inside").write_text("other")
    yield other
    for path in (loop, other):
        subprocess.run(["umount", str(path)], check=True)


@root_only
def test_other_mounts_are_listed_and_taken_in_only_when_chosen(local: Local, mounted: Path) -> None:
    assert {mount.path for mount in local.provider.mounts()} == {str(mounted), str(local.workspace / "loop")}
    snapshot = local.take()
    reasons = {entry.path: entry.reason for entry in snapshot.skipped}
    assert reasons == {"loop": "other mount", "other": "other mount"}
    assert local.names(snapshot) == []
    chosen = local.again(include_mounts=[str(mounted)])
    assert {mount.path for mount in chosen.provider.mounts()} == {str(local.workspace / "loop")}
    assert chosen.read(chosen.take(), "other/inside") == b"other"


@root_only
def test_a_mount_that_is_a_volume_is_a_member_of_its_own(local: Local, mounted: Path) -> None:
    again = local.again(data_volumes={"other": str(mounted)})
    assert {mount.path for mount in again.provider.mounts()} == {str(local.workspace / "loop")}
    snapshot = again.take()
    assert again.read(snapshot, "inside", "other") == b"other"
    assert "other" not in again.names(snapshot)


def test_nested_volumes_appear_once(local: Local, current_restic: Restic, tmp_path: Path) -> None:
    inner = local.workspace / "sub" / "data"
    inner.mkdir(parents=True)
    (inner / "d").write_text("data")
    (local.workspace / "sub" / "w").write_text("workspace")
    again = local.again(data_volumes={"data": str(inner)})
    snapshot = again.take()
    assert [(each.volume, each.files) for each in snapshot.members] == [("workspace", 1), ("data", 1)]
    assert again.names(snapshot, "sub") == ["w"]
    assert again.names(snapshot, "", "data") == ["d"]
    with pytest.raises(RokError, match="another volume"):
        again.read(snapshot, "sub/data/d")
    (inner / "d").write_text("changed")
    assert [(each.volume, each.path) for each in again.diff(snapshot).entries] == [("data", "d")]
    assert [(each.volume, each.path) for each in again.diff(snapshot, again.take()).entries] == [("data", "d")]
    again.restore(snapshot, paths=("workspace:",), delete=True)
    assert (inner / "d").read_text() == "changed"
    again.restore(snapshot, delete=True)
    assert (inner / "d").read_text() == "data"
    target = tmp_path / "restored"
    again.restore(snapshot, directory=str(target))
    assert sorted(str(path.relative_to(target)) for path in target.rglob("*") if path.is_file()) == [
        "data/d",
        "workspace/sub/w",
    ]
    local.restic(current_restic).check()
    only = again.take(volumes=("workspace",))
    assert ("sub/data", "the volume data") in [(each.path, each.reason) for each in only.skipped]


def test_a_data_volume_that_is_gone_is_named_and_does_not_hinder_the_rest(local: Local, tmp_path: Path) -> None:
    again = local.again(data_volumes={"data": str(tmp_path / "gone")})
    volume = again.provider.volumes()[1]
    assert (volume.path, volume.capabilities.snapshot.available) == ("", False)
    snapshot = again.take()
    assert [each.volume for each in snapshot.members] == ["workspace"]
    assert [(each.volume, "is not there" in each.reason) for each in snapshot.skipped] == [("data", True)]
    with pytest.raises(RokError) as raised:
        again.take(volumes=("data",))
    assert raised.value.kind is ErrorKind.FAILED_PRECONDITION


def test_the_link_that_attach_made_is_not_followed(local: Local, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "d").write_text("data")
    attached = local.provider.attach("data", "input", directory=str(tmp_path / "data"))
    assert attached.attached_at == "input"
    snapshot = local.take()
    assert local.names(snapshot) == ["input"]
    assert local.names(snapshot, "", "data") == ["d"]


def test_a_directory_is_not_attached_read_only(local: Local, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    with pytest.raises(RokError, match="read-only") as raised:
        local.provider.attach("data", "input", read_only=True, directory=str(tmp_path / "data"))
    assert raised.value.kind is ErrorKind.FAILED_PRECONDITION
    assert len(local.provider.volumes()) == 1


def test_a_failed_attach_registers_nothing(local: Local, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (local.workspace / "input").write_text("mine")
    with pytest.raises(RokError):
        local.provider.attach("data", "input", directory=str(tmp_path / "data"))
    assert len(local.provider.volumes()) == 1


# Files in use


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for locks longer than a busy machine may keep them, or us, waiting."""
    monkeypatch.setattr("rok_jupyter.providers.local.databases._LOCK_SECONDS", 120.0)


@pytest.mark.parametrize("size", [100_000, 2_000_000])
@pytest.mark.parametrize("rounds", [5, pytest.param(5000, marks=[pytest.mark.full, pytest.mark.timeout(36_000)])])
def test_no_notebook_is_stored_half_written_while_jupyter_saves_it(local: Local, size: int, rounds: int) -> None:
    with running("jupyter_saving.py", local.workspace, "x.ipynb", size):
        for _ in range(rounds):
            snapshot = local.take()
            assert json.loads(local.read(snapshot, "x.ipynb"))["cells"]
            assert snapshot.complete


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("mode", ["delete", "wal"])
@pytest.mark.parametrize("rounds", [4, pytest.param(500, marks=[pytest.mark.full, pytest.mark.timeout(7200)])])
def test_no_database_is_stored_malformed_while_it_is_written(
    local: Local, tmp_path: Path, mode: str, rounds: int
) -> None:
    with running("database_writing.py", local.workspace / "history.sqlite", mode):
        for _ in range(rounds):
            snapshot = local.take()
            assert rows_of(local.read(snapshot, "history.sqlite"), tmp_path) > 0
            assert local.names(snapshot) == ["history.sqlite"]


def test_a_commit_that_only_the_log_shows_is_in_the_next_snapshot(local: Local, tmp_path: Path) -> None:
    """It leaves the database file's own size and times alone."""
    path = local.workspace / "a.db"
    script = (
        "import sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1]); c.execute('PRAGMA journal_mode=wal')\n"
        "c.execute('CREATE TABLE IF NOT EXISTS notes(text)'); c.commit()\n"
        "for line in sys.stdin:\n"
        "    c.execute('INSERT INTO notes VALUES(?)', (line,)); c.commit(); print('done', flush=True)\n"
    )
    command = [sys.executable, "-c", script, str(path)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdin is not None
        assert writer.stdout is not None
        for expected in range(1, 4):
            writer.stdin.write("note\n")
            writer.stdin.flush()
            writer.stdout.readline()
            before = path.stat()
            assert rows_of(local.read(local.take(), "a.db"), tmp_path) == expected
            after = path.stat()
            assert (before.st_mtime_ns, before.st_size) == (after.st_mtime_ns, after.st_size)
        assert local.take(only_if_changed=True).id == local.provider.find("latest").id
        writer.stdin.close()


def test_a_file_that_keeps_changing_is_named(local: Local) -> None:
    path = local.workspace / "checkpoint.bin"
    path.write_bytes(b"\0" * 20_000_000)
    stop = threading.Event()

    def write() -> None:
        with path.open("r+b", buffering=0) as stream:
            while not stop.is_set():
                stream.seek(19_000_000)
                stream.write(os.urandom(100))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        snapshot = local.take()
    finally:
        stop.set()
        writer.join()
    assert [entry.path for entry in snapshot.changed_while_read] == ["checkpoint.bin"]
    assert snapshot.consistency is Consistency.FUZZY
    assert not snapshot.complete
    with local.provider.open(snapshot, Progress()) as view:
        assert view.entry("workspace", "checkpoint.bin").changed_while_read
    assert local.provider.find(snapshot.id) == snapshot


def test_consistency_is_never_claimed_but_seen(local: Local) -> None:
    (local.workspace / "a").write_text("a")
    assert local.take().consistency is Consistency.FUZZY
    assert local.take().consistency is Consistency.QUIESCED
    (local.workspace / "b").write_text("b")
    assert local.take().consistency is Consistency.FUZZY
    assert local.take().consistency is Consistency.QUIESCED


def test_copies_that_a_killed_process_left_are_removed_after_a_day(local: Local) -> None:
    old, new = (local.settings.locations.temporary / f"database-{name}" for name in ("old", "new"))
    for scratch in (old, new):
        scratch.mkdir(parents=True)
        (scratch / "copy").write_text("x")
    os.utime(old, (time.time() - 90_000,) * 2)
    local.take()
    assert (old.exists(), new.exists()) == (False, True)


# One of a name


def test_of_two_that_take_one_name_at_once_the_same_stays(local: Local) -> None:
    (local.workspace / "a").write_bytes(os.urandom(2_000_000))
    others = [local.again() for _ in range(4)]
    taken: list[str] = []

    def take(other: Local) -> None:
        taken.append(other.take(name="run").id)

    threads = [threading.Thread(target=take, args=(other,)) for other in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(taken) == 4
    kept = local.provider.snapshots()
    assert len(kept) == 1
    assert local.take(name="run") == kept[0]


def test_one_that_began_later_and_is_faster_takes_what_the_other_writes(
    local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository, other = local.access.get(), local.again()
    save, taken = repository.save_snapshot, []
    faster = threading.Thread(target=lambda: taken.append(other.take(name="run")))

    def save_late(file):  # type: ignore[no-untyped-def]
        faster.start()
        time.sleep(0.5)
        return save(file)

    monkeypatch.setattr(repository, "save_snapshot", save_late)
    first = local.take(name="run")
    faster.join()
    assert [each.id for each in taken] == [first.id]
    assert [each.id for each in local.provider.snapshots()] == [first.id]


def test_the_loser_withdraws_before_it_acknowledges(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    """The other one's document is written between our last look and our own, on another machine."""
    monkeypatch.setattr("rok_jupyter.providers.local.taking._NAMES_SECONDS", 0)
    other = local.again()
    repository = local.access.get()
    save, mine = repository.save_snapshot, []

    def save_late(file):  # type: ignore[no-untyped-def]
        mine.append(other.take(name="run"))
        return save(file)

    monkeypatch.setattr(repository, "save_snapshot", save_late)
    first = local.take(name="run")
    kept = local.provider.snapshots()
    assert len(kept) <= 2
    assert first == min(kept, key=lambda each: (each.created, each.id))
    assert local.provider.find(first.id) == first


def test_a_name_belongs_to_its_owner(local: Local) -> None:
    mine = local.take(name="run")
    theirs = local.again(owner="somebody else").take(name="run")
    assert mine.id != theirs.id
    assert local.provider.snapshots() == (mine,)
    assert local.provider.find("latest") == mine
    assert {each.id for each in local.provider.snapshots(all_owners=True)} == {mine.id, theirs.id}


def test_snapshots_of_other_volumes_are_not_listed(local: Local, tmp_path: Path) -> None:
    mine = local.take()
    (tmp_path / "elsewhere").mkdir()
    other = local.again(workspace=str(tmp_path / "elsewhere"))
    with pytest.raises(RokError):
        other.provider.find("latest")
    theirs = other.take()
    assert other.provider.snapshots() == (theirs,)
    assert local.provider.snapshots() == (mine,)
    assert other.provider.find(mine.id).id == mine.id


def test_the_owner_is_made_once_and_kept(settings: RokSettings) -> None:
    settings.owner = ""
    made = owner_of(settings)
    assert "@" in made
    assert owner_of(settings) == made
    shutil.rmtree(settings.locations.root)
    assert owner_of(settings) != made


def test_without_a_state_directory_the_owner_is_the_user(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert "@" not in owner_of(RokSettings(state_directory=str(tmp_path / "file" / "state")))


# What hinders it


def test_without_a_repository_the_command_to_type_is_told(settings: RokSettings) -> None:
    with pytest.raises(RokError) as raised:
        open_provider(settings).provider.snapshot(SnapshotRequest(), Progress())
    assert raised.value.kind is ErrorKind.FAILED_PRECONDITION
    assert "rok repo init" in raised.value.hint


def test_without_a_workspace_the_command_to_type_is_told(tmp_path: Path) -> None:
    with pytest.raises(RokError) as raised:
        open_provider(RokSettings(state_directory=str(tmp_path))).provider.volumes()
    assert raised.value.kind is ErrorKind.FAILED_PRECONDITION
    assert "--workspace" in raised.value.hint


def test_an_unknown_provider_is_refused() -> None:
    with pytest.raises(RokError, match="There is no provider 'magic'"):
        open_provider(RokSettings(provider="magic"))


def test_a_snapshot_that_is_cancelled_in_the_middle_leaves_nothing(local: Local, current_restic: Restic) -> None:
    (local.workspace / "big").write_bytes(os.urandom(30_000_000))
    progress = Progress()
    threading.Timer(0.1, progress.cancel).start()
    with pytest.raises(Cancelled):
        local.provider.snapshot(SnapshotRequest(), progress)
    assert local.provider.snapshots() == ()
    real = local.restic(current_restic)
    real.check()
    assert local.take().complete
    assert len(real.snapshots()) == 1


@pytest.mark.parametrize("name", ["", "x" * 201])
def test_a_name_that_is_none_is_refused(local: Local, name: str) -> None:
    with pytest.raises(RokError) as raised:
        local.take(name=name)
    assert raised.value.kind is ErrorKind.INVALID_ARGUMENT


def test_a_snapshot_of_what_did_not_change_adds_nothing(local: Local) -> None:
    (local.workspace / "a").write_text("a")
    first = local.take()
    before = size_of(local.access.location)
    os.utime(local.workspace.parent)  # of no concern to the volume
    assert local.take(only_if_changed=True) == first
    assert size_of(local.access.location) == before


def test_a_database_of_the_server_itself_keeps_its_locks_through_a_snapshot(local: Local) -> None:
    path = local.workspace / "ystore.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE notes(text)")
        connection.execute("BEGIN IMMEDIATE")
        local.take()
        script = "import sqlite3,sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN IMMEDIATE')"
        command = [sys.executable, "-c", script, str(path)]
        assert b"locked" in subprocess.run(command, capture_output=True, check=False).stderr
