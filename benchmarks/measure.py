"""Runs one command and says what it cost, writing to the disk included."""

from __future__ import annotations

import ctypes
import os
import resource
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_LIBC = ctypes.CDLL(None, use_errno=True)


@dataclass(frozen=True)
class Cost:
    """What a command cost. `wall` includes a syncfs at its end, so that nobody gains by leaving it undone."""

    wall: float
    cpu: float
    peak_megabytes: float


class CommandFailedError(Exception):
    """A measured command failed; the message holds the end of what it printed."""


def run(command: Sequence[str], environment: Mapping[str, str], written: Path, accepted: Sequence[int] = (0,)) -> Cost:
    """Run a command, then sync the file system of `written`; raise CommandFailedError for another exit status."""
    sync(written)
    started = time.monotonic()
    with subprocess.Popen(
        list(command),
        env=dict(environment),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
    ) as process:
        assert process.stderr is not None
        errors = process.stderr.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    sync(written)
    wall = time.monotonic() - started
    if process.returncode not in accepted:
        raise CommandFailedError(
            f"{' '.join(command)}: {process.returncode}: {errors.decode(errors='replace')[-2000:]}"
        )
    return Cost(wall, usage.ru_utime + usage.ru_stime, _peak(usage))


def _peak(usage: resource.struct_rusage) -> float:
    return usage.ru_maxrss * 1024 / 1_000_000


def sync(path: Path) -> None:
    """Write out all that the file system of `path` holds back."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        if _LIBC.syncfs(descriptor):
            raise OSError(ctypes.get_errno(), "syncfs")
    finally:
        os.close(descriptor)
