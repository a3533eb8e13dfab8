"""What became of a local run: a value for JSON, and how people see it.

Owns both. Doesn't own what is said while it runs (`watching`).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from rok_jupyter.render import describe
from rok_jupyter.render.blocks import Block, Line, Table, Tone, duration

StepStatus = Literal["succeeded", "failed", "not run", "not run again"]
_SHORT_ID = 8


class StepSnapshot(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot that a step's hook took."""

    moment: str
    id: str


class StepRun(msgspec.Struct, frozen=True, kw_only=True):
    """One step of a run; `seconds` is None where it didn't run."""

    step: str
    status: StepStatus
    seconds: float | None = None
    snapshots: tuple[StepSnapshot, ...] = ()


class LocalRun(msgspec.Struct, frozen=True, kw_only=True):
    """A run that ended. `sound` is False where a step failed, `output` is then what that step printed last."""

    pipeline: str
    run: str
    notebook: str
    status: Literal["succeeded", "failed"]
    seconds: float
    steps: tuple[StepRun, ...]
    failed_step: str | None = None
    output: tuple[str, ...] = ()
    kept: str | None = None
    """Where the run's copy of the workspace is, if it was kept."""
    final: str | None = None
    """The snapshot after all steps, where the pipeline ends in several."""
    notes: tuple[str, ...] = ()
    """What there was to know about the run; said when it began."""

    @property
    def sound(self) -> bool:
        """Whether every step succeeded."""
        return self.status == "succeeded"


@describe.register
def _local_run(result: LocalRun, *, limit: int | None = None) -> tuple[Block, ...]:
    rows = tuple(_row(step) for step in result.steps)
    table = Table(("step", "", "time", "before", "after"), rows, numbers=frozenset({2}))
    ended = f"Run {result.run} of {result.pipeline} {result.status} in {duration(result.seconds)}."
    tone = Tone.PLAIN if result.sound else Tone.WARNING
    kept = () if result.kept is None else (Line(f"The run's workspace is in {result.kept}."),)
    final = () if result.final is None else (Line(f"After all steps: snapshot {result.final[:_SHORT_ID]}."),)
    return (table, *final, Line(ended, tone), *kept)


def _row(step: StepRun) -> tuple[str, ...]:
    by_moment = {snapshot.moment: snapshot.id[:_SHORT_ID] for snapshot in step.snapshots}
    after = by_moment.get("after") or by_moment.get("failed", "")
    seconds = "" if step.seconds is None else f"{step.seconds:.1f} s"
    return step.step, step.status, seconds, by_moment.get("before", ""), after
