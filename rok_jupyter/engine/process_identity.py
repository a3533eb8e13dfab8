"""Which process this is, in a way that another one can check later: number, start time and boot.

Owns telling a living process from one that is gone and whose number was given to another. Doesn't own what follows.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec


class ProcessIdentity(msgspec.Struct, frozen=True, kw_only=True):
    """A process. `started` and `boot` are opaque; "" where the system (macOS) doesn't tell."""

    pid: int
    started: str
    boot: str

    @classmethod
    def current(cls) -> ProcessIdentity:
        """Return this process."""
        return cls(pid=os.getpid(), started=_start_of(os.getpid()) or "", boot=_boot())

    def alive(self) -> bool:
        """Whether exactly this process still runs here."""
        if self.boot != _boot():
            return False
        started = _start_of(self.pid)
        return started is not None and started == self.started


def _start_of(pid: int) -> str | None:
    """Return the start time of a process, None where it is gone."""
    if not os.path.exists("/proc/self/stat"):
        return _signalled(pid)
    try:
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in (b"Z", b"X") else fields[19].decode()


def _signalled(pid: int) -> str | None:
    """Return "" where a process of that number is there: all that can be known without /proc."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return None
    except PermissionError:
        pass
    return ""


def _boot() -> str:
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
    except OSError:
        return ""
