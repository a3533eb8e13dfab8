"""Which snapshots a retention policy keeps: restic's `forget`, as a pure function.

Owns the rules and their order. Doesn't own which snapshots are asked about (a service's forget means one owner's) nor
their removal. Nothing here reads a clock or a disk.

A policy is applied to one history at a time: the snapshots of one owner that hold the same volumes at the same places.
Within a history, newest first, every `keep` rule takes the newest snapshot of each of its periods until its count is
used up; where counts are left over, the oldest snapshot stays as well. Above restic's rules stand ours:

    pinned                      stays for ever
    safety (before a restore)   stays 14 days, never uses up a count, and goes after that
    newest of a history         stays whatever the policy says; where it is incomplete, the newest complete one too

Source: https://restic.readthedocs.io/en/stable/060_forget.html
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Protocol

import msgspec

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import ForgetDecision, OriginKind, RetentionPolicy, Snapshot

SAFETY_DAYS = 14
UNLIMITED = -1
"""A count that never is used up, as restic's "unlimited"."""

_DURATION = re.compile(r"(?:[0-9]{1,6}[ymdh])+")
_DURATION_PART = re.compile(r"([0-9]+)([ymdh])")


_EMPTY = "the policy is empty"
_NEWEST = "newest snapshot"


class _Dated(Protocol):
    """What the rules look at."""

    @property
    def created(self) -> datetime: ...

    @property
    def tags(self) -> tuple[str, ...]: ...


class _Plain(msgspec.Struct, frozen=True, gc=False):
    """A snapshot of which nothing is known but its time."""

    created: datetime
    tags: tuple[str, ...] = ()


