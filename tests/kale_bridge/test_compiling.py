"""Kale's own ways to compile give hooked pipelines: its panel's call in a fresh kernel, Python, `rok kale compile`."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from kale_bridge import showing
from kale_bridge.hook_config import HookConfig
from kale_bridge.hook_plan import HookPlan
from kale_bridge.hooked_file import HOOK_SIZE, hook_file
from kale_bridge.kfp_validator import validate
from kale_bridge.pipeline.document import read_pipeline, write_pipeline
from kale_bridge.pipeline.hooking import is_hooked
from kale_bridge.settings import HookSettings
from rok_jupyter.render import to_text
from tests.kale_bridge.compiled import kale_notebooks
from tests.kale_bridge.small_notebooks import TWO_STEPS, write_notebook
from tests.kernel import Kernel, running_kernel
from tests.rok_command import Rok

_SECONDS = 120
_COMPILE = """
import sys
from kale import Compiler, NotebookProcessor
from kale.common import kfputils
for notebook in sys.argv[1:]:
    processor = NotebookProcessor(notebook)
    pipeline = processor.run()
    script = Compiler(pipeline, processor.get_imports_and_functions()).compile()
    print(kfputils.compile_pipeline(script, pipeline.config.pipeline_name))
"""
_ENABLED = "import kale_bridge\nkale_bridge.enable()\n"


@pytest.fixture
def rok(tmp_path: Path) -> Rok:
    return Rok(tmp_path)


def configs(package: Path) -> Mapping[str, HookConfig]:
    """Return the hooks of a compiled pipeline by step."""
    document = read_pipeline(package.read_text())
    found = {}
    for executor in document.executors.values():
        command = executor["container"]["command"]
        if "{{$.pipeline_job_uuid}}" in command:
            config = HookConfig.decoded(command[command.index("{{$.pipeline_job_uuid}}") - 1])
            found[config.step] = config
    return found


def compile_in_python(rok: Rok, program: str, *notebooks: Path, **environment: str) -> tuple[list[Path], str]:
    """Run a program that compiles notebooks with Kale; return the packages and what it wrote to standard error."""
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, notebooks)],
        cwd=rok.workspace,
        env={**rok.environment, **environment},
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return [Path(line) for line in done.stdout.splitlines()], done.stderr


@pytest.fixture
def kernel(rok: Rok) -> Iterator[Kernel]:
    """A kernel as the wheel's startup files make it."""
    with running_kernel(rok) as kernel:
        yield kernel


def panel_call(kernel: Kernel, function: str, arguments: Mapping[str, Any]) -> Any:
    """Do what Kale's panel does, word for word."""
    given, context = (base64.b64encode(json.dumps(part).encode()).decode() for part in (arguments, {"nb_path": None}))
    said = kernel.text(
        "from kale.rpc.run import run as __kale_rpc_run\n"
        f"__kale_rpc_result = __kale_rpc_run(\"{function}\", '{given}', '{context}')\n"
        "print('RESULT', __kale_rpc_result)"
    )
    result = said.rpartition("RESULT ")[2].split()[0].strip("b'")
    answer = json.loads(base64.b64decode(result))
    assert answer["code"] == 0, said
    return answer["result"]


@pytest.mark.full  # the panel itself is driven in tests/ui/test_kale_panel.py
def test_kales_panel_compiles_hooked_pipelines_in_a_fresh_kernel(kernel: Kernel, rok: Rok) -> None:
    notebook = write_notebook(rok.workspace / "train.ipynb", rok={"kale": {"on_error": "fail", "seconds": 60}})
    switched_off = write_notebook(rok.workspace / "off.ipynb", rok={"kale": {"snapshots": False}})

    result = panel_call(kernel, "nb.compile_notebook", {"source_notebook_path": str(notebook)})

    package = rok.workspace / result["pipeline_package_path"]
    validate(package.read_text())
    hooks = configs(package)
    assert set(hooks) == {"first", "second"}
    assert {(hook.on_error, hook.seconds, hook.notebook) for hook in hooks.values()} == {("fail", 60, str(notebook))}

    result = panel_call(kernel, "nb.compile_notebook", {"source_notebook_path": str(switched_off)})
    assert configs(rok.workspace / result["pipeline_package_path"]) == {}


