"""What will be done with each step of a pipeline, before it is done: a value that commands, REST and the panel show.

Owns deciding it, from the settings and each step's own wish. Doesn't own the doing (`pipeline.hooking`).
"""

from __future__ import annotations

import itertools
from collections.abc import Container, Iterable, Mapping, Sequence

import msgspec

from rok_jupyter.models import FinalPlan, HookPlan, HookSettings, Moment, StepPlan

__all__ = [
    "FINAL_STEP",
    "FinalPlan",
    "HookPlan",
    "NamedVolume",
    "NotebookFacts",
    "StepPlan",
    "final_step",
    "plan_finals",
    "plan_step",
]

FINAL_STEP = "final"
"""The name of the step that a final snapshot is, where no step of the pipeline has it."""

_BY_WISH: Mapping[str, tuple[Moment, ...]] = {
    "off": (),
    "before": (Moment.BEFORE,),
    "after": (Moment.AFTER, Moment.FAILED),
}


class NamedVolume(msgspec.Struct, frozen=True):
    """A volume for which the notebook asks a snapshot at the end (`snapshot`, `snapshot_name`)."""

    volume: str
    name: str


class NotebookFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What a compiled pipeline doesn't say of the notebook that it was made of."""

    notebook: str = ""
    """Its path, as the user named it."""
    named: tuple[NamedVolume, ...] = ()
    wishes: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Each step's own wish, by step."""


def plan_step(step: str, wish: str, settings: HookSettings, *, volumes: Mapping[str, str] | None = None) -> StepPlan:
    """Return what will be done with a step that has its own wish (its annotation's value; empty: none)."""
    planned = StepPlan(step=step, volumes=volumes or {}, tasks=settings.tasks)
    if not settings.snapshots:
        return planned
    own = wish.strip().lower()
    if own in _BY_WISH:
        return msgspec.structs.replace(planned, moments=_BY_WISH[own], reason=f"rok.dev/snapshot is {own}")
    unknown = f"rok.dev/snapshot is {wish!r}, which is none of on, off, before, after" if own not in ("", "on") else ""
    return msgspec.structs.replace(planned, moments=settings.moments, reason=unknown)


def plan_finals(
    ends: int, named: Iterable[NamedVolume], settings: HookSettings, *, steps: Iterable[str]
) -> tuple[FinalPlan, ...]:
    """Return the snapshots after all steps of a pipeline that ends in so many; none is named as one of `steps` is."""
    if not settings.snapshots:
        return ()
    finals = [_asked(name, volumes) for name, volumes in _by_name(named).items()]
    if ends > 1:
        finals.insert(0, FinalPlan(step=FINAL_STEP, reason=f"the pipeline ends in {ends} steps"))
    names, taken = [], set(steps)
    for final in finals:
        names.append(final_step(taken, final.step))
        taken.add(names[-1])
    return tuple(msgspec.structs.replace(final, step=name) for final, name in zip(finals, names, strict=True))


def final_step(steps: Container[str], name: str = FINAL_STEP) -> str:
    """Return the name of a final snapshot's step, which none of `steps` has."""
    numbered = (f"{name}-{number}" for number in itertools.count(2))
    return next(free for free in itertools.chain([name], numbered) if free not in steps)


def _by_name(named: Iterable[NamedVolume]) -> Mapping[str, Sequence[str]]:
    groups: dict[str, list[str]] = {}
    for volume in named:
        groups.setdefault(volume.name, []).append(volume.volume)
    return groups


def _asked(name: str, volumes: Sequence[str]) -> FinalPlan:
    which = ", ".join(volumes)
    return FinalPlan(
        step=f"{FINAL_STEP}-{name or which}",
        name=name,
        volumes=tuple(volumes),
        reason=f"the notebook asks for a snapshot of {which}",
    )
