"""The archiver in trees that are in use, unreadable in part, or hostile."""

from __future__ import annotations

import ctypes
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

import pytest

from rok_jupyter.engine.archiver import Archiver, ArchiverSettings, Target
from rok_jupyter.engine.capture import NOTHING, CapturedFile, Selection
from rok_jupyter.engine.format.pack import BlobType
from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.models import EntryError, SkippedEntry
from rok_jupyter.progress import Progress
from tests.engine.archiving import Studio, write_tree
from tests.restic import Restic
from tests.trees import add_socket

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root mounts, and becomes another user")


@pytest.fixture
def home() -> Iterator[Path]:
    """A directory that another user reaches, too: pytest closes its own to all but us, again at each start."""
    with tempfile.TemporaryDirectory(prefix="rok-test-") as directory:
        yield Path(directory)


@needs_root
def test_what_another_user_may_not_read_is_listed_and_the_rest_saved(home: Path) -> None:
    if subprocess.run([*_nobody(), sys.executable, "-c", ""], check=False).returncode:
        pytest.skip("this Python lies where no other user may start it")
    work = write_tree(home / "work", "open", "closed", "closed directory/file", "other", ".rokignore")
    (work / "closed").chmod(0)
    (work / ".rokignore").chmod(0)
    (work / "closed directory").chmod(0)
    for path in (home, *home.rglob("*")):
        os.chown(path, 65534, 65534)
    code = (
        "import json, sys; from pathlib import Path; from tests.engine.archiving import Studio\n"
        "s = Studio(Path(sys.argv[1])); t = s.take(Path(sys.argv[2]))\n"
        "print(json.dumps([[[e.path, e.message] for e in t.result.errors], sorted(s.volume(t))]))"
    )
    done = subprocess.run(
        [*_nobody(), sys.executable, "-c", code, str(home / "repository"), str(work)],
        capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    errors, names = json.loads(done.stdout)
    assert sorted(errors) == [
        [".rokignore", "It can't be obeyed: Permission denied."],
        [".rokignore", "Permission denied."],
        ["closed", "Permission denied."],
        ["closed directory", "Permission denied."],
    ]
    assert names == ["open", "other"]


def _nobody() -> list[str]:
    return ["setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups", "--"]


def test_files_that_vanish_meanwhile_are_no_fault(current_restic: Restic, studio: Studio, work: Path) -> None:
    for number in range(2000):
        (work / f"{number:04d}").write_text(str(number))
    write_tree(work, "zz/kept")
    started, vanishing = threading.Event(), threading.Event()

    class Vanishing(_PlainCapture):
        def open(self, directory: int, name: bytes, path: str, status: os.stat_result) -> CapturedFile | None:
            started.set()
            vanishing.wait()
            return None

    def remove() -> None:
        started.wait()
        for number in reversed(range(2000)):
            (work / f"{number:04d}").unlink()
            if number == 1900:
                vanishing.set()

    thread = threading.Thread(target=remove)
    thread.start()
    taken = studio.take(work, capture=Vanishing())
    thread.join()

    assert taken.result.errors == ()
    assert "zz/kept" in studio.volume(taken)
    assert taken.result.volumes[0].files < 2001
    current_restic.at(studio.location).check()


def test_a_directory_that_vanishes_meanwhile_is_no_fault(studio: Studio, work: Path) -> None:
    write_tree(work, "a/file", "b/file", "c/file")

    class Removing(_PlainCapture):
        def select(self, directory: int, names: Collection[str]) -> Selection:
            shutil.rmtree(work / "b", ignore_errors=True)
            return NOTHING

    taken = studio.take(work, capture=Removing())

    assert taken.result.errors == ()
    assert studio.volume(taken).keys() == {"a/", "a/file", "c/", "c/file"}


def test_a_link_that_vanishes_meanwhile_is_no_fault(studio: Studio, work: Path) -> None:
    write_tree(work, "file")
    (work / "link").symlink_to("file")

    taken = studio.take(work, capture=_SlowSelect(lambda: (work / "link").unlink()))

    assert taken.result.errors == ()
    assert studio.volume(taken).keys() == {"file"}


def test_a_link_that_became_a_file_meanwhile_is_listed(studio: Studio, work: Path) -> None:
    (work / "link").symlink_to("file")

    def replace() -> None:
        (work / "link").unlink()
        (work / "link").write_text("no link")

    taken = studio.take(work, capture=_SlowSelect(replace))

    assert [error.path for error in taken.result.errors] == ["link"]


def test_a_file_that_is_rewritten_while_it_is_read_is_marked(studio: Studio, work: Path) -> None:
    file = work / "large"
    file.write_bytes(b"0" * (40 << 20))

    def rewrite(_time: int) -> None:
        with file.open("r+b", buffering=0) as stream:
            stream.write(b"1" * (1 << 20))

    taken = studio.take(work, progress=_WritingProgress(rewrite))

    assert [error.path for error in taken.result.changed_while_read] == ["large"]
    assert studio.volume(taken)["large"].size == 40 << 20
    again = studio.take(work, parents=[taken.tree])
    assert again.result.changed_while_read == ()
    assert again.result.statistics.files_changed == 1


def test_a_file_that_settles_is_read_again_and_not_marked(studio: Studio, work: Path) -> None:
    file = work / "file"
    file.write_text("before")
    progress = _WritingProgress(lambda time: time == 1 and file.write_text("after it was read"))

    taken = studio.take(work, capture=_PlainCapture(), progress=progress)

    assert taken.result.changed_while_read == ()
    assert studio.volume(taken)["file"].size == len("after it was read")
    assert progress.report().bytes_done == len("after it was read")


def test_a_write_in_the_same_tick_of_the_clock_is_noticed(studio: Studio, work: Path) -> None:
    file = work / "file"
    for _ in range(20):
        file.write_text("before")
        progress = _WritingProgress(lambda time: time == 1 and file.write_text("after!"))
        taken = studio.take(work, capture=_PlainCapture(), progress=progress)
        content = studio.volume(taken)["file"].content
        assert content is not None
        assert studio.repository.load_blob(BlobType.DATA, content[0]) == b"after!"


def test_a_log_that_never_stops_growing_is_saved_as_long_as_it_was(studio: Studio, work: Path) -> None:
    log = work / "log"
    log.write_text("line\n" * 1000)

    def grow(_time: int) -> None:
        with log.open("a") as stream:
            stream.write("line\n")

    taken = studio.take(work, capture=_PlainCapture(), progress=_WritingProgress(grow))

    assert [error.path for error in taken.result.changed_while_read] == ["log"]
    assert studio.volume(taken)["log"].size == len("line\n" * 1002)


class _WritingProgress(Progress):
    """Calls `write` whenever bytes were read, which is before the second look at a file that is read by itself."""

    def __init__(self, write: Callable[[int], object]) -> None:
        super().__init__()
        self._write = write
        self._times = 0

    def advance(self, *, files: int = 0, bytes_: int = 0, added: int = 0, errors: int = 0, current: str = "") -> None:
        super().advance(files=files, bytes_=bytes_, added=added, errors=errors, current=current)
        if bytes_ > 0:
            self._times += 1
            self._write(self._times)


def test_a_file_swapped_for_a_link_brings_nothing_from_outside(studio: Studio, work: Path, tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("secret content")
    write_tree(work, *(f"file{number}" for number in range(200)))

    class Swapping(_PlainCapture):
        """Between lstat and open, which is when the archiver asks it."""

        def open(self, directory: int, name: bytes, path: str, status: os.stat_result) -> CapturedFile | None:
            Path(path).unlink()
            Path(path).symlink_to(secret)
            return None

    taken = studio.take(work, capture=Swapping())

    assert studio.volume(taken) == {}
    assert len(taken.result.errors) == 200
    assert "replaced" in taken.result.errors[0].message


def test_a_file_swapped_for_a_fifo_does_not_block(studio: Studio, work: Path) -> None:
    write_tree(work, "file")

    class Swapping(_PlainCapture):
        def open(self, directory: int, name: bytes, path: str, status: os.stat_result) -> CapturedFile | None:
            Path(path).unlink()
            os.mkfifo(path)
            return None

    taken = studio.take(work, capture=Swapping())

    assert [error.path for error in taken.result.errors] == ["file"]


def test_a_directory_swapped_for_a_link_brings_nothing_from_outside(studio: Studio, work: Path, tmp_path: Path) -> None:
    outside = write_tree(tmp_path / "outside", "secret")
    write_tree(work, "a/inside", "b/inside")

    class Swapping(_PlainCapture):
        def select(self, directory: int, names: Collection[str]) -> Selection:
            if not (work / "b").is_symlink():
                shutil.rmtree(work / "b")
                (work / "b").symlink_to(outside)
            return NOTHING

    taken = studio.take(work, capture=Swapping())

    assert studio.volume(taken).keys() == {"a/", "a/inside"}


def test_sockets_are_left_out_and_listed(studio: Studio, work: Path) -> None:
    write_tree(work, "run/file")
    add_socket(os.path.relpath(work / "run" / "socket"))

    taken = studio.take(work)

    assert taken.result.skipped == (SkippedEntry(volume="work", path="run/socket", reason="socket"),)
    assert "run/socket" not in studio.volume(taken)


def test_the_repository_inside_the_volume_is_never_saved(work: Path) -> None:
    studio = Studio(work / "store" / "repository")
    write_tree(work, "file")
    (work / "link to it").symlink_to("store/repository")
    settings = ArchiverSettings(left_out={str(work / "link to it"): "the repository itself", "/nowhere": "nothing"})

    taken = studio.take(work, settings=settings)

    assert studio.volume(taken).keys() == {"file", "link to it", "store/"}
    assert SkippedEntry(volume="work", path="store/repository", reason="the repository itself") in taken.result.skipped


@pytest.fixture
def mounted(work: Path, tmp_path: Path) -> Iterator[tuple[Path, Path]]:
    """Another file system, and the same one again, mounted below the workspace."""
    other, bind = work / "other", work / "loop"
    write_tree(work, "file", "other/", "loop/", "bound file")
    (tmp_path / "origin").write_text("elsewhere")
    mounts = (
        (other, ["-t", "tmpfs", "tmpfs"]),
        (bind, ["--bind", str(work)]),
        (work / "bound file", ["--bind", str(tmp_path / "origin")]),
    )
    made: list[Path] = []
    try:
        for where, options in mounts:
            done = subprocess.run(["mount", *options, str(where)], check=False, capture_output=True)
            if done.returncode:
                pytest.skip("this machine lets nobody mount")
            made.append(where)
        (other / "elsewhere").write_text("x")
        yield other, bind
    finally:
        for where in reversed(made):
            subprocess.run(["umount", str(where)], check=True)


@needs_root
def test_other_mounts_are_left_out_and_listed(studio: Studio, work: Path, mounted: tuple[Path, Path]) -> None:
    other, bind = mounted
    known = frozenset({str(other), str(bind), str(work / "bound file")})

    taken = studio.take(Target(volume="work", path=str(work), mount_points=known))

    assert studio.volume(taken).keys() == {"file"}
    assert {(entry.path, entry.reason) for entry in taken.result.skipped} == {
        ("other", "other mount"), ("loop", "other mount"), ("bound file", "other mount"),
    }  # fmt: skip


@needs_root
def test_another_file_system_is_noticed_without_being_told(
    studio: Studio, work: Path, mounted: tuple[Path, Path]
) -> None:
    _, bind = mounted

    taken = studio.take(Target(volume="work", path=str(work), mount_points=frozenset({str(bind)})))

    assert studio.volume(taken).keys() == {"file", "bound file"}


@pytest.fixture
def dead_mount(work: Path) -> Iterator[Path]:
    """A mount whose server died: nobody can look at it."""
    where = work / "dead"
    write_tree(work, "dead/", "file")
    libc = ctypes.CDLL(None, use_errno=True)
    try:
        descriptor = os.open("/dev/fuse", os.O_RDWR)
    except OSError:
        pytest.skip("this machine has no FUSE")
    options = f"fd={descriptor},rootmode=40000,user_id=0,group_id=0".encode()
    refused = libc.mount(b"dead", os.fsencode(where), b"fuse", 0, options)
    os.close(descriptor)
    if refused:
        pytest.skip("this machine lets nobody mount")
    try:
        yield where
    finally:
        subprocess.run(["umount", "-l", str(where)], check=True)


@needs_root
@pytest.mark.parametrize("known", [False, True])
def test_a_dead_mount_costs_only_itself(studio: Studio, work: Path, dead_mount: Path, known: bool) -> None:
    mount_points = frozenset({str(dead_mount)}) if known else frozenset()

    taken = studio.take(Target(volume="work", path=str(work), mount_points=mount_points))

    assert studio.volume(taken).keys() == {"file"}
    assert [entry.path for entry in taken.result.errors] == ([] if known else ["dead"])
    assert [entry.path for entry in taken.result.skipped] == (["dead"] if known else [])


@needs_root
def test_mounts_that_are_chosen_or_volumes_are_taken_in(studio: Studio, work: Path, mounted: tuple[Path, Path]) -> None:
    other, bind = mounted
    known = frozenset({str(other), str(bind), str(work / "bound file")})
    chosen = Target(volume="work", path=str(work), mount_points=known, included_mounts=frozenset({str(other)}))

    assert "other/elsewhere" in studio.volume(studio.take(chosen))
    both = studio.take(
        Target(volume="work", path=str(work), mount_points=known), Target(volume="data", path=str(other))
    )
    assert studio.volume(both).keys() == {"file", "other/", "other/elsewhere"}
    assert both.result.volumes[1].files == 1


def test_a_cancelled_run_ends_soon_and_leaves_nothing_visible(
    current_restic: Restic, studio: Studio, work: Path
) -> None:
    for number in range(8):
        (work / f"large{number}").write_bytes(os.urandom(1 << 20) * 40)
    before = studio.stored_files()
    progress = _WritingProgress(lambda _: progress.cancel())

    with pytest.raises(Cancelled):
        studio.take(work, progress=progress)

    assert progress.report().bytes_done < 4 * (40 << 20), "most files were never read"
    assert studio.repository.snapshot_files()[0] == {}
    assert not [path for path in studio.stored_files() - before if "/index/" in path]
    current_restic.at(studio.location).check(read_data=False)


def test_no_descriptor_and_no_thread_is_left_behind(studio: Studio, work: Path) -> None:
    write_tree(work, *(f"d{number}/f" for number in range(300)))
    studio.take(work)
    threads, descriptors = threading.active_count(), len(os.listdir("/proc/self/fd"))

    studio.take(work)
    with pytest.raises(RokError):
        studio.take(work, Target(volume="gone", path=str(work / "gone")))

    assert threading.active_count() <= threads
    assert len(os.listdir("/proc/self/fd")) <= descriptors


def test_a_volume_that_cannot_be_reached_in_the_one_around_it_ends_the_snapshot(
    studio: Studio, work: Path, tmp_path: Path
) -> None:
    write_tree(tmp_path, "elsewhere/inner/file")
    (work / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(RokError, match="The volume inner can't be read") as caught:
        studio.take(work, Target(volume="inner", path=str(work / "link" / "inner")))
    assert caught.value.kind is ErrorKind.FAILED_PRECONDITION


def test_a_failing_repository_ends_the_run(studio: Studio, work: Path) -> None:
    for number in range(40):
        (work / f"file{number}").write_bytes(os.urandom(1 << 20))
    shutil.rmtree(studio.location / "data")
    (studio.location / "data").write_text("in the way")

    with pytest.raises(RokError), studio.repository.writer() as writer:
        Archiver(studio.repository, writer).run([Target(volume="v", path=str(work))], (), Progress())


@dataclass
class _Captured:
    stream: BinaryIO
    status: os.stat_result
    settled: bool = True


class _PlainCapture:
    """A capture that wants to be asked for each file, and then wants none."""

    marks_beside = b""

    def is_plain(self, path: str, status: os.stat_result) -> bool:
        return False

    def select(self, directory: int, names: Collection[str]) -> Selection:
        return NOTHING

    def open(self, directory: int, name: bytes, path: str, status: os.stat_result) -> CapturedFile | None:
        return None


class _SlowSelect(_PlainCapture):
    """Does something after a directory was listed, and before its entries are looked at again."""

    def __init__(self, action: Callable[[], object]) -> None:
        self._action = action

    def select(self, directory: int, names: Collection[str]) -> Selection:
        self._action()
        return NOTHING


class _DatabaseCapture(_PlainCapture):
    """Reads `*.db` itself, leaves `*.db-log` out, and mistrusts a database with a log."""

    def __init__(self, content: bytes, *, settled: bool = True) -> None:
        self.content = content
        self.settled = settled
        self.paths: list[str] = []

    def select(self, directory: int, names: Collection[str]) -> Selection:
        logs = frozenset(name for name in names if name.endswith(".db-log"))
        return Selection(parts=logs, unsure=frozenset(name.removesuffix("-log") for name in logs))

    def open(self, directory: int, name: bytes, path: str, status: os.stat_result) -> CapturedFile | None:
        if not name.endswith(b".db"):
            return None
        self.paths.append(path)
        return _Captured(BytesIO(self.content), status, self.settled)


def test_a_captured_file_is_stored_as_its_capture_gives_it(studio: Studio, work: Path) -> None:
    write_tree(work, "sub/a.db", "sub/a.db-log", "plain")
    os.setxattr(work / "sub" / "a.db", "user.note", b"n")
    capture = _DatabaseCapture(b"clean copy" * 100_000)

    taken = studio.take(work, capture=capture)

    nodes = studio.volume(taken)
    assert capture.paths == [str(work / "sub" / "a.db")]
    assert nodes["sub/a.db"].size == 1_000_000
    assert nodes["sub/a.db"].inode == (work / "sub" / "a.db").stat().st_ino
    assert [attribute.name for attribute in nodes["sub/a.db"].extended_attributes] == ["user.note"]
    assert "sub/a.db-log" not in nodes
    assert nodes["plain"].size == len("content of plain")


def test_an_unsure_file_is_read_again_though_its_status_is_the_same(studio: Studio, work: Path) -> None:
    write_tree(work, "a.db", "a.db-log")
    first = studio.take(work, capture=_DatabaseCapture(b"one"))

    second = studio.take(work, capture=_DatabaseCapture(b"two"), parents=[first.tree])
    third = studio.take(work, capture=_DatabaseCapture(b"two"), parents=[second.tree])

    assert second.result.changed
    assert not third.result.changed
    assert third.tree == second.tree


def test_a_captured_file_that_did_not_settle_is_marked(studio: Studio, work: Path) -> None:
    write_tree(work, "a.db")

    taken = studio.take(work, capture=_DatabaseCapture(b"x", settled=False))

    assert [error.path for error in taken.result.changed_while_read] == ["a.db"]


def test_what_a_capture_cannot_read_is_listed(studio: Studio, work: Path) -> None:
    write_tree(work, "a", "b")

    class Failing(_PlainCapture):
        def open(self, directory: int, name: bytes, path: str, status: os.stat_result) -> CapturedFile | None:
            if name == b"a":
                raise RokError(ErrorKind.UNAVAILABLE, "It is locked by a writer.")
            raise OSError(5, "Input/output error")

    taken = studio.take(work, capture=Failing())

    assert set(taken.result.errors) == {
        EntryError(volume="work", path="a", message="It is locked by a writer."),
        EntryError(volume="work", path="b", message="Input/output error."),
    }


def test_a_capture_that_is_cancelled_ends_the_run(studio: Studio, work: Path) -> None:
    write_tree(work, "a")

    class Cancelling(_PlainCapture):
        def open(self, directory: int, name: bytes, path: str, status: os.stat_result) -> CapturedFile | None:
            raise Cancelled()

    with pytest.raises(Cancelled):
        studio.take(work, capture=Cancelling())
