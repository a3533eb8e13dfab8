"""What a hook is told: one value that the compile side writes into a pipeline and the step's program reads back.

Owns the value's shape and its spelling in a command. Doesn't own how settings become such a value (`hook_plan`), nor
what is done with it: `step.hook` runs in images that lack this package, and reads the plain JSON.

The spelling is base64 of JSON. A pipeline's YAML passes through KFP's and Argo's templates, which replace what looks
like `{{ }}`; names and paths of users may hold anything.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping

import msgspec

from rok_jupyter.models import HookKind, Moment, OnError

LINEAGE_ARTIFACT = "rok_snapshots"
"""The output artifact by which each hooked task names its snapshots: a markdown page, with metadata."""


class HookConfig(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a hook knows before it runs; the run's own names come to it by its command's placeholders.

    A hook of kind "inside" runs the step's command, which follows it, and takes the moments around it. A "visible" one
    is a task of its own: it takes its moments one after the other and runs nothing, whatever follows it (KFP's
    `--executor_input` does).
    """

    pipeline: str
    step: str
    moments: tuple[Moment, ...]
    version: int = 1
    hook: HookKind = "inside"
    on_error: OnError = "warn"
    seconds: float = 300
    """How long each snapshot may take."""
    volumes: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Where the step mounts which volume: mount path by name."""
    only: tuple[str, ...] = ()
    """Names of the volumes to snapshot; none means all."""
    variables: bool = True
    notebook: str = ""
    """As the user named it when the pipeline was compiled."""
    image: str = ""
    packages: tuple[str, ...] = ()
    parameters: Mapping[str, str] = msgspec.field(default_factory=dict)
    defaults: Mapping[str, str] = msgspec.field(default_factory=dict)
    """What the step's parameters are, as JSON, where a run is given no others."""
    tags: tuple[str, ...] = ()
    artifact: str = ""
    """The output artifact that takes the lineage page; empty where the task has none."""
    looped: bool = False
    """Whether a run may run the step more than once: a snapshot's name must then tell its inputs, too."""
    message: str = ""
    """The snapshot's message; empty: the hook's own words."""

    def encoded(self) -> str:
        """Return the word that a command carries; equal values give equal words, which KFP's cache needs."""
        return base64.b64encode(msgspec.json.encode(self, order="deterministic")).decode("ascii")

    @classmethod
    def decoded(cls, word: str) -> HookConfig:
        """Return the value of a word; raise ValueError where it is none."""
        return msgspec.json.decode(base64.b64decode(word, validate=True), type=cls)
