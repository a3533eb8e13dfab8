"""What a snapshot leaves out by patterns, by marks and by identity."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from rok_jupyter.engine.archiver import Target
from rok_jupyter.engine.excludes import identities, is_cache, with_patterns
from rok_jupyter.models import SkippedEntry
from tests.engine.archiving import Studio, write_tree

SIGNATURE = "Signature: 8a477f597d28d172789f06886806bc55\n# made by a test"


def saved(studio: Studio, work: Path, *excludes: str, exclude_caches: bool = True) -> set[str]:
    target = Target(volume="work", path=str(work), excludes=excludes, exclude_caches=exclude_caches)
    return {name for name in studio.volume(studio.take(target)) if not name.endswith("/")}


def test_patterns_are_relative_to_the_volume(studio: Studio, tmp_path: Path) -> None:
    work = write_tree(tmp_path / "work", "build/a", "sub/build/b", "x.pyc", "sub/x.pyc", "sub/kept.pyc", "kept")
    assert saved(studio, work, "/build/", "*.pyc", "!kept.pyc") == {"sub/build/b", "sub/kept.pyc", "kept"}


def test_an_ignore_file_speaks_for_its_own_directory_and_those_below(studio: Studio, tmp_path: Path) -> None:
    work = write_tree(tmp_path / "work", "a.tmp", "sub/a.tmp", "sub/deep/a.tmp", "sub/deep/b.tmp", "sub/top", "top")
    (work / "sub" / ".rokignore").write_text("*.tmp\n/top\n")
    (work / "sub" / "deep" / ".rokignore").write_text("!b.tmp\n")
    assert saved(studio, work) == {"a.tmp", "top", "sub/.rokignore", "sub/deep/.rokignore", "sub/deep/b.tmp"}


def test_an_ignore_file_overrules_the_settings(studio: Studio, tmp_path: Path) -> None:
    work = write_tree(tmp_path / "work", "a.log", "sub/a.log")
    (work / "sub" / ".rokignore").write_text("!a.log")
    assert saved(studio, work, "*.log") == {"sub/a.log", "sub/.rokignore"}


def test_what_lies_in_an_excluded_directory_cannot_come_back(studio: Studio, tmp_path: Path) -> None:
    work = write_tree(tmp_path / "work", "out/kept", "in")
    (work / "out" / ".rokignore").write_text("!kept")
    assert saved(studio, work, "out/", "!out/kept") == {"in"}


def test_an_ignore_file_that_is_a_link_is_not_followed(studio: Studio, tmp_path: Path) -> None:
    work = write_tree(tmp_path / "work", "a")
    (tmp_path / "rules").write_text("*")
    (work / ".rokignore").symlink_to(tmp_path / "rules")
    assert saved(studio, work) == {"a", ".rokignore"}


def test_an_ignore_file_that_is_a_directory_is_one(studio: Studio, tmp_path: Path) -> None:
    work = write_tree(tmp_path / "work", "a", ".rokignore/b")
    assert saved(studio, work) == {"a", ".rokignore/b"}


def test_names_that_are_no_utf8_can_be_left_out(studio: Studio, tmp_path: Path) -> None:
    work = write_tree(tmp_path / "work", "kept")
    os.close(os.open(os.fsencode(work) + b"/\xff\xfe", os.O_CREAT))
    (work / ".rokignore").write_bytes(b"\xff*\n")
    assert saved(studio, work) == {"kept", ".rokignore"}


def test_a_marked_cache_keeps_its_mark_alone(studio: Studio, tmp_path: Path) -> None:
    work = write_tree(tmp_path / "work", "cache/sub/file", "cache/file", "kept")
    (work / "cache" / "CACHEDIR.TAG").write_text(SIGNATURE)
    target = Target(volume="work", path=str(work))

    taken = studio.take(target)

    assert studio.volume(taken).keys() == {"kept", "cache/", "cache/CACHEDIR.TAG"}
    assert taken.result.skipped == (
        SkippedEntry(volume="work", path="cache", reason="content of a cache (CACHEDIR.TAG)"),
    )


def test_caches_are_saved_where_that_is_wanted(studio: Studio, tmp_path: Path) -> None:
    work = write_tree(tmp_path / "work", "cache/file")
    (work / "cache" / "CACHEDIR.TAG").write_text(SIGNATURE)
    assert saved(studio, work, exclude_caches=False) == {"cache/CACHEDIR.TAG", "cache/file"}


def test_a_volume_in_a_cache_is_saved_all_the_same(studio: Studio, tmp_path: Path) -> None:
    work = write_tree(tmp_path / "work", "cache/volume/file", "cache/file")
    (work / "cache" / "CACHEDIR.TAG").write_text(SIGNATURE)
    inner = Target(volume="inner", path=str(work / "cache" / "volume"))
    taken = studio.take(Target(volume="work", path=str(work)), inner)
    assert studio.volume(taken).keys() == {"cache/", "cache/CACHEDIR.TAG", "cache/volume/", "cache/volume/file"}


@pytest.mark.parametrize("content", ["", "Signature: 8a477f597d28d172789f06886806bc5", "another file"])
def test_only_the_right_signature_marks_a_cache(tmp_path: Path, content: str) -> None:
    (tmp_path / "CACHEDIR.TAG").write_text(content)
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        assert not is_cache(descriptor)
        (tmp_path / "CACHEDIR.TAG").write_text(SIGNATURE)
        assert is_cache(descriptor)
    finally:
        os.close(descriptor)


def test_the_innermost_list_that_speaks_decides() -> None:
    outer = with_patterns(["*.log", "/sub/x"], 0, None)
    inner = with_patterns(["!a.log"], len("sub/"), outer)
    assert inner is not None
    assert not inner.leave_out("sub/a.log", "a.log", directory=False)
    assert inner.leave_out("sub/b.log", "b.log", directory=False)
    assert inner.leave_out("sub/x", "x", directory=False)
    assert with_patterns([], 4, inner) is inner


def test_paths_are_left_out_whatever_leads_to_them(tmp_path: Path) -> None:
    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    status = (tmp_path / "real").stat()
    found = identities({str(tmp_path / "link"): "private", str(tmp_path / "missing"): "gone"})
    assert found == {(status.st_dev, status.st_ino): "private"}
