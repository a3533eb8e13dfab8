"""Policies: which snapshots stay, and when new ones are taken."""

from __future__ import annotations

from datetime import datetime

import msgspec


class RetentionPolicy(msgspec.Struct, frozen=True, kw_only=True):
    """Which snapshots a forget keeps. All zero or empty: nothing is ever forgotten. Source: restic's `forget`.

    `keep_within` is a duration as restic writes it ("1y5m7d2h"). Pinned snapshots stay for ever, safety ones 14 days.
    """

    keep_last: int = 0
    keep_hourly: int = 0
    keep_daily: int = 0
    keep_weekly: int = 0
    keep_monthly: int = 0
    keep_yearly: int = 0
    keep_within: str = ""
    keep_tags: tuple[str, ...] = ()

    @property
    def empty(self) -> bool:
        """Whether it names nothing to keep, which means: keep everything."""
        return self == RetentionPolicy()


class Schedule(msgspec.Struct, frozen=True, kw_only=True):
    """Snapshots every `every_minutes` while the server runs, only where something changed. 0 turns it off."""

    every_minutes: int = 0
    volumes: tuple[str, ...] = ()
    prune: bool = False
    """Prune after a scheduled forget removed something."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """Retention and schedule together, as `rok policy` shows them."""

    retention: RetentionPolicy = msgspec.field(default_factory=RetentionPolicy)
    schedule: Schedule = msgspec.field(default_factory=Schedule)


class ForgetDecision(msgspec.Struct, frozen=True, kw_only=True):
    """One snapshot's fate under a policy, and the rules that keep it ("last snapshot", "daily snapshot", "pinned")."""

    snapshot: str
    keep: bool
    reasons: tuple[str, ...] = ()


class KeptSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A simulated snapshot that a policy keeps, and the rules that keep it."""

    created: datetime
    reasons: tuple[str, ...]


class PolicyPreview(msgspec.Struct, frozen=True, kw_only=True):
    """What a policy would leave of a year of its schedule, ending now, and of the snapshots that there are.

    Where the schedule is off, one snapshot a day is assumed. A schedule of a few minutes is followed for less than a
    year: `days` says for how long.
    """

    taken: int
    days: int
    kept: tuple[KeptSnapshot, ...]
    """Newest first; of very many the newest thousand."""
    kept_count: int
    existing_kept: int
    existing_forgotten: int
    words: tuple[str, ...]
    """What it means, in sentences for people."""
