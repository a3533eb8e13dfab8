"""Restoring is safe: nothing outside is touched, what can't succeed is refused first, and a kill is known."""

from __future__ import annotations

import json
import os
import signal
import stat
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from rok_jupyter.engine.restore_plan import RestoreOptions
from rok_jupyter.engine.restorer import execute_restore
from rok_jupyter.engine.system_calls import exchange
from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.progress import Progress
from tests.engine.restoring import IN_PLACE, Saved, save
from tests.restic import Restic
from tests.trees import assert_same_tree, differences, fingerprint, tree_hash

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="mounts, owners and devices need root")

_NOBODY = 65534
_PROJECT = Path(__file__).parents[2]


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A directory outside of every target."""
    directory = tmp_path / "victim"
    directory.mkdir()
    (directory / "file0.bin").write_bytes(b"the victim's")
    return directory


def _mount(at: Path, *options: str) -> Iterator[Path]:
    at.mkdir()
    if subprocess.run(["mount", "-t", "tmpfs", *options, "none", at], capture_output=True, check=False).returncode:
        pytest.skip("no right to mount")
    yield at
    subprocess.run(["umount", at], check=False)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system with room for 2 MB."""
    yield from _mount(tmp_path / "disk", "-o", "size=2m")


def test_a_directory_that_became_a_symlink_is_replaced_and_never_followed(saved: Saved, victim: Path) -> None:
    before, outside = tree_hash(saved.source), tree_hash(victim)
    subprocess.run(["rm", "-rf", saved.source / "data0" / "part0"], check=True)
    (saved.source / "data0" / "part0").symlink_to(victim)
    saved.restore(saved.source, IN_PLACE)
    assert tree_hash(saved.source) == before
    assert tree_hash(victim) == outside


def test_a_symlinked_directory_above_a_selected_file_is_replaced_too(saved: Saved, victim: Path) -> None:
    outside = tree_hash(victim)
    subprocess.run(["rm", "-rf", saved.source / "data0" / "part0"], check=True)
    (saved.source / "data0" / "part0").symlink_to(victim)
    saved.restore(saved.source, IN_PLACE, paths=["data0/part0/file0.bin"])
    assert tree_hash(victim) == outside
    assert not (saved.source / "data0" / "part0").is_symlink()


def test_a_file_that_became_a_symlink_is_replaced_and_its_target_unchanged(saved: Saved, victim: Path) -> None:
    before, outside = tree_hash(saved.source), tree_hash(victim)
    file = saved.source / "data0" / "part0" / "file0.bin"
    file.unlink()
    file.symlink_to(victim / "file0.bin")
    saved.restore(saved.source, IN_PLACE)
    assert tree_hash(saved.source) == before
    assert tree_hash(victim) == outside


def test_deleting_removes_links_and_never_what_they_lead_to(saved: Saved, victim: Path) -> None:
    outside = tree_hash(victim)
    (saved.source / "link").symlink_to(victim)
    (saved.source / "new").mkdir()
    (saved.source / "new" / "link").symlink_to(victim / "file0.bin")
    saved.restore(saved.source, IN_PLACE)
    assert tree_hash(victim) == outside


@pytest.mark.parametrize("rounds", [8, pytest.param(1000, marks=[pytest.mark.full, pytest.mark.timeout(3600)])])
def test_swapping_directories_for_links_during_a_restore_writes_nothing_outside(
    saved: Saved, victim: Path, tmp_path: Path, rounds: int
) -> None:
    outside = tree_hash(victim)
    for number in range(rounds):
        target = tmp_path / f"target{number}"
        target.mkdir()
        stop = threading.Event()
        swapper = threading.Thread(target=_swap, args=(target, victim, stop))
        swapper.start()
        try:
            saved.restore(target, msgspec.structs.replace(IN_PLACE, delete=number % 2 == 0))
        finally:
            stop.set()
            swapper.join()
        assert tree_hash(victim) == outside
        subprocess.run(["rm", "-rf", target], check=True)


