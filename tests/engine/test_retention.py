from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from rok_jupyter.engine.format.snapshot_file import SnapshotFile
from rok_jupyter.engine.retention import Duration, apply_policy, kept_times
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import EntryError, Member, Origin, OriginKind, RetentionPolicy, Role, Snapshot
from tests.engine.restic_made import new_repository
from tests.restic import Restic

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
WORKSPACE = Member(volume="workspace", role=Role.WORKSPACE, path="/home/ann")
SAFETY = Origin(kind=OriginKind.SAFETY)


def snapshot(name: str, age: timedelta, **changes: object) -> Snapshot:
    plain = Snapshot(id=name, storage_id=name, created=NOW - age, members=(WORKSPACE,), owner="ann")
    return replace(plain, **changes)  # type: ignore[arg-type]


def days(count: float) -> timedelta:
    return timedelta(days=count)


def kept(snapshots: list[Snapshot], policy: RetentionPolicy, now: datetime = NOW) -> set[str]:
    return {decision.snapshot for decision in apply_policy(snapshots, policy, now) if decision.keep}


def reasons(snapshots: list[Snapshot], policy: RetentionPolicy) -> dict[str, tuple[str, ...]]:
    return {decision.snapshot: decision.reasons for decision in apply_policy(snapshots, policy, NOW)}


def test_an_empty_policy_keeps_everything() -> None:
    history = [snapshot(str(age), days(age)) for age in range(400)]
    assert kept(history, RetentionPolicy()) == {str(age) for age in range(400)}


def test_nothing_to_decide_gives_no_decisions() -> None:
    assert apply_policy([], RetentionPolicy(keep_last=1), NOW) == ()


def test_keep_last_keeps_the_newest_whatever_their_order() -> None:
    history = [snapshot(str(age), days(age)) for age in (4, 0, 3, 1, 2)]
    assert kept(history, RetentionPolicy(keep_last=2)) == {"0", "1"}


def test_daily_keeps_the_newest_of_each_day() -> None:
    history = [snapshot(str(hours), timedelta(hours=hours)) for hours in range(48)]
    assert kept(history, RetentionPolicy(keep_daily=2)) == {"0", "13"}


def test_an_unfinished_count_keeps_the_oldest_too() -> None:
    history = [snapshot("new", days(0)), snapshot("mid", timedelta(hours=1)), snapshot("old", timedelta(hours=2))]
    assert reasons(history, RetentionPolicy(keep_yearly=5)) == {
        "new": ("yearly snapshot",),
        "mid": (),
        "old": ("oldest yearly snapshot",),
    }


def test_an_unlimited_count_keeps_one_of_every_period() -> None:
    history = [snapshot(str(age), days(age)) for age in range(30)]
    assert len(kept(history, RetentionPolicy(keep_daily=-1))) == 30


def test_days_are_counted_in_the_zone_of_now() -> None:
    history = [snapshot("23h", timedelta(hours=23)), snapshot("1h", timedelta(hours=1)), snapshot("0", days(0))]
    auckland = NOW.astimezone(ZoneInfo("Pacific/Auckland"))  # 01:00 on the 2nd: one hour ago it was still the 2nd
    assert kept(history, RetentionPolicy(keep_daily=1), NOW) == {"0"}
    assert kept(history, RetentionPolicy(keep_daily=2), auckland) == {"0", "23h"}


def test_within_counts_from_the_newest_that_is_not_from_the_future() -> None:
    history = [snapshot("future", -days(9)), snapshot("a", days(10)), snapshot("b", days(11)), snapshot("c", days(12))]
    assert kept(history, RetentionPolicy(keep_within="1d12h")) == {"future", "a", "b"}


def test_within_keeps_all_of_a_history_from_the_future() -> None:
    assert kept([snapshot("f", -days(1)), snapshot("g", -days(9))], RetentionPolicy(keep_within="1h")) == {"f", "g"}


