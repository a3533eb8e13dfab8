"""A task of a hook's own: it takes snapshots on a step's volumes, and runs nothing.

Owns what such a task consists of: task, component, executor, and what Kubernetes is told. Doesn't own where in the
graph it stands (`visible`, `final`).
"""

from __future__ import annotations

import copy
from collections.abc import Iterable, Mapping

import msgspec

from kale_bridge.hook_config import LINEAGE_ARTIFACT, HookConfig
from kale_bridge.pipeline import kubernetes
from kale_bridge.pipeline.artifacts import declare_lineage
from kale_bridge.pipeline.document import Json, PipelineDocument
from kale_bridge.pipeline.inside import hook_words, is_python_component
from kale_bridge.pipeline.steps import Step, free_name
from kale_bridge.step.parameters import STATUS

_PYTHON_IMAGE = "python:3.12"
_NOTHING = "kfp.dsl.executor_main is not run: this task takes snapshots"
"""KFP's local runner takes only tasks whose words name its executor."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """An artifact or a parameter that a hook's task gets: where from, and how its component defines it."""

    source: Json
    type: Json


class HookTask(msgspec.Struct, frozen=True, kw_only=True):
    """A task to be added: what it does, beside which step's environment, and when."""

    key: str
    config: HookConfig
    beside: Step
    """The step whose image, volumes and rights it has."""
    after: tuple[str, ...]
    watches: str = ""
    """The task whose end, good or bad, it waits for."""
    artifacts: Mapping[str, Given] = msgspec.field(default_factory=dict)
    parameters: Mapping[str, Given] = msgspec.field(default_factory=dict)
    mounts: tuple[Json, ...] | None = None
    """Its volumes; None: the step's."""


def add_task(document: PipelineDocument, tasks: Json, added: HookTask, bootstrap: str) -> str:
    """Put a hook's task into a graph and return its key."""
    key = free_name(added.key, tasks)
    component = free_name(f"comp-{key}", document.components)
    executor = free_name(f"exec-{key}", document.executors)
    document.components[component] = _component(added, executor)
    document.executors[executor] = {"container": _container(document, added, bootstrap)}
    _tell_kubernetes(document, added, executor)
    tasks[key] = _task(added, key, component)
    return key


def wait_for(task: Json, keys: Iterable[str]) -> None:
    """Have a task wait for others, too."""
    task["dependentTasks"] = sorted({*task.get("dependentTasks", ()), *keys})


def _component(added: HookTask, executor: str) -> Json:
    component: Json = {"executorLabel": executor}
    inputs: Json = {}
    if added.artifacts:
        inputs["artifacts"] = {name: {"artifactType": copy.deepcopy(got.type)} for name, got in added.artifacts.items()}
    parameters = {name: copy.deepcopy(got.type) for name, got in added.parameters.items()}
    if added.watches:
        parameters[STATUS] = {"isOptional": True, "parameterType": "TASK_FINAL_STATUS"}
    if parameters:
        inputs["parameters"] = parameters
    if inputs:
        component["inputDefinitions"] = inputs
    declare_lineage(component, LINEAGE_ARTIFACT)
    return component


def _container(document: PipelineDocument, added: HookTask, bootstrap: str) -> Json:
    theirs = document.executors[added.beside.executor]["container"]
    python = is_python_component(theirs.get("command", ()), theirs.get("args", ()))
    config = msgspec.structs.replace(added.config, hook="visible", artifact=LINEAGE_ARTIFACT)
    container: Json = {
        "image": theirs["image"] if python else _PYTHON_IMAGE,
        "command": hook_words(config, bootstrap),
        "args": ["--executor_input", "{{$}}", "--function_to_execute", _NOTHING],
    }
    if "env" in theirs:
        container["env"] = copy.deepcopy(theirs["env"])
    return container


def _tell_kubernetes(document: PipelineDocument, added: HookTask, executor: str) -> None:
    theirs = copy.deepcopy(document.kubernetes.get(added.beside.executor, {}))
    theirs.get("podMetadata", {}).get("annotations", {}).pop(kubernetes.ANNOTATION, None)
    if added.mounts is not None:
        theirs["pvcMount"] = copy.deepcopy(list(added.mounts))
    if theirs:
        kubernetes.platform_of(document, executor).update(theirs)


def _task(added: HookTask, key: str, component: str) -> Json:
    task: Json = {
        "cachingOptions": {},
        "componentRef": {"name": component},
        "taskInfo": {"name": key},
    }
    inputs: Json = {}
    if added.artifacts:
        inputs["artifacts"] = {name: copy.deepcopy(got.source) for name, got in added.artifacts.items()}
    parameters = {name: copy.deepcopy(got.source) for name, got in added.parameters.items()}
    if added.watches:
        parameters[STATUS] = {"taskFinalStatus": {"producerTask": added.watches}}
        task["triggerPolicy"] = {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
    if parameters:
        inputs["parameters"] = parameters
    if inputs:
        task["inputs"] = inputs
    if added.after:
        wait_for(task, added.after)
    return task
