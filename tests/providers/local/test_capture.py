from __future__ import annotations

import json
import os
import shutil
import sqlite3
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from rok_jupyter.errors import Cancelled
from rok_jupyter.progress import Progress
from rok_jupyter.providers.local.capture import VolumeCapture
from rok_jupyter.save_gate import SaveGate
from tests.providers.local.writers import running


class Reader:
    """Reads files of one directory as a snapshot does."""

    def __init__(self, directory: Path, temporary: Path) -> None:
        self.directory = directory
        self.temporary = temporary
        self.gate = SaveGate()
        self.progress = Progress()
        self._descriptor = os.open(directory, os.O_RDONLY)

    def close(self) -> None:
        os.close(self._descriptor)

    def read(self, name: str) -> tuple[bytes, bool]:
        """A file's content and whether it is settled; the plain content where it needs no care."""
        capture = VolumeCapture(self.temporary, self.gate, self.progress)
        path = self.directory / name
        captured = capture.open(self._descriptor, name.encode(), str(path), path.stat())
        if captured is None:
            return path.read_bytes(), True
        with captured.stream as stream:
            return stream.read(), captured.settled

    def needs_care(self, name: str) -> bool:
        capture = VolumeCapture(self.temporary, self.gate, self.progress)
        path = self.directory / name
        captured = capture.open(self._descriptor, name.encode(), str(path), path.stat())
        if captured is not None:
            captured.stream.close()
        return captured is not None

    def select(self) -> tuple[set[str], set[str]]:
        found = VolumeCapture(self.temporary, self.gate, self.progress).select(
            self._descriptor, os.listdir(self.directory)
        )
        return set(found.parts), set(found.unsure)


@pytest.fixture
def reader(workspace: Path, tmp_path: Path) -> Iterator[Reader]:
    made = Reader(workspace, tmp_path / "temporary")
    yield made
    made.close()
    assert not made.temporary.exists() or not list(made.temporary.iterdir()), "copies were left behind"


