"""Hooks inside the steps: the hook's program stands before a step's command, which it runs.

Owns where in a command it stands. It follows KFP's own prefix, which has pip install the step's packages, so that it
runs in the step's own environment, on its volumes and as its user.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from kale_bridge.hook_config import HookConfig
from kale_bridge.pipeline.artifacts import declare_lineage, lineage_name
from kale_bridge.pipeline.document import Json, PipelineDocument
from kale_bridge.pipeline.steps import Step

SHELLS = ("sh", "bash", "/bin/sh", "/bin/bash", "/usr/bin/sh", "/usr/bin/bash")
_PIP_WORDS = 3
_RUN = ("{{$.pipeline_job_uuid}}", "{{$.pipeline_job_name}}", "{{$.pipeline_task_name}}")
_EXECUTOR_INPUT = ("--executor_input", "{{$}}")
"""How KFP tells a Python component of its inputs and outputs; a hook before another command asks for the same."""

_IF_PYTHON = (
    'if command -v python3 >/dev/null 2>&1; then exec python3 "$@"; fi; '
    'echo "[rok] no snapshots: this image has no python3" >&2; '
    'while [ "$1" != "--" ]; do shift; done; shift; exec "$@"'
)
"""Run the hook where there is a Python, else the step alone."""


def hook_words(config: HookConfig, bootstrap: str) -> list[str]:
    """Return the words that run a hook; the step's command follows them."""
    return ["python3", "-c", bootstrap, config.encoded(), *_RUN, "--"]


def can_be_hooked(container: Json) -> bool:
    """Return whether a hook can stand before a container's command: it has one, and it or a shell can be relied on."""
    command: list[str] = container.get("command") or []
    return bool(command) and (command[0] in SHELLS or _is_python(command))


def has_hook(container: Json) -> bool:
    """Return whether a container's command holds a hook."""
    return _RUN[0] in (container.get("command") or ())


def hook_of(container: Json) -> HookConfig | None:
    """Return what a container's hook is told; None where it has none."""
    command: list[str] = container.get("command") or []
    return HookConfig.decoded(command[command.index(_RUN[0]) - 1]) if has_hook(container) else None


def hook_inside(document: PipelineDocument, step: Step, config: HookConfig, bootstrap: str) -> None:
    """Put a hook before a step's command, and declare the artifact that names its snapshots."""
    component = document.components[step.component]
    artifact = lineage_name(component)
    told = msgspec.structs.replace(config, artifact=artifact)
    _hook_container(document.executors[step.executor]["container"], told, bootstrap)
    if artifact:
        declare_lineage(component, artifact)


def _hook_container(container: Json, config: HookConfig, bootstrap: str) -> None:
    """Put the hook before a container's command."""
    command: list[str] = container["command"]
    at = pip_words(command)
    words = hook_words(config, bootstrap)
    if not is_python_component(command[at:], container.get("args", ())):
        words[-1:-1] = _EXECUTOR_INPUT
        if command[0] in SHELLS:
            words = ["sh", "-c", _IF_PYTHON, "rok", *words[1:]]
    container["command"] = [*command[:at], *words, *command[at:]]


def pip_words(command: Sequence[str]) -> int:
    """Return how many words of a command are KFP's prefix, by which pip installs the step's packages."""
    return _PIP_WORDS if _has_prefix(command) else 0


def _has_prefix(command: Sequence[str]) -> bool:
    """Return whether a command begins with KFP's prefix, which ends by running the words that follow it."""
    return (
        len(command) > _PIP_WORDS
        and command[0] in SHELLS
        and command[1] == "-c"
        and "pip install" in command[2]
        and command[2].rstrip().endswith('"$0" "$@"')
    )


def _is_python(command: Sequence[str]) -> bool:
    return command[0].rsplit("/", 1)[-1].startswith("python3")


def is_python_component(command: Sequence[str], arguments: Sequence[str]) -> bool:
    """Return whether KFP's executor runs: there is a Python, and `--executor_input` among the arguments."""
    return "--executor_input" in arguments and any("kfp.dsl.executor_main" in word for word in command)
