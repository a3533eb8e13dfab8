"""A pipeline made fit for this machine: parallel steps in a row, each with its snapshots; and the rest of one."""

from __future__ import annotations

from collections.abc import Mapping
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from kale_bridge.kfp_validator import validate
from kale_bridge.pipeline.document import PipelineDocument, write_pipeline
from kale_bridge.pipeline.local import one_after_another
from kale_bridge.pipeline.rest import from_step, output_variables, steps_before
from kale_bridge.pipeline.steps import find_steps, needed_tasks
from kale_bridge.settings import HookSettings
from tests.kale_bridge.pipeline.test_visible import VISIBLE, hooked, tasks_of

BRANCHES = ("boosting", "bayes", "forest", "logistic", "neighbours")


def order_of(document: PipelineDocument) -> list[str]:
    """Return the tasks in the order in which they must run, those for failed steps left out."""
    graph = {key: needed_tasks(task) for key, task in tasks_of(document).items()}
    sorter = TopologicalSorter(graph)
    sorter.prepare()
    order: list[str] = []
    while sorter.is_active():
        ready = sorted(sorter.get_ready())
        running = [key for key in ready if not key.startswith("rok-failed-")]
        assert len(running) <= 1, running
        order += running
        sorter.done(*ready)
    return order


@pytest.mark.parametrize("settings", [VISIBLE, HookSettings()], ids=["visible", "inside"])
def test_branches_follow_one_another_each_with_its_snapshots(
    kale_pipelines: Mapping[str, Path], settings: HookSettings
) -> None:
    document, with_hooks = hooked(kale_pipelines["tumours"], settings)
    names = {step.executor: step.name for step in find_steps(document)}
    row = one_after_another(with_hooks, names)

    validate(write_pipeline(row))
    order = order_of(row)
    steps = [key for key in order if key in tasks_of(document)]
    assert len(steps) == len(names)
    if settings is VISIBLE:
        assert order == [key for step in steps for key in (f"rok-before-{step}", step, f"rok-after-{step}")]


def test_the_rest_is_that_of_the_users_graph_and_not_of_the_row(kale_pipelines: Mapping[str, Path]) -> None:
    document, with_hooks = hooked(kale_pipelines["tumours"])
    names = {step.executor: step.name for step in find_steps(document)}
    stored = {
        step: {variable: Path(f"/stored/{variable}.pkl") for variable in output_variables(document, step)}
        for step in steps_before(document, BRANCHES[0])
    }
    assert set(BRANCHES[1:]) <= set(stored)
    rest = from_step(with_hooks, BRANCHES[0], stored)

    assert len(order_of(one_after_another(rest, names))) == len(tasks_of(rest)) - len(names)
