"""What a policy would do: as a forget would do it, changing nothing, in words that are true."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from itertools import pairwise
from pathlib import Path

import pytest

from rok_jupyter.config import RokSettings
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Policy, RetentionPolicy, Schedule, SnapshotEdit, SnapshotRequest
from rok_jupyter.progress import Progress
from rok_jupyter.service.policy_preview import simulated_times
from rok_jupyter.service.policy_words import policy_words
from rok_jupyter.service.service import Service

NOW = datetime(2026, 11, 22, 15, 30, tzinfo=timezone(timedelta(hours=1)))


def _policy(every: int = 0, *, volumes: tuple[str, ...] = (), prune: bool = False, **retention: object) -> Policy:
    return Policy(
        retention=RetentionPolicy(**retention),  # type: ignore[arg-type]
        schedule=Schedule(every_minutes=every, volumes=volumes, prune=prune),
    )


@pytest.mark.parametrize(
    ("every", "taken", "days"),
    [(1, 60_000, 42), (8, 60_000, 333), (9, 58_400, 365), (30, 17_520, 365), (1440, 365, 365), (527_040, 1, 365)],
)
def test_a_year_of_the_schedule_is_simulated_or_its_newest_part(
    service: Service, every: int, taken: int, days: int
) -> None:
    preview = service.preview_policy(_policy(every, keep_last=3))
    assert (preview.taken, preview.days) == (taken, days)
    assert preview.kept_count == len(preview.kept) == min(3, taken)


def test_where_the_schedule_is_off_one_a_day_is_assumed(service: Service) -> None:
    preview = service.preview_policy(_policy(keep_daily=7, keep_weekly=4))
    assert (preview.taken, preview.days) == (365, 365)
    times = [kept.created for kept in preview.kept]
    assert times == sorted(times, reverse=True)
    assert datetime.now(UTC) - times[0] < timedelta(minutes=1)
    assert times[1] - times[6] == timedelta(days=5)
    assert 10 <= preview.kept_count <= 11
    assert preview.kept[0].reasons == ("daily snapshot", "weekly snapshot")


def test_of_very_many_that_stay_the_newest_are_shown(service: Service) -> None:
    preview = service.preview_policy(_policy(10))
    assert (preview.kept_count, len(preview.kept)) == (52_560, 1_000)
    assert preview.kept[0].created - preview.kept[999].created == timedelta(minutes=9_990)


def test_times_end_now_and_go_back_evenly() -> None:
    times = simulated_times(90, NOW)
    assert times[0] == NOW
    assert {before - after for before, after in pairwise(times)} == {timedelta(minutes=90)}
    assert NOW - times[-1] < timedelta(days=365)


def test_what_there_is_is_decided_on_as_a_forget_would_and_stays(service: Service, workspace: Path) -> None:
    ids = []
    for number in range(5):
        (workspace / "notes.txt").write_text(f"{number}")
        ids.append(service.take(SnapshotRequest(), Progress()).id)
    service.edit(ids[0], SnapshotEdit(pinned=True))
    retention = RetentionPolicy(keep_last=2)
    preview = service.preview_policy(Policy(retention=retention))
    dry = service.forget(retention, dry_run=True, prune=False, progress=Progress())
    assert (preview.existing_kept, preview.existing_forgotten) == (3, 2)
    assert len(dry.removed) == 2
    assert preview.words[-1] == "Of the 5 snapshots that there are, 2 would be forgotten."
    assert len(service.list().items) == 5
    assert service.policy() == Policy()


def test_an_empty_policy_keeps_everything(service: Service) -> None:
    service.take(SnapshotRequest(), Progress())
    preview = service.preview_policy(Policy())
    assert (preview.existing_kept, preview.existing_forgotten) == (1, 0)
    assert preview.kept_count == preview.taken == 365


def test_without_a_repository_there_is_nothing_to_decide_on(service: Service, settings: RokSettings) -> None:
    preview = service.preview_policy(_policy(30, keep_last=1))
    assert (preview.existing_kept, preview.existing_forgotten) == (0, 0)
    assert not settings.locations.repository.exists()


@pytest.mark.parametrize("policy", [_policy(-1), _policy(10**9), _policy(keep_last=-2), _policy(keep_within="soon")])
def test_a_policy_that_makes_no_sense_is_refused(service: Service, policy: Policy) -> None:
    with pytest.raises(RokError) as caught:
        service.preview_policy(policy)
    assert caught.value.kind is ErrorKind.INVALID_ARGUMENT


STAYS = "The newest snapshot always stays, and those from before a restore stay 14 days."
OFF = "Takes no snapshots by itself."
BY_HAND = "Nothing is forgotten by itself while the schedule is off."


def _forgotten(span: str) -> str:
    return f"Everything older than about {span} is forgotten, pinned ones stay for ever."


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (_policy(), [OFF, "Keeps every snapshot."]),
        (
            _policy(30, keep_hourly=24),
            [
                "Takes a snapshot every 30 minutes while the server runs, where something has changed.",
                "Keeps the last 24 hourly snapshots.",
                _forgotten("24 hours"),
                STAYS,
            ],
        ),
        (
            _policy(60, volumes=("workspace", "images"), prune=True, keep_last=1, keep_daily=1, keep_weekly=8),
            [
                "Takes a snapshot of workspace and images every hour while the server runs, where something has "
                "changed.",
                "Keeps the last snapshot.",
                "Keeps the last daily snapshot.",
                "Keeps the last 8 weekly snapshots.",
                _forgotten("8 weeks"),
                STAYS,
                "What was forgotten is removed from the disk at once.",
            ],
        ),
        (
            _policy(keep_last=100, keep_within="1y2m1d3h", keep_tags=("a", "b,c")),
            [
                OFF,
                "Keeps the last 100 snapshots.",
                "Keeps everything of the last 1 year, 2 months, 1 day and 3 hours.",
                'Keeps what has the tag "a".',
                'Keeps what has the tags "b" and "c".',
                _forgotten("1 year, 2 months, 1 day and 3 hours"),
                STAYS,
                BY_HAND,
            ],
        ),
        (
            _policy(keep_monthly=-1),
            [
                OFF,
                "Keeps all monthly snapshots.",
                "Everything else is forgotten, pinned ones stay for ever.",
                STAYS,
                BY_HAND,
            ],
        ),
        (
            _policy(2880, keep_daily=30),
            [
                "Takes a snapshot every 2 days while the server runs, where something has changed.",
                "Keeps the last 30 daily snapshots.",
                _forgotten("9 weeks"),
                STAYS,
            ],
        ),
    ],
)
def test_the_words_say_what_it_does(policy: Policy, words: list[str]) -> None:
    assert list(policy_words(policy)) == words


@pytest.mark.parametrize(
    ("every", "words"),
    [
        (1, "every minute"),
        (90, "every 90 minutes"),
        (120, "every 2 hours"),
        (1440, "every day"),
        (10_080, "every week"),
        (20_160, "every 2 weeks"),
        (1441, "every 1,441 minutes"),
    ],
)
def test_how_often_is_said_plainly(every: int, words: str) -> None:
    assert next(iter(policy_words(_policy(every)))).startswith(f"Takes a snapshot {words} while")


def test_the_last_words_say_what_would_be_left(service: Service) -> None:
    assert service.preview_policy(_policy(30, keep_last=12)).words[-1] == (
        "After a year, 12 of at most 17,520 snapshots would be left."
    )
    assert service.preview_policy(_policy(1)).words[-1] == (
        "After 42 days, all of at most 60,000 snapshots would be left."
    )
    assert service.preview_policy(_policy(keep_last=12)).words[-1] == (
        "After a year, with one a day, 12 of at most 365 snapshots would be left."
    )
