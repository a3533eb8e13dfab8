"""The verb `rok kale run`: its options, where the workspace and the repository are, and what is said at the end.

Owns no part of the running (`run`).
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from kale_bridge.resume.rest_of_run import chosen_rest, rest_arguments
from rok_jupyter.commands.grammar import Call, UsageError, Verb, common_options
from rok_jupyter.commands.outcome import Outcome
from rok_jupyter.errors import Cancelled, ErrorKind, RokError

if TYPE_CHECKING:
    from kale_bridge.local_run.outcome import LocalRun, StepSnapshot
    from kale_bridge.local_run.run import RunRequest, Surroundings
    from rok_jupyter.models import RepositoryInfo

_SHORT_ID = 8


def _arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "notebook", metavar="NOTEBOOK", help="the notebook, a path of the workspace or of this directory"
    )
    parser.add_argument("--no-snapshots", action="store_true", help="run the pipeline without hooks")
    parser.add_argument(
        "--param",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another value of one of the pipeline's parameters (repeat)",
    )
    rest_arguments(parser)
    parser.add_argument("--to", metavar="DIR", help="keep the run's workspace as this new directory")


def _run(call: Call) -> Outcome:
    from kale_bridge.local_run.run import run_locally

    request = _request(call)
    try:
        result = _with_snapshots(call, run_locally(request, _surroundings(call)))
    except KeyboardInterrupt:
        raise Cancelled(ErrorKind.CANCELLED, "The run was cancelled before it began.", "") from None
    return Outcome(value=result, notes=_notes(call, result))


def _request(call: Call) -> RunRequest:
    from kale_bridge.local_run.run import RunRequest
    from rok_jupyter.config import load_settings
    from rok_jupyter.models import Role

    given = call.arguments
    settings = load_settings()
    workspace = Path(os.path.realpath(_workspace(call)))
    notebook = _notebook(given.notebook, workspace)
    rest = chosen_rest(call, (workspace / notebook).parent)
    repository = None if given.no_snapshots else _repository(call)
    ours = (str(settings.locations.root), settings.repository_location, settings.password_location)
    return RunRequest(
        workspace=workspace,
        notebook=notebook,
        leave_out=tuple(os.path.realpath(path) for path in ours),
        environment=_environment(repository),
        hooks=repository is not None,
        data={volume.name: volume.path for volume in call.door.volumes() if volume.role is Role.DATA},
        keep=_new_directory(given.to),
        parameters=dict(map(_parameter, given.param)),
        kept_parameters={} if rest is None else rest.point.parameters or {},
        from_step="" if rest is None else rest.step,
        resume="" if rest is None else rest.point.snapshot.id,
    )


def _parameter(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise UsageError(f"--param takes NAME=VALUE, not {text!r}.", "For example: --param trees=200")
    return name, value


def _workspace(call: Call) -> str:
    from rok_jupyter.models import Role

    return next(volume.path for volume in call.door.volumes() if volume.role is Role.WORKSPACE)


def _environment(repository: RepositoryInfo | None) -> dict[str, str]:
    """Return what leads a step's hook to this user's repository, whatever home directory the step has."""
    from jupyter_core.paths import jupyter_config_dir, jupyter_data_dir

    ours = {"JUPYTER_CONFIG_DIR": jupyter_config_dir(), "JUPYTER_DATA_DIR": jupyter_data_dir()}
    if repository is None:
        return ours
    return {**ours, "ROK_REPOSITORY": repository.location, "ROK_PASSWORD_FILE": repository.password_file or ""}


def _repository(call: Call) -> RepositoryInfo | None:
    """Return the repository for the snapshots, made where the first snapshot would make it; None where it fails us."""
    try:
        known = call.door.repository_info()
        return known if known.exists else _made(call)
    except RokError as error:
        call.tell(f"No snapshots in this run. {error.message} {error.hint}".rstrip())
        return None


def _made(call: Call) -> RepositoryInfo:
    """Make the repository, or take the one that a run beside this one has made meanwhile."""
    try:
        return call.door.create_repository()
    except RokError as error:
        if error.kind is ErrorKind.ALREADY_EXISTS:
            return call.door.repository_info()
        raise


def _notebook(named: str, workspace: Path) -> str:
    """Return a notebook's path in the workspace: what is typed is a path of this directory, or of the workspace."""
    found = [Path(os.path.realpath(path)) for path in (Path(named).expanduser().absolute(), workspace / named)]
    found = [path for path in found if path.is_file()]
    inside = next((path for path in found if path.is_relative_to(workspace)), None)
    if inside is not None:
        return str(inside.relative_to(workspace))
    if found:
        raise RokError(
            ErrorKind.INVALID_ARGUMENT,
            f"The notebook {named} is not in the workspace {workspace}.",
            f"Name its workspace: rok --workspace {found[0].parent} kale run {named}",
        )
    raise RokError(ErrorKind.NOT_FOUND, f"There is no notebook {named}.", "Give its path in the workspace.")


