"""What copies are called."""

from __future__ import annotations

import itertools
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rok_jupyter.providers.copy_names import LONGEST_NAME, copy_names

CREATED = datetime(2026, 11, 22, 8, 31, 59, tzinfo=UTC)


@pytest.fixture(autouse=True)
def east(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A machine whose time is two hours ahead."""
    monkeypatch.setenv("TZ", "XYZ-2")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


def first(name: str, *, directory: bool = False) -> str:
    return next(copy_names(name, CREATED, directory=directory))


@pytest.mark.parametrize(
    ("name", "copy"),
    [
        ("report.ipynb", "report (from 2026-11-22 10.31).ipynb"),
        ("README", "README (from 2026-11-22 10.31)"),
        ("a.b.csv", "a.b (from 2026-11-22 10.31).csv"),
        ("data.tar.gz", "data (from 2026-11-22 10.31).tar.gz"),
        (".tar.gz", ".tar (from 2026-11-22 10.31).gz"),
        (".bashrc", ".bashrc (from 2026-11-22 10.31)"),
        ("..x", "..x (from 2026-11-22 10.31)"),
        (".config.json", ".config (from 2026-11-22 10.31).json"),
        ("ends.", "ends (from 2026-11-22 10.31)."),
        ("caf\udce9.txt", "caf\udce9 (from 2026-11-22 10.31).txt"),
    ],
)
def test_a_file_keeps_its_ending(name: str, copy: str) -> None:
    assert first(name) == copy


def test_a_directory_has_no_ending() -> None:
    assert first("v1.2", directory=True) == "v1.2 (from 2026-11-22 10.31)"


def test_numbers_follow_where_a_name_is_taken() -> None:
    names = list(itertools.islice(copy_names("a.txt", CREATED, directory=False), 3))
    assert names[1:] == ["a (from 2026-11-22 10.31) 2.txt", "a (from 2026-11-22 10.31) 3.txt"]


@given(st.binary(min_size=1, max_size=255).filter(lambda raw: b"/" not in raw and b"\0" not in raw), st.booleans())
def test_every_name_of_a_copy_is_one_that_a_file_can_have(raw: bytes, directory: bool) -> None:
    name = raw.decode("utf-8", "surrogateescape")
    names = [copy.encode("utf-8", "surrogateescape") for copy in copy_names(name, CREATED, directory=directory)]
    assert len(set(names)) == len(names) > 100
    assert all(len(copy) <= LONGEST_NAME and b"/" not in copy and copy != os.fsencode(name) for copy in names)
