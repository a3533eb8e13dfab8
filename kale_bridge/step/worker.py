"""The process beside a step that takes its snapshots: started, asked, and ended within bounds. Standard library only.

Owns its life: it has a session of its own, so that what ends the step lets it finish, and it ends with its standard
input. Orders and answers are lines of JSON, whose form is `own_process`'s.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from typing import Any

from kale_bridge.step.failure import HookFailure

OWN_PROCESS = "kale_bridge.step.own_process"
_END_SECONDS = 10.0
_PIECE = 1 << 16
_HINT = 'Allow more: {"kale": {"seconds": N}} in the notebook\'s metadata.rok.'


class Worker:
    """One process."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115  it is as long as this object
        self._process = subprocess.Popen(
            [sys.executable, "-m", OWN_PROCESS],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env={**environment, "PYTHONSAFEPATH": "1"},  # no file of the user's is taken for a module
            start_new_session=True,
        )
        self._is_busy = False

    @property
    def lives(self) -> bool:
        """Whether it can be asked."""
        return self._process.poll() is None

    def ask(self, order: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Return the answer to an order; raise HookFailure where it takes longer than it may, or the process died.

        Whatever else is raised meanwhile ends the process, so that nothing is left half-way.
        """
        until = time.monotonic() + seconds
        self._is_busy = True
        try:
            self._send(json.dumps(order).encode() + b"\n")
            answer = self._read(until)
            if answer is None:
                self._process.terminate()
                self._read(time.monotonic() + _END_SECONDS)
        except BaseException:
            self.close()
            raise
        if answer is None:
            self.close()
            raise HookFailure(f"It took longer than {seconds:g} seconds.", _HINT)
        self._is_busy = False
        try:
            return dict(json.loads(answer))
        except ValueError:
            raise HookFailure(f"The process that takes snapshots ended too early. {self._last_words()}") from None

    def close(self) -> None:
        """End the process: what waits for orders goes by itself; else so that it leaves nothing behind, or for sure."""
        assert self._process.stdin is not None
        with contextlib.suppress(OSError):
            self._process.stdin.close()
        if not self._is_busy:
            return
        self._process.terminate()
        try:
            self._process.wait(_END_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def _send(self, line: bytes) -> None:
        assert self._process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it is dead, which reading shows
            self._process.stdin.write(line)
            self._process.stdin.flush()

    def _read(self, until: float) -> bytes | None:
        """Return a line, or what there was before the end; None where neither comes in time."""
        assert self._process.stdout is not None
        line = b""
        descriptor = self._process.stdout.fileno()
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([descriptor], [], [], max(0.0, until - time.monotonic()))
            if not ready:
                return None
            piece = os.read(descriptor, _PIECE)
            if not piece:
                break
            line += piece
        return line

    def _last_words(self) -> str:
        self._errors.seek(0)
        return self._errors.read().decode(errors="replace").strip().rpartition("\n")[2]
