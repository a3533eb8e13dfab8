"""Hooks as tasks of their own, and the final snapshot: where in the graph they stand, and what they are told."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from kale_bridge.hook_config import LINEAGE_ARTIFACT, HookConfig
from kale_bridge.hook_plan import NamedVolume, NotebookFacts
from kale_bridge.kfp_validator import validate
from kale_bridge.pipeline.document import Json, PipelineDocument, read_pipeline, write_pipeline
from kale_bridge.pipeline.hooking import hook_pipeline, plan_pipeline
from kale_bridge.pipeline.steps import needed_tasks
from kale_bridge.settings import HookSettings
from kale_bridge.step.parameters import STATUS
from rok_jupyter.models import Moment
from tests.kale_bridge.pipeline.test_inside import KALE, KFP, PROGRAM

VISIBLE = HookSettings(tasks="visible")


def hooked(
    path: Path, settings: HookSettings = VISIBLE, named: tuple[NamedVolume, ...] = ()
) -> tuple[PipelineDocument, PipelineDocument]:
    document = read_pipeline(path.read_text())
    return document, hook_pipeline(
        document, plan_pipeline(document, settings, NotebookFacts(named=named)), bootstrap=PROGRAM
    )


def tasks_of(document: PipelineDocument) -> Json:
    tasks: Json = document.spec["root"]["dag"]["tasks"]
    return tasks


def config_of(document: PipelineDocument, key: str) -> HookConfig:
    command = container_of(document, key)["command"]
    return HookConfig.decoded(command[command.index(PROGRAM) + 1])


def container_of(document: PipelineDocument, key: str) -> Json:
    container: Json = document.executors[executor_of(document, key)]["container"]
    return container


def executor_of(document: PipelineDocument, key: str) -> str:
    return str(document.components[tasks_of(document)[key]["componentRef"]["name"]]["executorLabel"])


@pytest.mark.parametrize("name", KALE)
def test_kfp_takes_kales_pipelines_with_visible_tasks(kale_pipelines: Mapping[str, Path], name: str) -> None:
    validate(write_pipeline(hooked(kale_pipelines[name])[1]))


@pytest.mark.parametrize("name", KFP)
def test_kfp_takes_others_with_visible_tasks(kfp_pipelines: Mapping[str, Path], name: str) -> None:
    validate(write_pipeline(hooked(kfp_pipelines[name])[1]))


def test_tasks_stand_before_after_and_behind_a_failure(kale_pipelines: Mapping[str, Path]) -> None:
    _, result = hooked(kale_pipelines["mount_pvc"])
    needs = {key: set(needed_tasks(task)) for key, task in tasks_of(result).items()}
    assert needs == {
        "rok-before-load-step": set(),
        "load-step": {"rok-before-load-step"},
        "rok-after-load-step": {"load-step"},
        "rok-failed-load-step": {"load-step"},
        "rok-before-train-step": {"load-step", "rok-after-load-step"},
        "train-step": {"load-step", "rok-after-load-step", "rok-before-train-step"},
        "rok-after-train-step": {"train-step"},
        "rok-failed-train-step": {"train-step"},
    }


def test_the_step_itself_stays_as_it_was_but_for_what_it_waits_for(kale_pipelines: Mapping[str, Path]) -> None:
    document, result = hooked(kale_pipelines["mount_pvc"])
    for key in ("load-step", "train-step"):
        ours, theirs = dict(tasks_of(result)[key]), dict(tasks_of(document)[key])
        ours.pop("dependentTasks", None)
        theirs.pop("dependentTasks", None)
        assert ours == theirs
    assert {name: result.executors[name] for name in document.executors} == document.executors
    assert {name: result.components[name] for name in document.components} == document.components
    assert {name: result.kubernetes[name] for name in document.kubernetes} == document.kubernetes


def test_each_task_takes_one_moment_on_the_steps_volumes_and_never_from_the_cache(
    kale_pipelines: Mapping[str, Path],
) -> None:
    _, result = hooked(kale_pipelines["mount_pvc"])
    for moment in Moment:
        key = f"rok-{moment.value}-train-step"
        config = config_of(result, key)
        assert (config.step, config.moments, config.hook) == ("train", (moment,), "visible")
        assert config.artifact == LINEAGE_ARTIFACT
        assert dict(config.volumes) == {"raw-data": "/data"}
        assert tasks_of(result)[key]["cachingOptions"] == {}
        assert container_of(result, key)["image"] == "python:3.12"
        assert result.kubernetes[executor_of(result, key)] == result.kubernetes["exec-train-step"]


def test_a_failures_task_is_told_how_the_step_ended(kale_pipelines: Mapping[str, Path]) -> None:
    _, result = hooked(kale_pipelines["mount_pvc"])
    task = tasks_of(result)["rok-failed-load-step"]
    assert task["triggerPolicy"] == {"strategy": "ALL_UPSTREAM_TASKS_COMPLETED"}
    assert task["inputs"]["parameters"][STATUS] == {"taskFinalStatus": {"producerTask": "load-step"}}
    assert "triggerPolicy" not in tasks_of(result)["rok-after-load-step"]


def test_kales_variables_reach_the_tasks(kale_pipelines: Mapping[str, Path]) -> None:
    _, result = hooked(kale_pipelines["pipeline_parameters_and_metrics"])
    tasks = tasks_of(result)
    assert set(tasks["rok-after-create-matrix-step"]["inputs"]["artifacts"]) == {"rnd_matrix_output_artifact"}
    assert set(tasks["rok-before-sum-matrix-step"]["inputs"]["artifacts"]) == {"rnd_matrix_input_artifact"}
    assert "artifacts" not in tasks["rok-before-create-matrix-step"]["inputs"]


def test_the_pipelines_parameters_reach_the_tasks_as_the_step(kale_pipelines: Mapping[str, Path]) -> None:
    _, result = hooked(kale_pipelines["pipeline_parameters_and_metrics"])
    tasks = tasks_of(result)
    told = tasks["create-matrix-step"]["inputs"]["parameters"]
    assert told
    assert {tuple(source) for source in told.values()} == {("componentInputParameter",)}
    for moment in ("before", "after"):
        assert tasks[f"rok-{moment}-create-matrix-step"]["inputs"]["parameters"] == told
    assert tasks["rok-failed-create-matrix-step"]["inputs"]["parameters"].items() > told.items()


def test_steps_that_tasks_can_not_stand_beside_are_hooked_inside(kfp_pipelines: Mapping[str, Path]) -> None:
    document, result = hooked(kfp_pipelines["nested"])
    plan = plan_pipeline(document, VISIBLE)
    assert {step.tasks for step in plan.steps} == {"inside"}
    assert all("outermost" in step.reason for step in plan.steps)
    assert not [key for key in tasks_of(result) if key.startswith(("rok-before", "rok-after", "rok-failed"))]


def test_a_container_without_python_gets_an_image_that_has_one(kfp_pipelines: Mapping[str, Path]) -> None:
    _, result = hooked(kfp_pipelines["containers"])
    assert container_of(result, "rok-before-binary")["image"] == "python:3.12"
    assert container_of(result, "binary")["image"] == "scratch"


def test_a_pipeline_that_ends_in_several_steps_gets_a_final_snapshot(kfp_pipelines: Mapping[str, Path]) -> None:
    _, result = hooked(kfp_pipelines["one-component-twice"], HookSettings())
    assert tasks_of(result)["rok-final"]["dependentTasks"] == ["count", "make-2"]
    config = config_of(result, "rok-final")
    assert (config.step, config.moments, config.only) == ("final", (Moment.AFTER,), ())
    mounts = result.kubernetes[executor_of(result, "rok-final")]["pvcMount"]
    assert [mount["mountPath"] for mount in mounts] == ["/data"]


def test_one_that_ends_in_one_step_gets_none(kale_pipelines: Mapping[str, Path]) -> None:
    _, result = hooked(kale_pipelines["mount_pvc"], HookSettings())
    assert set(tasks_of(result)) == {"load-step", "train-step"}


def test_a_volumes_own_snapshot_is_taken_at_the_end_under_its_name(kale_pipelines: Mapping[str, Path]) -> None:
    named = (NamedVolume("raw-data", "trained"),)
    _, result = hooked(kale_pipelines["mount_pvc"], HookSettings(), named)
    config = config_of(result, "rok-final")
    assert (config.only, config.message, config.step) == (("raw-data",), "trained", "final-trained")
    assert tasks_of(result)["rok-final"]["dependentTasks"] == ["train-step"]
    validate(write_pipeline(result))


def test_volumes_of_several_names_get_a_snapshot_for_each_name(kfp_pipelines: Mapping[str, Path]) -> None:
    named = (NamedVolume("data", "one"), NamedVolume("other", "two"), NamedVolume("third", "one"))
    _, result = hooked(kfp_pipelines["one-component-twice"], HookSettings(), named)
    configs = [config_of(result, key) for key in tasks_of(result) if key.startswith("rok-final")]
    assert [(config.message, config.only) for config in configs] == [
        ("", ()),
        ("one", ("data", "third")),
        ("two", ("other",)),
    ]
    validate(write_pipeline(result))


@pytest.mark.parametrize("name", ["nested", "handled"])
def test_a_handlers_task_and_a_condition_are_no_ends_to_wait_for(kfp_pipelines: Mapping[str, Path], name: str) -> None:
    _, result = hooked(kfp_pipelines[name], HookSettings())
    assert "rok-final" not in tasks_of(result)
