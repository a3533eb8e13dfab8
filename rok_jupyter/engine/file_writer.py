"""Write regular files under temporary names from pieces of content, several at a time, leaving holes for zeros.

Owns the threads that write, and the files that they have open. Doesn't own where the pieces come from (file_stream) nor
when a file takes its place (staging). The jobs of one file run one after the other, each waiting for the one before;
as they were queued in this order, the one before is never behind.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field

from rok_jupyter.engine.comparison import entry_reason
from rok_jupyter.engine.confined import ConfinedTree
from rok_jupyter.engine.file_stream import Piece
from rok_jupyter.engine.metadata import dress_file
from rok_jupyter.engine.ownership import Ownership, Wanted
from rok_jupyter.engine.restore_outcome import PartRecorder
from rok_jupyter.engine.restore_plan import PlannedEntry
from rok_jupyter.engine.staging import Staging
from rok_jupyter.engine.zero_runs import data_runs
from rok_jupyter.errors import RokError

_THREADS = 2
_JOB_BYTES = 4 << 20
_BYTES_IN_FLIGHT = 32 << 20
_JOBS_IN_FLIGHT = 64
_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@dataclass(slots=True)
class _File:
    """A file that is being written; only its own jobs, of which one runs at a time, change it."""

    entry: PlannedEntry
    directory: int
    temporary: bytes
    wanted: Wanted
    descriptor: int = -1
    end: int = 0
    written: int = 0
    problems: list[str] = field(default_factory=list)
    error: OSError | RokError | None = None


@dataclass(frozen=True, slots=True)
class _Job:
    file: _File
    done: Future[None]
    size: int
    last: bool


class FileWriter:
    """Takes the pieces of one file after the other; `drain` when all were taken, `close` in any case.

    Files that are whole go to the staging, those that fail to the recorder.
    """

    def __init__(self, tree: ConfinedTree, staging: Staging, ownership: Ownership, recorder: PartRecorder) -> None:
        self._tree = tree
        self._staging = staging
        self._ownership = ownership
        self._recorder = recorder
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="rok-write")
        self._jobs: deque[_Job] = deque()
        self._in_flight = 0
        self._file: _File | None = None
        self._previous: Future[None] | None = None
        self._pieces: list[Piece] = []
        self._size = 0

    def take(self, piece: Piece) -> None:
        """Write a piece, soon."""
        self._pieces.append(piece)
        self._size += 0 if piece.content is None else piece.length
        if piece.last or self._size >= _JOB_BYTES:
            self._submit(piece)

    def drain(self) -> None:
        """Wait until everything that was taken is written."""
        while self._jobs:
            self._collect()

    def close(self) -> None:
        """Stop, and remove what was not handed on."""
        self._threads.shutdown(cancel_futures=True)
        for file in {id(job.file): job.file for job in self._jobs}.values():
            _give_up(file, OSError())
        self._jobs.clear()

    def _submit(self, piece: Piece) -> None:
        pieces, size = self._pieces, self._size
        self._pieces, self._size = [], 0
        if self._file is None and not self._begin(piece.entry):
            return
        if self._file is not None:
            done = self._threads.submit(_write, self._file, pieces, self._previous)
            self._jobs.append(_Job(self._file, done, size, piece.last))
            self._previous = done
            self._in_flight += size
        if piece.last:
            self._file = self._previous = None
        while self._in_flight > _BYTES_IN_FLIGHT or len(self._jobs) > _JOBS_IN_FLIGHT:
            self._collect()

    def _begin(self, entry: PlannedEntry) -> bool:
        if self._recorder.has_failed(entry.path):
            return False
        assert entry.node is not None
        try:
            wanted = self._ownership.wanted_at(entry.node, entry.live)
            directory, _ = self._tree.at(entry.path)
            self._staging.touch(directory)
            self._file = _File(entry, os.dup(directory), self._staging.new_name(), wanted)
        except (OSError, RokError) as error:
            self._recorder.failed(entry.path, entry_reason(error))
            return False
        return True

    def _collect(self) -> None:
        """Wait for the oldest job, and hand its file on where it was the last."""
        job = self._jobs[0]
        job.done.result()
        self._jobs.popleft()
        self._in_flight -= job.size
        self._recorder.written(job.size)
        file = job.file
        if not job.last:
            return
        if file.error is not None:
            self._recorder.failed(file.entry.path, entry_reason(file.error))
            return
        self._recorder.left_out(file.entry.path, file.problems)
        self._staging.add(file.entry, file.temporary, file.end)


def _write(file: _File, pieces: Sequence[Piece], previous: Future[None] | None) -> None:
    """Write some pieces of a file; with the last one it gets its metadata and is closed. Errors stay in the file."""
    if previous is not None:
        previous.result()
    if file.error is not None:
        return
    try:
        if file.descriptor < 0:
            file.descriptor = os.open(file.temporary, _CREATE, 0o600, dir_fd=file.directory)
        for piece in pieces:
            _write_piece(file, piece)
        if pieces[-1].last:
            _finish(file)
    except (OSError, RokError) as error:
        _give_up(file, error)


def _write_piece(file: _File, piece: Piece) -> None:
    if isinstance(piece.content, RokError):
        raise piece.content
    if piece.content is not None:
        for start, end in data_runs(piece.content, file.end):
            _write_all(file.descriptor, memoryview(piece.content)[start:end], file.end + start)
            file.written = file.end + end
    file.end += piece.length


def _finish(file: _File) -> None:
    if file.written < file.end:
        os.ftruncate(file.descriptor, file.end)
    file.problems = dress_file(file.descriptor, file.wanted)
    os.close(file.descriptor)
    os.close(file.directory)
    file.descriptor = file.directory = -1


def _give_up(file: _File, error: OSError | RokError) -> None:
    file.error = file.error or error
    if file.descriptor >= 0:
        os.close(file.descriptor)
        file.descriptor = -1
    if file.directory >= 0:
        with suppress(OSError):
            os.unlink(file.temporary, dir_fd=file.directory)
        os.close(file.directory)
        file.directory = -1


def _write_all(descriptor: int, content: memoryview, offset: int) -> None:
    while content:
        written = os.pwrite(descriptor, content, offset)
        content = content[written:]
        offset += written
