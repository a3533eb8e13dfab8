"""A pipeline for this machine: no pip, no pods' volumes, directories of the run's own in the place of a pod's.

Owns what a compiled pipeline must lose, and get, before `kfp.local` can run it in a directory. Doesn't own running it
(`local_run`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from kale_bridge.hook_config import HookConfig
from kale_bridge.pipeline.document import Json, PipelineDocument
from kale_bridge.pipeline.final import FINAL_KEY
from kale_bridge.pipeline.hook_task import wait_for
from kale_bridge.pipeline.inside import hook_of, pip_words
from kale_bridge.pipeline.steps import find_steps
from rok_jupyter.models import Moment

_MARSHAL = "/tmp/marshal"  # noqa: S108  Kale's own, hard-coded in its templates
_ELSEWHERE = "pvcMount"


class LocalPlaces(msgspec.Struct, frozen=True, kw_only=True):
    """Absolute paths that take the place of what each pod has for itself."""

    home: str
    marshal: str
    """Where Kale keeps variables while a step runs."""


def without_volumes(document: PipelineDocument) -> PipelineDocument:
    """Return the pipeline as it is where no volume is mounted: the workspace's copy is all there is."""
    copied = document.copied()
    for platform in copied.kubernetes.values():
        platform.pop(_ELSEWHERE, None)
    return copied


def for_this_machine(
    document: PipelineDocument, places: LocalPlaces, around: Sequence[str], *, names: Mapping[str, str]
) -> PipelineDocument:
    """Return the pipeline with steps that run here; `around` is a command that runs each, after what it is and a name.

    Hooks must be in it already: they stand behind the prefix that goes. `names` are the steps' names by executor, as
    they were before; what is none of them is a task that takes a step's snapshots ("task", and that step's name), or
    the one of what it left, failing ("failed").
    """
    copied = document.copied()
    for step in find_steps(copied):
        container: Json = copied.executors[step.executor]["container"]
        hook = None if step.executor in names else hook_of(container)
        command = [str(word) for word in container["command"]]
        container["command"] = [
            *around,
            *(("step", names.get(step.executor, step.name)) if hook is None else (_kind(hook), hook.step)),
            "--",
            *(word.replace(_MARSHAL, places.marshal) for word in command[pip_words(command) :]),
        ]
        for variable in container.get("env", ()):
            if variable["name"] == "HOME":
                variable["value"] = places.home
    return copied


def _kind(hook: HookConfig) -> str:
    return "failed" if hook.moments == (Moment.FAILED,) else "task"


def one_after_another(document: PipelineDocument, names: Mapping[str, str]) -> PipelineDocument:
    """Return the pipeline whose steps, each with the tasks that take its snapshots, follow one another.

    So "after" is taken before the next step begins, as hooks inside the steps do; `names` as for `for_this_machine`.
    """
    copied = document.copied()
    tasks: Json = copied.spec["root"]["dag"]["tasks"]
    keys: dict[str, str] = {}
    hooks: dict[tuple[str, Moment], str] = {}
    finals: list[str] = []
    for step in find_steps(copied):
        hook = hook_of(copied.executors[step.executor]["container"])
        if step.executor in names:
            keys.setdefault(names[step.executor], step.path[0])
        elif step.path[0].startswith(FINAL_KEY):
            finals.append(step.path[0])
        elif hook is not None:
            hooks[hook.step, hook.moments[0]] = step.path[0]
    before = ""
    for name, key in keys.items():
        first, last = hooks.get((name, Moment.BEFORE), key), hooks.get((name, Moment.AFTER), key)
        if before:
            wait_for(tasks[first], [before])
        before = last
    for key in finals:
        wait_for(tasks[key], [before])
    return copied
