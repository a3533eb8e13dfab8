"""Verbs that keep snapshots few and sound: forget, prune, policy, check.

Owns the spelling of retention policies on a command line.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rok_jupyter.commands.completion import volume_names
from rok_jupyter.commands.grammar import Call, UsageError, Verb, completed_by
from rok_jupyter.commands.outcome import Outcome

if TYPE_CHECKING:
    from rok_jupyter.models import Policy, RetentionPolicy, Schedule

_COUNTS = ("last", "hourly", "daily", "weekly", "monthly", "yearly")


def _count(text: str) -> int:
    count = int(text)
    if count < 0:
        raise ValueError(text)
    return count


_count.__name__ = "number"


def _retention_arguments(parser: argparse.ArgumentParser) -> None:
    for period in _COUNTS:
        noun = "snapshots" if period == "last" else f"{period} snapshots"
        parser.add_argument(f"--keep-{period}", type=_count, metavar="N", help=f"keep the newest N {noun}")
    parser.add_argument("--keep-within", metavar="DURATION", help="keep what is newer, for example 1y5m7d2h")
    parser.add_argument("--keep-tag", action="append", metavar="TAG", help="keep what has this tag (repeat)")


def _retention(given: argparse.Namespace, base: RetentionPolicy) -> RetentionPolicy:
    """Return `base` with what the line says."""
    from msgspec.structs import replace

    said = {f"keep_{period}": getattr(given, f"keep_{period}") for period in _COUNTS}
    said["keep_within"] = given.keep_within
    said["keep_tags"] = tuple(given.keep_tag) if given.keep_tag is not None else None
    return replace(base, **{name: value for name, value in said.items() if value is not None})


def _forget_arguments(parser: argparse.ArgumentParser) -> None:
    _retention_arguments(parser)
    parser.add_argument("--dry-run", "-n", action="store_true", help="show what would be forgotten")
    parser.add_argument("--prune", action="store_true", help="prune afterwards")


def _forget(call: Call) -> Outcome:
    from rok_jupyter.models import RetentionPolicy

    given = call.arguments
    policy = _retention(given, RetentionPolicy())
    result = call.door.forget(
        None if policy.empty else policy, dry_run=given.dry_run, prune=given.prune, watch=call.watch
    )
    pending = result.removed and not given.dry_run and not given.prune
    return Outcome(value=result, notes=(f"Free their space: {call.program} prune",) if pending else ())


def _prune_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--dry-run", "-n", action="store_true", help="show what would be freed")


def _prune(call: Call) -> Outcome:
    return Outcome(value=call.door.prune(dry_run=call.arguments.dry_run, watch=call.watch))


def _check_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--read-data", action="store_true", help="read every byte, too")


def _check(call: Call) -> Outcome:
    return Outcome(value=call.door.check(read_data=call.arguments.read_data, watch=call.watch))


def _policy_show(call: Call) -> Outcome:
    return Outcome(value=call.door.policy())


def _policy_set_arguments(parser: argparse.ArgumentParser) -> None:
    _retention_arguments(parser)
    parser.add_argument("--keep-all", action="store_true", help="forget nothing: remove every other --keep first")
    parser.add_argument(
        "--every", type=_count, metavar="MINUTES", help="how often to snapshot while a server runs; 0: off"
    )
    completed_by(
        parser.add_argument("--volume", action="append", metavar="NAME", help="schedule only this volume (repeat)"),
        volume_names,
    )
    parser.add_argument(
        "--prune", action=argparse.BooleanOptionalAction, help="prune after a scheduled forget that removed something"
    )


def _policy_set(call: Call) -> Outcome:
    from msgspec.structs import replace

    from rok_jupyter.models import RetentionPolicy

    given = call.arguments
    current: Policy = call.door.policy()
    base = RetentionPolicy() if given.keep_all else current.retention
    wanted = replace(current, retention=_retention(given, base), schedule=_schedule(given, current.schedule))
    said = (given.every, given.volume, given.prune, given.keep_within, given.keep_tag)
    counts = (getattr(given, f"keep_{period}") for period in _COUNTS)
    if not given.keep_all and all(value is None for value in (*said, *counts)):
        raise UsageError("There is nothing to set.", f"For example: {call.program} policy set --keep-daily 7")
    return Outcome(value=call.door.set_policy(wanted))


def _schedule(given: argparse.Namespace, base: Schedule) -> Schedule:
    from msgspec.structs import replace

    said = {
        "every_minutes": given.every,
        "volumes": tuple(given.volume) if given.volume is not None else None,
        "prune": given.prune,
    }
    return replace(base, **{name: value for name, value in said.items() if value is not None})


_POLICY = (
    Verb(name="show", summary="show retention and schedule", run=_policy_show, examples=("rok policy show",)),
    Verb(
        name="set",
        summary="change retention and schedule; what isn't said stays",
        run=_policy_set,
        arguments=_policy_set_arguments,
        examples=("rok policy set --every 30 --keep-hourly 24 --keep-daily 7", "rok policy set --every 0"),
    ),
)

VERBS = (
    Verb(
        name="forget",
        summary="remove snapshots by a policy, or by the stored one",
        run=_forget,
        arguments=_forget_arguments,
        examples=("rok forget --keep-last 10 --keep-daily 7 --dry-run", "rok forget --prune"),
    ),
    Verb(
        name="prune",
        summary="free the space that no snapshot needs",
        run=_prune,
        arguments=_prune_arguments,
        examples=("rok prune --dry-run", "rok prune"),
    ),
    Verb(
        name="policy",
        summary="show or set retention and schedule",
        run=_policy_show,
        children=_POLICY,
        examples=("rok policy", "rok policy set --keep-last 20"),
    ),
    Verb(
        name="check",
        summary="look for damage in the repository",
        run=_check,
        arguments=_check_arguments,
        examples=("rok check", "rok check --read-data"),
    ),
)
