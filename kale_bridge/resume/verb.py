"""The verb `resume`: back at a pipeline's step, with its variables.

Owns its options, what is asked before others' variables may be loaded, and how the result looks. Joins `rok` and `%rok`
by the entry point group `rok_jupyter.commands`.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import shlex
from typing import TYPE_CHECKING

from rok_jupyter.commands.completion import snapshot_ids
from rok_jupyter.commands.grammar import Call, UsageError, Verb, completed_by
from rok_jupyter.commands.outcome import Outcome
from rok_jupyter.commands.paths import absolute_target, moved_volumes
from rok_jupyter.errors import RokError

if TYPE_CHECKING:
    from kale_bridge.resume.point import ResumePoint
    from rok_jupyter.models import Resumed


def _arguments(parser: argparse.ArgumentParser) -> None:
    completed_by(
        parser.add_argument(
            "id",
            metavar="ID",
            nargs="?",
            help="a step's snapshot, `latest` for the newest one; in a kernel of a resumed directory, none",
        ),
        snapshot_ids,
    )
    where = parser.add_mutually_exclusive_group()
    where.add_argument("--to", metavar="DIR", help="into this directory, which is new or empty")
    where.add_argument("--in-place", action="store_true", help="into the volumes; a safety snapshot is taken first")
    parser.add_argument(
        "--volume-at", action="append", default=[], metavar="NAME=DIR", help="in place: where a volume is now (repeat)"
    )
    parser.add_argument("--trust", action="store_true", help="take another user's variables: loading them runs code")
    parser.add_argument("--yes", "-y", action="store_true", help="restore in place without asking")


def _resume(call: Call) -> Outcome:
    from kale_bridge.resume.kernel import running_shell

    shell = running_shell() if call.program.startswith("%") else None
    if call.arguments.id is None:
        return _go_on(call, shell)
    resumed = _return_to(call)
    if shell is None:
        return _shown(call, resumed, shell)
    if call.arguments.in_place:
        _take(resumed.directory)
    return _shown(call, _loaded(resumed, shell), shell)


def _return_to(call: Call) -> Resumed:
    from kale_bridge.resume.point import resume_point
    from kale_bridge.resume.returning import new_directory, restored
    from rok_jupyter.models import RestoreRequest

    given = call.arguments
    if given.volume_at and not given.in_place:
        raise UsageError("--volume-at goes with --in-place: elsewhere all volumes are new.", "Leave it out.")
    point = resume_point(call.door, given.id)
    trusted = point.own or given.trust or _trusts(call, point)
    target = absolute_target(given.to) if given.to else new_directory(point, _beside(call, point))
    request = RestoreRequest(
        snapshot=point.snapshot.id,
        directory=None if given.in_place else target,
        volumes=moved_volumes(given.volume_at),
    )
    fingerprint = None
    if given.in_place and not given.yes:
        plan = call.door.plan_restore(request, call.watch, save_documents=True)
        call.confirm(plan)
        fingerprint = plan.fingerprint
    result = call.door.restore(request, call.watch, fingerprint=fingerprint)
    return restored(point, result, with_variables=trusted, in_place=given.in_place)


def _take(directory: str) -> None:
    """Have Kale's panel leave alone what this kernel loads; where that can't be written, it loads all the same."""
    from kale_bridge.resume.marker import find_mark, take

    found = find_mark(directory)
    if found is not None:
        with contextlib.suppress(OSError, RokError):
            take(*found)


def _beside(call: Call, point: ResumePoint) -> str:
    """Return the workspace that a new directory stands beside: one's own, also for what another user or a pod took."""
    from kale_bridge.resume.returning import workspace_of

    then = workspace_of(point)
    return then if point.own and os.path.isdir(then) else call.door.status().workspace


def _trusts(call: Call, point: ResumePoint) -> bool:
    from kale_bridge.resume.trust import is_trusted, warning

    trusted = is_trusted(call, point, "Take the variables too?")
    if trusted is None:
        call.tell(f"{warning(point)} They are left out; take them with --trust.")
    return bool(trusted)


def _go_on(call: Call, shell: object) -> Outcome:
    """Load what an earlier resume has put here."""
    from pathlib import Path

    from kale_bridge.resume.marker import find_mark, marshal_directory, parameters_of
    from kale_bridge.resume.notebook import next_cell, read_cells
    from rok_jupyter.models import Moment, Resumed

    found = find_mark(os.getcwd())
    if shell is None or found is None:
        hint = "See `rok list --origin step`; without an ID, only a kernel in a resumed directory knows what is meant."
        raise UsageError("Which snapshot? Give its id.", hint)
    directory, mark = found
    notebook = os.path.join(directory, mark["notebook"])
    cell = next_cell(read_cells(Path(notebook)), mark["step"], Moment(mark["moment"]))
    resumed = Resumed(
        snapshot=mark["snapshot"],
        pipeline="",
        run="",
        step=mark["step"],
        moment=mark["moment"],
        directory=directory,
        notebook=notebook,
        variables_directory=marshal_directory(notebook),
        parameters=parameters_of(mark),
        next_cell=None if cell is None else cell.number,
    )
    _take(directory)
    return _shown(call, _loaded(resumed, shell), shell)


def _loaded(resumed: Resumed, shell: object) -> Resumed:
    from msgspec.structs import replace

    from kale_bridge.resume.kernel import load

    if not resumed.notebook or resumed.untrusted:
        return resumed
    loaded, errors = load(shell, resumed)
    return replace(resumed, loaded=loaded, errors=(*resumed.errors, *errors))


def _shown(call: Call, resumed: Resumed, shell: object) -> Outcome:
    from kale_bridge.resume import looks  # noqa: F401  how it looks

    notes = [] if resumed.undo is None else [f"Undo: {call.program} undo"]
    if shell is None and not call.arguments.in_place and resumed.notebook:
        directory = shlex.quote(resumed.directory)
        notes.append(f"Open it: jupyter lab --notebook-dir {directory}")
        if resumed.moment != "after":
            words = (os.path.relpath(resumed.notebook, resumed.directory), "--from", resumed.step)
            notes.append(f"Mended, run the rest: rok --workspace {directory} kale run {shlex.join(words)}")
    if call.arguments.id is None and not os.path.isdir(resumed.variables_directory):
        notes.append(f"The variables were loaded before. Once more: {call.program} resume {resumed.snapshot[:8]}")
    return Outcome(value=resumed, notes=tuple(notes))


RESUME = Verb(
    name="resume",
    summary="go back to a pipeline's step, with its files and variables",
    description="Restores a step's snapshot into a new directory beside the workspace (or --to DIR, or --in-place), and"
    " puts the step's variables beside the notebook, where Kale's panel finds them. In a kernel (%rok resume) it also"
    " runs the notebook's first cells, loads the variables, and says which cell comes next.",
    run=_resume,
    arguments=_arguments,
    examples=(
        "rok resume latest",
        "rok resume 1a2b3c4d",
        "rok resume 1a2b3c4d --to /tmp/train",
        "rok resume 1a2b3c4d --in-place --yes",
    ),
)
