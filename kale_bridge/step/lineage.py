"""What a run keeps of its snapshots: an output artifact of each hooked task, a markdown page whose metadata names them.

Owns where KFP looks for it: the artifact's file, and its metadata in the file that the step's executor writes when it
ends. Doesn't own the page's words. A step that failed has no outputs in KFP: its log says how to come back.
Standard library only.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping, Sequence
from typing import Any

from kale_bridge.step.page import Taken, page
from kale_bridge.step.variables import local_path


def leave_page(
    config: Mapping[str, Any], run: str, executor_input: Mapping[str, Any], taken: Sequence[Taken]
) -> str | None:
    """Write the page and its metadata, where the task has an artifact for it; return why that failed, None if not."""
    artifact = _artifact(config, executor_input)
    if artifact is None:
        return None
    try:
        path = local_path(artifact)
        if not path:
            return f"The page has no place: {artifact.get('uri')!r}."
        os.makedirs(os.path.dirname(path), exist_ok=True)
        _write(path, page(config, run, taken))
        _name_snapshots(str(executor_input["outputs"]["outputFile"]), config["artifact"], artifact, taken)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        return f"The page about the snapshots can't be written: {error}."
    return None


def _artifact(config: Mapping[str, Any], executor_input: Mapping[str, Any]) -> Mapping[str, Any] | None:
    listed = executor_input.get("outputs", {}).get("artifacts", {}).get(config.get("artifact") or "")
    return listed["artifacts"][0] if listed and listed.get("artifacts") else None


def _name_snapshots(path: str, name: str, artifact: Mapping[str, Any], taken: Sequence[Taken]) -> None:
    """Add the artifact to what the executor said, or say it where there was no executor."""
    output: dict[str, Any] = {}
    with contextlib.suppress(FileNotFoundError), open(path, encoding="utf-8") as file:
        output = json.load(file)
    metadata = {f"snapshot_{each.moment}": each.snapshot for each in taken if each.snapshot}
    said = {"name": artifact.get("name", name), "uri": artifact.get("uri", ""), "metadata": metadata}
    output.setdefault("artifacts", {})[name] = {"artifacts": [said]}
    os.makedirs(os.path.dirname(path), exist_ok=True)
    _write(path, json.dumps(output))


def _write(path: str, text: str) -> None:
    """Write a file whole: KFP reads it when the step has ended, whatever became of the hook."""
    temporary = f"{path}.rok"
    with open(temporary, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(temporary, path)
