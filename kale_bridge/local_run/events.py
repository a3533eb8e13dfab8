"""What the processes of a run tell each other: one line of JSON after the other, in a file that is only added to.

Owns the events' shape, for those who have msgspec; `step_command` writes the same lines with the standard library.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

import msgspec

EventKind = Literal["planned", "noted", "started", "said", "ended", "succeeded", "failed", "error"]


class Event(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Something that happened: the pipeline was planned, there is something to know about the run, a step started, a
    hook said something, a step or all ended."""

    kind: EventKind
    step: str = ""
    text: str = ""
    status: int = 0
    """A step's exit status."""
    seconds: float = 0.0
    """How long a step took."""
    pipeline: str = ""
    steps: tuple[str, ...] = ()
    """Of a plan: the steps in the order in which they may run."""
    error: Mapping[str, str] = msgspec.field(default_factory=dict)
    """`kind`, `message` and `hint` of what stopped the run before its steps could."""


def tell(path: Path, event: Event) -> None:
    """Add an event; several processes may at the same time."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        os.write(descriptor, msgspec.json.encode(event) + b"\n")
    finally:
        os.close(descriptor)


class EventReader:
    """Reads what was added since it last looked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._place = 0

    def new(self) -> list[Event]:
        """Return the events since the last call; a line that isn't whole yet waits for the next one."""
        try:
            with self._path.open("rb") as file:
                file.seek(self._place)
                whole, newline, _ = file.read().rpartition(b"\n")
        except FileNotFoundError:
            return []
        self._place += len(whole) + len(newline)
        return [msgspec.json.decode(line, type=Event) for line in whole.splitlines() if line]
