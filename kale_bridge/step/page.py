"""The page that a run leaves beside its step's outputs: which snapshots there are, and how to reproduce the step.

Owns its words, that no text of a user's becomes markdown or HTML, and that nothing secret is in it: whoever knows an
artifact's place may read it, in other namespaces, too (kubeflow/pipelines#9889). Doesn't own where it is put
(`lineage`). Standard library only.
"""

from __future__ import annotations

import os
import re
import shlex
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kale_bridge.step.parameters import shown

_SHORT = 8
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")


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
        what = "Open the notebook at this step, with its files and variables:"
        lines += ["", "## Back to it", "", what if config.get("notebook") else "The files of then:", ""]
        lines += [f"    rok resume {each.snapshot[:_SHORT]}    # {each.moment} the step" for each in there]
        lines += ["", "Look into it, or compare it with what is there now:", ""]
        lines += [f"    rok ls {there[0].snapshot[:_SHORT]}", f"    rok diff {there[0].snapshot[:_SHORT]}"]
    before = next((each.snapshot for each in there if each.moment == "before"), "")
    if before and config.get("notebook"):
        lines += _again(config, shlex.quote(_one_line(step)), before[:_SHORT])
    lines += ["", "## What ran", "", "| | |", "|---|---|"]
    lines += [f"| {name} | {_plain(text)} |" for name, text in _facts(config, pipeline, run)]
    return "\n".join(lines) + "\n"


def _again(config: Mapping[str, Any], step: str, snapshot: str) -> list[str]:
    """Return how to run the step again: in a restored directory, whose files are those of then, or on the cluster."""
    place, notebook = f"again-{snapshot}", _one_line(str(config["notebook"]))
    inside = shlex.quote(_in_its_volume(notebook, config.get("volumes") or {}))
    return [
        *("", "## Run it again", "", "From this step on, with the files of then and what the earlier steps gave:", ""),
        f"    rok resume {snapshot} --to {place}",
        f"    rok --workspace {place} kale run {inside} --from {step}",
        *("", "As a pipeline for the cluster, on its volumes as they are now:", ""),
        f"    rok kale compile {shlex.quote(notebook)} --from {step} --resume {snapshot}",
    ]


def _in_its_volume(notebook: str, volumes: Mapping[str, str]) -> str:
    """Return the notebook's path in the volume that holds it; as it was named, where none is known to."""
    mounts = (os.path.join(path, "") for path in volumes.values())
    return notebook[max((len(mount) for mount in mounts if notebook.startswith(mount)), default=0) :]


def _facts(config: Mapping[str, Any], pipeline: str, run: str) -> list[tuple[str, str]]:
    facts = [
        ("pipeline", pipeline),
        ("run", run),
        ("notebook", str(config.get("notebook") or "")),
        ("image", str(config.get("image") or "")),
        ("packages", " ".join(map(str, config.get("packages") or ()))),
        ("parameters", shown(config.get("parameters") or {})),
    ]
    return [(name, _CREDENTIALS.sub("", text)) for name, text in facts if text]


def _one_line(text: str) -> str:
    return "".join(character if character.isprintable() else "?" for character in text)


def _plain(text: str) -> str:
    """Return a text of which markdown and HTML make nothing."""
    return "".join(
        character if character.isalnum() or character in " .,:/=_-+" else f"&#{ord(character)};"
        for character in _one_line(text)
    )
