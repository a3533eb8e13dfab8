"""The steps of a compiled pipeline: every task that runs a container, wherever in the graph it lies.

Owns finding them, their names, and giving each one a component and an executor of its own. Doesn't own what becomes of
them (`hook_plan` decides, `inside` and `visible` do it).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

import msgspec

from kale_bridge.pipeline import kubernetes
from kale_bridge.pipeline.document import Json, PipelineDocument
from kale_bridge.pipeline.parameters import task_defaults

_KALE_CODE = "from kale.common.jputils import run_code as _kale_run_code"
_KALE_FUNCTION = "_step"
_REQUIREMENT = re.compile(r"'([^']+)'")


class Step(msgspec.Struct, frozen=True, kw_only=True):
    """One task that runs a container."""

    name: str
    """As the notebook calls it, where Kale made the pipeline; else the task's name, after those of graphs around it."""
    path: tuple[str, ...]
    """The task's key, after those of the tasks whose graphs lie around it."""
    component: str
    executor: str
    image: str
    wish: str
    """What its annotation `rok.dev/snapshot` says; empty where it has none."""
    looped: bool
    """Whether a run may run it more than once."""
    packages: tuple[str, ...] = ()
    parameters: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Values that are known before a run."""
    defaults: Mapping[str, str] = msgspec.field(default_factory=dict)
    """What it is given, as JSON, of the pipeline's parameters where a run is given no others."""
    volumes: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Mount path by the volume's name."""


class _Place(msgspec.Struct, frozen=True):
    """A task in its graph."""

    path: tuple[str, ...]
    task: Json
    looped: bool


def separated(document: PipelineDocument) -> PipelineDocument:
    """Return the pipeline with a component and an executor for each task, so that each can be changed by itself."""
    copied = document.copied()
    seen: set[str] = set()
    for place in _places(copied):
        reference = place.task["componentRef"]
        if reference["name"] in seen:
            reference["name"] = _copy_component(copied, reference["name"])
        seen.add(reference["name"])
    return copied


def find_steps(document: PipelineDocument) -> tuple[Step, ...]:
    """Return the steps in the order in which the graph can run."""
    places = [place for place in _places(document) if _container(document, place.task) is not None]
    short = [_own_name(document, place) for place in places]
    return tuple(
        _step(document, place, name if short.count(name) == 1 else "/".join((*place.path[:-1], name)))
        for place, name in zip(places, short, strict=True)
    )


def graph_of(document: PipelineDocument, path: tuple[str, ...]) -> Json:
    """Return the tasks of the graph in which a task lies, by key."""
    tasks: Json = document.spec["root"]["dag"]["tasks"]
    for key in path[:-1]:
        component: Json = document.components[tasks[key]["componentRef"]["name"]]
        tasks = component["dag"]["tasks"]
    return tasks


def needed_tasks(task: Json) -> tuple[str, ...]:
    """Return the keys of the tasks that must be done before one may start."""
    keys = list(task.get("dependentTasks", ()))
    for kind, source in (("parameters", "taskOutputParameter"), ("artifacts", "taskOutputArtifact")):
        for value in task.get("inputs", {}).get(kind, {}).values():
            if source in value:
                keys.append(value[source]["producerTask"])
            if "taskFinalStatus" in value:
                keys.append(value["taskFinalStatus"]["producerTask"])
    return tuple(dict.fromkeys(keys))


def leaves(tasks: Json) -> tuple[str, ...]:
    """Return the keys of the tasks in which a graph ends: none waits for them, and they run in any case."""
    certain = {key: task for key, task in tasks.items() if "triggerPolicy" not in task}
    waited = {key for task in certain.values() for key in needed_tasks(task)}
    return tuple(key for key in _in_order(tasks) if key in certain and key not in waited)


def _places(document: PipelineDocument) -> Iterator[_Place]:
    yield from _places_below(document, document.spec["root"]["dag"], (), looped=False)


def _places_below(document: PipelineDocument, dag: Json, path: tuple[str, ...], *, looped: bool) -> Iterator[_Place]:
    for key in _in_order(dag["tasks"]):
        task = dag["tasks"][key]
        again = looped or "parameterIterator" in task or "artifactIterator" in task
        yield _Place((*path, key), task, again)
        component = document.components.get(task["componentRef"]["name"], {})
        if "dag" in component:
            yield from _places_below(document, component["dag"], (*path, key), looped=again)


def _in_order(tasks: Json) -> list[str]:
    """Return a graph's keys, those that others wait for first."""
    order: dict[str, None] = {}

    def add(key: str, above: frozenset[str]) -> None:
        for needed in needed_tasks(tasks[key]):
            if needed in tasks and needed not in order and needed not in above:
                add(needed, above | {key})
        order.setdefault(key)

    for key in tasks:
        add(key, frozenset())
    return list(order)


def _container(document: PipelineDocument, task: Json) -> Json | None:
    component = document.components.get(task["componentRef"]["name"], {})
    executor = document.executors.get(component.get("executorLabel", ""), {})
    container = executor.get("container")
    return container if isinstance(container, dict) else None


def _own_name(document: PipelineDocument, place: _Place) -> str:
    """Return Kale's name of the step, or the task's key."""
    container = _container(document, place.task) or {}
    words = [*container.get("command", ()), *container.get("args", ())]
    if any(_KALE_CODE in word for word in words) and "--function_to_execute" in words[:-1]:
        function = str(words[words.index("--function_to_execute") + 1])
        if function.endswith(_KALE_FUNCTION):
            return function.removesuffix(_KALE_FUNCTION)
    return place.path[-1]


def _step(document: PipelineDocument, place: _Place, name: str) -> Step:
    component = place.task["componentRef"]["name"]
    executor = document.components[component]["executorLabel"]
    container = document.executors[executor]["container"]
    platform = document.kubernetes.get(executor, {})
    return Step(
        name=name,
        path=place.path,
        component=component,
        executor=executor,
        image=str(container.get("image", "")),
        wish=kubernetes.annotation(platform),
        looped=place.looped,
        packages=_packages(container),
        parameters=_constants(place.task),
        defaults=task_defaults(document, place.task) if len(place.path) == 1 else {},
        volumes=kubernetes.volumes(platform),
    )


def _packages(container: Json) -> tuple[str, ...]:
    """Return what KFP's own prefix lets pip install."""
    for word in container.get("command", ()):
        if "pip install" in word:
            return tuple(_REQUIREMENT.findall(word.split("pip install", 1)[1]))
    return ()


def _constants(task: Json) -> Mapping[str, str]:
    parameters = task.get("inputs", {}).get("parameters", {})
    return {
        name: str(value["runtimeValue"]["constant"])
        for name, value in sorted(parameters.items())
        if "constant" in value.get("runtimeValue", {})
    }


def _copy_component(document: PipelineDocument, name: str) -> str:
    """Give a component a twin of another name, its executor with it; return the twin's name."""
    source = document.copied()
    twin = free_name(name, document.components)
    component = source.components[name]
    document.components[twin] = component
    label = component.get("executorLabel")
    if label is not None and label in source.executors:
        component["executorLabel"] = free_name(label, document.executors)
        document.executors[component["executorLabel"]] = source.executors[label]
        if label in source.kubernetes:
            document.kubernetes[component["executorLabel"]] = source.kubernetes[label]
    return twin


def free_name(name: str, taken: Json) -> str:
    """Return a name that isn't taken: this one, or it with a number."""
    number, free = 1, name
    while free in taken:
        number += 1
        free = f"{name}-{number}"
    return free