class Duration(msgspec.Struct, frozen=True, kw_only=True):
    """A span as restic writes it: "1y5m7d2h" is a year, five months, seven days and two hours."""

    years: int = 0
    months: int = 0
    days: int = 0
    hours: int = 0

    @classmethod
    def parse(cls, text: str) -> Duration:
        """Read a duration; raises INVALID_ARGUMENT unless every part is a number with one of y, m, d, h, each once."""
        parts = [(unit, int(number)) for number, unit in _DURATION_PART.findall(text)]
        if not _DURATION.fullmatch(text) or len(dict(parts)) != len(parts):
            raise RokError(
                ErrorKind.INVALID_ARGUMENT,
                f"{text!r} is no duration.",
                'Write numbers with the units y, m, d and h, such as "1y5m7d2h".',
            )
        values = dict(parts)
        return cls(
            years=values.get("y", 0), months=values.get("m", 0), days=values.get("d", 0), hours=values.get("h", 0)
        )

    def before(self, moment: datetime) -> datetime:
        """The moment that lies this span earlier, by `moment`'s own calendar; a day that its month lacks runs over."""
        month = moment.year * 12 + moment.month - 1 - self.years * 12 - self.months
        try:
            first = moment.replace(year=month // 12, month=month % 12 + 1, day=1)
            day = first + timedelta(days=moment.day - 1 - self.days)
            return day.astimezone(UTC) - timedelta(hours=self.hours)
        except (ValueError, OverflowError):
            return datetime.min.replace(tzinfo=UTC)


class _Rule(msgspec.Struct):
    """One counted rule at work: what period a time falls into, and how many periods it may still keep."""

    left: int
    period: Callable[[datetime, int], int]
    reason: str
    last: int = -1

    def keeps(self, created: datetime, position: int, *, oldest: bool) -> str | None:
        """The reason to keep this snapshot, None for none; uses up one count where it keeps."""
        if self.left == 0:
            return None
        period = self.period(created, position)
        if period == self.last and not oldest:
            return None
        reason = f"oldest {self.reason}" if period == self.last else self.reason
        self.last = period
        self.left -= self.left > 0
        return reason


def apply_policy(snapshots: Iterable[Snapshot], policy: RetentionPolicy, now: datetime) -> tuple[ForgetDecision, ...]:
    """Decide each snapshot's fate, history by history and newest first.

    `now` is aware; hours, days and weeks are counted in its zone. Raises INVALID_ARGUMENT for a policy that can't be
    meant (a count below -1, a malformed duration, an empty tag).
    """
    validate_policy(policy)
    histories: dict[object, list[Snapshot]] = defaultdict(list)
    for snapshot in snapshots:
        histories[history_of(snapshot)].append(snapshot)
    return tuple(decision for history in histories.values() for decision in _decide(history, policy, now))


def validate_policy(policy: RetentionPolicy) -> None:
    """Raise INVALID_ARGUMENT for a policy that can't be meant."""
    counts = (
        policy.keep_last,
        policy.keep_hourly,
        policy.keep_daily,
        policy.keep_weekly,
        policy.keep_monthly,
        policy.keep_yearly,
    )
    if min(counts) < UNLIMITED:
        raise RokError(
            ErrorKind.INVALID_ARGUMENT,
            "A policy's counts are at least 0, or -1 for all.",
            "Give the number of snapshots to keep, or 0 to leave a rule out.",
        )
    if policy.keep_within:
        Duration.parse(policy.keep_within)
    if not all(all(tags.split(",")) for tags in policy.keep_tags):
        raise RokError(ErrorKind.INVALID_ARGUMENT, "A tag to keep is empty.", "Name at least one tag.")


def history_of(snapshot: Snapshot) -> object:
    """What snapshots of one history have in common: their owner, and which volumes they hold from where."""
    return snapshot.owner, tuple(sorted((member.volume, member.path) for member in snapshot.members))


def kept_times(newest_first: Sequence[datetime], policy: RetentionPolicy, now: datetime) -> dict[int, tuple[str, ...]]:
    """Return what a policy keeps of one history of plain snapshots that were taken at these times (aware, descending).

    The answer has the places of those that stay, and the reasons, as `apply_policy` gives them. INVALID_ARGUMENT alike.
    """
    validate_policy(policy)
    if policy.empty:
        return dict.fromkeys(range(len(newest_first)), (_EMPTY,))
    kept: dict[int, tuple[str, ...]] = {}
    alone: dict[str, tuple[str]] = {}  # most are kept for one reason, and may share it
    for position, reason in _by_policy([_Plain(time) for time in newest_first], policy, now):
        before = kept.get(position)
        kept[position] = alone.setdefault(reason, (reason,)) if before is None else (*before, reason)
    if newest_first and 0 not in kept:
        kept = {0: (_NEWEST,), **kept}
    return kept


def _decide(history: Sequence[Snapshot], policy: RetentionPolicy, now: datetime) -> list[ForgetDecision]:
    newest_first = sorted(history, key=lambda snapshot: (snapshot.created, snapshot.id), reverse=True)
    reasons: dict[str, list[str]] = {snapshot.id: [] for snapshot in newest_first}
    for snapshot, reason in _by_our_rules(newest_first, now):
        reasons[snapshot.id].append(reason)
    if policy.empty:
        for kept in reasons.values():
            kept.append(_EMPTY)
    else:
        counted = [snapshot for snapshot in newest_first if snapshot.origin.kind is not OriginKind.SAFETY]
        for position, reason in _by_policy(counted, policy, now):
            reasons[counted[position].id].append(reason)
        for snapshot, reason in _standing(newest_first):
            if not reasons[snapshot.id]:
                reasons[snapshot.id].append(reason)
    return [
        ForgetDecision(snapshot=snapshot.id, keep=bool(reasons[snapshot.id]), reasons=tuple(reasons[snapshot.id]))
        for snapshot in newest_first
    ]


def _by_our_rules(newest_first: Sequence[Snapshot], now: datetime) -> Iterable[tuple[Snapshot, str]]:
    for snapshot in newest_first:
        if snapshot.pinned:
            yield snapshot, "pinned"
        if snapshot.origin.kind is OriginKind.SAFETY and snapshot.created > now - timedelta(days=SAFETY_DAYS):
            yield snapshot, f"safety snapshot, kept {SAFETY_DAYS} days"


def _standing(newest_first: Sequence[Snapshot]) -> Iterable[tuple[Snapshot, str]]:
    """The snapshots without which a history would have no way back to its newest state."""
    yield newest_first[0], _NEWEST
    newest_complete = next((snapshot for snapshot in newest_first if snapshot.complete), None)
    if newest_complete is not None and newest_complete is not newest_first[0]:
        yield newest_complete, "newest complete snapshot"


def _by_policy(newest_first: Sequence[_Dated], policy: RetentionPolicy, now: datetime) -> Iterator[tuple[int, str]]:
    """Yield, by their place in a history, what the rules keep, and the reason."""
    rules = [rule for rule in _rules(policy) if rule.left]
    tags = [(set(wanted.split(",")), f"has tag {wanted}") for wanted in policy.keep_tags]
    since, within = _within_since(newest_first, policy, now), f"within {policy.keep_within}"
    last = len(newest_first) - 1
    for position, snapshot in enumerate(newest_first):
        recent = since is not None and snapshot.created > since
        if not (rules or tags or recent):
            return  # most rules are soon used up, and a history may be long
        for wanted, reason in tags:
            if wanted.issubset(snapshot.tags):
                yield position, reason
        if recent:
            yield position, within
        for reason in _by_rules(rules, snapshot, position, now=now, oldest=position == last):
            yield position, reason


def _by_rules(rules: list[_Rule], snapshot: _Dated, position: int, *, now: datetime, oldest: bool) -> list[str]:
    """Return the reasons to keep one snapshot, and take away the rules that it uses up."""
    if not rules:
        return []
    created = snapshot.created.astimezone(now.tzinfo)
    reasons = [reason for rule in rules if (reason := rule.keeps(created, position, oldest=oldest)) is not None]
    if reasons:
        rules[:] = [rule for rule in rules if rule.left]
    return reasons


def _within_since(newest_first: Sequence[_Dated], policy: RetentionPolicy, now: datetime) -> datetime | None:
    """The moment after which everything stays: counted from the newest snapshot that isn't from the future."""
    if not policy.keep_within:
        return None
    latest = next((snapshot.created for snapshot in newest_first if snapshot.created < now), None)
    if latest is None:
        return datetime.min.replace(tzinfo=UTC)
    return Duration.parse(policy.keep_within).before(latest.astimezone(now.tzinfo))


def _rules(policy: RetentionPolicy) -> tuple[_Rule, ...]:
    return (
        _Rule(policy.keep_last, lambda _, position: position, "last snapshot"),
        _Rule(policy.keep_hourly, lambda time, _: time.toordinal() * 24 + time.hour, "hourly snapshot"),
        _Rule(policy.keep_daily, lambda time, _: time.toordinal(), "daily snapshot"),
        _Rule(policy.keep_weekly, lambda time, _: _iso_week(time), "weekly snapshot"),
        _Rule(policy.keep_monthly, lambda time, _: time.year * 12 + time.month, "monthly snapshot"),
        _Rule(policy.keep_yearly, lambda time, _: time.year, "yearly snapshot"),
    )


def _iso_week(time: datetime) -> int:
    year, week, _ = time.isocalendar()
    return year * 100 + week
