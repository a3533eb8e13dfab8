"""What is said while a run goes on: a line for what has happened, and on a terminal one for what is happening.

Owns following the events. Doesn't own the processes (`run`).
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable
from typing import TextIO

import msgspec

from kale_bridge.local_run.events import Event
from kale_bridge.pipeline.rest import NOT_RUN_AGAIN
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.render.blocks import visible
from rok_jupyter.render.progress import OverwrittenLine
from rok_jupyter.render.text import shortened

_TURNS = "|/-\\"
_TURN_SECONDS = 0.25


class Followed(msgspec.Struct, kw_only=True):
    """What the events have told so far."""

    pipeline: str = ""
    steps: tuple[str, ...] = ()
    begun: list[str] = msgspec.field(default_factory=list)
    """Steps in the order in which they started."""
    running: dict[str, float] = msgspec.field(default_factory=dict)
    """Steps that run, each with the time (monotonic) at which it was seen to start."""
    notes: list[str] = msgspec.field(default_factory=list)
    """What there is to know about the run."""
    stored: set[str] = msgspec.field(default_factory=set)
    """Steps that gave what an earlier run stored."""
    ended: dict[str, tuple[int, float]] = msgspec.field(default_factory=dict)
    """Exit status and seconds of each step that ended."""
    error: RokError | None = None
    result: str = ""
    """"succeeded" or "failed" once the pipeline has ended."""

    @property
    def in_order(self) -> tuple[str, ...]:
        """All steps: those that ran in the order in which they did, then the others."""
        return tuple(dict.fromkeys((*self.begun, *self.steps)))

    @property
    def failed_step(self) -> str | None:
        """The step that failed."""
        return next((step for step, (status, _) in self.ended.items() if status), None)


class Follower:
    """Turns events into lines, and into the state that they amount to."""

    def __init__(self, tell: Callable[[str], None]) -> None:
        self.state = Followed()
        self._tell = tell

    def __call__(self, event: Event) -> None:
        """Take note of an event."""
        state = self.state
        match event.kind:
            case "planned":
                state.pipeline, state.steps = event.pipeline, event.steps
                self._tell(f"{event.pipeline}: {len(event.steps)} steps, one after another")
            case "noted":
                state.notes.append(event.text)
                self._tell(event.text)
            case "started":
                state.begun.append(event.step)
                state.running[event.step] = time.monotonic()
                self._tell(f"{self._place(event.step)} {event.step}: started")
            case "said":
                if event.text.startswith(NOT_RUN_AGAIN):
                    state.stored.add(event.step)
                self._tell(f"    {visible(event.text)}")
            case "ended":
                state.running.pop(event.step, None)
                state.ended[event.step] = event.status, event.seconds
                how = "done" if event.status == 0 else f"failed (exit status {event.status})"
                self._tell(f"{self._place(event.step)} {event.step}: {how} in {event.seconds:.1f} s")
            case "error":
                told = event.error
                state.error = RokError(ErrorKind(told["kind"]), told["message"], told["hint"])
            case "succeeded" | "failed":
                state.result = event.kind

    def _place(self, step: str) -> str:
        if step not in self.state.begun:  # its snapshot failed before it began, and it with it
            self.state.begun.append(step)
        return f"[{self.state.begun.index(step) + 1}/{len(self.state.in_order)}]"


class RunningLine:
    """On a terminal, one line that says which step runs and since when; elsewhere nothing."""

    def __init__(self, stream: TextIO, *, shown: bool) -> None:
        self._line = OverwrittenLine(stream)
        self._shown = shown

    def draw(self, state: Followed) -> None:
        """Draw the line anew."""
        if not self._shown or state.result:
            return
        now = time.monotonic()
        turn = _TURNS[int(now / _TURN_SECONDS) % len(_TURNS)]
        what = ", ".join(f"{step} {now - since:.0f} s" for step, since in state.running.items())
        done = f" ({len(state.ended)} of {len(state.steps)} done)" if state.steps else ""
        columns = shutil.get_terminal_size().columns - 1
        self._line.draw(shortened(f"{turn} {what or 'preparing'}{done}", columns))

    def clear(self) -> None:
        """Take the line away, so that another can be written."""
        self._line.clear()
