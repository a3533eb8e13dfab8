"""Small files read many at a time come out as files read one by one, and only plain ones are read so."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from rok_jupyter.engine.capture import NOTHING
from rok_jupyter.engine.format.chunker import MINIMUM_SIZE, Chunker
from rok_jupyter.engine.format.ids import hash_of
from rok_jupyter.engine.format.pack import BlobType
from rok_jupyter.engine.native import load_native_files
from rok_jupyter.engine.reading import Content, ReadingTools, ZeroChunk
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.scan import Place, Target
from rok_jupyter.engine.small_files import SmallFiles
from rok_jupyter.engine.source import Descriptors, Listed, LiveDirectory
from rok_jupyter.engine.storage.memory import MemoryBackend
from rok_jupyter.engine.writer import RepositoryWriter
from rok_jupyter.progress import Progress
from tests.engine.archiving import Studio

OLD = time.time() - 60


class Bench:
    """One directory of files, read as a batch into a repository in memory."""

    def __init__(self, root: Path, writer: RepositoryWriter, capture: object = None) -> None:
        chunker = Chunker(0x3DA3358B4DC173)
        self.root = root
        self.writer = writer
        self.progress = Progress()
        self.descriptors = Descriptors()
        self.tools = ReadingTools(
            writer,
            chunker,
            ZeroChunk(chunker, writer),
            capture,
            self.progress,
            threading.Event(),  # type: ignore[arg-type]
        )

    def write(self, name: str, content: bytes) -> Path:
        path = self.root / name
        path.write_bytes(content)
        return path

    def listed(self, *names: str) -> list[Listed]:
        """Look at files once their times are so old that every later write would show."""
        time.sleep(0.03)
        return [Listed(name, os.fsencode(name), (self.root / name).lstat()) for name in names]

    def read(self, listed: list[Listed]) -> list[Content | None]:
        status = self.root.stat()
        place = Place(
            outer=None,
            name="",
            status=status,
            directory=LiveDirectory(None, os.fsencode(self.root), status),
            target=Target(volume="v", path=str(self.root)),
            is_volume=True,
        )
        return SmallFiles(self.tools, self.descriptors).read([(place, each) for each in listed])


@pytest.fixture
def repository() -> Repository:
    return Repository.create(MemoryBackend(), "p", strong_password=True)


@pytest.fixture
def bench(tmp_path: Path, repository: Repository) -> Iterator[Bench]:
    assert load_native_files() is not None, "the native module isn't built; run `make native`"
    root = tmp_path / "w"
    root.mkdir()
    with repository.writer() as writer:
        bench = Bench(root, writer)
        yield bench
        bench.descriptors.close()


def test_files_are_stored_as_they_are(bench: Bench, repository: Repository) -> None:
    contents = {"empty": b"", "one": b"x", "text": b"print(1)\n" * 5000, "odd": os.urandom(70_000), "same": b"x"}
    for name, content in contents.items():
        bench.write(name, content)
    listed = bench.listed(*contents)

    found = bench.read(listed)
    bench.writer.flush()

    for each, content, taken in zip(listed, contents.values(), found, strict=True):
        assert taken is not None
        assert taken.settled
        assert taken.size == len(content)
        assert taken.blobs == ((hash_of(content),) if content else ())
        assert (taken.status.st_ino, taken.status.st_mtime_ns) == (each.status.st_ino, each.status.st_mtime_ns)
        assert all(repository.load_blob(BlobType.DATA, blob) == content for blob in taken.blobs)
    assert found[1] is not None
    assert found[4] is not None
    assert (found[1].added > 0, found[4].added) == (True, 0)
    assert bench.progress.report().bytes_done == sum(map(len, contents.values()))


@pytest.mark.parametrize("length", [0, 1, 55, 56, 63, 64, 119, 120, 127, 128, 4095, 4096, 100_001])
def test_the_native_digest_is_sha256(bench: Bench, length: int) -> None:
    content = os.urandom(length)
    bench.write("a", content)
    (found,) = bench.read(bench.listed("a"))
    assert found is not None
    assert found.blobs == ((hash_of(content),) if content else ())


def test_a_file_that_is_not_as_it_was_listed_is_left_to_others(bench: Bench) -> None:
    for name in ("grown", "gone", "linked", "replaced", "short"):
        bench.write(name, b"content")
    listed = bench.listed("grown", "gone", "linked", "replaced", "short")
    bench.write("grown", b"content and more")
    bench.write("short", b"c")
    for name in ("gone", "linked", "replaced"):
        (bench.root / name).unlink()
    (bench.root / "linked").symlink_to("grown")
    (bench.root / "replaced").mkdir()
    time.sleep(0.03)
    assert bench.read(listed) == [None] * 5


def test_a_file_written_in_this_tick_of_the_clock_is_left_to_others(bench: Bench) -> None:
    path = bench.write("a", b"content")
    listed = [Listed("a", b"a", path.stat())]
    # The clock is asked anew for each reading, so a file that is touched right before one is of its tick.
    for _ in range(100):
        os.utime(path)
        if bench.read(listed) == [None]:
            return
    raise AssertionError("it was read within its tick")


def test_a_file_that_is_written_meanwhile_is_never_torn(bench: Bench) -> None:
    size = 400_000
    path = bench.write("a", b"0" * size)
    listed = bench.listed("a")
    ended = threading.Event()

    def write() -> None:
        number = 0
        while not ended.wait(0.015):
            number += 1
            with path.open("r+b") as file:
                file.write(b"%d" % (number % 10) * size)

    writer = threading.Thread(target=write)
    writer.start()
    for _ in range(150):
        (found,) = bench.read(listed)
        assert found is None or found.blobs[0] in {hash_of(b"%d" % digit * size) for digit in range(10)}
    ended.set()
    writer.join()
    time.sleep(0.03)
    assert bench.read(listed) != [None]


def test_a_file_with_attributes_is_left_to_others(bench: Bench) -> None:
    path = bench.write("a", b"content")
    os.setxattr(path, "user.note", b"n")
    assert bench.read(bench.listed("a")) == [None]


def test_large_files_and_fifos_are_left_to_others(bench: Bench) -> None:
    bench.write("large", bytes(MINIMUM_SIZE))
    os.mkfifo(bench.root / "fifo")
    assert bench.read(bench.listed("large", "fifo")) == [None, None]


def test_a_directory_that_is_gone_is_left_to_others(bench: Bench) -> None:
    bench.write("a", b"content")
    listed = bench.listed("a")
    directory = LiveDirectory(None, os.fsencode(bench.root), bench.root.stat())
    shutil.rmtree(bench.root)
    place = Place(outer=None, name="", status=os.stat("/"), directory=directory, target=None)
    assert SmallFiles(bench.tools, bench.descriptors).read([(place, listed[0])]) == [None]


def test_the_native_reader_refuses_what_is_no_request() -> None:
    native = load_native_files()
    assert native is not None
    with pytest.raises(TypeError):
        native.read_files(([0, b"a", 0, 1],), b"")  # type: ignore[arg-type]
    with pytest.raises(TypeError):
        native.read_files(((0, "a", 0, 1),), b"")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="null"):
        native.read_files(((0, b"a\0b", 0, 1),), b"")
    with pytest.raises(SystemError):
        native.read_files(((0, b"a", 0, -1),), b"")
    assert native.read_files(((-1, b"a", 0, 1),), b"") == [None]
    assert native.read_files((), b"") == []


class _Marking:
    """A capture that cares for files beside which stands `~name`, and for `*.db`."""

    marks_beside = b"~"

    def select(self, directory: int, names: object) -> object:
        return NOTHING

    def is_plain(self, path: str, status: os.stat_result) -> bool:
        return not path.endswith(".db")


def test_what_needs_care_is_left_to_its_capture(tmp_path: Path, repository: Repository) -> None:
    with repository.writer() as writer:
        bench = Bench(tmp_path, writer, _Marking())
        for name in ("a.db", "saved", "~saved", "plain", "n" * 255):
            bench.write(name, b"content")
        found = bench.read(bench.listed("a.db", "saved", "plain", "n" * 255))
        assert [each is not None for each in found] == [False, False, True, True]
        bench.descriptors.close()


def test_without_the_native_module_the_same_snapshot_comes_out(
    studio: Studio, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    work = tmp_path / "many"
    for number in range(200):
        path = work / f"d{number % 7}" / f"f{number}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(number * 11) + b"text" * number)
    time.sleep(0.03)
    native = studio.take(work).result.volumes
    monkeypatch.setenv("ROK_JUPYTER_NATIVE", "off")
    assert [volume.tree for volume in studio.take(work).result.volumes] == [volume.tree for volume in native]
