"""The step's command as a child of the hook: no signal is lost, and none leaves the command alone."""

from __future__ import annotations

import subprocess
import sys

_STARTED_AND_TOLD = """
import os, signal, sys
from kale_bridge.step.child import Child

for _ in range(int(sys.argv[1])):
    child = Child()
    with child.listening():
        status = child.run(["sh", "-c", "kill -TERM $PPID; exec sleep 5"], on_last_wish=lambda: None)
    assert status == -signal.SIGTERM, status
    assert child.told_to_end_at is not None
"""

_NEVER_STARTED = """
import os, signal
from kale_bridge.step.child import Child

child = Child()
with child.listening():
    assert child.run(["/nowhere/to/be/found"], on_last_wish=lambda: None) == 127
    os.kill(os.getpid(), signal.SIGTERM)
"""


def test_a_signal_at_the_moment_the_command_starts_is_passed_on_to_it() -> None:
    # It comes before the hook knows its child about one time in three: fifty times meet that moment for sure.
    subprocess.run([sys.executable, "-c", _STARTED_AND_TOLD, "50"], check=True, timeout=50)


def test_what_comes_after_a_command_that_could_not_start_is_not_ended_by_a_signal() -> None:
    subprocess.run([sys.executable, "-c", _NEVER_STARTED], check=True, timeout=50)
