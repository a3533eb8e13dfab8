"""Entries come back next to their originals: whole, under a name that is free, and nothing else is touched."""

from __future__ import annotations

import os
import signal
import stat
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import pytest

from rok_jupyter.engine import system_calls
from rok_jupyter.engine.system_calls import exchange
from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.models import CopyBackResult, Snapshot
from rok_jupyter.progress import Progress
from tests.providers.local.conftest import Local
from tests.trees import build_tree, tree_hash

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def copy_back(local: Local, snapshot: Snapshot, *paths: str) -> CopyBackResult:
    return local.provider.copy_back(snapshot, paths, Progress())


def when(snapshot: Snapshot) -> str:
    return f"(from {snapshot.created.astimezone():%Y-%m-%d %H.%M})"


def names(directory: Path) -> list[str]:
    return sorted(os.listdir(directory))


@pytest.fixture
def report(local: Local) -> Path:
    """A file that is in the snapshot that a test takes first."""
    path = local.workspace / "notes" / "report.ipynb"
    path.parent.mkdir()
    path.write_text("old")
    path.chmod(0o640)
    os.utime(path, ns=(10**18, 10**18 + 7))
    return path


def test_a_file_comes_back_beside_the_one_that_is_there(local: Local, report: Path) -> None:
    snapshot = local.take()
    report.write_text("new")
    result = copy_back(local, snapshot, "notes/report.ipynb")
    copy = report.with_name(f"report {when(snapshot)}.ipynb")
    assert [(each.volume, each.path, each.copy) for each in result.copies] == [
        ("workspace", "notes/report.ipynb", f"notes/{copy.name}")
    ]
    assert result.errors == ()
    assert (report.read_text(), copy.read_text()) == ("new", "old")
    assert (stat.S_IMODE(copy.stat().st_mode), copy.stat().st_mtime_ns) == (0o640, 10**18 + 7)
    assert names(report.parent) == [copy.name, "report.ipynb"]


def test_a_name_that_is_taken_gets_a_number_and_is_not_touched(local: Local, report: Path) -> None:
    snapshot = local.take()
    first = report.with_name(f"report {when(snapshot)}.ipynb")
    first.symlink_to("nowhere")
    report.with_name(f"report {when(snapshot)} 2.ipynb").mkdir()
    for number in (3, 4):
        (copy,) = copy_back(local, snapshot, "notes/report.ipynb").copies
        assert copy.copy == f"notes/report {when(snapshot)} {number}.ipynb"
    assert os.readlink(first) == "nowhere"


