"""A pipeline for this machine: no pip, no pods' volumes, directories of the run's own in the place of a pod's.

Owns what a compiled pipeline must lose, and get, before `kfp.local` can run it in a directory. Doesn't own running it
(`local_run`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from kale_bridge.pipeline.document import Json, PipelineDocument
from kale_bridge.pipeline.inside import pip_words
from kale_bridge.pipeline.steps import find_steps

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
    """Return the pipeline with steps that run here; `around` is a command that runs each, after the step's name.

    Hooks must be in it already: they stand behind the prefix that goes. `names` are the steps' names by executor, as
    they were before.
    """
    copied = document.copied()
    for step in find_steps(copied):
        container: Json = copied.executors[step.executor]["container"]
        command = [str(word) for word in container["command"]]
        container["command"] = [
            *around,
            names.get(step.executor, step.name),
            "--",
            *(word.replace(_MARSHAL, places.marshal) for word in command[pip_words(command) :]),
        ]
        for variable in container.get("env", ()):
            if variable["name"] == "HOME":
                variable["value"] = places.home
    return copied
