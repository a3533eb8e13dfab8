"""What a policy means, in sentences for people.

Pure: a policy in, sentences out. Doesn't own what a policy does (engine.retention, schedule).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from rok_jupyter.engine.retention import SAFETY_DAYS, UNLIMITED
from rok_jupyter.models import Policy, RetentionPolicy, Schedule

HOUR = 60
DAY = 24 * HOUR
_PERIODS = (("hour", HOUR), ("day", DAY), ("week", 7 * DAY), ("month", 30.44 * DAY), ("year", 365.25 * DAY))
_UNITS = {"y": "year", "m": "month", "d": "day", "h": "hour"}
_EVERY = {HOUR: "every hour", DAY: "every day", 7 * DAY: "every week"}


def policy_words(policy: Policy) -> Iterator[str]:
    """Yield the sentences that say what a policy does."""
    yield _schedule(policy.schedule)
    retention = policy.retention
    if retention.empty:
        yield "Keeps every snapshot."
        return
    yield from _rules(retention)
    oldest = _oldest(retention, policy.schedule.every_minutes or DAY)
    if oldest:
        yield f"Everything older than about {oldest} is forgotten, pinned ones stay for ever."
    else:
        yield "Everything else is forgotten, pinned ones stay for ever."
    yield f"The newest snapshot always stays, and those from before a restore stay {SAFETY_DAYS} days."
    if not policy.schedule.every_minutes:
        yield "Nothing is forgotten by itself while the schedule is off."
    elif policy.schedule.prune:
        yield "What was forgotten is removed from the disk at once."


def simulation_words(policy: Policy, *, taken: int, days: int, kept: int) -> str:
    """Return the sentence that says what is left of a simulated schedule."""
    often = "" if policy.schedule.every_minutes else ", with one a day"
    span = "a year" if days >= 365 else counted(days, "day")
    left = "all" if kept == taken > 1 else f"{kept:,}"
    return f"After {span}{often}, {left} of at most {counted(taken, 'snapshot')} would be left."


def existing_words(*, kept: int, forgotten: int) -> str:
    """Return the sentence that says what becomes of the snapshots that there are."""
    if not forgotten:
        return f"All {kept:,} snapshots that there are would stay." if kept != 1 else "The one snapshot would stay."
    return f"Of the {kept + forgotten:,} snapshots that there are, {forgotten:,} would be forgotten."


def counted(number: int, noun: str) -> str:
    """Return a number with its noun, "1 day" or "2,000 days"."""
    return f"{number:,} {noun}" if number == 1 else f"{number:,} {noun}s"


def _schedule(schedule: Schedule) -> str:
    if not schedule.every_minutes:
        return "Takes no snapshots by itself."
    what = f"a snapshot of {_listed(schedule.volumes)}" if schedule.volumes else "a snapshot"
    return f"Takes {what} {_every(schedule.every_minutes)} while the server runs, where something has changed."


def _every(minutes: int) -> str:
    if minutes in _EVERY:
        return _EVERY[minutes]
    for noun, unit in (("week", 7 * DAY), ("day", DAY), ("hour", HOUR)):
        if minutes % unit == 0:
            return f"every {counted(minutes // unit, noun)}"
    return "every minute" if minutes == 1 else f"every {minutes:,} minutes"


def _rules(retention: RetentionPolicy) -> Iterator[str]:
    counts = {
        "": retention.keep_last,
        "hourly ": retention.keep_hourly,
        "daily ": retention.keep_daily,
        "weekly ": retention.keep_weekly,
        "monthly ": retention.keep_monthly,
        "yearly ": retention.keep_yearly,
    }
    for often, count in counts.items():
        if count == UNLIMITED:
            yield f"Keeps all {often}snapshots."
        elif count == 1:
            yield f"Keeps the last {often}snapshot."
        elif count:
            yield f"Keeps the last {count:,} {often}snapshots."
    if retention.keep_within:
        yield f"Keeps everything of the last {_listed(_parts(retention.keep_within))}."
    for tags in retention.keep_tags:
        named = [f'"{tag}"' for tag in tags.split(",")]
        yield f"Keeps what has the tag{'s' if len(named) > 1 else ''} {_listed(named)}."


def _oldest(retention: RetentionPolicy, every_minutes: int) -> str:
    """Return how far back the rules reach where a snapshot is taken each time; "" where that is without end."""
    counts = (
        retention.keep_hourly,
        retention.keep_daily,
        retention.keep_weekly,
        retention.keep_monthly,
        retention.keep_yearly,
    )
    if UNLIMITED in (retention.keep_last, *counts):
        return ""
    spans: list[tuple[float, str]] = [(retention.keep_last * every_minutes, "")]
    for (noun, minutes), count in zip(_PERIODS, counts, strict=True):
        sparse = every_minutes > minutes
        spans.append((count * max(minutes, every_minutes), "" if sparse else counted(count, noun)))
    if retention.keep_within:
        spans.append((_minutes(retention.keep_within), _listed(_parts(retention.keep_within))))
    longest, words = max(spans)
    return "" if not longest else words or _span(longest)


def _span(minutes: float) -> str:
    """Return a span in the largest unit of which there are at least two."""
    for noun, unit in reversed(_PERIODS):
        if minutes >= 2 * unit:
            return counted(round(minutes / unit), noun)
    return counted(round(minutes), "minute")


def _parts(duration: str) -> list[str]:
    return [counted(int(number), _UNITS[unit]) for number, unit in re.findall(r"(\d+)([ymdh])", duration)]


def _minutes(duration: str) -> float:
    units = dict(_PERIODS)
    return sum(int(number) * units[_UNITS[unit]] for number, unit in re.findall(r"(\d+)([ymdh])", duration))


def _listed(words: Sequence[str]) -> str:
    """Return "a", "a and b" or "a, b and c"."""
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"