def _swap(target: Path, victim: Path, stop: threading.Event) -> None:
    """Swap each directory of the tree with a link to the victim, again and again."""
    for name in ("data0", "data1", "files"):
        os.symlink(victim, target / f"{name}.link")
    descriptor = os.open(target, os.O_RDONLY)
    while not stop.is_set():
        for name in (b"data0", b"data1", b"files"):
            with suppress(FileNotFoundError):
                exchange(descriptor, name, name + b".link")
            time.sleep(0)
    os.close(descriptor)


def test_too_little_room_is_refused_before_anything_is_written(saved: Saved, small_disk: Path) -> None:
    plan = saved.plan(small_disk / "target")
    assert plan.bytes_to_write > 3_000_000
    assert plan.bytes_available is not None
    assert plan.bytes_available <= 2 << 20
    assert "room" in plan.problems[0]
    assert "available" in plan.problems[0]
    with pytest.raises(RokError) as caught:
        execute_restore(saved.repository, plan, "aa", Progress())
    assert caught.value.kind is ErrorKind.FAILED_PRECONDITION
    assert os.listdir(small_disk) == []


def test_too_few_inodes_are_refused(saved: Saved, tmp_path: Path) -> None:
    for disk in _mount(tmp_path / "disk", "-o", "size=100m,nr_inodes=50"):
        assert "inodes" in saved.plan(disk / "target").problems[0]


def test_a_disk_that_fills_up_meanwhile_costs_only_the_files_that_did_not_fit(saved: Saved, small_disk: Path) -> None:
    plan = msgspec.structs.replace(saved.plan(small_disk / "target"), problems=())
    outcome = execute_restore(saved.repository, plan, "aa", Progress())
    failed = {error.path for error in outcome.errors}
    assert "files/large" in failed
    assert all("space" in error.message for error in outcome.errors)
    before, after = fingerprint(saved.source), fingerprint(small_disk / "target")
    missing = before.keys() - after.keys()
    assert {path.decode("utf-8", "surrogateescape") for path in missing} == failed
    for path in after:
        assert before[path].content == after[path].content
    assert not any(b".rok-restore" in path for path in after)


def test_a_read_only_target_is_refused(saved: Saved, tmp_path: Path) -> None:
    for disk in _mount(tmp_path / "disk"):
        (disk / "target").mkdir()
        subprocess.run(["mount", "-o", "remount,ro", disk], check=True)
        assert "read-only" in saved.plan(disk / "target").problems[0]
        assert "read-only" in saved.plan(disk / "other").problems[0]


@pytest.mark.parametrize("path", ["files/large", "files"])
def test_an_immutable_entry_is_refused(saved: Saved, path: str) -> None:
    (saved.source / "files" / "large").write_bytes(b"edited")
    if subprocess.run(["chattr", "+i", saved.source / path], check=False).returncode:
        pytest.skip("the file system knows no immutable files")
    try:
        plan = saved.plan(saved.source, IN_PLACE)
        assert any("immutable" in problem for problem in plan.problems)
    finally:
        subprocess.run(["chattr", "-i", saved.source / path], check=True)


