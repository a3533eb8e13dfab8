"""How much a snapshot may add."""

from __future__ import annotations

import pytest

from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.progress import Progress
from rok_jupyter.service.room import Room


def test_without_limits_nothing_is_watched() -> None:
    progress = Progress()
    assert Room().limit(progress) is progress


@pytest.mark.parametrize(
    "room",
    [
        Room(size_limit=100, measure_size=lambda: 100),
        Room(disk_margin=100, measure_free=lambda: 100),
        Room(size_limit=1000, disk_margin=100, measure_size=lambda: 1, measure_free=lambda: 99),
    ],
)
def test_a_snapshot_that_may_add_nothing_is_refused_before_it_starts(room: Room) -> None:
    with pytest.raises(RokError) as caught:
        room.limit(Progress())
    assert caught.value.kind is ErrorKind.RESOURCE_EXHAUSTED
    assert caught.value.hint


def test_a_snapshot_ends_once_it_has_added_too_much() -> None:
    room = Room(size_limit=100, disk_margin=10, measure_size=lambda: 40, measure_free=lambda: 1000)
    seen = Progress()
    progress = room.limit(seen)
    progress.begin("reading", files_total=2)
    progress.advance(files=1, bytes_=500, added=60, current="a")
    progress.check_cancelled()
    progress.advance(added=1)
    with pytest.raises(RokError) as caught:
        progress.check_cancelled()
    assert caught.value.kind is ErrorKind.RESOURCE_EXHAUSTED
    assert (seen.report().files_done, seen.report().bytes_added, seen.report().current) == (1, 61, "a")


def test_a_limited_snapshot_can_be_cancelled() -> None:
    seen = Progress()
    progress = Room(disk_margin=1, measure_free=lambda: 100).limit(seen)
    seen.cancel()
    assert progress.cancel_requested
    with pytest.raises(Cancelled):
        progress.check_cancelled()
    with pytest.raises(Cancelled):
        progress.wait(60)
