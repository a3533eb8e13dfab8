"""A plan put into a pipeline: hooks into its steps, or beside them, and a final snapshot behind them.

Owns the order of it. `plan_pipeline` looks, `hook_pipeline` does what the plan says, and nothing where it says nothing.
"""

from __future__ import annotations

import msgspec

from kale_bridge.hook_config import HookConfig
from kale_bridge.hook_plan import HookPlan, NotebookFacts, StepPlan, plan_finals, plan_step
from kale_bridge.pipeline import kubernetes
from kale_bridge.pipeline.document import PipelineDocument
from kale_bridge.pipeline.final import add_final
from kale_bridge.pipeline.inside import can_be_hooked, has_hook, hook_inside
from kale_bridge.pipeline.steps import Step, find_steps, leaves, separated
from kale_bridge.pipeline.visible import can_be_seen, hook_beside
from kale_bridge.settings import HookSettings

_NOTHING = NotebookFacts()
_INNER = "KFP tells how a step ended in the outermost graph only"
_ENTRYPOINT = "its image's own entrypoint runs, which can't be wrapped"


def is_hooked(document: PipelineDocument) -> bool:
    """Return whether a pipeline has hooks."""
    return any(has_hook(executor.get("container", {})) for executor in document.executors.values())


def plan_pipeline(document: PipelineDocument, settings: HookSettings, facts: NotebookFacts = _NOTHING) -> HookPlan:
    """Return what will be done with a pipeline."""
    steps = find_steps(document)
    names = [step.name for step in steps]
    return HookPlan(
        pipeline=document.name,
        notebook=facts.notebook,
        settings=settings,
        steps=tuple(_plan(document, step, facts.wishes.get(step.name) or step.wish, settings) for step in steps),
        finals=plan_finals(len(_ends(document)), facts.named, settings, steps=names) if steps else (),
    )


def hook_pipeline(document: PipelineDocument, plan: HookPlan, *, bootstrap: str) -> PipelineDocument:
    """Return the pipeline with the plan's hooks; `bootstrap` is the program that each hook starts with."""
    if not plan.hooked:
        return document
    hooked = separated(document)
    steps, ends = find_steps(hooked), _ends(hooked)
    for step, planned in zip(steps, plan.steps, strict=True):
        if planned.moments or plan.finals:
            tell_server(hooked, step.executor, plan.settings)
        if planned.moments:
            hook = hook_beside if planned.tasks == "visible" else hook_inside
            hook(hooked, step, _config(step, planned, plan), bootstrap)
    for final in plan.finals:
        config = _config(steps[-1], StepPlan(step=final.step), plan)
        add_final(hooked, final, config=config, steps=steps, ends=ends, bootstrap=bootstrap)
    return hooked


def _ends(document: PipelineDocument) -> tuple[str, ...]:
    return leaves(document.spec["root"]["dag"]["tasks"])


def _plan(document: PipelineDocument, step: Step, wish: str, settings: HookSettings) -> StepPlan:
    """Return what will be done with a step: what is asked for, as far as it can be."""
    planned = plan_step(step.name, wish, settings, volumes=step.volumes)
    if not planned.moments:
        return planned
    inside, seen = can_be_hooked(document.executors[step.executor]["container"]), can_be_seen(document, step)
    if planned.tasks == "visible" and not seen and inside:
        return _changed(planned, f"inside the step, as {_INNER}", tasks="inside")
    if planned.tasks == "inside" and not inside:
        if seen:
            return _changed(planned, f"in tasks of their own, as {_ENTRYPOINT}", tasks="visible")
        return _changed(planned, f"{_ENTRYPOINT}, and {_INNER}", moments=())
    return planned


def _changed(planned: StepPlan, reason: str, **changes: object) -> StepPlan:
    both = "; ".join(part for part in (planned.reason, reason) if part)
    return msgspec.structs.replace(planned, reason=both, **changes)


def _config(step: Step, planned: StepPlan, plan: HookPlan) -> HookConfig:
    settings = plan.settings
    return HookConfig(
        pipeline=plan.pipeline,
        step=planned.step,
        moments=planned.moments,
        on_error=settings.on_error,
        seconds=settings.seconds,
        volumes=step.volumes,
        only=settings.volumes,
        variables=settings.variables,
        notebook=plan.notebook,
        image=step.image,
        packages=step.packages,
        parameters=step.parameters,
        defaults=step.defaults,
        looped=step.looped,
    )


def tell_server(document: PipelineDocument, executor: str, settings: HookSettings) -> None:
    """Let a hook know the notebook server, where the settings name one."""
    if settings.server_url:
        environment = document.executors[executor]["container"].setdefault("env", [])
        environment.append({"name": "ROK_SERVER_URL", "value": settings.server_url})
    if settings.server_secret:
        kubernetes.add_token(kubernetes.platform_of(document, executor), settings.server_secret)
