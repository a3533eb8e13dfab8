"""The program around a step of a local run: it says when the step begins and ends, and keeps what it prints.

    python -m kale_bridge.local_run.step_command EVENTS LOGS PARENT step|task|failed STEP -- COMMAND...

A `task` takes a step's snapshots and is no step: what it prints is the step's, and its end is told where it failed. One
for what a `failed` step left runs where that step has failed: KFP takes those for failed that never ran, too.

Owns that nothing of a step outlives the run: it passes signals on, and ends the step where its own parent, the process
of the number PARENT, is gone. Its exit status is the step's. Standard library only, since it starts with each step.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from types import FrameType
from typing import IO

_HOOK = "[rok] "
_LOOK_SECONDS = 0.5
_LAST_OUTPUT_SECONDS = 10.0


def main(words: list[str]) -> int:
    """Run a step's command; return its exit status, 128 and the signal's number where a signal ended it."""
    events, logs, parent, kind, step, _, *command = words
    if kind == "failed" and not _has_failed(step, events):
        return 0
    log = os.path.join(logs, log_name(step))
    started = time.monotonic()
    if kind == "step":
        _tell(events, {"kind": "started", "step": step})
    process = _started(command)
    assert process.stdout is not None
    reader = threading.Thread(target=_keep, args=(process.stdout, events, log, step), daemon=True)
    reader.start()
    threading.Thread(target=_end_with_parent, args=(process, int(parent)), daemon=True).start()
    status = process.wait()
    reader.join(_LAST_OUTPUT_SECONDS)  # a kernel that is just ending may still hold the pipe
    status = status if status >= 0 else 128 - status
    if kind == "step" or status:
        _tell(events, {"kind": "ended", "step": step, "status": status, "seconds": time.monotonic() - started})
    return status


def _started(command: list[str]) -> subprocess.Popen[bytes]:
    """Start a command, and pass signals on to it: also those that come before it is known, and it may run already."""
    process: subprocess.Popen[bytes] | None = None
    early: list[int] = []

    def pass_on(number: int, frame: FrameType | None) -> None:
        if process is None:
            early.append(number)
        else:
            process.send_signal(number)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, pass_on)
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL)
    for told in early:
        process.send_signal(told)
    return process


def log_name(step: str) -> str:
    """Return the name of the file that holds what a step printed."""
    return step.replace("/", "_") + ".log"


def _has_failed(step: str, events: str) -> bool:
    with open(events, "rb") as file:
        told = [json.loads(line) for line in file]
    return any(each["kind"] == "ended" and each["step"] == step and each["status"] for each in told)


def _keep(output: IO[bytes], events: str, log: str, step: str) -> None:
    """Write what a step prints into its log, and the hook's own lines into the events, too."""
    with open(log, "ab", buffering=0) as file:
        for line in output:
            file.write(line)
            text = line.decode("utf-8", "replace").rstrip("\n")
            if text.startswith(_HOOK):
                _tell(events, {"kind": "said", "step": step, "text": text})


def _end_with_parent(process: subprocess.Popen[bytes], parent: int) -> None:
    """End the step where the runner died without a word."""
    while os.getppid() == parent:
        time.sleep(_LOOK_SECONDS)
    process.terminate()


def _tell(events: str, event: dict[str, object]) -> None:
    descriptor = os.open(events, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        os.write(descriptor, json.dumps(event).encode() + b"\n")
    finally:
        os.close(descriptor)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
