"""Hooks inside steps, in pipelines of Kale and of others: what changes, what doesn't, and that KFP takes it."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from kale_bridge.hook_config import LINEAGE_ARTIFACT, HookConfig
from kale_bridge.hook_plan import NotebookFacts
from kale_bridge.kfp_validator import validate
from kale_bridge.pipeline.document import Json, PipelineDocument, read_pipeline, write_pipeline
from kale_bridge.pipeline.hooking import hook_pipeline, is_hooked, plan_pipeline
from kale_bridge.pipeline.steps import find_steps
from kale_bridge.settings import HookSettings
from rok_jupyter.models import Moment

PROGRAM = "import sys; print('hook', sys.argv[1:5])"
KALE = ("pipeline_parameters_and_metrics", "mount_pvc", "mount_pvc_env_var")
KFP = ("one-component-twice", "nested", "containers", "handled")


def hooked(path: Path, settings: HookSettings | None = None) -> tuple[PipelineDocument, PipelineDocument]:
    document = read_pipeline(path.read_text())
    plan = plan_pipeline(document, settings or HookSettings(), NotebookFacts(notebook="some/where.ipynb"))
    return document, hook_pipeline(document, plan, bootstrap=PROGRAM)


def configs(document: PipelineDocument) -> Iterator[HookConfig]:
    for step in find_steps(document):
        command = document.executors[step.executor]["container"].get("command", [])
        if PROGRAM in command:
            yield HookConfig.decoded(command[command.index(PROGRAM) + 1])


def by_step(document: PipelineDocument) -> Mapping[str, HookConfig]:
    return {config.step: config for config in configs(document) if config.hook == "inside"}


@pytest.mark.parametrize("name", KALE)
def test_each_of_kales_steps_is_hooked_under_its_own_name(kale_pipelines: Mapping[str, Path], name: str) -> None:
    document, result = hooked(kale_pipelines[name])
    assert set(by_step(result)) == {step.name for step in find_steps(document)}
    assert not any(step.name.endswith("step") for step in find_steps(document))
    for config in configs(result):
        assert config.pipeline == document.name
        assert config.moments == tuple(Moment)
        assert config.notebook == "some/where.ipynb"
        assert config.image == "python:3.12"
        assert "kubeflow-kale==2.3.0" in config.packages
        assert config.artifact == LINEAGE_ARTIFACT


def test_the_steps_volumes_are_told(kale_pipelines: Mapping[str, Path]) -> None:
    _, result = hooked(kale_pipelines["mount_pvc"])
    assert {config.step: dict(config.volumes) for config in configs(result)} == {
        "load": {"raw-data": "/data"},
        "train": {"raw-data": "/data"},
    }


@pytest.mark.parametrize("name", KALE)
def test_kfp_takes_what_kale_and_rok_made(kale_pipelines: Mapping[str, Path], name: str) -> None:
    validate(write_pipeline(hooked(kale_pipelines[name])[1]))


@pytest.mark.parametrize("name", KFP)
def test_kfp_takes_hooked_pipelines_that_kale_did_not_make(kfp_pipelines: Mapping[str, Path], name: str) -> None:
    validate(write_pipeline(hooked(kfp_pipelines[name])[1]))


def test_a_hook_changes_a_steps_command_and_outputs_and_nothing_else(kale_pipelines: Mapping[str, Path]) -> None:
    document, result = hooked(kale_pipelines["mount_pvc"])
    for step in find_steps(result):
        container = result.executors[step.executor]["container"]
        command = container["command"]
        start, end = command.index("python3"), command.index("--")
        container["command"] = command[:start] + command[end + 1 :]
        del result.components[step.component]["outputDefinitions"]["artifacts"][LINEAGE_ARTIFACT]
    assert (result.spec, result.platforms) == (document.spec, document.platforms)


def test_the_hook_runs_after_pip_and_runs_the_steps_command(kale_pipelines: Mapping[str, Path], tmp_path: Path) -> None:
    _, result = hooked(kale_pipelines["mount_pvc"])
    step = find_steps(result)[0]
    command = result.executors[step.executor]["container"]["command"]
    assert "pip install" in command[2]
    after_pip = command[3:]
    assert after_pip[:2] == ["python3", "-c"]
    run = [sys.executable, *after_pip[1 : after_pip.index("--") + 1], "true"]
    said = subprocess.run(run, check=True, capture_output=True, text=True).stdout
    assert "{{$.pipeline_job_uuid}}" in said


def test_switched_off_nothing_changes(kale_pipelines: Mapping[str, Path]) -> None:
    document, result = hooked(kale_pipelines["mount_pvc"], HookSettings(snapshots=False))
    assert result is document


def test_a_step_of_its_own_wish(kfp_pipelines: Mapping[str, Path]) -> None:
    _, result = hooked(kfp_pipelines["one-component-twice"])
    moments = {step: config.moments for step, config in by_step(result).items()}
    assert moments == {"make": tuple(Moment), "make-2": (Moment.BEFORE,), "count": tuple(Moment)}


def test_steps_of_inner_graphs_are_told_apart_and_loops_are_known(kfp_pipelines: Mapping[str, Path]) -> None:
    _, result = hooked(kfp_pipelines["nested"])
    configured = by_step(result)
    assert set(configured) == {
        "inner/make",
        "inner/count",
        "inner-2/make",
        "inner-2/count",
        "for-loop-2/make",
        "show",
        "show-2",
    }
    assert {step for step, config in configured.items() if config.looped} == {"for-loop-2/make", "show"}


def test_tasks_that_share_a_component_get_hooks_of_their_own(kfp_pipelines: Mapping[str, Path]) -> None:
    shared = read_pipeline(kfp_pipelines["one-component-twice"].read_text())
    tasks: Json = shared.spec["root"]["dag"]["tasks"]
    tasks["make-2"]["componentRef"]["name"] = tasks["make"]["componentRef"]["name"]
    result = hook_pipeline(shared, plan_pipeline(shared, HookSettings()), bootstrap=PROGRAM)
    assert set(by_step(result)) == {"make", "make-2", "count"}
    mounts = [result.kubernetes[step.executor]["pvcMount"] for step in find_steps(result) if "make" in step.name]
    assert mounts[0] == mounts[1]
    validate(write_pipeline(result))


def test_a_graph_that_is_used_twice_is_hooked_twice(kfp_pipelines: Mapping[str, Path]) -> None:
    shared = read_pipeline(kfp_pipelines["nested"].read_text())
    tasks: Json = shared.spec["root"]["dag"]["tasks"]
    tasks["inner-2"]["componentRef"]["name"] = tasks["inner"]["componentRef"]["name"]
    result = hook_pipeline(shared, plan_pipeline(shared, HookSettings()), bootstrap=PROGRAM)
    assert {"inner/make", "inner/count", "inner-2/make", "inner-2/count"} < set(by_step(result))
    validate(write_pipeline(result))


def test_containers_without_a_command_that_a_hook_can_stand_before_get_tasks_beside_them(
    kfp_pipelines: Mapping[str, Path],
) -> None:
    document, result = hooked(kfp_pipelines["containers"])
    assert set(by_step(result)) == {"shell"}
    plan = plan_pipeline(document, HookSettings())
    planned = {step.step: step for step in plan.steps}
    assert "entrypoint" in planned["entrypoint"].reason
    assert planned["entrypoint"].tasks == planned["binary"].tasks == "visible"
    assert planned["shell"].reason == ""
    for name in ("exec-entrypoint", "exec-binary", "exec-importer"):
        assert result.executors[name] == document.executors[name]


def test_a_shell_step_in_an_image_without_python_runs_unhooked(
    kfp_pipelines: Mapping[str, Path], tmp_path: Path
) -> None:
    _, result = hooked(kfp_pipelines["containers"])
    command = result.executors["exec-shell"]["container"]["command"]
    where = tmp_path / "said"
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "sh").symlink_to("/bin/sh")
    done = subprocess.run(
        ["/bin/sh", *command[1:], "hello  world", str(where)],
        env={"PATH": str(tmp_path / "bin")},
        check=True,
        capture_output=True,
        text=True,
    )
    assert where.read_text() == "hello  world\n"
    assert "no python3" in done.stderr


def test_the_server_is_told_by_its_address_and_the_name_of_a_secret(kale_pipelines: Mapping[str, Path]) -> None:
    settings = HookSettings(server_url="https://hub/user/x/", server_secret="rok-token:token")
    _, result = hooked(kale_pipelines["pipeline_parameters_and_metrics"], settings)
    for step in find_steps(result):
        assert {"name": "ROK_SERVER_URL", "value": "https://hub/user/x/"} in result.executors[step.executor][
            "container"
        ]["env"]
        (secret,) = result.kubernetes[step.executor]["secretAsEnv"]
        assert secret["secretName"] == "rok-token"
        assert secret["keyToEnv"] == [{"envVar": "ROK_SERVER_TOKEN", "secretKey": "token"}]
        assert secret["optional"] is True
    validate(write_pipeline(result))


def test_the_secrets_spelling_is_kfps_own(kfp_pipelines: Mapping[str, Path]) -> None:
    settings = HookSettings(server_secret="rok-token:token")
    _, result = hooked(kfp_pipelines["handled"], settings)
    theirs = read_pipeline(kfp_pipelines["with-a-secret"].read_text())
    assert result.kubernetes["exec-show"]["secretAsEnv"] == theirs.kubernetes["exec-show"]["secretAsEnv"]


def test_a_hooked_pipeline_is_known_as_one(kale_pipelines: Mapping[str, Path]) -> None:
    document, result = hooked(kale_pipelines["mount_pvc"])
    assert not is_hooked(document)
    assert is_hooked(result)


def test_the_same_pipeline_gives_the_same_text(kale_pipelines: Mapping[str, Path]) -> None:
    first, second = (write_pipeline(hooked(kale_pipelines["mount_pvc"])[1]) for _ in range(2))
    assert first == second
