"""What earlier steps of a run gave, out of the snapshots that were taken after them.

Owns finding and fetching it. Doesn't own what is done with it (`pipeline.rest`), nor whether it may be loaded: the
files are pickles, and whoever runs a step on them asks first where the snapshot is somebody else's.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from kale_bridge.pipeline.rest import output_variables, steps_before
from kale_bridge.resume.point import ResumePoint, resume_point
from rok_jupyter.models import EntryType, Moment, Snapshot, SnapshotFilter

if TYPE_CHECKING:
    from kale_bridge.pipeline.document import PipelineDocument
    from rok_jupyter.commands.door import Snapshots


def fetch_earlier(
    door: Snapshots, point: ResumePoint, document: PipelineDocument, step: str, directory: Path
) -> dict[str, dict[str, Path]]:
    """Fetch what the steps that aren't `step` nor after it gave in the point's run; by step, into a directory."""
    wanted = {earlier: output_variables(document, earlier) for earlier in steps_before(document, step)}
    return fetch_outputs(door, point, wanted, directory)


def fetch_outputs(
    door: Snapshots, point: ResumePoint, wanted: Mapping[str, Sequence[str]], directory: Path
) -> dict[str, dict[str, Path]]:
    """Fetch variables, by step, into a directory; `wanted` names each earlier step's outputs.

    Steps of which not all is stored are left out: they run again. A step without outputs is done where its snapshot is.
    """
    found: dict[str, dict[str, Path]] = {}
    for step, names in wanted.items():
        sources = [each for each in (_after(door, point, step), point) if each is not None]
        if not names:
            if sources[0] is not point:
                found[step] = {}
            continue
        for source in sources:
            files = _fetch(door, source, names, directory / step)
            if len(files) == len(set(names)):
                found[step] = files
                break
    return found


def _after(door: Snapshots, point: ResumePoint, step: str) -> ResumePoint | None:
    """Return the point after a step of the same run; None where there is none."""
    cursor: str | None = None
    while True:
        filter_ = SnapshotFilter(pipeline=point.pipeline, run=point.run, step=step, all_owners=True)
        page = door.list(filter_, cursor=cursor)
        for snapshot in page.items:
            if snapshot.origin.moment is Moment.AFTER and _same_owner(snapshot, point):
                return resume_point(door, snapshot.id)
        cursor = page.next_cursor
        if cursor is None:
            return None


def _same_owner(snapshot: Snapshot, point: ResumePoint) -> bool:
    return snapshot.owner == point.snapshot.owner


def _fetch(door: Snapshots, point: ResumePoint, names: Sequence[str], directory: Path) -> dict[str, Path]:
    """Fetch those of the variables that a point has."""
    if point.variables is None:
        return {}
    volume, path = point.variables
    found: dict[str, Path] = {}
    for entry in door.tree(point.snapshot.id, volume, path).items:
        file = entry.path.rpartition("/")[2]
        name = os.path.splitext(file)[0]
        if name not in names or entry.type is not EntryType.FILE:
            continue
        directory.mkdir(parents=True, exist_ok=True)
        with open(directory / file, "wb") as target:
            for piece in door.read(point.snapshot.id, volume, entry.path):
                target.write(piece)
        found[name] = directory / file
    return found
