"""Servers that stand still in the midst of a restore, for as long as a test needs to look, or to kill them there.

All of a batch is renamed into place within milliseconds, which a test that polls meets by luck alone.
"""

from __future__ import annotations

import time
from pathlib import Path

from tests.ui.lab import RunningLab

_FUSE = "stop-after"
_SECONDS = 60

_STOPPING = """
import os, signal, threading
from pathlib import Path

fuse, fuse_lock, rename = Path({fuse!r}), threading.Lock(), os.rename

def rename_and_stop(source, target, **places):
    rename(source, target, **places)
    if "src_dir_fd" in places and fuse.exists():  # as a restorer renames, and no repository
        with fuse_lock:
            left = int(fuse.read_text()) - 1
            fuse.write_text(str(left))
            if left == 0:
                fuse.unlink()
                os.kill(os.getpid(), signal.SIGSTOP)

os.rename = rename_and_stop
"""


def stopping(directory: Path) -> str:
    """Return the configuration of a server below this directory which `stop_after` works on."""
    return _STOPPING.format(fuse=str(directory / _FUSE))


def stop_after(lab: RunningLab, files: int) -> None:
    """Have the server stop itself once its next restore has put so many files into their places."""
    (lab.directory / _FUSE).write_text(str(files))


def wait_until_stopped(lab: RunningLab) -> None:
    """Wait until it has, which it stays until it is killed."""
    until = time.monotonic() + _SECONDS
    while Path(f"/proc/{lab.pid}/stat").read_text().rpartition(")")[2].split()[0] != "T":
        assert time.monotonic() < until, lab.log
        time.sleep(0.05)
