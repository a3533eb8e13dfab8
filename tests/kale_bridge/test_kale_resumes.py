"""What Kale's own panel calls to resume a step, in real kernels: it is told of the steps that rok resumed only."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.kale_bridge.stepped import EQUAL, make_variables, write_notebook
from tests.kale_bridge.steps import Steps, shell
from tests.kernel import Kernel, running_kernel
from tests.rok_command import Rok

_NOTHING = {"is_exploration": False, "step_name": ""}
_RPC = """
import json
from kale.rpc import nb
from kale.rpc.run import KaleRPCRequest
request = KaleRPCRequest()
"""


@pytest.fixture(scope="module")
def taken(tmp_path_factory: pytest.TempPathFactory) -> Steps:
    """A step of a notebook in a subdirectory, with a snapshot before it and one after it."""
    directory = tmp_path_factory.mktemp("taken")
    steps = Steps(Rok(directory))
    steps.rok("repo", "init")
    (steps.rok.workspace / "work").mkdir()
    write_notebook(steps.rok.workspace / "work" / "titanic.ipynb")
    ran = steps.run(*shell("true"), executor_input=make_variables(directory / "artifacts"), notebook="titanic.ipynb")
    assert ran.status == 0, ran.said
    return steps


@pytest.fixture(scope="module")
def kales(taken: Steps) -> Iterator[Kernel]:
    """The kernel that Kale's panel starts with the page, wherever the server was started."""
    with running_kernel(taken.rok, taken.rok.directory) as kernel:
        kernel.text(_RPC)
        yield kernel


@pytest.fixture(scope="module")
def notebooks(taken: Steps) -> Iterator[Kernel]:
    """A notebook's own kernel."""
    with running_kernel(taken.rok) as kernel:
        kernel.text(_RPC + "\nimport numpy, os, pandas")
        yield kernel


def resume(taken: Steps, moment: int) -> Path:
    """Resume the step, before (0) or after it (1), and return the notebook."""
    return Path(taken.rok.json("resume", taken.snapshots()[moment]["id"])["notebook"])


def explored(kales: Kernel, notebook: Path) -> Any:
    return asked(kales, f"explore_notebook(request, {str(notebook)!r})")


def opened(kales: Kernel, root: Path) -> Any:
    return asked(kales, f"resume_notebook_path(request, {str(root)!r})")


def asked(kales: Kernel, call: str) -> Any:
    return json.loads(kales.text(f"print(json.dumps(nb.{call}))").strip().splitlines()[-1])


def test_kale_opens_the_notebook_and_loads_the_variables_once(taken: Steps, kales: Kernel, notebooks: Kernel) -> None:
    assert opened(kales, taken.rok.workspace) is None
    notebook = resume(taken, 0)
    assert opened(kales, notebook.parents[1]) == "work/titanic.ipynb"
    assert opened(kales, notebook.parent) == "titanic.ipynb"
    assert explored(kales, notebook) == {"is_exploration": True, "step_name": "train"}
    assert explored(kales, notebook) == _NOTHING, "Kale's panel asks twice where it is enabled by default"
    assert explored(kales, taken.rok.workspace / "work" / "titanic.ipynb") == _NOTHING

    notebooks.text(f"os.chdir({str(notebook.parent)!r})\nglobals().update(nb.unmarshal_data('titanic.ipynb'))")
    assert "True" in notebooks.text(f"bool({EQUAL})")
    notebooks.text("nb.remove_marshal_dir(request, 'titanic.ipynb')")
    assert explored(kales, notebook) == _NOTHING
    assert opened(kales, notebook.parents[1]) is None
    assert "Once more: %rok resume" in notebooks.text("%rok resume")


def test_what_a_cell_loads_kale_does_not_load_again(taken: Steps, kales: Kernel, notebooks: Kernel) -> None:
    """It would be loaded over what the user has made of it since."""
    notebook = resume(taken, 0)
    notebooks.text(f"os.chdir({str(notebook.parent)!r})")
    assert "loaded" in notebooks.text("%rok resume")
    assert explored(kales, notebook) == _NOTHING
    assert "loaded" in notebooks.text("%rok resume"), "who asks for them again gets them again"


def test_after_a_step_kale_resumes_at_the_next_one(taken: Steps, kales: Kernel) -> None:
    assert explored(kales, resume(taken, 1)) == {"is_exploration": True, "step_name": "show"}


def test_a_mark_from_elsewhere_tells_kale_nothing(taken: Steps, kales: Kernel) -> None:
    """A directory that was cloned or unpacked must not have Kale load its pickles."""
    copied = taken.rok.directory / "cloned"
    shutil.copytree(resume(taken, 0).parents[1], copied)
    assert opened(kales, copied) is None
    assert explored(kales, copied / "work" / "titanic.ipynb") == _NOTHING


def test_a_broken_mark_leaves_kale_as_it_is(taken: Steps, kales: Kernel) -> None:
    notebook = resume(taken, 0)
    (notebook.parents[1] / ".rok-resume.json").write_text("{")
    assert explored(kales, notebook) == _NOTHING
