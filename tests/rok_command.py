"""`rok` in a process of its own, with every directory that it touches below one of the test's."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
_SECONDS = 120


@dataclass(frozen=True)
class Done:
    """What a run left: its status, and what it wrote."""

    status: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        return self.stdout.decode()

    @property
    def json(self) -> Any:
        return json.loads(self.stdout)


class Rok:
    """The command for one workspace (`directory`/workspace), which is named by ROK_WORKSPACE unless told otherwise."""

    def __init__(self, directory: Path, *, names_workspace: bool = True) -> None:
        self.directory = directory
        self.workspace = directory / "workspace"
        self.workspace.mkdir(exist_ok=True)
        self._named = {"ROK_WORKSPACE": str(self.workspace)} if names_workspace else {}
        self._slow: dict[str, str] = {}

    def make_slow(self) -> None:
        """Have snapshots take about a minute: many files a little longer than the shortest chunk, cut in Python.

        So the end never comes before the interrupt, however fast the machine is; between files it is noticed, and one
        file takes a tenth of a second (a second where coverage counts each line).
        """
        large = self.workspace / "large"
        large.mkdir()
        for number in range(400):
            (large / str(number)).write_bytes(os.urandom(640 << 10))
        self._slow = {"ROK_JUPYTER_NATIVE": "off"}

    def make_fast(self) -> None:
        """Undo `make_slow`."""
        shutil.rmtree(self.workspace / "large")
        self._slow = {}

    @property
    def environment(self) -> dict[str, str]:
        """What the process sees; nothing of the surrounding Jupyter."""
        foreign = ("JUPYTER", "ROK", "JPY", "PYTHONDONTWRITEBYTECODE")
        kept = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
        return {
            **kept,
            "PYTHONPYCACHEPREFIX": str(ROOT / ".cache" / "bytecode"),  # hundreds of processes compile but once
            "HOME": str(self.directory),
            "PYTHONPATH": str(ROOT),
            "JUPYTER_CONFIG_DIR": str(self.directory / "config"),
            "JUPYTER_DATA_DIR": str(self.directory / "data"),
            "JUPYTER_RUNTIME_DIR": str(self.directory / "runtime"),
            "COLUMNS": "120",
            **self._named,
            **self._slow,
        }

    @staticmethod
    def words(*words: str | bytes) -> list[str | bytes]:
        """Return what the process is started with."""
        return [sys.executable, "-m", "rok_jupyter", *words]

    def run(
        self,
        *words: str | bytes,
        stdin: bytes = b"",
        environment: Mapping[str, str] | None = None,
        at: Path | None = None,
    ) -> Done:
        """Run a line, whatever comes of it."""
        done = subprocess.run(
            self.words(*words),
            input=stdin,
            capture_output=True,
            env={**self.environment, **(environment or {})},
            cwd=at or self.directory,
            timeout=_SECONDS,
            check=False,
        )
        return Done(done.returncode, done.stdout, done.stderr.decode(errors="replace"))

    def __call__(self, *words: str | bytes, status: int = 0) -> Done:
        """Run a line that ends with `status`."""
        done = self.run(*words)
        assert done.status == status, f"{words}: {done.status}\n{done.stdout.decode(errors='replace')}\n{done.stderr}"
        return done

    def json(self, *words: str | bytes, status: int = 0) -> Any:
        """Run a line with --json, and return its document."""
        return self(*words, "--json", status=status).json

    def snapshot(self, *words: str) -> str:
        """Take a snapshot and return its id."""
        return str(self.json("snapshot", *words)["id"])
