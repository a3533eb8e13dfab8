"""`rok kale run` as a user types it, with real Kale and KFP, in a process of its own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.kale_bridge.local_run.records import RECORDS, files_of
from tests.rok_command import Rok

NOTEBOOKS = Path(__file__).parents[1] / "notebooks"
EXAMPLE = Path(__file__).parents[3] / "examples" / "kale" / "tumours.ipynb"
_SECONDS = 280


@dataclass(frozen=True)
class Ran:
    """What a line left."""

    status: int
    stdout: str
    said: str
    """What was said while it went on."""

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


class LocalRuns:
    """A workspace, a repository, and a temporary directory of one's own in which nothing may be left."""

    def __init__(self, directory: Path) -> None:
        self.rok = Rok(directory)
        self.workspace = self.rok.workspace
        self.records = directory / "records"
        self.temporary = directory / "tmp"
        self.temporary.mkdir()
        (self.workspace / "canary.txt").write_text("alive\n")
        (self.workspace / "data").mkdir()
        (self.workspace / "data" / "table.csv").write_text("1,2\n3,4\n")

    @property
    def environment(self) -> Mapping[str, str]:
        environment = dict(self.rok.environment)
        environment.pop("COLUMNS", None)
        return {**environment, "TMPDIR": str(self.temporary), RECORDS: str(self.records)}

    def __call__(
        self, *words: str, status: int = 0, at: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> Ran:
        """Run a line to its end; `environment` comes on top of one's own."""
        return wait_for(self.start(*words, at=at, environment=environment), status=status)

    def start(
        self, *words: str, at: Path | None = None, environment: Mapping[str, str] | None = None
    ) -> subprocess.Popen[str]:
        """Start a line."""
        return subprocess.Popen(
            [sys.executable, "-m", "rok_jupyter", *words],
            env={**self.environment, **(environment or {})},
            cwd=at or self.workspace,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def snapshots(self, *words: str) -> dict[str, dict[str, Any]]:
        """Return the snapshots that `rok list` finds, by step and moment."""
        items = self.rok.json("list", *words)["items"]
        return {f"{item['origin']['step']}.{item['origin']['moment']}": item for item in items}

    def restored(self, id_: str, to: Path) -> Mapping[str, tuple[str, bytes]]:
        """Return what a snapshot holds, without the variables that travelled with it."""
        self.rok("restore", id_, "--to", str(to))
        held = files_of(to / "workspace" if (to / "workspace").is_dir() else to)
        return {path: found for path, found in held.items() if path.split("/")[0] != ".rok-kale"}

    def processes(self) -> list[str]:
        """Return the processes that were started with this temporary directory, those that only end now left out."""
        found = []
        for entry in Path("/proc").iterdir():
            try:
                environment = (entry / "environ").read_bytes() if entry.name.isdigit() else b""
                if f"TMPDIR={self.temporary}".encode() in environment and int(entry.name) != os.getpid():
                    found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace"))
            except OSError:
                continue
        return found

    def wait_for_no_process(self, seconds: float = 120.0) -> None:
        """Wait until nothing of a run is left; the last of them end on their own."""
        until = time.monotonic() + seconds
        while left := self.processes():
            assert time.monotonic() < until, left
            time.sleep(0.1)


def wait_for(process: subprocess.Popen[str], *, status: int = 0) -> Ran:
    """Wait for the end of a line that was started."""
    stdout, said = process.communicate(timeout=_SECONDS)
    ran = Ran(process.returncode, stdout, said)
    assert ran.status == status, f"{ran.status}\n{stdout}\n{said}"
    return ran


def read_until(process: subprocess.Popen[str], text: str) -> None:
    """Read what a line says until it has said a text."""
    assert process.stderr is not None
    for line in process.stderr:
        if text in line:
            return
    raise AssertionError(f"{text!r} was never said; status {process.wait()}")


def interrupt(process: subprocess.Popen[str]) -> Ran:
    """Press Ctrl-C, and wait for the end."""
    process.send_signal(signal.SIGINT)
    stdout, said = process.communicate(timeout=_SECONDS)
    return Ran(process.returncode, stdout, said)
