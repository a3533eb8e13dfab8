"""The process that has `kfp.local` run a pipeline: compiles, hooks, makes it fit for this machine, and runs it.

    python -m kale_bridge.local_run.runner ORDER PARENT

PARENT is the number of the process that asked for the run: it may be gone before this one can look who it is.
Owns the order of these steps, and that the run ends with the process that asked for it. What happens is told by events;
what KFP prints is the run's log. Doesn't own the directories (`places`).
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kale_bridge.hook_plan import HookPlan, NotebookFacts
from kale_bridge.local_run.events import Event, EventReader, tell
from kale_bridge.local_run.order import RunOrder, read_order
from kale_bridge.local_run.places import for_kfp
from kale_bridge.pipeline.document import PipelineDocument
from rok_jupyter.errors import ErrorKind, RokError

_LOOK_SECONDS = 0.5
_SHORT_ID = 8
_NOT_HERE = "The notebook asks for a snapshot of {} at the end: a local run mounts no volumes, and takes none of them."
_AROUND = ("python3", "-m", "kale_bridge.local_run.step_command")


def main(path: str, parent: int) -> int:
    """Run an order of that process's; 0 where the pipeline succeeded."""
    threading.Thread(target=_end_with_parent, args=(parent,), daemon=True).start()
    order = read_order(Path(path))
    events = Path(order.root) / "events"
    try:
        succeeded = _run(order, events)
    except RokError as error:
        _tell_error(events, error)
        return 1
    except Exception as fault:  # noqa: BLE001  whatever KFP raises is told, and stands in the run's log
        traceback.print_exc()
        message = f"KFP could not run the pipeline: {type(fault).__name__}: {fault}."
        _tell_error(
            events, RokError(ErrorKind.INTERNAL, message, "Run it again; if it happens again, please report it.")
        )
        return 1
    tell(events, Event(kind="succeeded" if succeeded else "failed"))
    return 0 if succeeded else 1


def _run(order: RunOrder, events: Path) -> bool:
    document = _prepared(order, events)
    package = Path(order.root) / "pipeline.yaml"
    from kale_bridge.pipeline.document import write_pipeline

    package.write_text(write_pipeline(document), encoding="utf-8")
    return _run_locally(Path(order.root), package, events)


def _prepared(order: RunOrder, events: Path) -> PipelineDocument:
    import msgspec

    from kale_bridge.compiling import ask_kale
    from kale_bridge.local_run.packages import check_packages
    from kale_bridge.pipeline.document import read_pipeline
    from kale_bridge.pipeline.local import LocalPlaces, for_this_machine, one_after_another, without_volumes
    from kale_bridge.pipeline.parameters import with_parameters
    from kale_bridge.pipeline.rest import from_step
    from kale_bridge.pipeline.steps import find_steps, separated

    root = Path(order.root)
    said = ask_kale(Path(order.notebook), root / "compiled", named=order.named)
    if order.hooks and said.unknown:
        tell(events, Event(kind="noted", text=f"No snapshots in this run: {said.unknown}"))
    document = without_volumes(separated(read_pipeline(Path(said.package).read_text(encoding="utf-8"))))
    steps = find_steps(document)
    check_packages(requirement for step in steps for requirement in step.packages)
    names = {step.executor: step.name for step in steps}
    tell(events, Event(kind="planned", pipeline=document.name, steps=tuple(names.values())))
    stored = _stored(order, document)
    if order.hooks and not said.unknown:
        facts = msgspec.structs.replace(said.facts, notebook=order.named)
        plan = _plan(document, {"rok": msgspec.json.decode(said.rok)}, facts, still=stored)
        for final in plan.finals:
            if final.volumes:
                tell(events, Event(kind="noted", text=_NOT_HERE.format(", ".join(final.volumes))))
        document = _hooked(document, plan)
    if order.from_step:
        why = f"resumed from {order.resume[:_SHORT_ID]}"
        document = from_step(document, order.from_step, stored, why=why, marshal=str(root / "marshal"))
    document = with_parameters(document, {**_kept_parameters(order, document, events), **order.parameters})
    places = LocalPlaces(home=str(root / "home"), marshal=str(root / "marshal"))
    return for_this_machine(
        one_after_another(document, names),
        places,
        (*_AROUND, str(events), str(root / "logs"), str(os.getpid())),
        names=names,
    )


