"""What a policy would do, before it is set: to a year of its schedule, and to the snapshots that there are.

Owns the simulation. Changes nothing. The rules are the very ones that a forget goes by (engine.retention), so that a
preview and what comes of it can't differ.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import islice

from rok_jupyter.engine.retention import kept_times
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import KeptSnapshot, Policy, PolicyPreview, RetentionPolicy
from rok_jupyter.service.forgetting import Forgetting
from rok_jupyter.service.policy import check_policy
from rok_jupyter.service.policy_words import DAY, existing_words, policy_words, simulation_words

_DAYS = 365
_MOST_TAKEN = 60_000
_MOST_SHOWN = 1_000


def preview(policy: Policy, forgetting: Forgetting, now: datetime) -> PolicyPreview:
    """Say what a policy would do; `now` is aware, and hours and days are counted in its zone. INVALID_ARGUMENT."""
    check_policy(policy)
    every = policy.schedule.every_minutes or DAY
    times = simulated_times(every, now)
    kept = kept_times(times, policy.retention, now)
    days = max(1, round(len(times) * every / DAY))
    existing_kept, existing_forgotten = _existing(policy.retention, forgetting)
    words = [
        *policy_words(policy),
        simulation_words(policy, taken=len(times), days=min(days, _DAYS), kept=len(kept)),
    ]
    if existing_kept + existing_forgotten:
        words.append(existing_words(kept=existing_kept, forgotten=existing_forgotten))
    return PolicyPreview(
        taken=len(times),
        days=min(days, _DAYS),
        kept=tuple(
            KeptSnapshot(created=times[place], reasons=reasons) for place, reasons in islice(kept.items(), _MOST_SHOWN)
        ),
        kept_count=len(kept),
        existing_kept=existing_kept,
        existing_forgotten=existing_forgotten,
        words=tuple(words),
    )


def simulated_times(every_minutes: int, now: datetime) -> list[datetime]:
    """Return when a schedule would have taken snapshots in the year until now, newest first; the newest of many."""
    count = max(1, min(_DAYS * DAY // every_minutes, _MOST_TAKEN))
    newest = now.astimezone(UTC)
    return [newest - number * timedelta(minutes=every_minutes) for number in range(count)]


def _existing(retention: RetentionPolicy, forgetting: Forgetting) -> tuple[int, int]:
    """Return how many of this owner's snapshots stay, and how many would go; none of either without a repository."""
    try:
        decisions = forgetting.decide(retention)
    except RokError as error:
        if error.kind is not ErrorKind.FAILED_PRECONDITION:
            raise
        return 0, 0
    kept = sum(decision.keep for decision in decisions)
    return kept, len(decisions) - kept
