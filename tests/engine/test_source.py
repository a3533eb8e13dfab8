"""Live directories: descriptors that stay few, and names that lead nowhere else."""

from __future__ import annotations

import errno
import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from rok_jupyter.engine import source
from rok_jupyter.engine.source import (
    Descriptors,
    LiveDirectory,
    ReplacedError,
    is_vanished,
    list_directory,
    open_file,
    read_attributes,
    read_small_file,
)


@pytest.fixture
def top(tmp_path: Path) -> Iterator[int]:
    descriptor = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    yield descriptor
    os.close(descriptor)


def chain(root: Path, depth: int) -> list[LiveDirectory]:
    """Directories each in the one before."""
    (root / "/".join(["d"] * depth)).mkdir(parents=True)
    directories = [LiveDirectory(None, os.fsencode(root), root.stat())]
    for level in range(1, depth + 1):
        status = (root / "/".join(["d"] * level)).stat()
        directories.append(LiveDirectory(directories[-1], b"d", status))
    return directories


def open_descriptors() -> int:
    return len(os.listdir("/proc/self/fd"))


def test_few_descriptors_stay_open_however_many_are_lent(tmp_path: Path) -> None:
    directories = chain(tmp_path, 100)
    before = open_descriptors()
    descriptors = Descriptors(limit=10)
    for directory in [*directories, *reversed(directories), *directories[::7]]:
        with descriptors.of(directory) as descriptor:
            assert os.fstat(descriptor).st_ino == directory.identity[1]
            assert open_descriptors() <= before + 12
    descriptors.close()
    assert open_descriptors() == before


def test_a_descriptor_in_use_is_not_closed(tmp_path: Path) -> None:
    directories = chain(tmp_path, 40)
    descriptors = Descriptors(limit=4)
    with descriptors.of(directories[3]) as lent:
        for directory in directories:
            with descriptors.of(directory):
                pass
        assert os.fstat(lent).st_ino == directories[3].identity[1]
    descriptors.close()