def test_as_another_user_owners_and_attributes_are_warned_of_and_nothing_fails(
    saved: Saved, restic_repository: Restic, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    target.mkdir()
    os.chown(target, _NOBODY, _NOBODY)
    result = _as_nobody(tmp_path, restic_repository, saved, target)
    assert result["errors"] == []
    ignore = frozenset({"uid", "gid", "attributes", "mode"})
    found = differences(fingerprint(saved.source), fingerprint(target), ignore=ignore, root=False)
    assert {each for each in found if "root only" not in each} == set()
    skipped = {path for path, _ in result["skipped"]}
    assert "root only/capable" in skipped
    assert "root only/null" in skipped
    assert stat.S_IMODE((target / "root only" / "setuid").stat().st_mode) == 0o755
    assert stat.S_IMODE((target / "root only" / "closed").stat().st_mode) == 0
    again = _as_nobody(tmp_path, restic_repository, saved, target, "in place")
    assert {path for path, _ in again["errors"]} == {"files/acl/inherits", "root only/closed"}
    assert again["problems"] == []


def test_as_another_user_a_closed_directory_of_theirs_is_worked_in(
    saved: Saved, restic_repository: Restic, tmp_path: Path
) -> None:
    target = tmp_path / "target"
    target.mkdir()
    os.chown(target, _NOBODY, _NOBODY)
    _as_nobody(tmp_path, restic_repository, saved, target)
    before = tree_hash(target)
    (target / "modes" / "d500" / "inside").write_bytes(b"edited")
    result = _as_nobody(tmp_path, restic_repository, saved, target, "in place")
    assert result["problems"] == []
    assert tree_hash(target) == before


_AS_NOBODY = """
import concurrent.futures.thread, json, os, sys
repository, password, tree, target, mode = sys.argv[1:]
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.restore_plan import RestoreOptions, RestorePart
from rok_jupyter.engine.restore_planner import plan_restore
from rok_jupyter.engine.restorer import execute_restore
from rok_jupyter.engine.storage.local import LocalBackend
from rok_jupyter.progress import Progress
opened = Repository.open(LocalBackend(repository), password)
opened.load_tree(tree)
os.setgroups([]); os.setgid(65534); os.setuid(65534)
part = RestorePart(name="w", tree=tree, target=target)
plan = plan_restore(opened, [part], RestoreOptions(in_place=mode == "in place", owners=True), Progress())
outcome = execute_restore(opened, plan, "aa", Progress())
print(json.dumps({
    "problems": plan.problems,
    "errors": [(e.path, e.message) for e in outcome.errors],
    "skipped": [(s.path, s.reason) for s in outcome.skipped],
}))
"""


def _as_nobody(
    tmp_path: Path, restic: Restic, saved: Saved, target: Path, mode: str = "new"
) -> dict[str, list[tuple[str, str]]]:
    copy = tmp_path / "readable"
    if not copy.exists():
        subprocess.run(["cp", "-r", restic.location, copy], check=True)
        subprocess.run(["chmod", "-R", "a+rX", copy], check=True)
        ours = [directory for directory in tmp_path.parents if Path(tempfile.gettempdir()) in directory.parents]
        for directory in (tmp_path, *ours):
            os.chmod(directory, stat.S_IMODE(directory.stat().st_mode) | 0o055)
    arguments = [str(copy), restic.password, saved.tree, str(target), mode]
    done = subprocess.run(
        [sys.executable, "-c", _AS_NOBODY, *arguments],
        capture_output=True,
        check=False,
        text=True,
        cwd=_PROJECT,
        env={name: value for name, value in os.environ.items() if not name.startswith("COV")},  # nobody can't write it
    )
    assert done.returncode == 0, done.stderr
    answer: dict[str, list[tuple[str, str]]] = json.loads(done.stdout)
    return answer


_RESTORE = """
import sys
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.restore_plan import RestoreOptions, RestorePart
from rok_jupyter.engine.restore_planner import plan_restore
from rok_jupyter.engine.restorer import execute_restore
from rok_jupyter.engine.storage.local import LocalBackend
from rok_jupyter.engine.tree_path import find_node
from rok_jupyter.progress import Progress
location, password, tree, target = sys.argv[1:]
repository = Repository.open(LocalBackend(location), password)
part = RestorePart(name="w", tree=tree, target=target)
plan = plan_restore(repository, [part], RestoreOptions(in_place=True, delete=True, owners=True), Progress())
outcome = execute_restore(repository, plan, "0123456789abcdef", Progress())
assert not outcome.errors, outcome.errors
"""

_POINTS = (
    *("mkdirat:2", "pwrite64:1", "pwrite64:8", "fchmod:3", "utimensat:9", "symlinkat:2", "linkat:1", "mknodat:1"),
    *("syncfs:1", "syncfs:2", "syncfs:3", "renameat:1", "renameat:9", "renameat:25", "unlinkat:1", "unlinkat:6"),
    *("unlinkat:12", "rmdir:1", "fchown:1", "unlink:1", "fsync:1"),
)
"""System calls that change something, and at which of its calls (of one thread) the restore is killed."""


@pytest.mark.parametrize("at", _POINTS)
def test_a_killed_restore_leaves_each_file_old_or_new_and_can_be_finished(
    saved: Saved, restic_repository: Restic, at: str
) -> None:
    wanted = fingerprint(saved.source)
    _disturb(saved.source)
    old = fingerprint(saved.source)
    killed = _run_and_kill(restic_repository, saved, at)
    now = fingerprint(saved.source)
    for path, entry in now.items():
        allowed = {each[path].content for each in (old, wanted) if path in each}
        assert entry.content in allowed or b".rok-restore" in path
    for path in old.keys() & wanted.keys():
        assert path in now
    if not killed:
        assert differences(wanted, now, root=False) == []
        return
    saved.restore(saved.source, IN_PLACE)
    assert differences(wanted, fingerprint(saved.source)) == []


def _disturb(source: Path) -> None:
    """Change a bit of everything."""
    for number in range(0, 40, 2):
        (source / f"data{number % 7}" / f"part{number % 3}" / f"file{number}.bin").write_bytes(b"edited %d" % number)
    (source / "new").mkdir()
    for number in range(10):
        (source / "new" / str(number)).write_bytes(b"new")
    subprocess.run(["rm", "-rf", source / "links", source / "names" / "dir\udcff\n"], check=True)
    (source / "files" / "large").unlink()
    (source / "files" / "large").mkdir()
    (source / "files" / "large" / "inside").write_bytes(b"inside")
    (source / "files" / "fifo").unlink()
    (source / "files" / "fifo").write_bytes(b"no fifo")
    subprocess.run(["rm", "-rf", source / "files" / "acl"], check=True)
    (source / "files" / "acl").write_bytes(b"no directory")
    os.chmod(source / "modes" / "m644", 0o777)


def _run_and_kill(restic: Restic, saved: Saved, at: str) -> bool:
    """Restore in a process that is killed at a system call; whether it came so far."""
    arguments = [restic.location, restic.password, saved.tree, str(saved.source)]
    call, _, number = at.partition(":")
    inject = [f"--inject={call}:signal=KILL:when={number}", "-o", "/dev/null"]
    done = subprocess.run(
        ["strace", "-f", *inject, sys.executable, "-B", "-c", _RESTORE, *arguments],
        capture_output=True,
        check=False,
        cwd=_PROJECT,
    )
    assert done.returncode in (0, -signal.SIGKILL, 128 + signal.SIGKILL), done.stderr[-2000:]
    return done.returncode != 0


def test_a_restore_into_a_directory_that_was_killed_is_finished_in_place(
    saved: Saved, restic_repository: Restic, tmp_path: Path
) -> None:
    (tmp_path / "target").mkdir()
    elsewhere = replace(saved, source=tmp_path / "target")
    assert _run_and_kill(restic_repository, elsewhere, "renameat:50")
    assert differences(fingerprint(saved.source), fingerprint(tmp_path / "target"))
    saved.restore(tmp_path / "target", IN_PLACE)
    assert_same_tree(saved.source, tmp_path / "target")


def test_order_of_writes_sync_renames_sync(saved: Saved, restic_repository: Restic, tmp_path: Path) -> None:
    target = tmp_path / "target"
    target.mkdir()
    arguments = [restic_repository.location, restic_repository.password, saved.tree, str(target)]
    log = tmp_path / "log"
    calls = "trace=pwrite64,syncfs,rename,renameat,renameat2"
    subprocess.run(
        ["strace", "-f", "-y", "-e", calls, "-o", log, sys.executable, "-B", "-c", _RESTORE, *arguments],
        check=True,
        capture_output=True,
        cwd=_PROJECT,
    )
    steps = []
    for line in log.read_text(errors="replace").splitlines():
        if ".rok-restore-" in line or "syncfs(" in line:
            steps.append(line.split("(")[0].split()[-1])
    kinds = [step for number, step in enumerate(steps) if number == 0 or steps[number - 1] != step]
    assert kinds[:3] == ["pwrite64", "syncfs", "rename"] or kinds[:3] == ["pwrite64", "syncfs", "renameat"]
    assert kinds[-1] == "syncfs"


def test_a_target_that_is_another_directory_by_now_is_aborted(saved: Saved) -> None:
    (saved.source / "files" / "large").write_bytes(b"edited")
    plan = saved.plan(saved.source, RestoreOptions(in_place=True))
    saved.source.rename(saved.source.with_name("moved"))
    saved.source.mkdir()
    with pytest.raises(RokError) as caught:
        execute_restore(saved.repository, plan, "aa", Progress())
    assert caught.value.kind is ErrorKind.ABORTED
    assert os.listdir(saved.source) == []


def test_a_users_file_that_is_named_nearly_as_a_temporary_one_stays(saved: Saved) -> None:
    mine = [saved.source / name for name in (".rok-restore-notes", ".rok-restore-0123456789abcdef-1b")]
    for path in mine:
        path.write_bytes(b"mine")
    leftover = saved.source / ".rok-restore-0123456789abcdef-7"
    leftover.write_bytes(b"")
    (saved.source / "files" / "large").write_bytes(b"edited")
    assert saved.restore(saved.source, msgspec.structs.replace(IN_PLACE, delete=False)).errors == []
    assert [path.read_bytes() for path in mine] == [b"mine", b"mine"]
    assert not leftover.exists()


def test_metadata_of_an_inode_comes_back_by_each_of_its_names(saved: Saved, restic_repository: Restic) -> None:
    names = saved.source / "more names"
    names.mkdir()
    (names / "one").write_bytes(b"content")
    os.link(names / "one", names / "two")
    again = save(restic_repository, saved.source)
    os.utime(names / "one", ns=(7, 7))
    outcome = again.restore(saved.source, IN_PLACE)
    assert outcome.errors == []
    assert again.plan(saved.source, IN_PLACE).parts[0].entries == ()


def test_entries_that_come_and_go_while_a_restore_is_planned_cost_nothing_else(
    saved: Saved, monkeypatch: pytest.MonkeyPatch
) -> None:
    (saved.source / "files" / "large").write_bytes(b"edited")
    passing = saved.source / "files" / "passing"
    passing.write_bytes(b"")
    (saved.source / "files" / "a.db-wal").write_bytes(b"")
    scandir = os.scandir

    @contextmanager
    def overtaken(path: str | bytes | int) -> Iterator[Iterator[os.DirEntry[Any]]]:
        with scandir(path) as entries:
            listed = list(entries)
        for name in ("passing", "a.db-wal"):
            (saved.source / "files" / name).unlink(missing_ok=True)
        yield iter(listed)

    monkeypatch.setattr(os, "scandir", overtaken)
    options = msgspec.structs.replace(
        IN_PLACE, companion_of=lambda name: name.removesuffix("-wal") if "-wal" in name else None
    )
    plan = saved.plan(saved.source, options)
    assert plan.parts[0].errors == ()
    assert [entry.path for entry in plan.parts[0].entries if entry.path] == [b"files", b"files/large"]


def test_a_restore_that_ends_in_the_middle_of_a_file_leaves_nothing_behind(
    saved: Saved, tmp_path: Path, restic_repository: Restic, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Impatient(Progress):
        def advance(self, *, bytes_: int = 0, **others: Any) -> None:
            super().advance(bytes_=bytes_, **others)
            if bytes_:
                self.cancel()

    monkeypatch.setattr("rok_jupyter.engine.file_writer._JOB_BYTES", 1)
    monkeypatch.setattr("rok_jupyter.engine.file_writer._BYTES_IN_FLIGHT", 0)
    (tmp_path / "source" / "two pieces").write_bytes(os.urandom(10_000_000))
    again = save(restic_repository, saved.source)
    open_before = len(os.listdir("/proc/self/fd"))
    with pytest.raises(Cancelled):
        execute_restore(
            again.repository, again.plan(tmp_path / "target", paths=["two pieces"]), "0123456789abcdef", Impatient()
        )
    assert os.listdir(tmp_path / "target") == []
    assert len(os.listdir("/proc/self/fd")) == open_before
