"""A pipeline's file, hooked: read, planned, changed, judged by KFP, and only then put in its place.

Owns the files and the order. Doesn't own what changes (`pipeline.hooking`).
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from kale_bridge.files import replace_file
from kale_bridge.hook_plan import HookPlan, NotebookFacts
from kale_bridge.kfp_validator import validate
from kale_bridge.pipeline.document import PipelineDocument, read_pipeline, write_pipeline
from kale_bridge.pipeline.hooking import hook_pipeline, is_hooked, plan_pipeline
from kale_bridge.settings import HookSettings
from rok_jupyter.errors import ErrorKind, RokError

HOOK_SIZE = 20_000
"""What a hook adds to a pipeline's YAML, about, in bytes; a test holds it to that."""

_LARGE = 1_000_000
_NOTHING = NotebookFacts()


def plan_file(source: Path, settings: HookSettings, facts: NotebookFacts = _NOTHING) -> HookPlan:
    """Return what hooking a pipeline's file would do."""
    return _planned(_read(source), settings, facts)


def hook_file(source: Path, target: Path, settings: HookSettings, facts: NotebookFacts = _NOTHING) -> HookPlan:
    """Write the hooked pipeline of `source` to `target` (which may be the same) and return what was done.

    Raises RokError where the file is no KFP v2 pipeline, is hooked already, or KFP refuses the result; `target` is
    then as it was.
    """
    document = _read(source)
    plan = _planned(document, settings, facts)
    if plan.hooked:
        text = write_pipeline(_hooked(document, plan))
        validate(text)
        replace_file(target, text.encode())
        plan = _with_size(plan, len(text))
    elif os.path.realpath(source) != os.path.realpath(target):
        replace_file(target, source.read_bytes())
    return plan


def _read(source: Path) -> PipelineDocument:
    try:
        text = source.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise RokError(ErrorKind.INVALID_ARGUMENT, f"{source} is no text.", "Give a pipeline's YAML.") from error
    except OSError as error:
        raise RokError(ErrorKind.NOT_FOUND, f"{source} can't be read: {error.strerror}.") from error
    return read_pipeline(text)


def _planned(document: PipelineDocument, settings: HookSettings, facts: NotebookFacts) -> HookPlan:
    try:
        if is_hooked(document):
            raise RokError(
                ErrorKind.FAILED_PRECONDITION, "The pipeline has its hooks already.", "Compile it anew to change them."
            )
        return plan_pipeline(document, settings, facts)
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _malformed(error) from error


def _hooked(document: PipelineDocument, plan: HookPlan) -> PipelineDocument:
    from kale_bridge.step.program import bootstrap

    try:
        return hook_pipeline(document, plan, bootstrap=bootstrap())
    except (KeyError, TypeError, AttributeError, ValueError) as error:
        raise _malformed(error) from error


def _with_size(plan: HookPlan, size: int) -> HookPlan:
    """Add a note to a plan whose pipeline is larger than a cluster may take."""
    if size < _LARGE:
        return plan
    note = (
        f"The hooked pipeline has {size / 1e6:.1f} MB, and Kubernetes refuses objects above about 1.5 MB: "
        f"each hook brings {HOOK_SIZE / 1000:.0f} kB. Hook fewer steps (rok.dev/snapshot: off)."
    )
    return msgspec.structs.replace(plan, notes=(*plan.notes, note))


def _malformed(error: Exception) -> RokError:
    reason = f"{type(error).__name__}: {error}"
    return RokError(
        ErrorKind.INVALID_ARGUMENT,
        f"The pipeline's graph can't be understood ({reason}).",
        "Compile it anew with KFP 2, or report this file.",
    )
