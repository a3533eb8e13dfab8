"""A step of a pipeline that fails in a lab's workspace, with its snapshots in the lab's repository."""

from __future__ import annotations

from pathlib import Path

from tests.kale_bridge.stepped import make_variables, write_notebook
from tests.kale_bridge.steps import Steps, shell
from tests.rok_command import Rok
from tests.ui.lab import RunningLab


def run_failing_step(lab: RunningLab, directory: Path) -> None:
    """Run step `train` of titanic.ipynb, as a pod does that calls the notebook's server; `directory` is the pod's."""
    directory.mkdir()
    write_notebook(lab.workspace / "titanic.ipynb")
    steps = Steps(Rok(directory, names_workspace=False))
    server = {"ROK_SERVER_URL": f"http://127.0.0.1:{lab.port}{lab.base_url}", "ROK_SERVER_TOKEN": lab.token}
    ran = steps.run(
        *shell("echo half > half.txt; exit 1"),
        environment={**steps.environment(), **server},
        executor_input=make_variables(directory / "artifacts"),
        notebook="titanic.ipynb",
        at=lab.workspace,
    )
    assert ran.status == 1, ran.said