def test_tags_keep_where_all_of_one_rule_are_there() -> None:
    history = [
        snapshot("0", days(0)),
        snapshot("both", days(1), tags=("a", "b", "c")),
        snapshot("one", days(2), tags=("a",)),
        snapshot("other", days(3), tags=("z",)),
    ]
    assert kept(history, RetentionPolicy(keep_last=1, keep_tags=("a,b", "z"))) == {"0", "both", "other"}


def test_a_pinned_snapshot_stays_for_ever() -> None:
    history = [snapshot("0", days(0)), snapshot("pinned", days(5000), pinned=True), snapshot("old", days(6000))]
    assert reasons(history, RetentionPolicy(keep_last=1))["pinned"] == ("pinned",)
    assert kept(history, RetentionPolicy(keep_last=1)) == {"0", "pinned"}


def test_a_safety_snapshot_stays_14_days_and_goes_then() -> None:
    history = [
        snapshot("0", days(0)),
        snapshot("young", days(13.9), origin=SAFETY),
        snapshot("aged", days(14.1), origin=SAFETY),
    ]
    assert kept(history, RetentionPolicy(keep_last=1)) == {"0", "young"}


def test_safety_snapshots_use_up_no_count() -> None:
    history = [snapshot("s1", days(0), origin=SAFETY), snapshot("s2", days(1), origin=SAFETY)]
    history += [snapshot(str(age), days(age)) for age in (2, 3, 4)]
    assert kept(history, RetentionPolicy(keep_last=2)) == {"s1", "s2", "2", "3"}


@pytest.mark.parametrize("origin", [Origin(), SAFETY])
def test_the_newest_of_a_history_is_never_removed(origin: Origin) -> None:
    history = [snapshot("new", days(100), origin=origin), snapshot("old", days(101), origin=origin)]
    assert kept(history, RetentionPolicy(keep_tags=("none",))) == {"new"}


def test_the_newest_complete_one_stays_beside_a_newer_incomplete_one() -> None:
    torn = (EntryError(volume="workspace", path="data.bin", message="Input/output error"),)
    history = [snapshot("partial", days(0), errors=torn), snapshot("good", days(1)), snapshot("old", days(2))]
    assert reasons(history, RetentionPolicy(keep_last=1)) == {
        "partial": ("last snapshot",),
        "good": ("newest complete snapshot",),
        "old": (),
    }


def test_histories_of_other_owners_volumes_and_places_are_counted_apart() -> None:
    elsewhere = replace(WORKSPACE, path="/home/bob")
    data = Member(volume="data", role=Role.DATA, path="/data")
    history = [
        snapshot(name, days(age), **changes)
        for age in (0, 1)
        for name, changes in {
            f"mine{age}": {},
            f"bobs{age}": {"owner": "bob"},
            f"elsewhere{age}": {"members": (elsewhere,)},
            f"two{age}": {"members": (WORKSPACE, data)},
        }.items()
    ]
    assert kept(history, RetentionPolicy(keep_last=1)) == {"mine0", "bobs0", "elsewhere0", "two0"}


@pytest.mark.parametrize("text", ["", "1", "d", "1x", "1d1d", "-1d", "1 d", "1d\n", "9999999y"])
def test_a_malformed_duration_is_refused(text: str) -> None:
    with pytest.raises(RokError) as refused:
        Duration.parse(text)
    assert refused.value.kind is ErrorKind.INVALID_ARGUMENT


def test_a_duration_runs_over_where_a_month_is_too_short() -> None:
    assert Duration.parse("1m").before(datetime(2026, 3, 31, tzinfo=UTC)) == datetime(2026, 3, 3, tzinfo=UTC)
    assert Duration.parse("2h1y").before(datetime(2024, 2, 29, tzinfo=UTC)) == datetime(2023, 2, 28, 22, tzinfo=UTC)
    assert Duration.parse("9999y").before(NOW) == datetime.min.replace(tzinfo=UTC)


@pytest.mark.parametrize(
    "policy",
    [RetentionPolicy(keep_last=-2), RetentionPolicy(keep_within="soon"), RetentionPolicy(keep_tags=("a", ""))],
)
def test_a_policy_that_cannot_be_meant_is_refused(policy: RetentionPolicy) -> None:
    with pytest.raises(RokError) as refused:
        apply_policy([], policy, NOW)
    assert refused.value.kind is ErrorKind.INVALID_ARGUMENT


