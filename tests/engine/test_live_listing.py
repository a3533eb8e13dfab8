"""A live directory's listing, and the number by which a change is noticed."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from rok_jupyter.engine.live_listing import LiveListing, list_live


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    place = tmp_path / "live"
    (place / "below").mkdir(parents=True)
    (place / "file").write_text("text")
    (place / os.fsdecode(b"odd\xff")).write_text("odd")
    (place / "link").symlink_to("nowhere")
    return place


def look(directory: Path) -> LiveListing:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        return list_live(descriptor)
    finally:
        os.close(descriptor)


def test_every_entry_is_there_as_it_is_itself(directory: Path) -> None:
    listing = look(directory)
    assert listing.names == listing.statuses.keys() == {b"below", b"file", b"odd\xff", b"link"}
    for name, status in listing.statuses.items():
        assert status.st_ino == os.lstat(os.fsencode(directory) + b"/" + name).st_ino


def test_two_looks_at_one_state_agree(directory: Path) -> None:
    assert look(directory).print == look(directory).print


def rewrite_in_place(directory: Path) -> None:
    status = (directory / "file").stat()
    (directory / "file").write_text("TEXT")
    os.utime(directory / "file", ns=(status.st_atime_ns, status.st_mtime_ns))


@pytest.mark.parametrize(
    "change",
    [
        rewrite_in_place,
        lambda directory: (directory / "file").chmod(0o600),
        lambda directory: (directory / "new").touch(),
        lambda directory: (directory / "link").unlink(),
        lambda directory: (directory / "file").rename(directory / "other"),
        lambda directory: (directory / "below" / "deep").touch(),
        lambda directory: directory.chmod(0o700),
    ],
)
def test_any_change_is_noticed(directory: Path, change: Callable[[Path], None]) -> None:
    before = look(directory).print
    change(directory)
    assert look(directory).print != before
