"""Pipelines of notebooks: which snapshots are taken around their steps, as it is wished and as it is planned."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import msgspec

from rok_jupyter.models.snapshots import Moment

OnError = Literal["warn", "fail"]
HookKind = Literal["inside", "visible"]


class HookSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a pipeline's steps are hooked, where a step doesn't say otherwise."""

    snapshots: bool = True
    """The switch: off leaves a compiled pipeline as Kale made it."""
    tasks: HookKind = "inside"
    """Inside the steps, or as visible tasks of their own."""
    moments: tuple[Moment, ...] = tuple(Moment)
    on_error: OnError = "warn"
    """Whether a snapshot that can't be taken fails the step."""
    seconds: float = 300
    """How long each snapshot may take."""
    variables: bool = True
    """Whether a step's variables travel in the snapshot."""
    volumes: tuple[str, ...] = ()
    """Names of the volumes to snapshot; none means all."""
    server_url: str = ""
    """The notebook server that takes the snapshots, as a step's pod reaches it; empty: the step's own process does."""
    server_secret: str = ""
    """Where that server's token is: `NAME:KEY` of a Kubernetes secret. The token itself never comes into a pipeline."""


class StepPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What will be done with one step."""

    step: str
    moments: tuple[Moment, ...] = ()
    """When snapshots are taken; none: the step stays as it is."""
    tasks: HookKind = "inside"
    """Inside the step, or in visible tasks of their own."""
    reason: str = ""
    """Why this step differs from what the notebook's settings say; empty where it doesn't."""
    volumes: Mapping[str, str] = msgspec.field(default_factory=dict)
    """What it mounts: mount path by the volume's name."""


class FinalPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A snapshot after all steps."""

    step: str
    reason: str
    name: str = ""
    """How the user called it (`snapshot_name`)."""
    volumes: tuple[str, ...] = ()
    """Which volumes it holds; none means all."""


class HookPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What will be done with a pipeline."""

    pipeline: str
    notebook: str = ""
    settings: HookSettings = HookSettings()
    steps: tuple[StepPlan, ...] = ()
    finals: tuple[FinalPlan, ...] = ()
    notes: tuple[str, ...] = ()
    """Sentences for the user."""

    @property
    def hooked(self) -> bool:
        """Whether anything is changed at all."""
        return bool(self.finals) or any(step.moments for step in self.steps)