def test_threads_share_descriptors(tmp_path: Path) -> None:
    directories = chain(tmp_path, 30)
    descriptors = Descriptors(limit=3)
    wrong: list[object] = []

    def use() -> None:
        for directory in directories * 20:
            with descriptors.of(directory) as descriptor:
                if os.fstat(descriptor).st_ino != directory.identity[1]:
                    wrong.append(directory)

    threads = [threading.Thread(target=use) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    descriptors.close()
    assert wrong == []


def test_a_directory_that_was_replaced_is_not_opened_again(tmp_path: Path) -> None:
    directories = chain(tmp_path, 2)
    (tmp_path / "d").rename(tmp_path / "moved")
    (tmp_path / "d").mkdir()
    descriptors = Descriptors()
    with pytest.raises(ReplacedError), descriptors.of(directories[1]):
        pass
    descriptors.close()


def test_a_directory_that_became_a_link_is_not_opened(tmp_path: Path) -> None:
    directories = chain(tmp_path / "tree", 1)
    shutil.rmtree(tmp_path / "tree" / "d")
    (tmp_path / "tree" / "d").symlink_to(tmp_path)
    descriptors = Descriptors()
    with pytest.raises(ReplacedError), descriptors.of(directories[1]):
        pass
    descriptors.close()


def test_entries_come_in_the_order_of_their_bytes(tmp_path: Path, top: int) -> None:
    names = [b"b", b"a", b"\xff", b"Z", "é".encode(), b"a b", b"\xc3\x28", "\U0001f4d3".encode(), b"new\nline"]
    for name in names:
        os.close(os.open(os.fsencode(tmp_path) + b"/" + name, os.O_CREAT))
    listed, failed = list_directory(top)
    assert not failed
    assert [entry.raw for entry in listed] == sorted(names)
    assert [entry.name.encode("utf-8", "surrogateescape") for entry in listed] == sorted(names)


def test_a_link_is_not_opened_as_a_file(tmp_path: Path, top: int) -> None:
    (tmp_path / "secret").write_text("x")
    (tmp_path / "link").symlink_to("secret")
    with pytest.raises(ReplacedError):
        open_file(top, b"link", os.geteuid())


def test_a_gone_file_is_no_fault(top: int) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        open_file(top, b"gone", os.geteuid())
    assert is_vanished(caught.value)
    assert not is_vanished(PermissionError(errno.EACCES, "no"))
    assert not is_vanished(ReplacedError())


def test_small_files_are_read_up_to_a_limit(tmp_path: Path, top: int) -> None:
    (tmp_path / "small").write_text("0123456789")
    (tmp_path / "link").symlink_to("small")
    os.mkfifo(tmp_path / "fifo")
    assert read_small_file(top, b"small", 4) == b"0123"
    assert read_small_file(top, b"gone", 4) is None
    assert read_small_file(top, b"link", 4) is None
    assert read_small_file(top, b"fifo", 4) is None


def test_attributes_are_read_of_files_and_never_through_links(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("file")
    os.setxattr(tmp_path / "file", "user.b", bytes(range(256)))
    os.setxattr(tmp_path / "file", "user.a", b"")
    descriptor = os.open(tmp_path / "file", os.O_RDONLY)
    attributes = read_attributes(descriptor)
    os.close(descriptor)
    assert [(attribute.name, attribute.value) for attribute in attributes] == [
        ("user.a", b""),
        ("user.b", bytes(range(256))),
    ]
    assert read_attributes(os.fsencode(tmp_path / "link")) == ()
    assert read_attributes(os.fsencode(tmp_path / "gone")) == ()


@pytest.mark.parametrize("path", ["/dev", "/etc", "/proc/self", "/usr/bin"])
def test_the_native_listing_is_that_of_python(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert source._NATIVE is not None, "the native module isn't built; run `make native`"
    descriptor = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
    try:
        native = list_directory(descriptor)
        again = list_directory(descriptor)
        monkeypatch.setattr(source, "_NATIVE", None)
        listed, failed = list_directory(descriptor)
    finally:
        os.close(descriptor)
    assert [entry.name for entry in native[0]] == [entry.name for entry in again[0]]
    assert [fields(entry.status) for entry in native[0]] == [fields(entry.status) for entry in listed]
    assert [(entry.name, entry.raw) for entry in native[0]] == [(entry.name, entry.raw) for entry in listed]
    assert native[1] == failed == []


def fields(status: os.stat_result) -> dict[str, object]:
    # Others may read these files, and write to the terminals, between two looks.
    moving = ("st_atime", "st_mtime", "st_ctime", "st_size", "st_blocks")
    return {
        name: getattr(status, name) for name in dir(status) if name.startswith("st_") and not name.startswith(moving)
    }


def test_times_and_sizes_of_the_native_listing_are_exact(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"content")
    os.utime(tmp_path / "a", ns=(-1_500_000_001, 4_000_000_000_123_456_789))
    descriptor = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    ((entry,), _) = list_directory(descriptor)
    os.close(descriptor)
    status = (tmp_path / "a").lstat()
    assert {name: getattr(entry.status, name) for name in dir(status) if name.startswith("st_")} == {
        name: getattr(status, name) for name in dir(status) if name.startswith("st_")
    }


def test_names_of_any_bytes_are_listed_in_the_order_of_their_bytes(tmp_path: Path) -> None:
    names = [b"a", b"\xff", b"\xc3\xa4", b"a b", b"\n", b"Z", b"\x80x"]
    for name in names:
        (tmp_path / os.fsdecode(name)).touch()
    descriptor = os.open(tmp_path, os.O_RDONLY | os.O_DIRECTORY)
    listed, _ = list_directory(descriptor)
    os.close(descriptor)
    assert [entry.raw for entry in listed] == sorted(names)
    assert [entry.name.encode("utf-8", "surrogateescape") for entry in listed] == sorted(names)


def test_what_is_no_directory_is_not_listed() -> None:
    descriptor = os.open("/dev/null", os.O_RDONLY)
    with pytest.raises(NotADirectoryError):
        list_directory(descriptor)
    os.close(descriptor)
    with pytest.raises(OSError, match="Bad file descriptor"):
        list_directory(descriptor)
