"""The rest of a pipeline: what ran before gives what its snapshots hold, and what comes after runs on it."""

from __future__ import annotations

import json
import os
import pickle
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kale_bridge.pipeline.document import PipelineDocument, read_pipeline, write_pipeline
from kale_bridge.pipeline.rest import from_step, output_variables, steps_before
from kale_bridge.pipeline.steps import find_steps
from kale_bridge.rest_file import RestFile
from kale_bridge.resume.point import ResumePoint, resume_point
from kale_bridge.resume.rest_of_run import RestOfRun
from kale_bridge.resume.stored_outputs import fetch_outputs
from kale_bridge.step.worker import OWN_PROCESS
from rok_jupyter.commands.door import Snapshots
from rok_jupyter.commands.grammar import CommonOptions
from rok_jupyter.commands.opening import open_door
from rok_jupyter.errors import ErrorKind, RokError
from tests.kale_bridge.small_notebooks import write_notebook
from tests.kale_bridge.steps import Steps, shell

_PIPELINE = """
from kfp import compiler, dsl
from kfp.dsl import Dataset, Input, Output

@dsl.component(base_image="python:3.12", install_kfp_package=False)
def load_step(a_output_artifact: Output[Dataset], load_html_report: Output[dsl.HTML]):
    raise RuntimeError("load runs again")

@dsl.component(base_image="python:3.12", install_kfp_package=False)
def side_step(a_input_artifact: Input[Dataset], s_output_artifact: Output[Dataset]):
    raise RuntimeError("side runs again")

@dsl.component(base_image="python:3.12", install_kfp_package=False)
def train_step(a_input_artifact: Input[Dataset], b_output_artifact: Output[Dataset]):
    open(b_output_artifact.path, "w").write(open(a_input_artifact.path).read() + " trained")
    b_output_artifact.metadata["marshal_path"] = a_input_artifact.metadata["marshal_path"]

@dsl.component(base_image="python:3.12", install_kfp_package=False)
def show_step(b_input_artifact: Input[Dataset], s_input_artifact: Input[Dataset], result: str):
    open(result, "w").write(open(b_input_artifact.path).read() + " " + open(s_input_artifact.path).read())

@dsl.pipeline(name="titanic")
def titanic(result: str = "nowhere"):
    load = load_step()
    side = side_step(a_input_artifact=load.outputs["a_output_artifact"])
    train = train_step(a_input_artifact=load.outputs["a_output_artifact"])
    show_step(
        b_input_artifact=train.outputs["b_output_artifact"],
        s_input_artifact=side.outputs["s_output_artifact"],
        result=result,
    )

compiler.Compiler().compile(titanic, "titanic.yaml")
"""
_RUN = """
import sys
from kfp import components, local
local.init(local.SubprocessRunner(use_venv=False), pipeline_root=sys.argv[2], raise_on_error=True)
components.load_component_from_file(sys.argv[1])(result=sys.argv[3])
"""
_CELLS = (
    ("raise RuntimeError('first runs again')\nof_first = 41", ["step:first"]),
    ("print(of_first)", ["step:second", "prev:first"]),
)


def _python(script: str, *arguments: object, at: Path) -> None:
    file = at / "script.py"  # KFP reads functions' sources
    file.write_text(script)
    words = [sys.executable, str(file), *map(str, arguments)]
    environment = {name: text for name, text in os.environ.items() if name != "PYTHONWARNINGS"}
    done = subprocess.run(words, cwd=at, capture_output=True, env=environment, check=False)
    assert done.returncode == 0, done.stdout.decode() + done.stderr.decode()


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> PipelineDocument:
    """A pipeline with steps named as Kale names them: load, side and train beside each other, show."""
    at = tmp_path_factory.mktemp("compiled")
    _python(_PIPELINE, at=at)
    return read_pipeline((at / "titanic.yaml").read_text())


def test_the_rest_runs_on_what_was_stored(pipeline: PipelineDocument, tmp_path: Path) -> None:
    stored = {"load-step": {"a": tmp_path / "a.npy"}, "side-step": {"s": tmp_path / "s.npy"}}
    (tmp_path / "a.npy").write_text("stored")
    (tmp_path / "s.npy").write_text("beside")

    rest = from_step(pipeline, "train-step", stored)

    (tmp_path / "rest.yaml").write_text(write_pipeline(rest))
    (tmp_path / "root").mkdir()
    _python(_RUN, "rest.yaml", tmp_path / "root", tmp_path / "result", at=tmp_path)
    assert (tmp_path / "result").read_text() == "stored trained beside"


def test_which_steps_come_before(pipeline: PipelineDocument) -> None:
    assert set(steps_before(pipeline, "train-step")) == {"load-step", "side-step"}
    assert set(steps_before(pipeline, "show-step")) == {"load-step", "side-step", "train-step"}
    assert steps_before(pipeline, "load-step") == ()
    assert output_variables(pipeline, "load-step") == ("a",)
    assert output_variables(pipeline, "none") == ()


