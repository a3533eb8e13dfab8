"""What the runner is told, as a file of the run's directory."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import msgspec


class RunOrder(msgspec.Struct, frozen=True, kw_only=True):
    """One run. Paths are absolute."""

    root: str
    """The run's directory."""
    notebook: str
    """The notebook in the copy of the workspace."""
    named: str
    """The notebook as the user's workspace has it."""
    run: str
    hooks: bool = True
    parameters: Mapping[str, str] = msgspec.field(default_factory=dict)
    """What the run is given in the place of the pipeline's own parameters."""
    kept_parameters: Mapping[str, str] = msgspec.field(default_factory=dict)
    """What the run that is resumed was given, where this one isn't given another."""
    from_step: str = ""
    """The first step to run; empty: all run."""
    resume: str = ""
    """The id of the snapshot in whose run the steps before it gave what they give again."""


def write_order(path: Path, order: RunOrder) -> None:
    """Write an order."""
    path.write_bytes(msgspec.json.encode(order))


def read_order(path: Path) -> RunOrder:
    """Return what was written."""
    return msgspec.json.decode(path.read_bytes(), type=RunOrder)
