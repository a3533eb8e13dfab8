"""A directory's revision tells of every change, also of those that its time doesn't tell."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from rok_jupyter.engine.storage.directory_revision import DirectoryRevisions

LONG_AGO = 1_000_000_000


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    made = tmp_path / "snapshots"
    made.mkdir()
    (made / "a").touch()
    return made


def test_none_is_empty_and_an_empty_one_is_not(tmp_path: Path) -> None:
    revisions = DirectoryRevisions()
    assert revisions.of(os.fsencode(tmp_path / "missing")) == ""
    (tmp_path / "missing").mkdir()
    assert revisions.of(os.fsencode(tmp_path / "missing")) != ""


def test_a_change_within_one_tick_of_the_clock_is_noticed(directory: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rok_jupyter.engine.storage.directory_revision._SETTLED_NS", 3600 * LONG_AGO)
    revisions, name = DirectoryRevisions(), os.fsencode(directory)
    moment = time.time_ns() // LONG_AGO * LONG_AGO
    os.utime(directory, ns=(moment, moment))
    before = revisions.of(name)
    (directory / "b").touch()
    os.utime(directory, ns=(moment, moment))
    assert revisions.of(name) != before


def test_names_are_not_read_again_while_the_time_stands_still(directory: Path) -> None:
    revisions, name = DirectoryRevisions(), os.fsencode(directory)
    os.utime(directory, ns=(LONG_AGO, LONG_AGO))
    before = revisions.of(name)
    (directory / "b").touch()
    os.utime(directory, ns=(LONG_AGO, LONG_AGO))
    assert revisions.of(name) == before, "nobody changes names without changing the time"
    os.utime(directory, ns=(2 * LONG_AGO, 2 * LONG_AGO))
    assert revisions.of(name) != before


def test_a_file_system_without_times_is_not_relied_on_for_long(
    directory: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rok_jupyter.engine.storage.directory_revision._RELIED_ON_SECONDS", 0.2)
    revisions, name = DirectoryRevisions(), os.fsencode(directory)
    os.utime(directory, ns=(LONG_AGO, LONG_AGO))
    before = revisions.of(name)
    (directory / "b").touch()
    os.utime(directory, ns=(LONG_AGO, LONG_AGO))
    time.sleep(0.3)
    assert revisions.of(name) != before


def test_another_directory_in_its_place_is_another_revision(directory: Path, tmp_path: Path) -> None:
    revisions, name = DirectoryRevisions(), os.fsencode(directory)
    os.utime(directory, ns=(LONG_AGO, LONG_AGO))
    before = revisions.of(name)
    directory.rename(tmp_path / "aside")
    directory.mkdir()
    (directory / "a").touch()
    os.utime(directory, ns=(LONG_AGO, LONG_AGO))
    assert revisions.of(name) != before
