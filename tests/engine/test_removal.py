"""Removing a temporary tree: all of it, however deep, and nothing that its links lead to."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rok_jupyter.engine.confined import ConfinedTree
from rok_jupyter.engine.removal import remove_tree


def remove(root: Path, path: str) -> None:
    with ConfinedTree(os.fsencode(root)) as tree:
        remove_tree(tree, os.fsencode(path))


def test_files_links_and_closed_directories_go_and_what_links_lead_to_stays(tmp_path: Path) -> None:
    (tmp_path / "kept").mkdir()
    (tmp_path / "kept" / "file").write_text("kept")
    gone = tmp_path / "above" / "gone"
    (gone / "closed" / "inner").mkdir(parents=True)
    (gone / "closed" / "inner" / "file").write_text("x")
    (gone / "link").symlink_to(tmp_path / "kept")
    os.mkfifo(gone / "fifo")
    (gone / "closed" / "inner").chmod(0o000)
    (gone / "closed").chmod(0o500)
    remove(tmp_path, "above/gone")
    assert os.listdir(tmp_path / "above") == []
    assert (tmp_path / "kept" / "file").read_text() == "kept"


def test_a_single_file_goes(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    remove(tmp_path, "file")
    assert os.listdir(tmp_path) == []


def test_a_thousand_levels_go(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    for _ in range(1000):
        os.mkdir("d" * 50, dir_fd=descriptor)
        inner = os.open("d" * 50, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(os.open("file", os.O_CREAT | os.O_WRONLY, dir_fd=descriptor))
    os.close(descriptor)
    remove(tmp_path, "d" * 50)
    assert os.listdir(tmp_path) == []


def test_what_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        remove(tmp_path, "nothing")
