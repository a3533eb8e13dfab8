"""Going back to a step: the snapshot's volumes are restored, and the variables put where Kale looks for them.

Owns the places (a new directory, or the volumes themselves), the variables' move and the mark. Doesn't own restoring
(the door), where links lead (`links`), nor asking (`verb`).
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path

from kale_bridge.resume.links import lead_to_restored
from kale_bridge.resume.marker import marshal_directory, remove_mark, write_mark
from kale_bridge.resume.notebook import find_notebook, leads_straight, next_cell, read_cells
from kale_bridge.resume.point import PARAMETERS_LOST, ResumePoint
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import EntryError, RestoreResult, Resumed, Role
from rok_jupyter.state import os_errors

_VARIABLES = ".rok-kale"


def new_directory(point: ResumePoint, beside: str) -> str:
    """Return a directory that isn't there yet, beside one: named after it, the step and the snapshot."""
    step = "".join(character if character.isalnum() or character in "-_" else "_" for character in point.step)
    base = f"{beside.rstrip('/')}-{step[:60]}-{point.short}"
    number, free = 1, base
    while os.path.lexists(free):
        number += 1
        free = f"{base}-{number}"
    return free


def workspace_of(point: ResumePoint) -> str:
    """Return where the workspace was when the snapshot was taken: that of its first volume, where it had none."""
    members = point.snapshot.members
    return next((member.path for member in members if member.role is Role.WORKSPACE), members[0].path)


def restored(point: ResumePoint, result: RestoreResult, *, with_variables: bool, in_place: bool) -> Resumed:
    """Make a restored snapshot a place to go on: variables where Kale looks, links to its own data, the mark."""
    members = {member.volume: member for member in point.snapshot.members}
    first = next((name for name, member in members.items() if member.role is Role.WORKSPACE), next(iter(members)))
    if first not in result.targets:
        raise RokError(ErrorKind.FAILED_PRECONDITION, "The snapshot holds no workspace.", "Restore it: rok restore")
    root = result.targets[first]
    notebook = find_notebook(Path(root), point.notebook, members[first].path)
    if not with_variables:
        _distrust(root, notebook)
    variables: tuple[str, ...] = ()
    if point.variables is not None:
        volume, path = point.variables
        variables = _take_variables(result.targets[volume], path, notebook if with_variables else None)
    errors: tuple[EntryError, ...] = ()
    if point.parameters is None:
        errors = (EntryError(volume="parameters", path="", message=PARAMETERS_LOST),)
    if not in_place:
        for target in result.targets.values():
            shutil.rmtree(os.path.join(target, _VARIABLES), ignore_errors=True)  # what siblings had there just then
        errors += lead_to_restored({name: (members[name].path, place) for name, place in result.targets.items()})
    cell = None if notebook is None else next_cell(read_cells(notebook), point.step, point.moment)
    if notebook is not None and with_variables:
        _mark(root, notebook, point)
    return Resumed(
        snapshot=point.snapshot.id,
        pipeline=point.pipeline,
        run=point.run,
        step=point.step,
        moment=point.moment.value,
        directory=root,
        notebook="" if notebook is None else str(notebook),
        variables=variables,
        untrusted="" if with_variables else point.snapshot.owner or "somebody else",
        variables_directory=marshal_directory(str(notebook)) if variables and notebook is not None else "",
        parameters=point.parameters or {},
        next_cell=None if cell is None else cell.number,
        volumes=dict(result.targets),
        undo=result.undo,
        errors=(*result.errors, *errors),
    )


def _distrust(root: str, notebook: Path | None) -> None:
    """Take away what would have Kale load pickles of another user's: it may have come with the files, too."""
    remove_mark(root)
    if notebook is not None:
        shutil.rmtree(marshal_directory(str(notebook)), ignore_errors=True)


def _take_variables(root: str, path: str, notebook: Path | None) -> tuple[str, ...]:
    """Move a step's variables beside its notebook, and take their directory away; return their names.

    What a link of the snapshot leads to, anywhere on the way, is somebody's own and stays as it is.
    """
    source = os.path.join(root, path)
    if not os.path.isdir(source) or not leads_straight(root, path):
        return ()
    names: list[str] = []
    with os_errors("Putting the variables beside the notebook"):
        if notebook is not None:
            place = marshal_directory(str(notebook))
            shutil.rmtree(place, ignore_errors=True)
            os.mkdir(place, 0o700)
            for entry in sorted(os.listdir(source)):
                shutil.move(os.path.join(source, entry), os.path.join(place, entry))
                names.append(os.path.splitext(entry)[0])
        shutil.rmtree(source, ignore_errors=True)
        with contextlib.suppress(OSError):  # a sibling's are there too
            os.rmdir(os.path.dirname(source))
            os.rmdir(os.path.dirname(os.path.dirname(source)))
    return tuple(names)


def _mark(root: str, notebook: Path, point: ResumePoint) -> None:
    write_mark(
        root,
        {
            "notebook": os.path.relpath(notebook, root),
            "step": point.step,
            "moment": point.moment.value,
            "snapshot": point.snapshot.id,
            "parameters": dict(point.parameters or {}),
        },
    )
