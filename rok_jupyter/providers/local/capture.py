"""The files in a volume that need care when they are read: the engine's `Capture`.

Owns which files those are, told by name or by their first bytes. Doesn't own how each kind is read (notebooks,
databases), nor how the archiver notices that any other file changed.

    x.ipynb                    read whole and as JSON; `.~x.ipynb` beside it is left out
    a SQLite database          copied so that it opens cleanly; its -wal, -shm and -journal are left out
    .nfs0123456789abcdef...    left out: a file that NFS keeps only until the program that has it open closes it
    .rok-restore-...           left out: what a restore that runs, or was killed, has not yet put in its place
"""

from __future__ import annotations

import os
import re
from collections.abc import Collection
from pathlib import Path

from rok_jupyter.engine.capture import NOTHING, CapturedFile, Selection
from rok_jupyter.engine.restore_plan import TEMPORARY_PREFIX, is_temporary
from rok_jupyter.progress import Progress
from rok_jupyter.providers.local.databases import (
    HEADER,
    SIDECARS,
    UnreadableDatabaseError,
    capture_database,
    capture_open_database,
    has_log,
    is_header,
    open_in_this_process,
    sidecar_of,
)
from rok_jupyter.providers.local.notebooks import (
    INTERMEDIATE_PREFIX,
    capture_saved_file,
    is_being_saved,
    is_notebook,
)
from rok_jupyter.providers.local.spool import Captured, fill, new_spool, open_regular
from rok_jupyter.save_gate import SaveGate

_SMALLEST_PAGE = 512
_SAVE_SECONDS = 2.0
_NFS_LEFTOVER = re.compile(r"\.nfs[0-9a-f]{16,}")
_INTERMEDIATE = INTERMEDIATE_PREFIX.decode()
_TEMPORARY = TEMPORARY_PREFIX.decode("ascii")
_SUSPICIOUS_STARTS = (_INTERMEDIATE, ".nfs", _TEMPORARY)
_SUSPICIOUS_ENDS = tuple(suffix.decode() for suffix in SIDECARS)


def is_leftover(name: str, names: Collection[str]) -> bool:
    """Whether a name is what a save, NFS or a restore keeps for a while beside others: never worth restoring."""
    if _NFS_LEFTOVER.fullmatch(name) or (name.startswith(_TEMPORARY) and is_temporary(name.encode("utf-8", "replace"))):
        return True
    return name.startswith(_INTERMEDIATE) and name.endswith(".ipynb") and name.removeprefix(_INTERMEDIATE) in names


class VolumeCapture:
    """How one snapshot reads notebooks and databases.

    Thread-safe; copies go below `temporary`, and don't stay there.
    """

    def __init__(self, temporary: Path, gate: SaveGate, progress: Progress) -> None:
        self._temporary = temporary
        self._gate = gate
        self._progress = progress
        self._ours = open_in_this_process()

    def select(self, directory: int, names: Collection[str]) -> Selection:
        """Say which names belong to others, and which databases have a log that their own times don't tell of."""
        odd = [name for name in names if name.startswith(_SUSPICIOUS_STARTS) or name.endswith(_SUSPICIOUS_ENDS)]
        if not odd:
            return NOTHING
        parts = {name for name in odd if is_leftover(name, names)}
        unsure = set()
        for name in odd:
            base = sidecar_of(name.encode("utf-8", "surrogateescape"))
            text = "" if base is None else base.decode("utf-8", "surrogateescape")
            if base is not None and text in names and self._is_database(directory, base):
                parts.add(name)
                if has_log(directory, base):
                    unsure.add(text)
        return Selection(frozenset(parts), frozenset(unsure))

    @property
    def marks_beside(self) -> bytes:
        """The intermediate of a save that Jupyter is just doing."""
        return INTERMEDIATE_PREFIX

    def is_plain(self, path: str, status: os.stat_result) -> bool:
        """Whether a file is no notebook, is not being saved by this process, and can't be a database by its size."""
        odd_size = status.st_size < _SMALLEST_PAGE or status.st_size % _SMALLEST_PAGE != 0
        return odd_size and not path.endswith(".ipynb") and self._gate.is_idle(path)

    def open(self, directory: int, name: bytes, path: str, status: os.stat_result) -> CapturedFile | None:
        """Capture a notebook or a database; None for any other file."""
        self._gate.wait_idle(path, _SAVE_SECONDS)
        if is_notebook(name) or is_being_saved(directory, name):
            return capture_saved_file(directory, name, self._temporary, self._progress)
        if status.st_size < _SMALLEST_PAGE or status.st_size % _SMALLEST_PAGE:
            return None
        try:
            if (status.st_dev, status.st_ino) in self._ours:
                return capture_open_database(directory, name, self._temporary, self._progress)
            if not self._is_database(directory, name):
                return None
            return capture_database(directory, name, self._temporary, self._progress)
        except UnreadableDatabaseError as error:
            return self._as_it_is(directory, name) if error.in_use else None

    def _is_database(self, directory: int, name: bytes) -> bool:
        try:
            status = os.stat(name, dir_fd=directory, follow_symlinks=False)
            if (status.st_dev, status.st_ino) in self._ours:
                return True  # opening and closing it would drop this process's own locks on it
            descriptor = open_regular(directory, name)
        except OSError:
            return False
        if descriptor is None:
            return False
        try:
            return is_header(os.pread(descriptor, len(HEADER), 0))
        finally:
            os.close(descriptor)

    def _as_it_is(self, directory: int, name: bytes) -> Captured | None:
        """Read a database that SQLite could not give: to be marked as changed, better than nothing."""
        descriptor = open_regular(directory, name)
        if descriptor is None:
            return None
        try:
            spool = new_spool(self._temporary)
            status = os.fstat(descriptor)
            fill(spool, descriptor)
            return Captured(spool, status, settled=False)
        finally:
            os.close(descriptor)
