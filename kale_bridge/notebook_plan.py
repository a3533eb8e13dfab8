"""What will be done with a notebook's steps, from its metadata and tags alone: no Kale, no compiling.

A pipeline's graph is known only once Kale has looked into the code, so a final snapshot for a
pipeline that ends in several steps is a sentence here; the rest is as a compiled pipeline's plan says (tests hold both
together). The server finds `plan_notebook` by the entry point group `rok_jupyter.notebook_plans`.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Mapping, Sequence
from typing import Any

from kale_bridge.hook_plan import NamedVolume, plan_finals, plan_step
from kale_bridge.notebook_tags import NotebookTags, read_tags, wish_of
from kale_bridge.settings import default_settings, notebook_settings
from rok_jupyter.config import RokSettings
from rok_jupyter.models import HookPlan

KALE = "kubeflow_notebook"


def plan_notebook(
    metadata: Mapping[str, Any], cells: Sequence[Sequence[str]], configured: RokSettings, notebook: str = ""
) -> HookPlan:
    """Return what compiling would do with a notebook of this metadata, whose code cells have these tags.

    Raises RokError(INVALID_ARGUMENT) where its settings are wrong.
    """
    settings = notebook_settings(metadata, default_settings(configured))
    kale = metadata.get(KALE)
    kale = kale if isinstance(kale, Mapping) else {}
    volumes = [volume for volume in _listed(kale, "volumes") if volume.get("type") == "pvc"]
    tags, default = read_tags(cells), _default_wish(kale)
    mounted = {str(volume.get("name", "")): str(volume.get("mount_point", "")) for volume in volumes}
    named = [
        NamedVolume(str(volume.get("name", "")), str(volume.get("snapshot_name") or ""))
        for volume in volumes
        if volume.get("snapshot") is True
    ]
    return HookPlan(
        pipeline=str(kale.get("pipeline_name", "")),
        notebook=notebook,
        settings=settings,
        steps=tuple(plan_step(step, wish or default, settings, volumes=mounted) for step, wish in tags.wishes.items()),
        finals=plan_finals(0, named, settings, steps=tags.wishes) if tags.wishes else (),
        notes=tuple(_notes(tags) if settings.snapshots else ()),
    )


def _notes(tags: NotebookTags) -> list[str]:
    notes = []
    if importlib.util.find_spec("kale") is None:
        notes.append("Kale isn't installed with this server: what is shown holds wherever Kale compiles the notebook.")
    if not tags.wishes:
        notes.append("No cell is a step yet: tag cells in Kale's panel.")
    if tags.ends > 1:
        notes.append(
            "Where the compiled pipeline ends in more than one step, a final snapshot is taken after them all."
        )
    notes += [f"The steps of the notebook {name} are planned when this one is compiled." for name in tags.references]
    return notes


def _default_wish(kale: Mapping[str, Any]) -> str:
    defaults = kale.get("steps_defaults")
    return wish_of([str(tag) for tag in defaults]) if isinstance(defaults, list) else ""


def _listed(kale: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    value = kale.get(key)
    return [each for each in value if isinstance(each, Mapping)] if isinstance(value, list) else []