def test_a_kernels_start_imports_nothing_of_kale(kernel: Kernel) -> None:
    heavy = "kale", "kfp", "yaml", "kale_bridge.kale_compiler", "rok_jupyter.config"
    assert kernel.text(f"import sys\n[name for name in {heavy!r} if name in sys.modules]").strip() == "[]"


def test_python_and_the_command_give_the_same_pipeline(rok: Rok) -> None:
    notebooks = sorted(kale_notebooks().glob("*.ipynb"))
    named = [write_renamed(notebook, rok.workspace) for notebook in notebooks]
    by_python, _ = compile_in_python(rok, _ENABLED + _COMPILE, *named)
    for made in by_python:
        assert configs(made)
        validate(made.read_text())
    by_command = rok.workspace / "by-command.yaml"
    rok("kale", "compile", str(named[-1]), "-o", str(by_command))
    assert by_command.read_text() == by_python[-1].read_text()


def write_renamed(notebook: Path, directory: Path) -> Path:
    """Copy one of Kale's notebooks, and name its pipeline after it: two of them have the same name."""
    content = json.loads(notebook.read_text())
    content["metadata"]["kubeflow_notebook"]["pipeline_name"] = notebook.stem.replace("_", "-")
    copy = directory / notebook.name
    copy.write_text(json.dumps(content))
    return copy


def test_kale_imported_before_is_hooked_once_it_is_enabled(rok: Rok) -> None:
    notebook = write_notebook(rok.workspace / "train.ipynb")
    before = "import shutil\nshutil.move(kfputils.compile_pipeline(script, 'train'), 'before.yaml')\n"
    program = "import kale_bridge\n" + _COMPILE.partition("    print")[0] + before + _ENABLED * 2 + _COMPILE
    (made,), _ = compile_in_python(rok, program, notebook)
    assert not is_hooked(read_pipeline((rok.workspace / "before.yaml").read_text()))
    assert set(configs(made)) == {"first", "second"}


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ("import kale\nkale.__version__ = '2.4.0'\n", "knows Kale 2.3, and this is Kale 2.4.0"),
        (
            "from kale.common import kfputils\n"
            "theirs = kfputils.compile_pipeline\n"
            "def compile_pipeline(pipeline_source, pipeline_name, *, more=None):\n"
            "    return theirs(pipeline_source, pipeline_name)\n"
            "kfputils.compile_pipeline = compile_pipeline\n",
            "isn't the one that rok knows",
        ),
        ("import sys\nsys.modules['rok_jupyter.config'] = None\n", "rok_jupyter.config"),
        ("import sys\nsys.modules['yaml'] = None\nimport kale_bridge.kale_compiler\n", None),
    ],
    ids=["another version", "another signature", "a broken rok", "no yaml"],
)
def test_what_is_not_known_or_broken_gives_kales_own_pipeline_and_a_warning(
    rok: Rok, change: str, reason: str | None
) -> None:
    notebook = write_notebook(rok.workspace / "train.ipynb")
    if reason is None:  # kfp itself needs yaml: it comes back for it
        change = "import kfp.compiler, kale.compiler\n" + change
        reason = "yaml"
    (made,), said = compile_in_python(rok, change + _ENABLED + _COMPILE, notebook)
    assert not is_hooked(read_pipeline(made.read_text()))
    assert "this pipeline has no snapshots" in said
    assert reason in said


def test_a_compiler_without_the_known_names_is_left_alone(rok: Rok) -> None:
    notebook = write_notebook(rok.workspace / "train.ipynb")
    change = "import kale.compiler, kale.common.kfputils as k\nk.compile = k.compile_pipeline\ndel k.compile_pipeline\n"
    program = change + _ENABLED + _COMPILE.replace("kfputils.compile_pipeline", "kfputils.compile")
    (made,), said = compile_in_python(rok, program, notebook)
    assert not is_hooked(read_pipeline(made.read_text()))
    assert "no snapshots" in said


def test_wrong_settings_are_told_and_kale_compiles(rok: Rok) -> None:
    notebook = write_notebook(rok.workspace / "train.ipynb", rok={"kale": {"on_error": "explode"}})
    (made,), said = compile_in_python(rok, _ENABLED + _COMPILE, notebook)
    assert not is_hooked(read_pipeline(made.read_text()))
    assert "on_error" in said


