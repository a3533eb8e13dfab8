"""Staging: new entries are made under temporary names beside their places, and renamed over them in durable batches.

    write all of a batch · sync the file system · rename all of it · (the next batch's sync makes the renames durable)

So each entry is whole and old or whole and new at any moment, also after a power cut, and no open file is written.

Owns temporary names, batches and the order of syncs. Doesn't own contents (restorer) nor metadata's policy (ownership).
"""

from __future__ import annotations

import errno
import os
import stat
from contextlib import suppress

import msgspec

from rok_jupyter.engine.comparison import entry_reason
from rok_jupyter.engine.confined import ConfinedTree, split
from rok_jupyter.engine.live import Live
from rok_jupyter.engine.restore_outcome import PartRecorder
from rok_jupyter.engine.restore_plan import TEMPORARY_PREFIX, PlannedEntry
from rok_jupyter.engine.system_calls import exchange, sync_file_system
from rok_jupyter.errors import ErrorKind, RokError

BATCH_BYTES = 256 << 20
"""So many bytes are written before they are synced and take their places."""

_BATCH_ENTRIES = 8000
_FULL = (errno.ENOSPC, errno.EDQUOT)


class ChangedMeanwhile(OSError):
    """What stands at an entry's path is not what the plan saw."""

    def __init__(self) -> None:
        super().__init__(0, "it changed since the restore was planned, and was left as it is")


class _Staged(msgspec.Struct, frozen=True):
    entry: PlannedEntry
    temporary: bytes


class Staging:
    """Temporary entries of one restore in one target; the recorder hears how each one ends. For one thread."""

    def __init__(self, tree: ConfinedTree, restore_id: str, recorder: PartRecorder) -> None:
        self._tree = tree
        self._prefix = TEMPORARY_PREFIX + restore_id.encode() + b"-"
        self._recorder = recorder
        self._number = 0
        self._staged: list[_Staged] = []
        self._bytes = 0
        self._devices: dict[int, int] = {}

    def new_name(self) -> bytes:
        """Return a temporary name that this restore hasn't used."""
        self._number += 1
        return self._prefix + b"%d" % self._number

    def add(self, entry: PlannedEntry, temporary: bytes, size: int = 0) -> None:
        """Take in an entry that is ready under its temporary name; may sync and rename the batch that it fills."""
        self._staged.append(_Staged(entry, temporary))
        self._bytes += size
        if self._bytes >= BATCH_BYTES or len(self._staged) >= _BATCH_ENTRIES:
            self.commit()

    def discard(self, entry: PlannedEntry, temporary: bytes) -> None:
        """Remove a temporary entry that will not be used; where that fails, the next restore of the target does it."""
        with suppress(OSError):
            directory, _ = self._tree.at(entry.path)
            os.unlink(temporary, dir_fd=directory)

    def abandon(self) -> None:
        """Remove every temporary entry that hasn't taken its place."""
        for staged in self._staged:
            self.discard(staged.entry, staged.temporary)
        self._staged.clear()

    def touch(self, directory: int) -> None:
        """Remember that something was written to the file system of a directory."""
        device = os.fstat(directory).st_dev
        if device not in self._devices:
            self._devices[device] = os.dup(directory)

    def commit(self) -> None:
        """Make the batch durable, and let its entries take their places."""
        if not self._staged:
            return
        self.sync()
        staged, self._staged, self._bytes = self._staged, [], 0
        for each in staged:
            try:
                self._place(each)
            except OSError as error:
                self.discard(each.entry, each.temporary)
                self._recorder.failed(each.entry.path, entry_reason(error))
            else:
                self._recorder.done(each.entry)

    def sync(self) -> None:
        """Make everything so far durable; UNAVAILABLE or RESOURCE_EXHAUSTED where the disk fails, which is final."""
        for descriptor in self._devices.values():
            try:
                sync_file_system(descriptor)
            except OSError as error:
                kind = ErrorKind.RESOURCE_EXHAUSTED if error.errno in _FULL else ErrorKind.UNAVAILABLE
                raise RokError(
                    kind,
                    f"What was restored could not be made durable: {error.strerror}.",
                    "Check the disk of the target, then restore again.",
                ) from error

    def close(self) -> None:
        """Let go of what is open."""
        while self._devices:
            os.close(self._devices.popitem()[1])

    def make_directory(self, entry: PlannedEntry) -> None:
        """Make a directory, closed to others for now, at once: it holds nothing that could be lost."""
        directory, name = self._tree.at(entry.path)
        self.touch(directory)
        if entry.live is None:
            os.mkdir(name, 0o700, dir_fd=directory)
            return
        require_still(directory, name, entry.live)
        temporary = self.new_name()
        os.mkdir(temporary, 0o700, dir_fd=directory)
        if exchange(directory, temporary, name):
            os.unlink(temporary, dir_fd=directory)
        else:
            os.unlink(name, dir_fd=directory)
            os.rename(temporary, name, src_dir_fd=directory, dst_dir_fd=directory)

    def _place(self, staged: _Staged) -> None:
        entry = staged.entry
        directory, name = self._tree.at(entry.path)
        require_still(directory, name, entry.live)
        for companion in entry.companions:
            with suppress(FileNotFoundError):
                os.unlink(split(companion)[1], dir_fd=directory)
        if entry.live is not None and stat.S_ISDIR(entry.live.mode):
            os.rmdir(name, dir_fd=directory)
            self._tree.forget(entry.path)
        os.rename(staged.temporary, name, src_dir_fd=directory, dst_dir_fd=directory)
        if entry.link_to is not None:
            # Renaming one name of an inode over another does nothing, and leaves both.
            with suppress(FileNotFoundError):
                os.unlink(staged.temporary, dir_fd=directory)


def require_still(directory: int, name: bytes, live: Live | None) -> None:
    """Raise `ChangedMeanwhile` unless what the plan saw, or nothing if it saw nothing, stands there."""
    try:
        status = os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        if live is None:
            return
        raise ChangedMeanwhile() from None
    if live is None or not live.is_still(status):
        raise ChangedMeanwhile()
