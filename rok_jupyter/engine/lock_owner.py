"""Who holds a lock: the host name that our lock files carry.

restic takes a lock for stale where host and process number name no process, which lies between containers; so ours
carry a name that is unique to the process, and restic judges them by their age alone. The name also says enough (boot,
process number space, number, start) for another process of this machine to know for sure that this one is gone.

Owns making and judging such names. Doesn't own locks.
"""

from __future__ import annotations

import getpass
import os
import secrets
import socket
from contextlib import suppress

_MARK = "rok"
_UNKNOWN = "unknown"


def host_name() -> str:
    """Return this machine's name."""
    return socket.gethostname()


def user_name() -> str:
    """Return the user's name, or the number where the system knows no name."""
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return str(os.getuid())


def owner_name(host: str) -> str:
    """Return a host name for a lock of this process: HOST/rok/BOOT/NAMESPACE/PID/START/RANDOM."""
    pid = os.getpid()
    return "/".join([host, _MARK, *_space(), str(pid), _start_of(pid) or _UNKNOWN, secrets.token_hex(4)])


def owner_is_gone(owner: str) -> bool:
    """Whether the process that made this name has certainly ended; False wherever that can't be known."""
    parts = owner.split("/")[-7:]
    if len(parts) != 7 or parts[1] != _MARK or _UNKNOWN in parts:
        return False
    boot, namespace, pid, start = parts[2:6]
    if (boot, namespace) != _space() or not pid.isdecimal():
        return False
    return _start_of(int(pid)) != start


def _space() -> tuple[str, str]:
    """Where process numbers mean something: this boot of this machine, this process number space."""
    boot = namespace = _UNKNOWN
    with suppress(OSError):
        with open("/proc/sys/kernel/random/boot_id", encoding="ascii") as file:
            boot = file.read().strip()
        namespace = os.readlink("/proc/self/ns/pid").partition("[")[2].rstrip("]") or _UNKNOWN
    return boot, namespace


def _start_of(pid: int) -> str | None:
    """Return when a process began, in the kernel's ticks, or None where it isn't there."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as file:
            return file.read().rpartition(b")")[2].split()[19].decode()
    except (OSError, IndexError):
        return None