def test_a_script_of_somebodys_own_is_hooked_by_the_defaults(rok: Rok) -> None:
    notebook = write_notebook(rok.workspace / "train.ipynb")
    program = _ENABLED + _COMPILE.replace(
        "print(kf", "import shutil; script = shutil.copy(script, 'own.py')\n    print(kf"
    )
    (made,), _ = compile_in_python(rok, program, notebook)
    assert {hook.notebook for hook in configs(rok.workspace / made).values()} == {""}


def test_the_configuration_switches_the_default(rok: Rok) -> None:
    notebook = write_notebook(rok.workspace / "train.ipynb")
    on = write_notebook(rok.workspace / "on.ipynb", rok={"kale": {"snapshots": True}})
    (directory,) = [Path(rok.environment["JUPYTER_CONFIG_DIR"])]
    directory.mkdir(exist_ok=True)
    (directory / "jupyter_rok_config.py").write_text(
        "c.RokSettings.kale_snapshots = False\nc.RokSettings.kale_tasks = 'visible'\n"
    )
    packages, _ = compile_in_python(rok, _ENABLED + _COMPILE, notebook, on)
    assert configs(packages[0]) == {}
    assert {hook.hook for hook in configs(packages[1]).values()} == {"visible"}


def test_without_kale_enabling_does_nothing(rok: Rok) -> None:
    program = "import sys\nsys.modules['kale'] = None\n" + _ENABLED + "import json\nprint('/fine')\n"
    (said,), _ = compile_in_python(rok, program)
    assert said == Path("/fine")


def test_odd_names_come_back_as_they_were(rok: Rok) -> None:
    names = ["it's", 'a "b" c', "{{workflow.name}}", "${HOME}", "!!python x", "{% raw %}", "ä\u2028b"]
    note = "{{workflow.name}} ${HOME} !!x it's {% raw %}"
    cells = [("x = 1", ["step:first", f"annotation:note:{note}"])]
    notebooks = [
        write_notebook(rok.workspace / f"{name}.ipynb", cells, kale={"pipeline_name": f"odd-{number}"})
        for number, name in enumerate(names)
    ]
    packages, _ = compile_in_python(rok, _ENABLED + _COMPILE, *notebooks)
    for notebook, made in zip(notebooks, packages, strict=True):
        assert configs(made)["first"].notebook == str(notebook)
        (platform,) = read_pipeline(made.read_text()).kubernetes.values()
        assert platform["podMetadata"]["annotations"]["note"] == note
        validate(made.read_text())


def test_a_pipeline_that_a_cluster_may_refuse_for_its_size_is_told(
    tmp_path: Path, kfp_pipelines: Mapping[str, Path]
) -> None:
    document = read_pipeline(kfp_pipelines["failing"].read_text())
    tasks = document.spec["root"]["dag"]["tasks"]
    small = tmp_path / "small.yaml"
    small.write_text(write_pipeline(document))
    plain = small.stat().st_size
    assert hook_file(small, small, HookSettings()).notes == ()
    assert small.stat().st_size - plain == pytest.approx(2 * HOOK_SIZE, rel=0.3)
    for number in range(60):
        tasks[f"again-{number}"] = {**tasks["make"], "taskInfo": {"name": f"again-{number}"}}
    large = tmp_path / "large.yaml"
    large.write_text(write_pipeline(document))
    (note,) = hook_file(large, large, HookSettings()).notes
    assert "1.5 MB" in note


# The command


def test_the_command_writes_beside_the_notebook_what_kale_would(rok: Rok) -> None:
    notebook = write_notebook(rok.workspace / "train.ipynb")
    done = rok("kale", "compile", str(notebook))
    made = rok.workspace / ".kale" / "train.pipeline.yaml"
    assert set(configs(made)) == {"first", "second"}
    assert (rok.workspace / ".kale" / "train.kale.py").exists()
    assert str(made) in done.text
    assert sorted(path.name for path in rok.workspace.iterdir()) == [".kale", "train.ipynb"]


