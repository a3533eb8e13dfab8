"""What a terminal shows of a run while it goes on."""

from __future__ import annotations

import io
import re
import time

import pytest

from kale_bridge.local_run.watching import Followed, RunningLine

_SINCE = 90


def _state(step: str) -> Followed:
    return Followed(steps=("load", step), running={step: time.monotonic() - _SINCE})


def test_the_line_says_which_step_runs_and_goes_without_a_trace() -> None:
    stream = io.StringIO()
    line = RunningLine(stream, shown=True)
    state = _state("train")
    line.draw(state)
    shown = re.search(r"train (\d+) s \(0 of 2 done\)", stream.getvalue())
    assert shown
    assert _SINCE <= int(shown[1]) <= round(time.monotonic() - state.running["train"])
    line.clear()
    assert stream.getvalue().endswith("\r\x1b[2K")
    told = stream.getvalue()
    line.clear()
    assert stream.getvalue() == told


def test_the_line_never_wraps(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that was wrapped can't be drawn over."""
    monkeypatch.setenv("COLUMNS", "40")
    stream = io.StringIO()
    RunningLine(stream, shown=True).draw(_state("a-step-with-a-name-" * 10))
    assert len(stream.getvalue().removeprefix("\r\x1b[2K")) < 40


def test_nothing_is_drawn_where_no_terminal_is() -> None:
    stream = io.StringIO()
    RunningLine(stream, shown=False).draw(_state("train"))
    assert stream.getvalue() == ""
