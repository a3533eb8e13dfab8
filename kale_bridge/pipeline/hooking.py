"""A plan put into a pipeline: hooks into its steps, or beside them, and a final snapshot behind them.

Owns the order of it. `plan_pipeline` looks, `hook_pipeline` does what the plan says, and nothing where it says nothing.
"""

from __future__ import annotations

from collections.abc import Iterable

from kale_bridge.hook_config import HookConfig
from kale_bridge.hook_plan import HookPlan, NamedVolume, StepPlan, plan_finals, plan_step
from kale_bridge.pipeline import kubernetes
from kale_bridge.pipeline.artifacts import declare_lineage, lineage_name
from kale_bridge.pipeline.document import Json, PipelineDocument
from kale_bridge.pipeline.inside import can_be_hooked, has_hook, hook_container
from kale_bridge.pipeline.steps import Step, find_steps, graph_of, leaves, separated
from kale_bridge.settings import HookSettings


def is_hooked(document: PipelineDocument) -> bool:
    """Return whether a pipeline has hooks."""
    return any(has_hook(executor.get("container", {})) for executor in document.executors.values())


def plan_pipeline(
    document: PipelineDocument, settings: HookSettings, *, notebook: str = "", named: Iterable[NamedVolume] = ()
) -> HookPlan:
    """Return what will be done with a pipeline."""
    steps = find_steps(document)
    return HookPlan(
        pipeline=document.name,
        notebook=notebook,
        settings=settings,
        steps=tuple(_plan(document, step, settings) for step in steps),
        finals=plan_finals(len(leaves(graph_of(document, ("",)))), named, settings),
    )


def hook_pipeline(document: PipelineDocument, plan: HookPlan, *, bootstrap: str) -> PipelineDocument:
    """Return the pipeline with the plan's hooks; `bootstrap` is the program that each hook starts with."""
    if not plan.hooked:
        return document
    hooked = separated(document)
    for step, planned in zip(find_steps(hooked), plan.steps, strict=True):
        if planned.moments:
            _hook_inside(hooked, step, planned, plan, bootstrap)
    return hooked


def _plan(document: PipelineDocument, step: Step, settings: HookSettings) -> StepPlan:
    planned = plan_step(step.name, step.wish, settings, volumes=step.volumes)
    if planned.moments and not can_be_hooked(document.executors[step.executor]["container"]):
        reason = "its image's own entrypoint runs, before which nothing can be put"
        return StepPlan(step=step.name, reason=reason, volumes=step.volumes)
    return planned


def _hook_inside(document: PipelineDocument, step: Step, planned: StepPlan, plan: HookPlan, bootstrap: str) -> None:
    component = document.components[step.component]
    artifact = lineage_name(component)
    config = _config(step, planned, plan, artifact=artifact)
    container = document.executors[step.executor]["container"]
    hook_container(container, config, bootstrap)
    if artifact:
        declare_lineage(component, artifact)
    tell_server(document, step.executor, container, plan.settings)


def _config(step: Step, planned: StepPlan, plan: HookPlan, *, artifact: str) -> HookConfig:
    settings = plan.settings
    return HookConfig(
        pipeline=plan.pipeline,
        step=step.name,
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
        artifact=artifact,
        looped=step.looped,
    )


def tell_server(document: PipelineDocument, executor: str, container: Json, settings: HookSettings) -> None:
    """Let a hook know the notebook server, where the settings name one."""
    if settings.server_url:
        environment = container.setdefault("env", [])
        environment.append({"name": "ROK_SERVER_URL", "value": settings.server_url})
    if settings.server_secret:
        kubernetes.add_token(kubernetes.platform_of(document, executor), settings.server_secret)