def test_what_is_not_there_is_named(pipeline: PipelineDocument, tmp_path: Path) -> None:
    with pytest.raises(RokError) as unknown:
        from_step(pipeline, "sail", {})
    assert unknown.value.kind is ErrorKind.NOT_FOUND
    with pytest.raises(RokError) as partly:
        from_step(pipeline, "train-step", {"load-step": {}})
    assert "lacks what step load-step gave: a" in partly.value.message


def _done(steps: Steps, step: str, variable: str, content: bytes, at: Path, *, extension: str = ".npy") -> None:
    """Have a step run that gives a variable, as Kale's steps say so."""
    made, said = at / variable, at / step / "output.json"
    made.write_bytes(content)
    artifact = {
        "name": variable,
        "uri": str(made),
        "metadata": {"marshal_path": f"/tmp/marshal/{variable}_artifact{extension}"},
    }
    output = json.dumps({"artifacts": {f"{variable}_output_artifact": {"artifacts": [artifact]}}})
    told = {"outputs": {"outputFile": str(said), "artifacts": {}}, "inputs": {}}
    said.parent.mkdir()
    steps.run(*shell(f"printf '%s' '{output}' > {said}"), executor_input=told, step=step, notebook="train.ipynb")


def _stood_still(pipeline: PipelineDocument, task: str, artifact: Path) -> Any:
    """Run a task's command as a pod does, and return the metadata of the variable that it gave."""
    (step,) = [step for step in find_steps(pipeline) if step.path == (task,)]
    container = pipeline.executors[step.executor]["container"]
    (name,) = [
        name for name in pipeline.components[step.component]["outputDefinitions"]["artifacts"] if "_output_" in name
    ]
    said = artifact.with_name("said.json")
    told = {"outputs": {"outputFile": str(said), "artifacts": {name: {"artifacts": [{"uri": str(artifact)}]}}}}
    words = [json.dumps(told) if word == "{{$}}" else word for word in (*container["command"], *container["args"])]
    subprocess.run(words, check=True, capture_output=True)
    return json.loads(said.read_text())["artifacts"][name]["artifacts"][0]["metadata"]


@pytest.fixture
def door(steps: Steps, monkeypatch: pytest.MonkeyPatch) -> Snapshots:
    """The repository that the steps snapshot into."""
    for name, text in steps.environment().items():
        monkeypatch.setenv(name, text)
    return open_door(CommonOptions(no_server=True), notice=lambda _: None)


def test_outputs_are_fetched_from_the_runs_snapshots(
    steps: Steps, tmp_path: Path, door: Snapshots, monkeypatch: pytest.MonkeyPatch
) -> None:
    for step, variable in (("load", "a"), ("side", "s")):
        _done(steps, step, variable, f"of {step}".encode(), tmp_path)
    steps.run(*shell("exit 1"), step="train")
    point = resume_point(door, steps.snapshots("--step", "train")[1]["id"])

    found = fetch_outputs(door, point, {"load": ["a"], "side": ["s", "t"], "sail": ["x"]}, tmp_path / "fetched")

    assert point.own
    assert {step: {name: path.read_text() for name, path in files.items()} for step, files in found.items()} == {
        "load": {"a": "of load"}
    }
    monkeypatch.setenv("ROK_WORKSPACE", str(tmp_path / "fetched"))  # as from a directory where the step was resumed
    elsewhere = open_door(CommonOptions(no_server=True), notice=lambda _: None)
    again = fetch_outputs(elsewhere, resume_point(elsewhere, point.snapshot.id), {"load": ["a"]}, tmp_path / "again")
    assert again["load"]["a"].read_text() == "of load"


