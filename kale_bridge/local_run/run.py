"""One local run from its beginning to its end: copy, start, follow, end, clear away.

Owns the order, and that nothing is left but snapshots (and the copy, where it is to be kept), whatever happens. Doesn't
own how a notebook becomes a pipeline (`runner`).
"""

from __future__ import annotations

import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from msgspec.structs import replace

from kale_bridge.local_run.copying import copy_workspace
from kale_bridge.local_run.events import EventReader
from kale_bridge.local_run.order import RunOrder, write_order
from kale_bridge.local_run.outcome import LocalRun, StepRun
from kale_bridge.local_run.places import RunPlace, remove_abandoned
from kale_bridge.local_run.processes import end_all, start_runner
from kale_bridge.local_run.step_command import log_name
from kale_bridge.local_run.step_log import reason_of_failure
from kale_bridge.local_run.watching import Followed, Follower, RunningLine
from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.progress import Progress, Report
from rok_jupyter.signals import held_back

_LOOK_SECONDS = 0.1
_MOST_NAMED = 5
_NOT_FOR_STEPS = ("ROK_SERVER_URL", "ROK_SERVER_TOKEN", "ROK_SERVER_TOKEN_FILE", "PYTHONWARNINGS")


class RunRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be run; paths are absolute and free of links."""

    workspace: Path
    notebook: str
    """The notebook's path in the workspace."""
    leave_out: tuple[str, ...] = ()
    """What isn't copied."""
    environment: Mapping[str, str] = msgspec.field(default_factory=dict)
    """What the steps' environment has beside this process's."""
    hooks: bool = True
    data: Mapping[str, str] = msgspec.field(default_factory=dict)
    """The data volumes, which aren't copied: directory by name."""
    keep: Path | None = None
    """Where the run's workspace goes at its end; a place where nothing is yet."""
    from_step: str = ""
    """The first step to run; empty: all run."""
    parameters: Mapping[str, str] = msgspec.field(default_factory=dict)
    """What the run is given in the place of the pipeline's own parameters."""
    kept_parameters: Mapping[str, str] = msgspec.field(default_factory=dict)
    """What the run that is resumed was given, where this one isn't given another."""
    resume: str = ""
    """The snapshot's id whose run gives what the steps before it gave."""


class Surroundings(msgspec.Struct, frozen=True, kw_only=True):
    """Where a run says what it does."""

    watch: Callable[[Report], None]
    tell: Callable[[str], None]
    line: RunningLine


def new_run_id() -> str:
    """Return a name for a run that sorts by time."""
    return f"local-{datetime.now(UTC):%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"


def run_locally(request: RunRequest, around: Surroundings) -> LocalRun:
    """Run a pipeline on a copy of the workspace; a KeyboardInterrupt ends it, and leaves nothing behind but snapshots.

    Raises Cancelled then, else RokError where the pipeline could not be run at all.
    """
    remove_abandoned()
    place = RunPlace.make()
    try:
        notes = _copy(request, place, around)
        for note in notes:
            around.tell(note)
        result = _run_on_copy(request, place, around)
        return replace(result, notes=(*notes, *result.notes))
    finally:
        place.remove()


def _copy(request: RunRequest, place: RunPlace, around: Surroundings) -> tuple[str, ...]:
    """Copy the workspace; return what there is to know about the copy."""
    progress = Progress()
    due = time.monotonic()

    def tick() -> None:
        nonlocal due
        if time.monotonic() >= due:
            due = time.monotonic() + _LOOK_SECONDS
            around.watch(progress.report())

    leave_out = (*request.leave_out, str(place.root))
    copied = copy_workspace(request.workspace, place.workspace, leave_out=leave_out, progress=progress, tick=tick)
    notes = []
    if copied.failed:
        notes.append(f"The run's copy of the workspace lacks what can't be read: {_some(copied.failed)}")
    if originals := _originals(request.data, copied.outside):
        notes.append(f"Not copied, so a step that writes there changes the original: {_some(originals)}")
    return tuple(notes)


def _originals(data: Mapping[str, str], links: Mapping[str, str]) -> list[str]:
    """Name what steps can write to beside the copy: the links that lead out of it, and data volumes without one."""
    volumes = {os.path.realpath(path): f"the volume {name}" for name, path in data.items()}
    named = [f"{link} -> {path}" + (f" ({volumes[path]})" if path in volumes else "") for link, path in links.items()]
    return named + [f"{name} in {path}" for path, name in volumes.items() if path not in links.values()]