def _kept_parameters(order: RunOrder, document: PipelineDocument, events: Path) -> Mapping[str, str]:
    """Return what the run that is resumed was given, and say so: the outputs of its steps were made with it."""
    from kale_bridge.pipeline.parameters import parameters_in
    from kale_bridge.step.parameters import shown

    known = parameters_in(document, order.kept_parameters)
    kept = {name: text for name, text in known.items() if name not in order.parameters}
    if kept:
        note = f"As the run that is resumed: {shown(kept)}. Others: --param {next(iter(kept))}=VALUE"
        tell(events, Event(kind="noted", text=note))
    return kept


def _plan(
    document: PipelineDocument, metadata: Mapping[str, Any], facts: NotebookFacts, *, still: Iterable[str]
) -> HookPlan:
    """Return what the hooks will do: what they do on a cluster, but that no step has volumes nor a server here.

    The server would snapshot the workspace, and the steps see its copy. Steps that stand `still` get no snapshots.
    """
    from msgspec.structs import replace

    from kale_bridge.pipeline.hooking import plan_pipeline
    from kale_bridge.settings import default_settings, notebook_settings
    from rok_jupyter.config import load_settings

    settings = notebook_settings(metadata, default_settings(load_settings()))
    settings = replace(settings, volumes=(), server_url="", server_secret="")
    plan = plan_pipeline(document, settings, facts)
    none = frozenset(still)
    return replace(plan, steps=tuple(replace(each, moments=()) if each.step in none else each for each in plan.steps))


def _hooked(document: PipelineDocument, plan: HookPlan) -> PipelineDocument:
    from msgspec.structs import replace

    from kale_bridge.pipeline.hooking import hook_pipeline
    from kale_bridge.step.program import bootstrap

    whole = tuple(final for final in plan.finals if not final.volumes)
    return hook_pipeline(document, replace(plan, finals=whole), bootstrap=bootstrap())


def _stored(order: RunOrder, document: PipelineDocument) -> Mapping[str, Mapping[str, Path]]:
    """Fetch what the steps before the first gave in the run that is resumed; nothing where all run."""
    from kale_bridge.resume.point import resume_point
    from kale_bridge.resume.stored_outputs import fetch_earlier
    from rok_jupyter.commands.grammar import CommonOptions
    from rok_jupyter.commands.opening import open_door

    if not order.from_step:
        return {}
    door = open_door(CommonOptions(no_server=True), notice=print)
    point = resume_point(door, order.resume)
    return fetch_earlier(door, point, document, order.from_step, Path(order.root) / "stored")


def _run_locally(root: Path, package: Path, events: Path) -> bool:
    """Have KFP run a pipeline; it gets new directories of the run's own, which it may delete as it likes."""
    from kfp import components, local

    local.init(
        local.SubprocessRunner(use_venv=False),
        pipeline_root=for_kfp(root, "outputs"),
        workspace_root=for_kfp(root, "kfp-workspace"),
        raise_on_error=True,
    )
    pipeline = components.load_component_from_file(str(package))
    try:
        pipeline()
    except RuntimeError:
        if not any(event.kind == "ended" and event.status for event in EventReader(events).new()):
            raise  # no step has failed, but KFP itself
        return False
    return True


def _tell_error(events: Path, error: RokError) -> None:
    spelled = {"kind": error.kind.value, "message": error.message, "hint": error.hint}
    tell(events, Event(kind="error", error=spelled))


def _end_with_parent(parent: int) -> None:
    """End the run, with all that belongs to it, where the process that asked for it died without a word."""
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    os.killpg(os.getpgid(0), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
