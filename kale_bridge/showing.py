"""How plans and what was made of them look to people: importing it teaches `render` these values.

Owns looks only.
"""

from __future__ import annotations

from kale_bridge.compiling import CompiledNotebook
from kale_bridge.hook_plan import FinalPlan, HookPlan, StepPlan
from kale_bridge.migrate.change import Migration
from kale_bridge.step.parameters import shown
from rok_jupyter.render import describe
from rok_jupyter.render.blocks import Block, Line, Table, Tone, amount

Blocks = tuple[Block, ...]

_SHORT_ID = 8
_PLACES = {"inside": "inside the step", "visible": "in tasks of their own"}


@describe.register
def _plan(plan: HookPlan, *, limit: int | None = None) -> Blocks:
    if not plan.hooked:
        off = "" if plan.settings.snapshots or plan.notes else ", as its setting `snapshots` is off"
        return (Line(f"{plan.pipeline}: no snapshots{off}; the pipeline stays as it is."), *_rows(plan, limit))
    steps = sum(1 for step in plan.steps if step.moments)
    title = f"{plan.pipeline}: snapshots around {steps} of {amount(len(plan.steps), 'step')}, "
    return (Line(title + f"{_PLACES[plan.settings.tasks]}.", Tone.STRONG), *_rows(plan, limit), *_policy(plan))


@describe.register
def _compiled(compiled: CompiledNotebook, *, limit: int | None = None) -> Blocks:
    return (*_plan(compiled.plan, limit=limit), *_rest(compiled), Line(f"written to {compiled.package}"))


def _rest(compiled: CompiledNotebook) -> Blocks:
    if compiled.rest is None:
        return ()
    still, snapshot = compiled.rest, compiled.rest.snapshot[:_SHORT_ID]
    if not still.steps:
        return (Line(f"All steps run: nothing is stored of those before {still.from_step} in the run of {snapshot}."),)
    which = f"{', '.join(still.steps)} give what they gave in the run of {snapshot}"
    given = shown(still.parameters)
    return (
        Line(f"Runs from {still.from_step} on; {which}."),
        *((Line(f"Where a run is given no others, the parameters are that run's: {given}."),) if given else ()),
        Line(f"Keep until it has run: {still.directory}"),
    )


def _rows(plan: HookPlan, limit: int | None) -> Blocks:
    rows = [*map(_step_row, plan.steps), *map(_final_row, plan.finals)]
    return (Table(columns=("step", "snapshots", "volumes", "why"), rows=tuple(rows[:limit])),) if rows else ()


def _step_row(step: StepPlan) -> tuple[str, ...]:
    moments = ", ".join(moment.value for moment in step.moments) or "none"
    return (step.step, moments, ", ".join(step.volumes), step.reason)


def _final_row(final: FinalPlan) -> tuple[str, ...]:
    title = f"after all steps: {final.name}" if final.name else "after all steps"
    return ("", title, ", ".join(final.volumes) or "all", final.reason)


def _policy(plan: HookPlan) -> Blocks:
    settings = plan.settings
    where = f"by the server at {settings.server_url}" if settings.server_url else "where each step runs"
    then = "fails its step" if settings.on_error == "fail" else "is a warning in its step's log"
    taken = Line(f"Taken {where}, in {settings.seconds:g} s at most; one that can't be taken {then}.")
    if settings.server_url or any(step.volumes for step in plan.steps):
        return (taken,)
    return (
        taken,
        Line("The steps mount no volume: on a cluster they have nothing to snapshot. Local runs need none."),
    )


@describe.register
def _migration(migration: Migration, *, limit: int | None = None) -> Blocks:
    if not migration.changes:
        return (Line(f"{migration.notebook}: nothing is of Kale 0.7; it stays as it is."),)
    rows = tuple((each.what, each.before, each.after, each.note) for each in migration.changes)
    left = tuple(each for each in migration.changes if each.attention)
    blocks: Blocks = (Table(columns=("what", "before", "after", "why"), rows=rows[:limit]),)
    if left:
        blocks += (Line(f"For you to look at: {', '.join(each.what for each in left)}.", Tone.WARNING),)
    if migration.original:
        blocks += (Line(f"{migration.notebook} is for Kale 2.3 now; as it was: {migration.original}"),)
    return blocks