def test_a_dry_run_shows_each_step_and_writes_nothing(rok: Rok) -> None:
    cells = [
        *TWO_STEPS,
        ("y = x", ["step:third", "prev:first", "annotation:rok.dev/snapshot:before"]),
        ("z = x", ["step:fourth", "prev:first", "annotation:rok.dev/snapshot:off"]),
    ]
    volumes = [
        {"name": "data", "type": "pvc", "mount_point": "/data", "snapshot": True, "snapshot_name": "trained"},
        {"name": "other", "type": "pvc", "mount_point": "/other"},
    ]
    notebook = write_notebook(rok.workspace / "train.ipynb", cells, kale={"volumes": volumes})
    plan = rok("kale", "compile", str(notebook), "--dry-run", "--json").json
    assert {step["step"]: step["moments"] for step in plan["steps"]} == {
        "first": ["before", "after", "failed"],
        "second": ["before", "after", "failed"],
        "third": ["before"],
        "fourth": [],
    }
    assert [(final["name"], final["volumes"]) for final in plan["finals"]] == [("", []), ("trained", ["data"])]
    assert [path.name for path in rok.workspace.iterdir()] == ["train.ipynb"]


def test_steps_defaults_reach_every_step(rok: Rok) -> None:
    kale = {"steps_defaults": ["annotation:rok.dev/snapshot:after"]}
    notebook = write_notebook(rok.workspace / "train.ipynb", kale=kale)
    shown = rok("kale", "compile", str(notebook), "--dry-run").text
    assert shown.count("after, failed") == shown.count("rok.dev/snapshot is after") == 2
    assert "The steps mount no volume" in shown


def test_a_plan_that_does_nothing_says_why() -> None:
    off = HookPlan(pipeline="titanic", settings=HookSettings(snapshots=False))
    assert "as its setting `snapshots` is off" in to_text(showing.describe(off))
    unknown = msgspec.structs.replace(off, notes=("The pipeline has no snapshots: rok knows Kale 2.3.",))
    assert "setting" not in to_text(showing.describe(unknown)), "its note says why"


def test_what_kale_refuses_is_told_in_a_sentence(rok: Rok) -> None:
    old = write_notebook(rok.workspace / "old.ipynb", kale={"autosnapshot": True})
    done = rok("kale", "compile", str(old), status=2)
    assert "autosnapshot" in done.stderr
    assert f"rok kale migrate {old}" in done.stderr
    none = write_notebook(rok.workspace / "none.ipynb", [("x = 1", [])])
    assert "Kale refuses none.ipynb" in rok("kale", "compile", str(none), status=2).stderr
    assert "There is no notebook" in rok("kale", "compile", "gone.ipynb", status=4).stderr
    assert not (rok.workspace / ".kale").exists()


def test_a_file_of_the_workspace_can_not_stand_in_for_a_module(rok: Rok) -> None:
    notebook = write_notebook(rok.workspace / "train.ipynb")
    for name in ("kale", "yaml", "json", "kfp"):
        (rok.workspace / f"{name}.py").write_text("raise SystemExit('shadowed')")
    rok("kale", "compile", str(notebook))


def test_hooking_a_file_in_its_place_keeps_it_whole(rok: Rok, kfp_pipelines: Mapping[str, Path]) -> None:
    pipeline = Path(shutil.copy(kfp_pipelines["handled"], rok.workspace / "pipeline.yaml"))
    before = pipeline.read_text()
    rok("kale", "hook", str(pipeline), "-o", str(rok.workspace / "hooked.yaml"))
    assert pipeline.read_text() == before
    rok("kale", "hook", str(pipeline))
    assert pipeline.read_text() == (rok.workspace / "hooked.yaml").read_text()
    assert "hooks already" in rok("kale", "hook", str(pipeline), status=5).stderr
    assert pipeline.read_text() == (rok.workspace / "hooked.yaml").read_text()


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "no KFP v2 pipeline"),
        ("a: [", "no YAML"),
        ("apiVersion: argoproj.io/v1alpha1\nkind: Workflow\n", "Workflow of argoproj.io/v1alpha1"),
        ("schemaVersion: 2.1.0\npipelineInfo: {name: x}\nroot: {dag: {tasks: {a: 3}}}\n", "can't be understood"),
        ("!!python/object/apply:os.system ['touch owned']\n", "no YAML"),
    ],
    ids=["empty", "broken", "of KFP 1", "malformed", "hostile"],
)
def test_what_is_no_pipeline_is_refused(rok: Rok, content: str, reason: str) -> None:
    file = rok.workspace / "pipeline.yaml"
    file.write_text(content)
    done = rok("kale", "hook", str(file), status=2)
    assert reason in done.stderr
    assert file.read_text() == content
    assert not (rok.workspace / "owned").exists()
    assert not Path(os.getcwd(), "owned").exists()
