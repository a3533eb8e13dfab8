"""The page that a run leaves beside its step's outputs: which snapshots there are, and how to reproduce the step.

Owns its words, and that no text of a user's becomes markdown or HTML. Doesn't own where it is put (`lineage`).
Standard library only.
"""

from __future__ import annotations

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_SHORT = 8


@dataclass(frozen=True)
class Taken:
    """A moment of a step, and its snapshot; or why there is none."""

    moment: str
    snapshot: str = ""
    created: str = ""
    failure: str = ""


def page(config: Mapping[str, Any], run: str, taken: Sequence[Taken]) -> str:
    """Return the page as markdown."""
    step, pipeline = str(config.get("step", "")), str(config.get("pipeline", ""))
    lines = [f"# Snapshots of step {_plain(step)}", ""]
    lines += ["| moment | snapshot | taken |", "|---|---|---|"]
    lines += [f"| {each.moment} | {_plain(each.snapshot or each.failure)} | {_plain(each.created)} |" for each in taken]
    there = [each for each in taken if each.snapshot]
    if there:
        lines += ["", "## Back to it", "", "Open the notebook at this step, with its files and variables:", ""]
        lines += [f"    rok resume {each.snapshot[:_SHORT]}    # {each.moment} the step" for each in there]
        lines += ["", "Look into it, or compare it with what is there now:", ""]
        lines += [f"    rok ls {there[0].snapshot[:_SHORT]}", f"    rok diff {there[0].snapshot[:_SHORT]}"]
        lines += ["", "## Run it again", "", "From this step on, with the earlier steps' outputs:", ""]
        lines += [f"    {_again(config, there[0].snapshot, 'run')}        # on the notebook's machine"]
        lines += [f"    {_again(config, there[0].snapshot, 'compile')}    # as a pipeline for the cluster"]
    lines += ["", "## What ran", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {_plain(text)} |" for name, text in _facts(config, pipeline, run)]
    return "\n".join(lines) + "\n"


def _again(config: Mapping[str, Any], snapshot: str, verb: str) -> str:
    notebook = shlex.quote(_one_line(str(config.get("notebook") or "NOTEBOOK")))
    step = shlex.quote(_one_line(str(config["step"])))
    return f"rok kale {verb} {notebook} --from {step} --resume {snapshot[:_SHORT]}"


def _facts(config: Mapping[str, Any], pipeline: str, run: str) -> list[tuple[str, str]]:
    parameters = ", ".join(f"{name}={value}" for name, value in (config.get("parameters") or {}).items())
    facts = [
        ("pipeline", pipeline),
        ("run", run),
        ("notebook", str(config.get("notebook") or "")),
        ("image", str(config.get("image") or "")),
        ("packages", " ".join(map(str, config.get("packages") or ()))),
        ("parameters", parameters),
    ]
    return [(name, text) for name, text in facts if text]


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)


def _plain(text: str) -> str:
    """Return a text of which markdown and HTML make nothing."""
    return "".join(
        character if character.isalnum() or character in " .,:/=_-+" else f"&#{ord(character)};"
        for character in _one_line(text)
    )
