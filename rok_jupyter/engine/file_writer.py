"""Write regular files under temporary names from pieces of content, several at a time, leaving holes for zeros.

Owns the threads that write, and the files that they have open. Doesn't own where the pieces come from (file_stream) nor
when a file takes its place (staging). The jobs of one file run one after the other, each waiting for the one before;
as they were queued in this order, the one before is never behind.
"""

from __future__ import annotations

import os
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

import msgspec

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
_JOB_BYTES = 1 << 20
_JOB_FILES = 32
"""So much goes to a thread at once: handing over a small file costs more than writing it."""

_BYTES_IN_FLIGHT = 32 << 20
_JOBS_IN_FLIGHT = 8
"""Each file in flight holds a descriptor of its directory."""

_CREATE = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


class _File(msgspec.Struct):
    """A file that is being written; only its own jobs, of which one runs at a time, change it."""

    entry: PlannedEntry
    directory: int
    temporary: bytes
    wanted: Wanted
    descriptor: int = -1
    end: int = 0
    written: int = 0
    problems: list[str] = msgspec.field(default_factory=list)
    error: OSError | RokError | None = None


_Work = list[tuple[_File, list[Piece]]]
"""Files and the pieces of theirs that one job writes; only the first may go on from the job before."""


class _Job(msgspec.Struct, frozen=True):
    work: _Work
    done: Future[None]
    size: int


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
        self._work: _Work = []
        self._size = 0

    def take(self, piece: Piece) -> None:
        """Write a piece, soon."""
        if self._file is None:
            self._file = self._begin(piece.entry)
        if self._file is not None:
            if not self._work or self._work[-1][0] is not self._file:
                self._work.append((self._file, []))
            self._work[-1][1].append(piece)
            self._size += piece.length if piece.content is not None else 0
        going_on = self._file is not None and not piece.last
        if piece.last:
            self._file = None
        if self._size >= _JOB_BYTES or len(self._work) >= _JOB_FILES:
            self._submit(going_on=going_on)

    def drain(self) -> None:
        """Wait until everything that was taken is written."""
        self._submit(going_on=False)
        while self._jobs:
            self._collect()

    def close(self) -> None:
        """Stop, and remove what was not handed on."""
        self._threads.shutdown(cancel_futures=True)
        work = [each for job in self._jobs for each in job.work] + self._work
        files = [file for file, _ in work]
        for file in files if self._file is None else [*files, self._file]:
            _give_up(file, OSError())
        self._jobs.clear()

    def _submit(self, *, going_on: bool) -> None:
        """Give the collected work to a thread; `going_on`: the next work begins with the rest of its last file."""
        work, size = self._work, self._size
        self._work, self._size = [], 0
        if not work:
            return
        done = self._threads.submit(_write, work, self._previous)
        self._previous = done if going_on else None
        self._jobs.append(_Job(work, done, size))
        self._in_flight += size
        while self._in_flight > _BYTES_IN_FLIGHT or len(self._jobs) > _JOBS_IN_FLIGHT:
            self._collect()

    def _begin(self, entry: PlannedEntry) -> _File | None:
        if self._recorder.has_failed(entry.path):
            return None
        assert entry.node is not None
        try:
            wanted = self._ownership.wanted_at(entry.node, entry.live)
            directory, _ = self._tree.at(entry.path)
            self._staging.touch(directory)
            return _File(entry, os.dup(directory), self._staging.new_name(), wanted)
        except (OSError, RokError) as error:
            self._recorder.failed(entry.path, entry_reason(error))
            return None

    def _collect(self) -> None:
        """Wait for the oldest job, and hand on the files that are whole."""
        job = self._jobs[0]
        job.done.result()
        self._recorder.written(job.size)
        for file, pieces in job.work:
            if pieces[-1].last:
                self._hand_on(file)
        self._jobs.popleft()
        self._in_flight -= job.size

    def _hand_on(self, file: _File) -> None:
        if file.error is not None:
            self._recorder.failed(file.entry.path, entry_reason(file.error))
            return
        os.close(file.directory)
        file.directory = -1
        self._recorder.left_out(file.entry.path, file.problems)
        self._staging.add(file.entry, file.temporary, file.end)


def _write(work: _Work, previous: Future[None] | None) -> None:
    """Write some pieces of some files; with its last one a file gets its metadata and is closed. Errors stay in it."""
    if previous is not None:
        previous.result()
    for file, pieces in work:
        if file.error is not None:
            continue
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
    file.descriptor = -1


def _give_up(file: _File, error: OSError | RokError) -> None:
    """Close and remove what there is of a file that wasn't handed on."""
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
