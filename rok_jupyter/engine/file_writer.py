"""Write regular files under temporary names from pieces of content, leaving holes where they hold zeros.

Owns the one file that is open. Doesn't own where the pieces come from (file_stream) nor when the file takes its place
(staging).
"""

from __future__ import annotations

import os

from rok_jupyter.engine.comparison import entry_reason
from rok_jupyter.engine.confined import ConfinedTree
from rok_jupyter.engine.file_stream import Piece
from rok_jupyter.engine.metadata import dress_file
from rok_jupyter.engine.ownership import Ownership
from rok_jupyter.engine.restore_outcome import PartRecorder
from rok_jupyter.engine.restore_plan import PlannedEntry
from rok_jupyter.engine.staging import Staging
from rok_jupyter.engine.zero_runs import data_runs
from rok_jupyter.errors import RokError

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class FileWriter:
    """Takes the pieces of one file after the other; a file that fails is told to the recorder and leaves no trace."""

    def __init__(self, tree: ConfinedTree, staging: Staging, ownership: Ownership, recorder: PartRecorder) -> None:
        self._tree = tree
        self._staging = staging
        self._ownership = ownership
        self._recorder = recorder
        self._descriptor = -1
        self._temporary = b""
        self._entry: PlannedEntry | None = None
        self._end = 0
        self._written = 0

    def take(self, piece: Piece) -> None:
        """Write a piece; with a file's last one the file is handed to the staging."""
        if self._entry is not piece.entry:
            self._entry = piece.entry
            self._begin(piece.entry)
        if self._descriptor < 0:
            return
        try:
            self._write(piece)
            if piece.last:
                self._finish(piece.entry)
        except (OSError, RokError) as error:
            self._fail(piece.entry, error)

    def abandon(self) -> None:
        """Remove the file that is not finished."""
        if self._descriptor >= 0 and self._entry is not None:
            os.close(self._descriptor)
            self._descriptor = -1
            self._staging.discard(self._entry, self._temporary)

    def _begin(self, entry: PlannedEntry) -> None:
        self._temporary = self._staging.new_name()
        self._end = 0
        self._written = 0
        try:
            directory, _ = self._tree.at(entry.path)
            self._staging.touch(directory)
            self._descriptor = os.open(self._temporary, _CREATE, 0o600, dir_fd=directory)
        except OSError as error:
            self._recorder.failed(entry.path, entry_reason(error))

    def _write(self, piece: Piece) -> None:
        if isinstance(piece.content, RokError):
            raise piece.content
        if piece.content is not None:
            for start, end in data_runs(piece.content, self._end):
                _write_all(self._descriptor, memoryview(piece.content)[start:end], self._end + start)
                self._written = self._end + end
        self._end += piece.length
        self._recorder.written(piece.length)

    def _finish(self, entry: PlannedEntry) -> None:
        assert entry.node is not None
        if self._written < self._end:
            os.ftruncate(self._descriptor, self._end)
        wanted = self._ownership.wanted_at(entry.node, entry.live)
        self._recorder.left_out(entry.path, dress_file(self._descriptor, wanted))
        os.close(self._descriptor)
        self._descriptor = -1
        self._staging.add(entry, self._temporary, self._end)

    def _fail(self, entry: PlannedEntry, error: OSError | RokError) -> None:
        self.abandon()
        self._recorder.failed(entry.path, entry_reason(error))


def _write_all(descriptor: int, content: memoryview, offset: int) -> None:
    while content:
        written = os.pwrite(descriptor, content, offset)
        content = content[written:]
        offset += written
