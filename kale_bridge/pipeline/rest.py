"""The rest of a pipeline: it runs from one step on, and what ran before gives again what it gave.

Owns which steps run again, and the small program that stands in for one that doesn't: it puts stored variables where
KFP expects the step's outputs. Doesn't own where they are stored (`stored_outputs`), nor running anything. Hooks are
put in before: a step that stands still has none.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from pathlib import Path

from kale_bridge.pipeline.document import Json, PipelineDocument
from kale_bridge.pipeline.steps import Step, find_steps, graph_of, needed_tasks, separated
from rok_jupyter.errors import ErrorKind, RokError

OUTPUT_SUFFIX = "_output_artifact"
_MARSHAL_DIRECTORY = "/tmp/marshal"  # noqa: S108  where Kale's own templates look
_EXECUTOR_WORD = "kfp.dsl.executor_main"
"""kfp.local runs what has this word in its command."""

NOT_RUN_AGAIN = "[rok] not run again"
"""How the line begins that a step says which stands still."""

_PROGRAM = """\
import sys
sys.path[:] = [place for place in sys.path if place]
import base64, json, os, shutil, sys
stored = json.loads(base64.b64decode(sys.argv[1]))
told = json.loads(sys.argv[sys.argv.index('--executor_input') + 1])
places = dict(zip(('gs://', 'minio://', 's3://'), ('/gcs/', '/minio/', '/s3/')))
artifacts = dict()
for name, listed in told.get('outputs', dict()).get('artifacts', dict()).items():
    artifact = listed['artifacts'][0]
    path = artifact['uri']
    for prefix, place in places.items():
        path = place + path[len(prefix):] if path.startswith(prefix) else path
    os.makedirs(os.path.dirname(path), exist_ok=True)
    metadata = dict()
    if name in stored:
        shutil.copyfile(stored[name]['path'], path)
        metadata['marshal_path'] = stored[name]['marshal_path']
    else:
        open(path, 'w').write('Not run again: ' + stored['']['why'])
    artifacts[name] = dict(artifacts=[dict(name=artifact.get('name', name), uri=artifact['uri'], metadata=metadata)])
os.makedirs(os.path.dirname(told['outputs']['outputFile']), exist_ok=True)
json.dump(dict(artifacts=artifacts), open(told['outputs']['outputFile'], 'w'))
print('[rok] not run again: its outputs are those of the snapshot')
"""


def from_step(
    document: PipelineDocument,
    step: str,
    outputs: Mapping[str, Mapping[str, Path]],
    *,
    why: str = "resumed",
    marshal: str = _MARSHAL_DIRECTORY,
) -> PipelineDocument:
    """Return the pipeline in which `step`, and what comes after it, runs; `outputs` are files by variable, by step.

    `marshal` is where Kale's code looks for variables.

    A step with stored outputs that isn't after `step` stands still; one without them runs again. Raises
    RokError(NOT_FOUND) for a step that the pipeline lacks, and RokError(FAILED_PRECONDITION) where nothing is stored
    of a step whose outputs are only partly there.
    """
    separate = separated(document)
    steps = find_steps(separate)
    first = next((each for each in steps if each.name == step), None)
    if first is None:
        names = ", ".join(each.name for each in steps)
        raise RokError(ErrorKind.NOT_FOUND, f"The pipeline has no step {step!r}.", f"Its steps are: {names}.")
    running = _after(separate, first)
    for each in steps:
        if each.path[0] not in running and each.name in outputs:
            _stand_still(separate, each, outputs[each.name], why=why, marshal=marshal)
    return separate


def steps_before(document: PipelineDocument, step: str) -> tuple[str, ...]:
    """Return the names of the steps that aren't `step` nor after it, and may stand still."""
    separate = separated(document)
    steps = find_steps(separate)
    first = next((each for each in steps if each.name == step), None)
    running = set() if first is None else _after(separate, first)
    return tuple(
        each.name
        for each in steps
        if each.path[0] not in running and not _gives_parameters(separate.components[each.component])
    )


def output_variables(document: PipelineDocument, step: str) -> tuple[str, ...]:
    """Return the variables that a step gives to others."""
    for each in find_steps(document):
        if each.name == step:
            return tuple(_outputs(document.components[each.component]))
    return ()


def _after(document: PipelineDocument, step: Step) -> set[str]:
    """Return the outermost tasks that run: the step's own, and all that wait for it."""
    tasks = graph_of(document, step.path[:1])
    found = {step.path[0]}
    while True:
        more = {key for key, task in tasks.items() if found & set(needed_tasks(task))} - found
        if not more:
            return found
        found |= more


def _outputs(component: Json) -> list[str]:
    artifacts = component.get("outputDefinitions", {}).get("artifacts", {})
    return [name.removesuffix(OUTPUT_SUFFIX) for name in artifacts if name.endswith(OUTPUT_SUFFIX)]


def _gives_parameters(component: Json) -> bool:
    return bool(component.get("outputDefinitions", {}).get("parameters"))


def _stand_still(document: PipelineDocument, step: Step, stored: Mapping[str, Path], *, why: str, marshal: str) -> None:
    """Have a step give what is stored, without running; one that also gives parameters runs, as those are not."""
    component = document.components[step.component]
    if _gives_parameters(component):
        return
    missing = [name for name in _outputs(component) if name not in stored]
    if missing:
        raise RokError(
            ErrorKind.FAILED_PRECONDITION,
            f"The snapshot lacks what step {step.name} gave: {', '.join(missing)}.",
            "Run the whole pipeline, or resume from an earlier step.",
        )
    told: dict[str, dict[str, str]] = {"": {"why": why}}
    for name in _outputs(component):
        place = f"{marshal}/{name}_artifact{stored[name].suffix}"
        told[name + OUTPUT_SUFFIX] = {"path": str(stored[name]), "marshal_path": place}
    word = base64.b64encode(json.dumps(told, sort_keys=True).encode()).decode("ascii")
    container = document.executors[step.executor]["container"]
    container["command"] = ["python3", "-c", _PROGRAM, word, _EXECUTOR_WORD]
    container["args"] = ["--executor_input", "{{$}}"]