def _some(names: Sequence[str]) -> str:
    return ", ".join(names[:_MOST_NAMED]) + (
        f", and {len(names) - _MOST_NAMED} more" if len(names) > _MOST_NAMED else ""
    )


def _run_on_copy(request: RunRequest, place: RunPlace, around: Surroundings) -> LocalRun:
    started = time.monotonic()
    order = RunOrder(
        root=str(place.root),
        notebook=str(place.workspace / request.notebook),
        named=request.notebook,
        run=new_run_id(),
        hooks=request.hooks,
        parameters=request.parameters,
        kept_parameters=request.kept_parameters,
        from_step=request.from_step,
        resume=request.resume,
    )
    write_order(place.order, order)
    directory = (place.workspace / request.notebook).parent
    log = place.logs / "run"
    environment = _environment(request, place, order.run)
    runner: subprocess.Popen[bytes] | None = None
    try:
        with held_back():
            runner = start_runner(place.order, directory=directory, environment=environment, log=log)
        state = _follow(runner, EventReader(place.events), around)
    except KeyboardInterrupt:
        hint = f"The snapshots that it took: rok list --run {order.run}" if request.hooks else ""
        raise Cancelled(ErrorKind.CANCELLED, f"The run {order.run} was cancelled.", hint) from None
    finally:
        around.line.clear()
        if runner is not None:
            end_all(runner)
    if state.error is not None:
        raise state.error
    if not state.result:
        raise _died(runner, log)
    kept = _keep(request, place)
    return _result(order, state, place, kept=kept, seconds=time.monotonic() - started)


def _environment(request: RunRequest, place: RunPlace, run: str) -> dict[str, str]:
    """Return what the runner and the steps see: no server that would snapshot the original instead of the copy."""
    kept = {name: value for name, value in os.environ.items() if name not in _NOT_FOR_STEPS}
    return {
        **kept,
        **request.environment,
        "PATH": os.pathsep.join((os.path.dirname(sys.executable), kept.get("PATH", os.defpath))),
        "TMPDIR": str(place.scratch),
        "ROK_WORKSPACE": str(request.workspace),
        "ROK_WORKSPACE_COPY": str(place.workspace),
        "ROK_KALE_RUN": run,
        "ROK_KALE_MARSHAL": str(place.root / "marshal"),
        "PYTHONUNBUFFERED": "1",
    }


def _follow(runner: subprocess.Popen[bytes], reader: EventReader, around: Surroundings) -> Followed:
    def tell(text: str) -> None:
        around.line.clear()
        around.tell(text)

    follower = Follower(tell)
    ended = False
    while not ended:
        ended = runner.poll() is not None
        for event in reader.new():
            follower(event)
        around.line.draw(follower.state)
        if not ended:
            time.sleep(_LOOK_SECONDS)
    return follower.state


def _keep(request: RunRequest, place: RunPlace) -> str | None:
    if request.keep is None:
        return None
    shutil.move(place.workspace, request.keep)
    return str(request.keep)


def _result(order: RunOrder, state: Followed, place: RunPlace, *, kept: str | None, seconds: float) -> LocalRun:
    failed = state.failed_step
    return LocalRun(
        pipeline=state.pipeline,
        run=order.run,
        notebook=order.named,
        status="succeeded" if state.result == "succeeded" else "failed",
        seconds=seconds,
        steps=tuple(_step(step, state) for step in state.in_order),
        failed_step=failed,
        output=() if failed is None else reason_of_failure(place.logs / log_name(failed)),
        kept=kept,
        notes=tuple(state.notes),
    )


def _step(step: str, state: Followed) -> StepRun:
    if step not in state.ended:
        return StepRun(step=step, status="not run")
    status, seconds = state.ended[step]
    if step in state.stored and not status:
        return StepRun(step=step, status="not run again")
    return StepRun(step=step, status="failed" if status else "succeeded", seconds=seconds)


def _died(runner: subprocess.Popen[bytes], log: Path) -> RokError:
    last = " ".join(reason_of_failure(log)[-1:])
    return RokError(
        ErrorKind.INTERNAL,
        f"The process that ran the pipeline ended with status {runner.returncode}. {last}".rstrip(),
        "Run it again; if it happens again, please report it.",
    )
