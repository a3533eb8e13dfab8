"""The final snapshot: a task behind all steps, where the pipeline ends in several, or where a volume asks for one.

Owns what it waits for, and what it mounts.
"""

from __future__ import annotations

import msgspec

from kale_bridge.hook_config import HookConfig
from kale_bridge.hook_plan import FinalPlan
from kale_bridge.pipeline import kubernetes
from kale_bridge.pipeline.document import Json, PipelineDocument
from kale_bridge.pipeline.hook_task import HookTask, add_task
from kale_bridge.pipeline.inside import is_python_component
from kale_bridge.pipeline.steps import Step
from rok_jupyter.models import Moment

FINAL_KEY = "rok-final"
"""How the keys of these tasks begin."""


def add_final(
    document: PipelineDocument,
    planned: FinalPlan,
    *,
    config: HookConfig,
    steps: tuple[Step, ...],
    ends: tuple[str, ...],
    bootstrap: str,
) -> None:
    """Add a final snapshot after the tasks in which the pipeline ends; it mounts what any of the steps mounts."""
    tasks: Json = document.spec["root"]["dag"]["tasks"]
    told = msgspec.structs.replace(
        config,
        step=planned.step,
        moments=(Moment.AFTER,),
        volumes={name: path for step in steps for name, path in step.volumes.items()},
        only=planned.volumes or config.only,
        variables=False,
        message=planned.name,
    )
    host, mounts = _host(document, steps), _mounts(document, steps)
    add_task(document, tasks, HookTask(key=FINAL_KEY, config=told, beside=host, after=ends, mounts=mounts), bootstrap)


def _host(document: PipelineDocument, steps: tuple[Step, ...]) -> Step:
    """Return the step whose image it uses: the last that has a Python."""
    for step in reversed(steps):
        container = document.executors[step.executor]["container"]
        if is_python_component(container.get("command", ()), container.get("args", ())):
            return step
    return steps[-1]


def _mounts(document: PipelineDocument, steps: tuple[Step, ...]) -> tuple[Json, ...]:
    """Return every mount of the steps whose claim is known before a run, one for each place."""
    found: dict[str, Json] = {}
    for step in steps:
        for mount in document.kubernetes.get(step.executor, {}).get("pvcMount", ()):
            if kubernetes.is_constant(mount):
                found.setdefault(mount.get("mountPath", ""), mount)
    return tuple(mount for _, mount in sorted(found.items()))
