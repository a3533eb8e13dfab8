"""Directories around a restore: opened before the first change in them, given their metadata after the last.

Directories that the restore changes get what their nodes say, deepest first, as a mode may shut out what is below.
Others in which something changed get their own times back: a restore leaves no mark on what it wasn't asked for.

Owns this. Doesn't own making directories (staging).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable

from rok_jupyter.engine.comparison import entry_reason
from rok_jupyter.engine.confined import ConfinedTree
from rok_jupyter.engine.metadata import dress_file
from rok_jupyter.engine.ownership import Ownership
from rok_jupyter.engine.restore_outcome import PartRecorder
from rok_jupyter.engine.restore_plan import PlannedEntry
from rok_jupyter.errors import RokError
from rok_jupyter.models import Change


class DirectoryFinish:
    """The directories of one target that a restore works in."""

    def __init__(self, tree: ConfinedTree, ownership: Ownership, recorder: PartRecorder) -> None:
        self._tree = tree
        self._ownership = ownership
        self._recorder = recorder
        self._before: dict[bytes, os.stat_result] = {}

    def open_up(self, directories: Iterable[bytes]) -> None:
        """Remember these directories' times, and let their owner work in them; those that aren't there are left out."""
        for path in sorted(directories):
            try:
                status = self._tree.status(path)
                if status is None or not stat.S_ISDIR(status.st_mode):
                    continue
                self._before[path] = status
                if os.geteuid() != 0 and status.st_uid == os.geteuid() and status.st_mode & 0o700 != 0o700:
                    self._chmod(path, stat.S_IMODE(status.st_mode) | 0o700)
            except OSError:
                continue  # Each entry in it will say why it failed.

    def finish(self, changed: Iterable[PlannedEntry]) -> None:
        """Give directories their metadata, and those that were only worked in their own back."""
        entries = {entry.path: entry for entry in changed}
        for path in sorted({*entries, *self._before}, reverse=True):
            try:
                self._finish_one(path, entries.get(path))
            except (OSError, RokError) as error:
                if path in entries and not self._recorder.has_failed(path):
                    self._recorder.failed(path, entry_reason(error))

    def _finish_one(self, path: bytes, entry: PlannedEntry | None) -> None:
        if entry is not None and (entry.node is None or self._recorder.has_failed(path)):
            return
        descriptor = self._tree.directory(path)
        if entry is None or entry.node is None:
            before = self._before[path]
            if os.fstat(descriptor).st_mode != before.st_mode:
                os.fchmod(descriptor, stat.S_IMODE(before.st_mode))
            os.utime(descriptor, ns=(before.st_atime_ns, before.st_mtime_ns))
            return
        self._recorder.left_out(path, dress_file(descriptor, self._ownership.wanted(entry.node)))
        if entry.change is Change.METADATA:
            self._recorder.done(entry)

    def _chmod(self, path: bytes, mode: int) -> None:
        directory, name = self._tree.at(path) if path else (self._tree.root, b".")
        descriptor = os.open(name, getattr(os, "O_PATH", os.O_RDONLY) | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
        try:
            os.chmod(b"/proc/self/fd/%d" % descriptor, mode)
        finally:
            os.close(descriptor)
