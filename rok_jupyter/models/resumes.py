"""Resumes: which step of a pipeline is wanted back and where, where it came back, and what comes next there."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from rok_jupyter.models.entries import EntryError


class ResumeRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What is wanted back."""

    snapshot: str
    """A reference to a step's snapshot."""
    directory: str | None = None
    """Where; None: a new one, or with `in_place` the volumes themselves."""
    in_place: bool = False
    trust: bool = False
    """Whether another user's variables are taken: loading them runs that user's code."""
    fingerprint: str | None = None
    """That of the plan of a restore in place that the user agreed to."""
    unsaved_documents: int | None = None
    """How many documents the safety snapshot is known to lack the newest of."""


class Resumed(msgspec.Struct, frozen=True, kw_only=True):
    """Where a step was resumed. Paths are absolute, "" for what there isn't."""

    snapshot: str
    pipeline: str
    run: str
    step: str
    moment: str
    directory: str
    """The restored workspace."""
    notebook: str = ""
    variables: tuple[str, ...] = ()
    """The names of those that stand ready beside the notebook."""
    variables_directory: str = ""
    parameters: Mapping[str, str] = msgspec.field(default_factory=dict)
    """What the step's run was given in the place of the pipeline's own parameters."""
    untrusted: str = ""
    """Whose variables were left out, as loading them would run that user's code; "" where none were."""
    next_cell: int | None = None
    """The number of the cell that comes next, counted from one."""
    volumes: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Where each volume is, by name."""
    undo: str | None = None
    """The safety snapshot of a restore in place."""
    loaded: tuple[str, ...] = ()
    """The variables that this kernel has got."""
    errors: tuple[EntryError, ...] = ()
