"""Which rest of a run is meant: from which step on, and the snapshot whose run gives what the other steps gave.

Owns the options that say it, and what is asked before others' variables are used. Doesn't own what is done with it
(`local_run` runs it here, `compiling` makes a cluster's pipeline of it).
"""

from __future__ import annotations

import argparse
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from rok_jupyter.commands.completion import snapshot_ids
from rok_jupyter.commands.grammar import Call, UsageError, completed_by
from rok_jupyter.errors import ErrorKind, RokError

if TYPE_CHECKING:  # the grammar is read at each start of `rok`
    from kale_bridge.resume.point import ResumePoint


@dataclass(frozen=True)
class RestOfRun:
    """The first step to run, and the point whose run gives what the steps before it gave."""

    step: str
    point: ResumePoint


def rest_arguments(parser: argparse.ArgumentParser) -> None:
    """Add the options that say which rest is meant."""
    parser.add_argument("--from", dest="from_step", metavar="STEP", help="run this step and those that need it only")
    completed_by(
        parser.add_argument("--resume", metavar="ID", help="the snapshot whose run gives what the other steps gave"),
        snapshot_ids,
    )
    parser.add_argument("--trust", action="store_true", help="use another user's variables: loading them runs code")


def chosen_rest(call: Call, directory: Path) -> RestOfRun | None:
    """Return what the options say, None where all is to run; in a resumed directory its mark says which snapshot.

    Raises UsageError where they don't go together, and FAILED_PRECONDITION where another user's snapshot is not
    trusted: by `--trust`, or by the answer of who is asked.
    """
    from kale_bridge.resume.marker import find_mark
    from kale_bridge.resume.point import PARAMETERS_LOST, resume_point
    from kale_bridge.resume.trust import is_trusted, warning
    from rok_jupyter.models import Moment

    given = call.arguments
    if not (given.from_step or given.resume):
        return None
    mark = find_mark(str(directory))
    marked = "" if mark is None else str(mark[1]["snapshot"])
    if not (given.resume or marked):
        raise UsageError(
            "--from needs to know what the steps before it gave.", "Add --resume ID: rok list --origin step"
        )
    point = resume_point(call.door, given.resume or marked)
    trusted = point.own or given.trust or point.snapshot.id == marked
    if not (trusted or is_trusted(call, point, "Use the variables?")):
        raise RokError(ErrorKind.FAILED_PRECONDITION, warning(point), "Where you trust them, add --trust.")
    if not given.from_step and point.moment is Moment.AFTER:
        raise UsageError(f"The step {point.step} was done by then.", "Name the step to begin with: --from STEP")
    if point.parameters is None:
        call.tell(PARAMETERS_LOST)
    return RestOfRun(given.from_step or point.step, point)
