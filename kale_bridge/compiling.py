"""A notebook compiled by Kale, and hooked: what `rok kale compile` and `rok kale run` do first.

Owns where the files end up. Doesn't own Kale's part (`compile_process`), the hooks (`hooked_file`), nor which steps of
a resumed run stand still (`rest_file`).
"""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from kale_bridge.compile_process import KaleSaid
from kale_bridge.files import replace_file
from kale_bridge.hook_plan import HookPlan
from kale_bridge.hooked_file import hook_file
from kale_bridge.rest_file import RestFile, StandingStill
from kale_bridge.settings import HookSettings, notebook_settings
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.state import os_errors

OUTPUT_DIRECTORY = ".kale"
"""Where Kale leaves what it made, beside the notebook."""

_LONGEST_REASON = 400
_OLD_FIELDS = ("autosnapshot", "docker_image", "block:")


class CompiledNotebook(msgspec.Struct, frozen=True, kw_only=True):
    """A compiled pipeline's file, and what its hooks will do."""

    package: str
    plan: HookPlan
    rest: StandingStill | None = None
    """Where only the rest of a run is compiled: the steps that don't run again."""


def compile_notebook(
    notebook: Path,
    defaults: HookSettings,
    *,
    target: Path | None = None,
    keep_script: bool = True,
    rest: RestFile | None = None,
) -> CompiledNotebook:
    """Compile a notebook to `target` (None: to `.kale` beside it, with the script that Kale makes of it).

    Raises RokError where there is no Kale, Kale refuses the notebook, or its settings are wrong. A Kale that isn't
    known gives a pipeline without hooks, and a note that says so. With `rest` the steps before it stand still.
    """
    if not notebook.is_file():
        raise RokError(ErrorKind.NOT_FOUND, f"There is no notebook {notebook}.", "Check the path.")
    with tempfile.TemporaryDirectory(prefix="rok-kale-") as directory:
        said = ask_kale(notebook, Path(directory))
        settings = notebook_settings({"rok": msgspec.json.decode(said.rok)}, defaults)
        if said.unknown:
            settings = msgspec.structs.replace(settings, snapshots=False)
        if rest is not None:
            settings = msgspec.structs.replace(settings, tasks="inside")  # a task beside a step would run all the same
        package, hooked = Path(said.package), Path(directory) / "hooked.yaml"
        place = target or notebook.parent / OUTPUT_DIRECTORY / package.name
        with os_errors(f"Writing {place}"):
            place.parent.mkdir(parents=True, exist_ok=True)
        plan = hook_file(package, hooked, settings, msgspec.structs.replace(said.facts, notebook=str(notebook)))
        still = None if rest is None else rest.apply(hooked, place.parent)
        replace_file(place, hooked.read_bytes())
        if target is None and keep_script:
            _keep_script(Path(said.script), place.parent)
    if still is not None:
        plan = _without(plan, still)
    if said.unknown:
        plan = msgspec.structs.replace(plan, notes=(*plan.notes, f"The pipeline has no snapshots: {said.unknown}"))
    return CompiledNotebook(package=str(place), plan=plan, rest=still)


def _without(plan: HookPlan, still: StandingStill) -> HookPlan:
    """Return the plan as it is carried out: a step that stands still has no snapshots."""
    reason = "it doesn't run again"
    steps = tuple(
        msgspec.structs.replace(step, moments=(), reason=reason) if step.step in still.steps else step
        for step in plan.steps
    )
    return msgspec.structs.replace(plan, steps=steps)


def _keep_script(script: Path, directory: Path) -> None:
    with os_errors(f"Writing {directory / script.name}"):
        for made in script.parent.glob("*.py"):
            shutil.copyfile(made, directory / made.name)


def ask_kale(notebook: Path, directory: Path, *, named: str = "") -> KaleSaid:
    """Have Kale compile a notebook below an empty directory; raise RokError where it refuses, or isn't there.

    `named` is how the user knows the notebook; empty: by its path.
    """
    result = directory / "said.json"
    temporary = directory / "tmp"
    temporary.mkdir()
    command = [sys.executable, "-P", "-m", "kale_bridge.compile_process", str(notebook.absolute()), str(result)]
    environment = {**os.environ, "TMPDIR": str(temporary)}
    done = subprocess.run(
        command, cwd=directory, env=environment, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if not result.exists():
        last = (done.stderr.strip().splitlines() or [f"it ended with status {done.returncode}"])[-1]
        raise RokError(ErrorKind.INTERNAL, f"Kale ended before it was done: {last[:_LONGEST_REASON]}.")
    said = msgspec.json.decode(result.read_bytes(), type=KaleSaid)
    if said.error:
        raise _refusal(named or str(notebook), said)
    return said


def _refusal(notebook: str, said: KaleSaid) -> RokError:
    if said.missing:
        return RokError(
            ErrorKind.UNIMPLEMENTED,
            f"Kale can't be imported here: {said.error}.",
            "Install it: pip install 'rok-jupyter[kale]'",
        )
    hint = "Mend the notebook's tags or its Kale settings."
    if any(old in said.error for old in _OLD_FIELDS):
        hint = f"Its metadata is of Kale 0.7: rok kale migrate {shlex.quote(notebook)}"
    reason = " ".join(said.error.split())[:_LONGEST_REASON].rstrip(".")
    return RokError(ErrorKind.INVALID_ARGUMENT, f"Kale refuses {os.path.basename(notebook)}: {reason}.", hint)
