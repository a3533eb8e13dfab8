"""The process that has `kfp.local` run a pipeline: compiles, hooks, makes it fit for this machine, and runs it.

    python -m kale_bridge.local_run.runner ORDER

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
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kale_bridge.hook_plan import NotebookFacts
from kale_bridge.local_run.events import Event, EventReader, tell
from kale_bridge.local_run.order import RunOrder, read_order
from kale_bridge.local_run.places import for_kfp
from kale_bridge.pipeline.document import PipelineDocument
from rok_jupyter.errors import ErrorKind, RokError

_LOOK_SECONDS = 0.5
_AROUND = ("python3", "-m", "kale_bridge.local_run.step_command")


def main(path: str) -> int:
    """Run an order; 0 where the pipeline succeeded."""
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
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
    from kale_bridge.pipeline.local import LocalPlaces, for_this_machine, without_volumes
    from kale_bridge.pipeline.steps import find_steps, separated

    root = Path(order.root)
    said = ask_kale(Path(order.notebook), root / "compiled")
    document = without_volumes(separated(read_pipeline(Path(said.package).read_text(encoding="utf-8"))))
    steps = find_steps(document)
    check_packages(requirement for step in steps for requirement in step.packages)
    names = {step.executor: step.name for step in steps}
    tell(events, Event(kind="planned", pipeline=document.name, steps=tuple(names.values())))
    if order.hooks and not said.unknown:
        facts = msgspec.structs.replace(said.facts, notebook=order.named)
        document = _hooked(document, {"rok": msgspec.json.decode(said.rok)}, facts)
    if order.from_step:
        document = _rest(order, document)
    places = LocalPlaces(home=str(root / "home"), marshal=str(root / "marshal"))
    return for_this_machine(document, places, (*_AROUND, str(events), str(root / "logs")), names=names)


def _hooked(document: PipelineDocument, metadata: Mapping[str, Any], facts: NotebookFacts) -> PipelineDocument:
    """Put hooks inside the steps: `kfp.local` runs no tasks but Python's, and no step has volumes here."""
    from msgspec.structs import replace

    from kale_bridge.pipeline.hooking import hook_pipeline, plan_pipeline
    from kale_bridge.settings import default_settings, notebook_settings
    from kale_bridge.step.program import bootstrap
    from rok_jupyter.config import load_settings

    settings = replace(
        notebook_settings(metadata, default_settings(load_settings())),
        tasks="inside",
        volumes=(),
        server_url="",
        server_secret="",
    )
    plan = replace(plan_pipeline(document, settings, facts), finals=())
    return hook_pipeline(document, plan, bootstrap=bootstrap())


def _rest(order: RunOrder, document: PipelineDocument) -> PipelineDocument:
    """Have the steps before the first give what they gave in the run that is resumed."""
    from kale_bridge.pipeline.rest import from_step
    from kale_bridge.resume.point import resume_point
    from kale_bridge.resume.stored_outputs import fetch_earlier
    from rok_jupyter.commands.grammar import CommonOptions
    from rok_jupyter.commands.opening import open_door

    root = Path(order.root)
    door = open_door(CommonOptions(no_server=True), notice=print)
    point = resume_point(door, order.resume)
    outputs = fetch_earlier(door, point, document, order.from_step, root / "stored")
    marshal = str(root / "marshal")
    return from_step(document, order.from_step, outputs, why=f"resumed from {point.short}", marshal=marshal)


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
    sys.exit(main(sys.argv[1]))
