"""Processes that write while a snapshot is taken."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

HERE = Path(__file__).parent


@contextmanager
def running(script: str, *arguments: object) -> Iterator[None]:
    """Run a script of this directory from its first line of output until the block ends."""
    command = [sys.executable, str(HERE / script), *map(str, arguments)]
    process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        assert process.stdout.readline().strip(), "the writer ended before it wrote"
        yield
        assert process.poll() is None, "the writer ended too early"
    finally:
        process.communicate(timeout=60)
