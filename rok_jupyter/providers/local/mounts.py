"""What is mounted below a directory, as the operating system tells.

Owns reading `/proc/self/mountinfo` on Linux and `mount`'s output on macOS. Doesn't own what is done with a mount: the
archiver stays on one file system, and the provider lists the mounts that no volume covers.

Source: `man 5 proc_pid_mountinfo`; the kernel writes blank, tab, newline and backslash in a path as \\ooo.
"""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterable
from pathlib import Path

from rok_jupyter.models import Mount

_MOUNTINFO = Path("/proc/self/mountinfo")
_OCTAL = re.compile(rb"\\([0-7]{3})")
_MACOS_LINE = re.compile(r"(?P<device>.+?) on (?P<path>/.*) \((?P<type>[^,)]+)[^)]*\)$")
_TIMEOUT_SECONDS = 10


def all_mounts() -> tuple[Mount, ...]:
    """Return what is mounted, by path; of several mounts at one path the last, which hides the others.

    Empty where the system doesn't tell: a mount is then still noticed by the archiver, by its device number.
    """
    found = parse_mountinfo(_MOUNTINFO.read_bytes()) if _MOUNTINFO.exists() else _mounts_by_command()
    by_path = {mount.path: mount for mount in found}
    return tuple(by_path[path] for path in sorted(by_path))


def mounts_below(directory: str, mounts: Iterable[Mount]) -> tuple[Mount, ...]:
    """Return those of `mounts` that lie below `directory`, itself not counted."""
    prefix = directory.rstrip("/") + "/"
    return tuple(mount for mount in mounts if mount.path.startswith(prefix) and mount.path != prefix)


def mount_of(path: str, mounts: Iterable[Mount]) -> Mount | None:
    """Return the mount that `path` lies on: the deepest one above or at it."""
    above = [mount for mount in mounts if path == mount.path or path.startswith(mount.path.rstrip("/") + "/")]
    return max(above, key=lambda mount: len(mount.path), default=None)


def parse_mountinfo(content: bytes) -> tuple[Mount, ...]:
    """Return the mounts that a mountinfo file tells, in its order; lines of another form are left out."""
    return tuple(mount for line in content.splitlines() if (mount := _parse_line(line)) is not None)


def _parse_line(line: bytes) -> Mount | None:
    before, separator, after = line.partition(b" - ")
    left, right = before.split(b" "), after.split(b" ")
    if not separator or len(left) < 6 or len(right) < 2:
        return None
    return Mount(path=_text(left[4]), file_system=_text(right[0]), device=_text(right[1]))


def _text(field: bytes) -> str:
    raw = _OCTAL.sub(lambda match: bytes((int(match[1], 8) & 0xFF,)), field)
    return raw.decode("utf-8", "surrogateescape")


def _mounts_by_command() -> tuple[Mount, ...]:
    try:
        output = subprocess.run(["/sbin/mount"], capture_output=True, check=True, timeout=_TIMEOUT_SECONDS).stdout
    except (OSError, subprocess.SubprocessError):
        return ()
    return parse_mount_output(output.decode("utf-8", "surrogateescape"))


def parse_mount_output(output: str) -> tuple[Mount, ...]:
    """Return the mounts that macOS's `mount` tells ("DEVICE on PATH (TYPE, OPTIONS)")."""
    matches = (_MACOS_LINE.match(line) for line in output.splitlines())
    return tuple(
        Mount(path=match["path"], file_system=match["type"], device=match["device"])
        for match in matches
        if match is not None
    )
