"""Jupyter's own saves, told to snapshots: a file that this server is writing is waited for.

Owns the hooks on the contents manager. Doesn't own the waiting (save_gate), nor saves by other processes, which a
snapshot knows by what they leave on the disk.
"""

from __future__ import annotations

import os
from typing import Any

from jupyter_server.services.contents.fileio import FileManagerMixin

from rok_jupyter.save_gate import SaveGate


def watch_saves(manager: Any, gate: SaveGate) -> None:
    """Tell `gate` of every save of a contents manager that keeps its documents as files; others need no telling."""
    if not isinstance(manager, FileManagerMixin):
        return
    files: Any = manager

    def begin(*, path: str, **_: Any) -> None:
        gate.begin(os.path.realpath(files._get_os_path(path)))

    def end(*, os_path: str, **_: Any) -> None:
        gate.end(os.path.realpath(os_path))

    files.register_pre_save_hook(begin)
    files.register_post_save_hook(end)
