"""What Kale knows of a notebook that it has processed, as far as hooks care.

Owns reading Kale's objects. Doesn't own reading notebooks without Kale (`notebook_plan`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kale_bridge.hook_plan import NamedVolume, NotebookFacts
from kale_bridge.notebook_tags import read_tags, tags_of


def metadata_of(pipeline: Any | None) -> Mapping[str, Any]:
    """Return the metadata of the notebook that one of Kale's pipelines was made of; none, where it wasn't."""
    metadata: Mapping[str, Any] = getattr(_notebook(pipeline), "metadata", {})
    return metadata


def facts_of(pipeline: Any | None) -> NotebookFacts:
    """Return the facts of one of Kale's pipelines; none, where the script is somebody's own."""
    if pipeline is None:
        return NotebookFacts()
    notebook = _notebook(pipeline)
    return NotebookFacts(
        notebook=str(getattr(getattr(pipeline, "processor", None), "nb_path", "")),
        named=tuple(
            NamedVolume(volume.name, volume.snapshot_name or "")
            for volume in pipeline.config.volumes or ()
            if volume.snapshot and volume.type == "pvc"
        ),
        wishes=read_tags(tags_of(notebook)).wishes if notebook is not None else {},
    )


def _notebook(pipeline: Any | None) -> Any | None:
    return getattr(getattr(pipeline, "processor", None), "notebook", None)