def rows_of(content: bytes, tmp_path: Path) -> int:
    """Check that a database opens cleanly; how many notes it holds."""
    copy = tmp_path / "checked.db"
    copy.write_bytes(content)
    with closing(sqlite3.connect(copy)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        return int(connection.execute("SELECT count(*) FROM notes").fetchone()[0])


def make_database(path: Path, mode: str = "delete") -> sqlite3.Connection:
    connection = sqlite3.connect(path)
    connection.execute(f"PRAGMA journal_mode={mode}")
    connection.execute("CREATE TABLE notes(text)")
    connection.executemany("INSERT INTO notes VALUES(?)", [("x" * 300,) for _ in range(400)])
    connection.commit()
    return connection


def forget_that_we_have_it_open(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand for another process: what this one has open through SQLite is read by SQLite alone."""
    monkeypatch.setattr("rok_jupyter.providers.local.capture.open_in_this_process", frozenset)


# Notebooks


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Wait for locks longer than a busy machine may keep them, or us, waiting."""
    monkeypatch.setattr("rok_jupyter.providers.local.databases._LOCK_SECONDS", 120.0)


@pytest.mark.parametrize("size", [100_000, 2_000_000])
@pytest.mark.parametrize("readings", [10, pytest.param(2500, marks=[pytest.mark.full, pytest.mark.timeout(3600)])])
def test_a_notebook_that_jupyter_keeps_saving_is_never_read_half_written(
    reader: Reader, size: int, readings: int
) -> None:
    with running("jupyter_saving.py", reader.directory, "x.ipynb", size):
        for _ in range(readings):
            content, settled = reader.read("x.ipynb")
            assert settled
            assert json.loads(content)["cells"]


def test_a_machine_that_stands_still_between_two_looks_marks_no_notebook(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one that is suspended does, or a container that is out of processor time."""
    live = reader.directory / "x.ipynb"
    live.write_text('{"cells": [')

    class StandingStill(Progress):
        waits = 0

        def wait(self, seconds: float) -> None:
            self.waits += 1
            monkeypatch.setattr("rok_jupyter.providers.local.notebooks._WAIT_SECONDS", -1.0)  # the time is over
            if self.waits == 2:
                live.write_text('{"cells": []}')

    reader.progress = progress = StandingStill()
    assert reader.read("x.ipynb") == (b'{"cells": []}', True)
    assert progress.waits == 2


def test_a_save_that_never_ends_gives_the_complete_earlier_version(reader: Reader) -> None:
    live, earlier = reader.directory / "x.ipynb", reader.directory / ".~x.ipynb"
    earlier.write_text('{"cells": ["earlier"]}')
    live.write_text('{"cells": ["la')
    assert reader.read("x.ipynb") == (b'{"cells": ["earlier"]}', True)


def test_a_notebook_that_a_killed_save_left_empty_is_read_from_its_intermediate_at_once(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rok_jupyter.providers.local.notebooks._QUIET_NS", 200_000_000)
    live, earlier = reader.directory / "x.ipynb", reader.directory / ".~x.ipynb"
    earlier.write_text('{"cells": ["earlier"]}')
    live.touch()
    time.sleep(0.25)
    monkeypatch.setattr("rok_jupyter.providers.local.notebooks._WAIT_SECONDS", 3600.0)  # at once, or never
    assert reader.read("x.ipynb") == (b'{"cells": ["earlier"]}', True)
    assert reader.select()[0] == {".~x.ipynb"}


def test_a_notebook_that_was_saved_before_the_kill_is_read_itself(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rok_jupyter.providers.local.notebooks._QUIET_NS", 200_000_000)
    (reader.directory / ".~x.ipynb").write_text('{"cells": ["ear')
    (reader.directory / "x.ipynb").write_text('{"cells": ["new"]}')
    time.sleep(0.25)
    assert reader.read("x.ipynb") == (b'{"cells": ["new"]}', True)


def test_a_notebook_that_is_being_written_without_an_intermediate_is_marked(
    reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rok_jupyter.providers.local.notebooks._QUIET_NS", 3600 * 10**9)
    stop = threading.Event()
    path = reader.directory / "x.ipynb"
    path.write_text('{"cells": [')

    def write() -> None:
        with path.open("a") as stream:
            while not stop.wait(0.002):
                stream.write('"x",')
                stream.flush()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        assert reader.read("x.ipynb")[1] is False
    finally:
        stop.set()
        writer.join()


@pytest.mark.parametrize("content", [b"", b"{not json", b"\xff\xfe", b'{"a": NaN}', b'{"a": 1}\n'])
def test_a_notebook_that_nobody_writes_is_stored_as_it_is(reader: Reader, content: bytes) -> None:
    path = reader.directory / "x.ipynb"
    path.write_bytes(content)
    assert reader.read("x.ipynb") == (content, True)


def test_a_large_notebook_is_not_held_in_memory(reader: Reader) -> None:
    content = json.dumps({"cells": ["x" * (20 << 20)]}).encode()
    (reader.directory / "x.ipynb").write_bytes(content)
    assert reader.read("x.ipynb") == (content, True)


def test_a_snapshot_waits_for_the_servers_own_save(reader: Reader) -> None:
    path = reader.directory / "x.ipynb"
    path.write_text('{"cells": ["old"]}')
    reader.gate.begin(str(path))

    def save() -> None:
        path.write_text('{"cells": ["new"]}')
        reader.gate.end(str(path))

    timer = threading.Timer(0.2, save)
    timer.start()
    assert reader.read("x.ipynb")[0] == b'{"cells": ["new"]}'
    timer.join()


def test_a_save_that_failed_holds_nobody_up_for_long(reader: Reader) -> None:
    path = reader.directory / "x.ipynb"
    path.write_text("{}")
    reader.gate.begin(str(path))
    assert reader.gate.wait_idle(str(path), 0.05) is False
    assert reader.read("x.ipynb") == (b"{}", True)


def test_other_files_are_waited_for_while_jupyter_saves_them(reader: Reader) -> None:
    path, intermediate = reader.directory / "notes.md", reader.directory / ".~notes.md"
    path.write_text("half")
    intermediate.write_text("earlier")

    def finish() -> None:
        path.write_text("whole")
        intermediate.unlink()

    timer = threading.Timer(0.2, finish)
    timer.start()
    assert reader.read("notes.md") == (b"whole", True)
    timer.join()


def test_waiting_for_a_save_ends_when_the_snapshot_is_cancelled(reader: Reader) -> None:
    (reader.directory / "x.ipynb").write_text("{half")
    (reader.directory / ".~x.ipynb").write_text("{half")
    reader.progress.cancel()
    with pytest.raises(Cancelled):
        reader.read("x.ipynb")


def test_a_link_in_the_place_of_a_notebook_is_not_followed(reader: Reader, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("{}")
    path = reader.directory / "x.ipynb"
    path.symlink_to(tmp_path / "secret")
    with pytest.raises(OSError, match=r"symbolic link|Too many levels"):
        reader.read("x.ipynb")


def test_plain_files_need_no_care(reader: Reader) -> None:
    (reader.directory / "a.bin").write_bytes(b"x" * 1024)
    (reader.directory / "b.txt").write_text("SQLite format 3")
    assert not reader.needs_care("a.bin")
    assert not reader.needs_care("b.txt")
    assert reader.select() == (set(), set())


def test_what_saves_nfs_and_restores_leave_is_left_out(reader: Reader) -> None:
    names = ["x.ipynb", ".~x.ipynb", ".~lonely.ipynb", ".~notes.md", "notes.md", ".nfs-mine", ".rok-restore-notes.md"]
    for name in [*names, ".nfs0000000012345678abcd", ".rok-restore-0123456789abcdef-12"]:
        (reader.directory / name).touch()
    left_out = {".~x.ipynb", ".nfs0000000012345678abcd", ".rok-restore-0123456789abcdef-12"}
    assert reader.select()[0] == left_out


# Databases


@pytest.mark.usefixtures("patient")
@pytest.mark.parametrize("mode", ["delete", "wal", "truncate", "persist"])
@pytest.mark.parametrize("readings", [12, pytest.param(250, marks=[pytest.mark.full, pytest.mark.timeout(3600)])])
def test_a_database_that_is_written_opens_cleanly(reader: Reader, tmp_path: Path, mode: str, readings: int) -> None:
    with running("database_writing.py", reader.directory / "history.any", mode):
        for _ in range(readings):
            content, settled = reader.read("history.any")
            assert settled
            assert rows_of(content, tmp_path) > 0


@pytest.mark.usefixtures("patient")
def test_a_database_is_read_in_the_pauses_of_its_writer_however_short(reader: Reader, tmp_path: Path) -> None:
    """SQLite's own waiting looks ten times a second, and misses nearly all of them."""
    with running("database_hardly_pausing.py", reader.directory / "a.db"):
        for _ in range(4):
            time.sleep(0.2)  # the writer is back at work
            content, settled = reader.read("a.db")
            assert settled
            assert rows_of(content, tmp_path) > 0


def test_an_idle_database_is_copied_to_the_byte(reader: Reader) -> None:
    make_database(reader.directory / "a.db").close()
    assert reader.read("a.db") == ((reader.directory / "a.db").read_bytes(), True)


def test_nothing_is_made_beside_a_database_that_is_read(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    make_database(reader.directory / "a.db", "wal").close()
    with closing(make_database(reader.directory / "b.db", "wal")):
        (reader.directory / "c.db").write_bytes((reader.directory / "b.db").read_bytes())
        (reader.directory / "c.db-wal").write_bytes((reader.directory / "b.db-wal").read_bytes())
        before = {path.name: path.read_bytes() for path in reader.directory.iterdir()}
        forget_that_we_have_it_open(monkeypatch)
        for name in ("a.db", "b.db", "c.db"):
            reader.read(name)
        assert {path.name for path in reader.directory.iterdir()} == set(before)


def test_what_stands_in_the_log_alone_is_in_the_copy(
    reader: Reader, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(make_database(reader.directory / "a.db", "wal")):
        assert (reader.directory / "a.db").stat().st_size < 10_000
        forget_that_we_have_it_open(monkeypatch)
        assert rows_of(reader.read("a.db")[0], tmp_path) == 400
        assert reader.select() == ({"a.db-wal", "a.db-shm"}, {"a.db"})


@pytest.mark.parametrize("mode", ["delete", "wal"])
def test_a_database_that_this_process_has_open_keeps_its_locks(reader: Reader, tmp_path: Path, mode: str) -> None:
    with closing(make_database(reader.directory / "a.db", mode)) as connection:
        connection.execute("BEGIN IMMEDIATE")
        connection.execute("INSERT INTO notes VALUES('uncommitted')")
        assert rows_of(reader.read("a.db")[0], tmp_path) == 400
        assert held_by_others_too(reader.directory / "a.db")


def held_by_others_too(path: Path) -> bool:
    """Whether another process finds the database locked against writers."""
    script = (
        "import sqlite3,sys\n"
        "c = sqlite3.connect(sys.argv[1], timeout=0)\n"
        "try: c.execute('BEGIN IMMEDIATE')\n"
        "except sqlite3.OperationalError: sys.exit(7)\n"
    )
    return os.spawnvp(os.P_WAIT, sys.executable, [sys.executable, "-c", script, str(path)]) == 7


def leave_a_hot_journal(path: Path, scratch: Path) -> None:
    """Make what a writer leaves that is killed in the middle of a large transaction."""
    scratch.mkdir()
    with closing(make_database(scratch / "a.db")) as connection:
        connection.execute("PRAGMA cache_size=5")
        connection.execute("UPDATE notes SET text = 'y' || text")
        shutil.copy(scratch / "a.db", path)
        shutil.copy(scratch / "a.db-journal", f"{path}-journal")
        connection.rollback()


def test_a_transaction_that_was_killed_is_rolled_back_in_the_copy_alone(reader: Reader, tmp_path: Path) -> None:
    path = reader.directory / "a.db"
    leave_a_hot_journal(path, tmp_path / "scratch")
    before = {entry.name: entry.read_bytes() for entry in reader.directory.iterdir()}
    content, settled = reader.read("a.db")
    assert settled
    assert rows_of(content, tmp_path) == 400
    assert b"yxxxx" not in content
    assert {entry.name: entry.read_bytes() for entry in reader.directory.iterdir()} == before


def test_a_database_that_stays_locked_is_marked(reader: Reader, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rok_jupyter.providers.local.databases._LOCK_SECONDS", 0.2)
    with closing(make_database(reader.directory / "a.db")) as connection:
        forget_that_we_have_it_open(monkeypatch)
        connection.execute("BEGIN EXCLUSIVE")
        content, settled = reader.read("a.db")
        assert (content, settled) == ((reader.directory / "a.db").read_bytes(), False)


@pytest.mark.parametrize("tail", [b"\0" * 496, b"garbage!" * 62])
def test_what_only_looks_like_a_database_is_an_ordinary_file(reader: Reader, tail: bytes) -> None:
    path = reader.directory / "a.db"
    path.write_bytes(b"SQLite format 3\0" + tail)
    assert reader.read("a.db")[0] == path.read_bytes()


def test_logs_of_no_database_are_ordinary_files(reader: Reader) -> None:
    (reader.directory / "experiment").write_text("text")
    (reader.directory / "experiment-journal").write_text("mine")
    (reader.directory / "-wal").write_text("mine")
    assert reader.select() == (set(), set())


def test_a_database_in_a_directory_of_any_name_is_found(
    workspace: Path, tmp_path: Path, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    odd = os.path.join(bytes(workspace), b"a?b%20#\xff")
    os.mkdir(odd)
    where = Path(os.fsdecode(odd))
    with closing(make_database(where / "d?#%.db", "wal")):
        forget_that_we_have_it_open(monkeypatch)
        inner = Reader(where, tmp_path / "inner")
        assert rows_of(inner.read("d?#%.db")[0], tmp_path) == 400
        inner.close()