OPTIONS = {
    "keep_last": "--keep-last",
    "keep_hourly": "--keep-hourly",
    "keep_daily": "--keep-daily",
    "keep_weekly": "--keep-weekly",
    "keep_monthly": "--keep-monthly",
    "keep_yearly": "--keep-yearly",
    "keep_within": "--keep-within",
}


def random_policy(chance: random.Random) -> RetentionPolicy:
    counts = {name: chance.choice((0, 0, 0, 1, 2, 3, 7, 40)) for name in OPTIONS if name != "keep_within"}
    within = chance.choice(("", "", "", "3d", "2m1d", "1y5m7d2h", "26h", "9m31d"))
    tags = chance.choice(((), (), ("a",), ("a,b", "c")))
    return RetentionPolicy(**counts, keep_within=within, keep_tags=tags)  # type: ignore[arg-type]


def random_history(chance: random.Random) -> list[Snapshot]:
    """Snapshots whose gaps are of minutes, hours, days, and months."""
    history, age = [], timedelta()
    for number in range(chance.randrange(1, 60)):
        age += timedelta(minutes=chance.choice((1, 20, 70, 600, 1500, 9000, 45_000)) * (0.5 + chance.random()))
        tags = tuple(tag for tag in "abc" if chance.random() < 0.2)
        history.append(snapshot(str(number), age, tags=tags))
    return history


@pytest.mark.parametrize("seed", range(4))
def test_random_histories_are_kept_as_restic_keeps_them(current_restic: Restic, seed: int) -> None:
    chance = random.Random(seed)
    history = random_history(chance)
    restic, repository = new_repository(current_restic)
    for one in history:
        time = one.created.strftime("%Y-%m-%dT%H:%M:%S.%fZ")
        repository.save_snapshot(
            SnapshotFile(time=time, tree="0" * 64, paths=("/home/ann",), tags=one.tags, hostname="h")
        )
    for _ in range(12):
        policy = random_policy(chance)
        options = []
        for name, option in OPTIONS.items():
            if value := getattr(policy, name):
                options += [option, str(value)]
        for tags in policy.keep_tags:
            options += ["--keep-tag", tags]
        if not options:
            continue
        (group,) = restic.forget("--dry-run", *options)
        expected = {snapshot["time"] for snapshot in group["keep"] or ()}
        newest = history[0]  # stays with us in any case
        by_id = {one.id: one for one in history}
        ours = {by_id[id_].created for id_ in kept(history, policy)}
        assert ours == {datetime.fromisoformat(time) for time in expected} | {newest.created}, policy


@pytest.mark.parametrize("seed", range(40))
def test_times_alone_are_kept_as_snapshots_are(seed: int) -> None:
    chance = random.Random(seed)
    count = chance.choice([1, 2, 30, 400])
    ages = sorted({timedelta(minutes=chance.randrange(60 * 24 * 500)) for _ in range(count)})
    rules = ["keep_last", "keep_hourly", "keep_daily", "keep_weekly", "keep_monthly", "keep_yearly"]
    counts = {name: chance.choice([0, 0, 0, 1, 3, 20, -1]) for name in rules}
    within = chance.choice(["", "", "3d", "1y1h"])
    policy = RetentionPolicy(**counts, keep_within=within, keep_tags=chance.choice([(), ("a",)]))
    now = NOW.astimezone(ZoneInfo(chance.choice(["UTC", "Pacific/Auckland", "America/St_Johns"])))
    history = [snapshot(f"{place:04d}", age) for place, age in enumerate(ages)]
    decided = {int(each.snapshot): each.reasons for each in apply_policy(history, policy, now) if each.keep}
    assert kept_times([NOW - age for age in ages], policy, now) == decided


def test_of_no_times_none_is_kept() -> None:
    assert kept_times([], RetentionPolicy(keep_last=1), NOW) == {}
    with pytest.raises(RokError):
        kept_times([NOW], RetentionPolicy(keep_last=-2), NOW)