def _new_directory(named: str | None) -> Path | None:
    if named is None:
        return None
    path = Path(named).expanduser().absolute()
    if os.path.lexists(path) or not path.parent.is_dir():
        raise RokError(
            ErrorKind.ALREADY_EXISTS if os.path.lexists(path) else ErrorKind.NOT_FOUND,
            f"The run's workspace can't be kept as {named}: it must be a new directory in one that is there.",
            "Choose another: --to DIR",
        )
    return path


def _surroundings(call: Call) -> Surroundings:
    from kale_bridge.local_run.run import Surroundings
    from kale_bridge.local_run.watching import RunningLine

    options = common_options(call.arguments)
    silent = options.quiet or options.json
    return Surroundings(
        watch=call.watch,
        tell=_nothing if silent else call.tell,
        line=RunningLine(sys.stderr, shown=not silent and sys.stderr.isatty()),
    )


def _nothing(text: str) -> None:
    """Say nothing."""


def _with_snapshots(call: Call, result: LocalRun) -> LocalRun:
    """Add the snapshots of the run's steps; without a repository there are none."""
    from msgspec.structs import replace

    from kale_bridge.hook_plan import final_step

    found = _snapshots(call, result.run)
    steps = tuple(replace(step, snapshots=found.get(step.step, ())) for step in result.steps)
    final = found.get(final_step([step.step for step in steps]))
    return replace(result, steps=steps, final=final[-1].id if final else None)


def _snapshots(call: Call, run: str) -> Mapping[str, tuple[StepSnapshot, ...]]:
    from kale_bridge.local_run.outcome import StepSnapshot
    from rok_jupyter.models import SnapshotFilter

    try:
        page = call.door.list(SnapshotFilter(run=run, all_owners=True), limit=1000)
    except RokError:
        return {}
    found: dict[str, tuple[StepSnapshot, ...]] = {}
    for snapshot in reversed(page.items):
        step, moment = snapshot.origin.step or "", snapshot.origin.moment
        found[step] = (*found.get(step, ()), StepSnapshot(moment=moment.value if moment else "", id=snapshot.id))
    return found


def _notes(call: Call, result: LocalRun) -> tuple[str, ...]:
    if result.sound:
        return ()
    step = next(step for step in result.steps if step.step == result.failed_step)
    back = next((s.id for s in reversed(step.snapshots)), None)
    way = f"Back at that step, with its variables: {call.program} resume {back[:_SHORT_ID]}" if back else ""
    return tuple(line for line in (f"The step {step.step} failed:", *result.output, way) if line)


RUN = Verb(
    name="run",
    summary="run a notebook's pipeline on this machine, with snapshots around each step",
    run=_run,
    arguments=_arguments,
    examples=(
        "rok kale run train.ipynb",
        "rok kale run train.ipynb --to results",
        "rok kale run train.ipynb --param trees=200",
        "rok kale run train.ipynb --resume 3a64ca86",
        "rok kale run train.ipynb --from train --resume 3a64ca86",
    ),
    description=(
        "Run a notebook's pipeline on this machine, without a cluster: on a copy of the workspace, one step after"
        " another (parallel ones, too), in this environment. Files that the steps write are in their snapshots, and"
        " with --to in DIR. Data volumes, and what else links of the workspace lead to, are not copied: the run names"
        " them, and a step that writes there changes the original."
    ),
)
