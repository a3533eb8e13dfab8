"""A pipeline's step as KFP starts it: the hook's program around a command, in a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kale_bridge.hook_config import HookConfig
from kale_bridge.step.program import bootstrap
from rok_jupyter.models import Moment
from tests.rok_command import Rok

PLACEHOLDERS = ("{{$.pipeline_job_uuid}}", "{{$.pipeline_job_name}}", "{{$.pipeline_task_name}}")
ALL_MOMENTS = tuple(Moment)
BARE_PYTHON = "/usr/bin/python3"
"""A Python that lacks the wheel, as a step's image may."""


@dataclass(frozen=True)
class Ran:
    """What became of a step."""

    status: int
    output: str
    said: str
    """The hook's own lines."""


class Steps:
    """Steps of one pipeline; `rok` has the repository that they snapshot into where they work in their own process."""

    def __init__(self, rok: Rok) -> None:
        self.rok = rok
        self.repository = rok.directory / "data" / "rok" / "repository"

    def environment(self, **more: str) -> dict[str, str]:
        """Return what a step sees; KALE_RUN names its run.

        A failed step's snapshot has what the marshal directory got meanwhile: Kale's own is that of all tests at work.
        """
        return {
            **self.rok.environment,
            "ROK_KALE_RUN": "run-1",
            "ROK_KALE_MARSHAL": str(self.rok.directory / "marshal"),
            "ROK_WORKSPACE": str(self.rok.workspace),
            **more,
        }

    def words(self, command: Sequence[str], *, python: str = sys.executable, **config: Any) -> list[str]:
        """Return a hooked command."""
        value = HookConfig(**{"pipeline": "titanic", "step": "train", "moments": ALL_MOMENTS, **config})
        return [python, "-c", bootstrap(), value.encoded(), *PLACEHOLDERS, "--", *command]

    def run(
        self,
        *command: str,
        environment: Mapping[str, str] | None = None,
        executor_input: Mapping[str, Any] | None = None,
        python: str = sys.executable,
        at: Path | None = None,
        **config: Any,
    ) -> Ran:
        """Run a step to its end."""
        given = [] if executor_input is None else ["--executor_input", json.dumps(executor_input)]
        seen = self.environment() if environment is None else dict(environment)
        if python == BARE_PYTHON:
            seen.pop("PYTHONPATH", None)
        done = subprocess.run(
            self.words([*command, *given], python=python, **config),
            env=seen,
            cwd=at or self.rok.workspace,
            capture_output=True,
            timeout=120,
            check=False,
        )
        lines = done.stderr.decode(errors="replace").splitlines(keepends=True)
        said = "".join(line for line in lines if line.startswith("[rok] "))
        return Ran(done.returncode, done.stdout.decode(errors="replace"), said)

    def snapshots(self, *words: str) -> list[dict[str, Any]]:
        """Return what `rok list` shows, oldest first."""
        return list(reversed(self.rok.json("list", *words)["items"]))


def shell(script: str) -> tuple[str, ...]:
    """Return a command that runs a shell's script; words after it are its arguments."""
    return ("sh", "-c", script, "sh")
