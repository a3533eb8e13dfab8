"""A compiled pipeline's file of which only the rest of a run is to run: the steps before it give again what they gave.

What they gave is fetched out of the snapshots into a directory beside the pipeline, where the cluster's steps read it:
on a volume that they mount where it is mounted here, as Kale's workspace is. Owns that directory, and that the steps
can see it. Doesn't own what stands in for a step (`pipeline.rest`) nor what is stored (`resume.stored_outputs`).
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from kale_bridge.files import replace_file
from kale_bridge.kfp_validator import validate
from kale_bridge.pipeline.document import read_pipeline, write_pipeline
from kale_bridge.pipeline.parameters import parameters_in, with_parameters
from kale_bridge.pipeline.rest import from_step
from kale_bridge.pipeline.steps import Step, find_steps
from kale_bridge.resume.rest_of_run import RestOfRun
from kale_bridge.resume.stored_outputs import fetch_earlier
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.state import os_errors

if TYPE_CHECKING:
    from rok_jupyter.commands.door import Snapshots


class StandingStill(msgspec.Struct, frozen=True, kw_only=True):
    """The steps of a pipeline that don't run again, and the directory that holds what they gave."""

    from_step: str
    snapshot: str
    steps: tuple[str, ...]
    directory: str
    parameters: Mapping[str, str] = msgspec.field(default_factory=dict)
    """What the run of then was given in the place of the pipeline's own: the pipeline's own now."""


class RestFile:
    """The rest of one run, to be made of a compiled pipeline."""

    def __init__(self, door: Snapshots, rest: RestOfRun) -> None:
        self._door = door
        self._rest = rest

    def apply(self, package: Path, directory: Path) -> StandingStill:
        """Have the earlier steps of a pipeline's file stand still; what they gave is put below `directory`.

        Raises RokError where the pipeline lacks the step, or a step that stands still can't see what it gave.
        """
        point, step = self._rest.point, self._rest.step
        document = read_pipeline(package.read_text(encoding="utf-8"))
        fetched, stored = package.parent / "stored", directory.absolute() / f"resumed-{point.short}"
        outputs = {
            each: {name: stored / path.relative_to(fetched) for name, path in files.items()}
            for each, files in fetch_earlier(self._door, point, document, step, fetched).items()
        }
        given = parameters_in(document, point.parameters or {})
        rest = from_step(document, step, outputs, why=f"resumed from {point.short}")
        text = write_pipeline(with_parameters(rest, given))
        _check_seen(find_steps(document), outputs, stored)
        validate(text)
        with os_errors(f"Writing {stored}"):
            fetched.mkdir(exist_ok=True)
            shutil.copytree(fetched, stored, dirs_exist_ok=True)
        replace_file(package, text.encode())
        return StandingStill(
            from_step=step,
            snapshot=point.snapshot.id,
            steps=tuple(outputs),
            directory=str(stored),
            parameters=given,
        )


def _check_seen(steps: Iterable[Step], outputs: Mapping[str, Mapping[str, Path]], directory: Path) -> None:
    """Raise FAILED_PRECONDITION where a step that gives files mounts no volume that holds them."""
    blind = [step.name for step in steps if outputs.get(step.name) and not _sees(step, directory)]
    if blind:
        raise RokError(
            ErrorKind.FAILED_PRECONDITION,
            f"The steps {', '.join(blind)} can't see what they gave: no volume of theirs holds {directory}.",
            "Add the workspace's volume to the notebook's pipeline in Kale's panel, or run the rest here: rok kale run",
        )


def _sees(step: Step, directory: Path) -> bool:
    return any(directory.is_relative_to(os.path.normpath(path)) for path in step.volumes.values() if path)
