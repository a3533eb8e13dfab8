"""What Kale knows of a notebook that it has processed, as far as hooks care.

Owns reading Kale's objects. Doesn't own reading notebooks without Kale (`notebook_plan`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from kale_bridge.hook_plan import NamedVolume


class NotebookFacts(msgspec.Struct, frozen=True, kw_only=True):
    """A notebook's path as the user named it, its metadata, and the volumes that want a snapshot at the end."""

    notebook: str = ""
    metadata: Mapping[str, Any] = msgspec.field(default_factory=dict)
    named: tuple[NamedVolume, ...] = ()


def facts_of(pipeline: Any | None) -> NotebookFacts:
    """Return the facts of one of Kale's pipelines; of none, where the script is somebody's own."""
    if pipeline is None:
        return NotebookFacts()
    processor = getattr(pipeline, "processor", None)
    notebook = getattr(processor, "notebook", None)
    return NotebookFacts(
        notebook=str(getattr(processor, "nb_path", "")),
        metadata=getattr(notebook, "metadata", {}),
        named=tuple(
            NamedVolume(volume.name, volume.snapshot_name or "")
            for volume in pipeline.config.volumes or ()
            if volume.snapshot and volume.type == "pvc"
        ),
    )