def test_a_crafted_snapshot_steers_no_artifact(
    pipeline: PipelineDocument, steps: Steps, tmp_path: Path, door: Snapshots
) -> None:
    """Case 98: links, places above and odd endings, in a snapshot that says that it is a step's."""
    secret = tmp_path / "secret"
    secret.write_text("not of the snapshot")
    hidden = steps.rok.workspace / ".rok-kale" / "run-1" / "load.after"
    hidden.mkdir(parents=True)
    (hidden / "a.npy").symlink_to(secret)
    odd = hidden / "s.{{x}};$(x)"
    odd.write_text("odd")

    def crafted(variables: str) -> ResumePoint:
        origin = {"kind": "step", "pipeline": "titanic", "run": variables[:99], "step": "load", "moment": "after"}
        request = {"origin": {**origin, "details": {"variables": variables}}}
        order = {"request": request, "workspace": str(steps.rok.workspace), "volumes": {}}
        words = [sys.executable, "-m", OWN_PROCESS]
        done = subprocess.run(
            words, input=json.dumps(order).encode(), env=steps.environment(), stdout=subprocess.PIPE, check=True
        )
        return resume_point(door, json.loads(done.stdout)["snapshot"]["id"])

    assert crafted("workspace:.rok-kale/../../secret").variables is None
    point = crafted("workspace:.rok-kale/run-1/load.after")
    wanted = {"load-step": ["a"], "side-step": ["s"]}
    found = fetch_outputs(door, point, wanted, tmp_path / "fetched")
    assert {step: list(files) for step, files in found.items()} == {"side-step": ["s"]}
    rest = from_step(pipeline, "train-step", found)
    given = _stood_still(rest, "side-step", tmp_path / "artifact")
    assert os.path.split(given["marshal_path"]) == ("/tmp/marshal", "s_artifact" + odd.suffix)
    (step,) = [step for step in find_steps(rest) if step.path == ("side-step",)]
    assert "{{x}}" not in "".join(rest.executors[step.executor]["container"]["command"])


def test_a_cluster_gets_a_pipeline_whose_earlier_steps_stand_still(steps: Steps, tmp_path: Path) -> None:
    workspace = steps.rok.workspace
    volume = {"name": "workspace", "type": "pvc", "mount_point": str(workspace), "snapshot": False}
    cells = (("rows = 4\nname = 'a'", ["pipeline-parameters"]), *_CELLS)
    notebook = str(write_notebook(workspace / "train.ipynb", cells, kale={"volumes": [volume]}))
    _done(steps, "first", "of_first", pickle.dumps(41), tmp_path, extension=".dillpkl")
    told = {"inputs": {"parameterValues": {"rows": 9, "name": "a", "gone": "x"}}}
    own = {"rows": "4.0", "name": '"a"', "gone": '"y"'}
    steps.run(*shell("exit 1"), step="second", notebook="train.ipynb", executor_input=told, defaults=own)
    failed = steps.snapshots("--step", "second")[1]["id"]

    compiled = steps.rok.json("kale", "compile", notebook, "--resume", failed)

    stored = workspace / ".kale" / f"resumed-{failed[:8]}"
    assert compiled["rest"] == {
        "from_step": "second",
        "snapshot": failed,
        "steps": ["first"],
        "directory": str(stored),
        "parameters": {"rows": "9"},
    }
    document = read_pipeline(Path(compiled["package"]).read_text())
    inputs = document.spec["root"]["inputDefinitions"]["parameters"]
    assert {name: each["defaultValue"] for name, each in inputs.items()} == {"rows": 9, "name": "a"}
    assert (stored / "first" / "of_first.dillpkl").read_bytes() == pickle.dumps(41)
    assert [bool(step["moments"]) for step in compiled["plan"]["steps"]] == [False, True]
    given = _stood_still(document, "first-step", tmp_path / "artifact")
    assert (tmp_path / "artifact").read_bytes() == pickle.dumps(41)
    assert given == {"marshal_path": "/tmp/marshal/of_first_artifact.dillpkl"}
    text = steps.rok("kale", "compile", notebook, "--dry-run", "--resume", failed, status=2).stderr
    assert "Leave --from and --resume out" in text


def test_parameters_that_were_too_long_to_be_kept_are_told(steps: Steps) -> None:
    notebook = str(write_notebook(steps.rok.workspace / "train.ipynb", _CELLS))
    told = {"inputs": {"parameterValues": {"rows": "9" * 3000}}}
    steps.run(*shell("exit 1"), step="second", notebook="train.ipynb", executor_input=told, defaults={"rows": "4.0"})
    failed = steps.snapshots("--step", "second")[1]["id"]

    (error,) = steps.rok.json("resume", failed, status=3)["errors"]
    assert (error["volume"], "too long to be kept" in error["message"]) == ("parameters", True)
    assert "too long to be kept" in steps.rok.run("kale", "compile", notebook, "--resume", failed).stderr


def test_steps_that_could_not_see_what_they_gave_are_named(
    pipeline: PipelineDocument, steps: Steps, tmp_path: Path, door: Snapshots
) -> None:
    _done(steps, "load-step", "a", b"1", tmp_path)
    steps.run(*shell("exit 1"), step="train-step")
    package = tmp_path / "pipeline.yaml"
    package.write_text(write_pipeline(pipeline))
    point = resume_point(door, steps.snapshots("--step", "train-step")[1]["id"])
    with pytest.raises(RokError) as refused:
        RestFile(door, RestOfRun("train-step", point)).apply(package, tmp_path / "out")
    assert "load-step can't see what they gave" in refused.value.message
    assert package.read_text() == write_pipeline(pipeline)
    assert not (tmp_path / "out").exists()