def test_without_the_systems_exclusive_rename_nothing_is_replaced_either(
    local: Local, report: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(system_calls, "_LIBC", object())
    snapshot = local.take()
    report.with_name(f"report {when(snapshot)}.ipynb").write_text("mine")
    (local.workspace / f"notes {when(snapshot)}").mkdir()
    (local.workspace / f"notes {when(snapshot)}" / "mine").touch()
    monkeypatch.setattr("rok_jupyter.engine.staging.sync_file_system", lambda _: None)
    result = copy_back(local, snapshot, "notes/report.ipynb", "notes")
    assert [each.copy for each in result.copies] == [
        f"notes/report {when(snapshot)} 2.ipynb",
        f"notes {when(snapshot)} 2",
    ]
    assert report.with_name(f"report {when(snapshot)}.ipynb").read_text() == "mine"
    assert names(local.workspace / f"notes {when(snapshot)}") == ["mine"]
    assert names(local.workspace / f"notes {when(snapshot)} 2") == ["report.ipynb"]


def test_directories_that_are_gone_are_made_as_they_were(local: Local, report: Path) -> None:
    report.parent.chmod(0o700)
    snapshot = local.take()
    report.unlink()
    report.parent.rmdir()
    (copy,) = copy_back(local, snapshot, "notes/report.ipynb").copies
    assert (local.workspace / copy.copy).read_text() == "old"
    assert stat.S_IMODE(report.parent.stat().st_mode) == 0o700
    assert names(report.parent) == [Path(copy.copy).name]


@root_only
def test_a_directory_with_everything_comes_back_equal(local: Local) -> None:
    build_tree(local.workspace / "tree")
    before = tree_hash(local.workspace / "tree")
    snapshot = local.take()
    (copy,) = copy_back(local, snapshot, "tree").copies
    assert copy.copy == f"tree {when(snapshot)}"
    assert tree_hash(local.workspace / "tree") == before
    made = local.workspace / copy.copy
    assert {path.relative_to(made) for path in made.rglob("*")} <= {
        path.relative_to(local.workspace / "tree") for path in (local.workspace / "tree").rglob("*")
    }
    assert sum(1 for _ in made.rglob("*")) > 50


def test_a_directory_that_is_closed_to_writing_comes_back_closed(local: Local, report: Path) -> None:
    report.parent.chmod(0o555)
    snapshot = local.take()
    (copy,) = copy_back(local, snapshot, "notes").copies
    assert stat.S_IMODE((local.workspace / copy.copy).stat().st_mode) == 0o555
    assert (local.workspace / copy.copy / "report.ipynb").read_text() == "old"


def test_entries_of_several_volumes_come_back_in_theirs(local: Local, report: Path, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "table.csv").write_text("1,2")
    again = local.again(data_volumes={"data": str(tmp_path / "data")})
    snapshot = again.take()
    result = copy_back(again, snapshot, "data:table.csv", "workspace:notes/report.ipynb", "data:table.csv")
    assert [(each.volume, each.path) for each in result.copies] == [
        ("data", "table.csv"),
        ("workspace", "notes/report.ipynb"),
    ]
    assert names(tmp_path / "data") == [f"table {when(snapshot)}.csv", "table.csv"]


def test_links_and_odd_names_come_back(local: Local) -> None:
    name = b"caf\xe9 100%\n"
    Path(os.fsdecode(os.fsencode(local.workspace) + b"/" + name)).write_text("odd")
    (local.workspace / "link").symlink_to("/nowhere")
    snapshot = local.take()
    copies = copy_back(local, snapshot, name.decode("utf-8", "surrogateescape"), "link").copies
    assert (local.workspace / copies[0].copy).read_text() == "odd"
    assert os.readlink(local.workspace / copies[1].copy) == "/nowhere"


def test_a_copy_is_in_the_next_snapshot_and_temporary_directories_never_are(local: Local, report: Path) -> None:
    snapshot = local.take()
    copy_back(local, snapshot, "notes/report.ipynb")
    (report.parent / ".rok-restore-0123456789abcdef-1").mkdir()
    (report.parent / ".rok-restore-0123456789abcdef-1" / "half").write_text("half")
    assert local.names(local.take(), "notes") == [f"report {when(snapshot)}.ipynb", "report.ipynb"]


# What can't be


@pytest.mark.parametrize(
    ("paths", "kind"),
    [
        (["notes/nothing"], ErrorKind.NOT_FOUND),
        (["notes/report.ipynb", "nothing/at/all"], ErrorKind.NOT_FOUND),
        (["../workspace/notes"], ErrorKind.INVALID_ARGUMENT),
        (["/etc/passwd"], ErrorKind.INVALID_ARGUMENT),
        ([""], ErrorKind.INVALID_ARGUMENT),
        (["workspace:"], ErrorKind.INVALID_ARGUMENT),
    ],
)
def test_what_is_no_entry_is_refused_before_anything_is_made(
    local: Local, report: Path, paths: Sequence[str], kind: ErrorKind
) -> None:
    snapshot = local.take()
    with pytest.raises(RokError) as caught:
        copy_back(local, snapshot, *paths)
    assert caught.value.kind is kind
    assert names(report.parent) == ["report.ipynb"]


def test_a_volume_that_is_gone_is_refused(local: Local, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "table.csv").write_text("1,2")
    again = local.again(data_volumes={"data": str(tmp_path / "data")})
    snapshot = again.take()
    (tmp_path / "data").rename(tmp_path / "elsewhere")
    with pytest.raises(RokError) as caught:
        copy_back(again, snapshot, "data:table.csv")
    assert caught.value.kind is ErrorKind.FAILED_PRECONDITION


def test_a_link_or_file_in_the_place_of_a_directory_is_an_error_of_its_path(
    local: Local, report: Path, tmp_path: Path
) -> None:
    (local.workspace / "other").mkdir()
    (local.workspace / "other" / "b").write_text("bee")
    (local.workspace / "c").write_text("sea")
    snapshot = local.take()
    report.unlink()
    report.parent.rmdir()
    (tmp_path / "outside").mkdir()
    report.parent.symlink_to(tmp_path / "outside")
    (local.workspace / "other" / "b").unlink()
    (local.workspace / "other").rmdir()
    (local.workspace / "other").write_text("a file")
    result = copy_back(local, snapshot, "notes/report.ipynb", "other/b", "c")
    assert [each.path for each in result.copies] == ["c"]
    assert [error.path for error in result.errors] == ["notes/report.ipynb", "other/b"]
    assert names(tmp_path / "outside") == []
    assert (local.workspace / "other").read_text() == "a file"


def test_the_place_of_another_volume_is_left_alone(local: Local, report: Path) -> None:
    snapshot = local.take()
    again = local.again(data_volumes={"data": str(report.parent)})
    result = copy_back(again, snapshot, "notes/report.ipynb")
    assert result.copies == ()
    assert "the volume data" in result.errors[0].message
    assert names(report.parent) == ["report.ipynb"]


@root_only
def test_what_comes_back_only_with_owners_is_named(local: Local) -> None:
    tools = local.workspace / "tools"
    tools.mkdir()
    (tools / "helper").write_text("#!/bin/sh\n")
    os.chown(tools / "helper", 1234, 1234)
    (tools / "helper").chmod(0o4755)
    os.mknod(tools / "null", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    result = copy_back(local, local.take(), "tools")
    assert {entry.path for entry in result.skipped} >= {"tools/null", "tools/helper"}
    assert result.errors == ()


@root_only
def test_a_device_is_refused_and_leaves_nothing(local: Local) -> None:
    os.mknod(local.workspace / "null", stat.S_IFCHR | 0o600, os.makedev(1, 3))
    snapshot = local.take()
    result = copy_back(local, snapshot, "null")
    assert (result.copies, result.errors[0].path) == ((), "null")
    assert names(local.workspace) == ["null"]


def test_a_damaged_file_is_an_error_and_the_rest_of_its_directory_comes_back(local: Local, report: Path) -> None:
    report.with_name("large").write_bytes(os.urandom(3_000_000))
    snapshot = local.take()
    packs = [path for path in Path(local.access.location, "data").rglob("*") if path.is_file()]
    largest = max(packs, key=lambda path: path.stat().st_size)
    largest.chmod(0o600)
    with largest.open("r+b") as pack:
        pack.seek(1_500_000)
        pack.write(b"\0" * 100)
    result = copy_back(local.again(), snapshot, "notes", "notes/large")
    assert [each.path for each in result.copies] == ["notes"]
    assert [error.path for error in result.errors] == ["notes/large", "notes/large"]
    assert names(local.workspace / f"notes {when(snapshot)}") == ["report.ipynb"]
    assert names(local.workspace) == ["notes", f"notes {when(snapshot)}"]


def test_a_cancelled_copy_leaves_neither_itself_nor_directories_above_it(local: Local) -> None:
    (local.workspace / "above" / "many").mkdir(parents=True)
    for number in range(40):
        (local.workspace / "above" / "many" / str(number)).write_bytes(os.urandom(300_000))
    snapshot = local.take()
    (local.workspace / "above").rename(local.workspace / "moved")

    class Cancelling(Progress):
        def advance(self, *, files: int = 0, bytes_: int = 0, errors: int = 0, current: str | None = None) -> None:
            super().advance(files=files, bytes_=bytes_, errors=errors, current=current)
            if bytes_:
                self.cancel()

    with pytest.raises(Cancelled):
        local.provider.copy_back(snapshot, ["above/many"], Cancelling())
    assert names(local.workspace) == ["moved"]


# Who else works there


def test_swapping_directories_for_links_meanwhile_makes_nothing_outside(local: Local, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    (victim / "inner").mkdir(parents=True)
    (local.workspace / "d" / "inner").mkdir(parents=True)
    (local.workspace / "d" / "inner" / "file").write_text("x")
    snapshot = local.take()
    (local.workspace / "d.link").symlink_to(victim)
    stop = threading.Event()

    def swap() -> None:
        descriptor = os.open(local.workspace, os.O_RDONLY)
        while not stop.is_set():
            with suppress(FileNotFoundError):
                exchange(descriptor, b"d", b"d.link")
            time.sleep(0)
        os.close(descriptor)

    swapper = threading.Thread(target=swap)
    swapper.start()
    try:
        results = []
        while len(results) < 60 or not any(result.copies for result in results):
            results.append(copy_back(local, snapshot, "d/inner/file"))
    finally:
        stop.set()
        swapper.join()
    assert names(victim) == ["inner"]
    assert names(victim / "inner") == []
    real = local.workspace / ("d" if not (local.workspace / "d").is_symlink() else "d.link")
    assert len(names(real / "inner")) == 1 + sum(len(result.copies) for result in results)


_COPY = """
import sys
from rok_jupyter.config import RokSettings
from rok_jupyter.progress import Progress
from rok_jupyter.providers.registry import open_provider
provider = open_provider(RokSettings(workspace=sys.argv[1], state_directory=sys.argv[2], owner="tester")).provider
class Held(Progress):
    def advance(self, **more):
        super().advance(**more)
        if self.report().files_done > 100:
            print("held", flush=True)
            sys.stdin.read()
provider.copy_back(provider.find("latest"), ["many"], Held())
"""


def test_what_a_killed_copy_leaves_goes_with_the_next_restore_in_place(local: Local) -> None:
    many = local.workspace / "many" / "inner"
    many.mkdir(parents=True)
    for number in range(300):
        (many / str(number)).write_bytes(os.urandom(200))
    many.chmod(0o500)
    snapshot = local.take()
    command = [sys.executable, "-c", _COPY, str(local.workspace), local.settings.state_directory]
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    with subprocess.Popen(command, **pipes, cwd=Path(__file__).parents[3]) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        assert list(local.workspace.glob(".rok-restore-*/many/inner/1*"))
        process.send_signal(signal.SIGKILL)
    left = names(local.workspace)
    assert [name for name in left if name.startswith("many")] == ["many"]
    assert any(name.startswith(".rok-restore-") for name in left)
    assert local.restore(snapshot, paths=("many",)).errors == ()
    (local.workspace / "many" / "inner").chmod(0o700)
    (local.workspace / "many" / "inner" / "0").unlink()
    assert local.restore(snapshot).errors == ()
    assert names(local.workspace) == ["many"]
