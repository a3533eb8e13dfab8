"""A run's processes, and their end: none of them outlives the run.

Owns finding and ending them. Kernels have a session of their own, so a signal to the runner's group doesn't reach them.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

_END_SECONDS = 10.0


def start_runner(order: Path, *, directory: Path, environment: Mapping[str, str], log: Path) -> subprocess.Popen[bytes]:
    """Start the runner in a session of its own: a Ctrl-C is for `rok`, which ends the run in good order."""
    with log.open("wb") as output:
        return subprocess.Popen(
            [sys.executable, "-m", "kale_bridge.local_run.runner", str(order), str(os.getpid())],
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def end_all(runner: subprocess.Popen[bytes]) -> None:
    """End the runner and all that it started, first kindly, then for sure."""
    import psutil

    family: list[psutil.Process] = []
    with contextlib.suppress(psutil.NoSuchProcess):
        own = psutil.Process(runner.pid)
        family = [own, *own.children(recursive=True)]
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(runner.pid, signal.SIGTERM)
    _, left = psutil.wait_procs(family, timeout=_END_SECONDS)
    for process in left:
        with contextlib.suppress(psutil.NoSuchProcess):
            process.kill()
    psutil.wait_procs(left, timeout=_END_SECONDS)
    runner.wait()
