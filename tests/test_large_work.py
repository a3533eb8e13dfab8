"""Workspaces that are large, or are written meanwhile: `rok` in a process of its own, measured from outside."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.rok_command import Rok
from tests.trees import assert_same_tree, fingerprint

MEGABYTE = 1_000_000
MOST_MEMORY = 500 * MEGABYTE
_MEASURE = """
import resource, subprocess, sys
status = subprocess.run(sys.argv[1:], stdout=subprocess.DEVNULL).returncode
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * 1024)
sys.exit(status)
"""


@pytest.fixture
def rok(tmp_path: Path) -> Iterator[Rok]:
    yield Rok(tmp_path)
    subprocess.run(["rm", "-rf", *tmp_path.iterdir()], check=True)  # shutil.rmtree recurses


def peak_of(rok: Rok, *words: str) -> int:
    """Run a line, and return the most memory that its process ever held, in bytes.

    A small process between ours and it starts it: a child counts the memory of the process that it was forked from.
    """
    command = [sys.executable, "-S", "-c", _MEASURE, *rok.words(*words)]
    done = subprocess.run(command, env=rok.environment, cwd=rok.directory, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)


def fill(workspace: Path, files: int) -> None:
    """Put 20,000 files into one directory, what is left of them into many, and a thousand levels beside them."""
    crowd, rest = workspace / "crowd", workspace / "rest"
    crowd.mkdir()
    for number in range(20_000):
        (crowd / f"{number:05d}").write_bytes(b"%d" % number)
    for number in range(files - 20_000):
        directory = rest / f"{number % 20}" / f"{number % 400}"
        if number < 400:
            directory.mkdir(parents=True, exist_ok=True)
        (directory / f"{number}.bin").write_bytes(b"%d of them\n" % number * (number % 100))
    deep = workspace
    for _ in range(1000):
        deep /= "d"
        deep.mkdir()
    (deep / "leaf").write_text("the thousandth level")


@pytest.mark.parametrize("files", [20_000, pytest.param(100_000, marks=[pytest.mark.full, pytest.mark.timeout(1800)])])
def test_a_large_tree_is_saved_and_restored_in_bounded_memory(rok: Rok, files: int) -> None:
    fill(rok.workspace, files)
    saving = peak_of(rok, "snapshot", "--yes")
    restoring = peak_of(rok, "restore", "latest", "--to", str(rok.directory / "restored"))
    before, after = fingerprint(rok.workspace), fingerprint(rok.directory / "restored")
    assert len(before) > files + 1000
    assert_same_tree(before, after)
    print(f"{files} files: saved within {saving / MEGABYTE:.0f} MB, restored within {restoring / MEGABYTE:.0f} MB")
    assert saving < MOST_MEMORY
    assert restoring < MOST_MEMORY


@contextmanager
def rewriting(path: Path, size: int) -> Iterator[None]:
    """Write a file of that size over and over, from its start to its end, as a kernel does with a checkpoint."""
    stop = threading.Event()
    block = os.urandom(4 << 20)

    def write() -> None:
        for position in itertools.cycle(range(0, size, len(block))):
            if stop.is_set():
                return
            os.pwrite(descriptor, block[: size - position], position)

    descriptor = os.open(path, os.O_RDWR | os.O_CREAT)
    writer = threading.Thread(target=write)
    writer.start()
    try:
        yield
    finally:
        stop.set()
        writer.join()
        os.close(descriptor)


def bytes_read_by(rok: Rok, *words: str) -> int:
    """Run a line, and return how many bytes its process read, again and again counted as often."""
    with subprocess.Popen(
        rok.words(*words), env=rok.environment, cwd=rok.directory, stdout=subprocess.DEVNULL
    ) as process:
        os.waitid(os.P_PID, process.pid, os.WEXITED | os.WNOWAIT)  # it is over, and what it did can still be read
        counted = Path(f"/proc/{process.pid}/io").read_text()
        assert process.wait() == 0
    return int(counted.split()[1])


@pytest.mark.parametrize("size", [64 << 20, pytest.param(1 << 30, marks=[pytest.mark.full, pytest.mark.timeout(1800)])])
def test_a_large_file_that_is_rewritten_meanwhile_is_read_again_marked_and_shown(rok: Rok, size: int) -> None:
    path = rok.workspace / "checkpoint.bin"
    path.write_bytes(os.urandom(1 << 20) * (size >> 20))
    (rok.workspace / "beside.txt").write_text("at rest")
    with rewriting(path, size):
        read = bytes_read_by(rok, "snapshot", "--yes")
    assert read > 2 * size
    text = rok("show", "latest").text
    assert "checkpoint.bin" in text
    assert "changed while" in text
    shown = rok.json("show", "latest")
    assert [entry["path"] for entry in shown["changed_while_read"]] == ["checkpoint.bin"]
    assert shown["consistency"] == "fuzzy"
    rok("restore", "latest", "--to", str(rok.directory / "restored"))
    assert (rok.directory / "restored" / "checkpoint.bin").stat().st_size == size
    assert (rok.directory / "restored" / "beside.txt").read_text() == "at rest"
    assert rok.json("show", rok.snapshot())["changed_while_read"] == []
