"""None of a run's processes outlives it: at the moments at which they are started, too."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from io import StringIO
from pathlib import Path

import pytest

from kale_bridge.local_run import run, step_command
from kale_bridge.local_run.places import RunPlace
from kale_bridge.local_run.run import RunRequest, Surroundings
from kale_bridge.local_run.watching import RunningLine
from rok_jupyter.errors import Cancelled
from tests.rok_command import ROOT

_SECONDS = 60
_INTERRUPTED = """
import os, signal, subprocess, sys
from kale_bridge.local_run import step_command

class Popen(subprocess.Popen):
    def __init__(self, *words, **more):
        super().__init__(*words, **more)
        os.kill(os.getpid(), signal.SIGTERM)  # it runs, and nobody knows it yet

subprocess.Popen = Popen
sys.exit(step_command.main(sys.argv[1:]))
"""


@pytest.fixture
def nobody() -> int:
    """The number of a process that has ended."""
    ended = subprocess.Popen([sys.executable, "-S", "-c", ""])
    ended.wait()
    return ended.pid


def test_a_run_whose_owner_died_before_it_could_look_ends(tmp_path: Path, nobody: int) -> None:
    order = tmp_path / "order.json"
    os.mkfifo(order)  # it waits there for as long as nobody ends it
    words = [sys.executable, "-m", "kale_bridge.local_run.runner", str(order), str(nobody)]
    done = subprocess.run(words, cwd=ROOT, start_new_session=True, timeout=_SECONDS, check=False)
    assert done.returncode == -signal.SIGTERM


def _words(tmp_path: Path, parent: int, *command: str) -> list[str]:
    return [str(tmp_path / "events"), str(tmp_path), str(parent), "step", "train", "--", *command]


def test_a_step_whose_run_died_before_it_could_look_ends(tmp_path: Path, nobody: int) -> None:
    words = [sys.executable, "-m", step_command.__name__, *_words(tmp_path, nobody, "sleep", "300")]
    done = subprocess.run(words, cwd=ROOT, timeout=_SECONDS, check=False)
    assert done.returncode == 128 + signal.SIGTERM


def test_a_signal_at_the_moment_a_step_starts_reaches_it(tmp_path: Path) -> None:
    words = [sys.executable, "-c", _INTERRUPTED, *_words(tmp_path, os.getpid(), "sleep", "300")]
    done = subprocess.run(words, cwd=ROOT, timeout=_SECONDS, check=False)
    assert done.returncode == 128 + signal.SIGTERM


def test_a_ctrl_c_at_the_moment_a_run_starts_ends_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[subprocess.Popen[bytes]] = []

    def interrupted(order: Path, *, directory: Path, environment: Mapping[str, str], log: Path) -> object:
        started.append(subprocess.Popen(["sleep", "300"], start_new_session=True))
        os.kill(os.getpid(), signal.SIGINT)
        return started[0]

    monkeypatch.setattr(run, "start_runner", interrupted)
    request = RunRequest(workspace=tmp_path, notebook="n.ipynb")
    around = Surroundings(watch=lambda _: None, tell=lambda _: None, line=RunningLine(StringIO(), shown=False))
    place = RunPlace.make(tmp_path)
    try:
        with pytest.raises(Cancelled):
            run._run_on_copy(request, place, around)
        assert started[0].poll() is not None
        with pytest.raises(ProcessLookupError):
            os.kill(started[0].pid, 0)
    finally:
        place.remove()
