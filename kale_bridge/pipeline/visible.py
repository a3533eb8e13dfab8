"""Hooks as visible tasks: `rok-before-STEP`, `rok-after-STEP` and `rok-failed-STEP` beside each step in the graph.

Owns how they are tied in: nothing that waits for the step goes on before its "after" is taken, and "failed" waits for
the step's end, good or bad. Kale's variables reach them as the artifacts that the step gets and gives, and the
pipeline's parameters as they reach the step.
"""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from kale_bridge.hook_config import HookConfig
from kale_bridge.pipeline.document import Json, PipelineDocument
from kale_bridge.pipeline.hook_task import Given, HookTask, add_task, wait_for
from kale_bridge.pipeline.steps import Step, graph_of, needed_tasks
from rok_jupyter.models import Moment

_INPUT, _OUTPUT = "_input_artifact", "_output_artifact"
"""Kale's names of the artifacts that carry variables."""


def can_be_seen(document: PipelineDocument, step: Step) -> bool:
    """Return whether tasks can stand beside a step: KFP shows the end of a task of the outermost graph only."""
    return len(step.path) == 1 and "triggerPolicy" not in graph_of(document, step.path)[step.path[-1]]


def hook_beside(document: PipelineDocument, step: Step, config: HookConfig, bootstrap: str) -> None:
    """Put a task beside the step for each of the configuration's moments."""
    tasks = graph_of(document, step.path)
    key = step.path[-1]
    given = _variables(document, step, tasks[key], _INPUT, tasks[key].get("inputs", {}).get("artifacts", {}))
    parameters = _parameters(document, step, tasks[key])
    made = _variables(document, step, tasks[key], _OUTPUT, _outputs(document, step, key))
    waiting = [name for name, task in tasks.items() if key in needed_tasks(task)]
    for moment in config.moments:
        task = HookTask(
            key=f"rok-{moment.value}-{key}",
            config=msgspec.structs.replace(config, moments=(moment,)),
            beside=step,
            after=needed_tasks(tasks[key]) if moment is Moment.BEFORE else (key,),
            watches=key if moment is Moment.FAILED else "",
            artifacts={Moment.BEFORE: given, Moment.AFTER: {**given, **made}}.get(moment, {}),
            parameters=parameters,
        )
        added = add_task(document, tasks, task, bootstrap)
        if moment is Moment.BEFORE:
            wait_for(tasks[key], [added])
        elif moment is Moment.AFTER:
            for name in waiting:
                wait_for(tasks[name], [added])


def _outputs(document: PipelineDocument, step: Step, key: str) -> Json:
    """Return what a step gives, as another task would ask for it."""
    defined = document.components[step.component].get("outputDefinitions", {}).get("artifacts", {})
    return {name: {"taskOutputArtifact": {"outputArtifactKey": name, "producerTask": key}} for name in defined}


def _variables(document: PipelineDocument, step: Step, task: Json, ending: str, sources: Json) -> Mapping[str, Given]:
    component = document.components[step.component]
    defined = {
        **component.get("inputDefinitions", {}).get("artifacts", {}),
        **component.get("outputDefinitions", {}).get("artifacts", {}),
    }
    return {
        name: Given(source=source, type=defined[name]["artifactType"])
        for name, source in sorted(sources.items())
        if name.endswith(ending) and name in defined
    }


def _parameters(document: PipelineDocument, step: Step, task: Json) -> Mapping[str, Given]:
    """Return the step's parameters that are the pipeline's, which are there however the steps before it ended."""
    defined = document.components[step.component].get("inputDefinitions", {}).get("parameters", {})
    return {
        name: Given(source=source, type=defined[name])
        for name, source in sorted(task.get("inputs", {}).get("parameters", {}).items())
        if "componentInputParameter" in source and name in defined
    }
