"""A file's bytes on their way into blobs: read once, cut into chunks, stored, and known to be one moment's content.

Owns the proof that a file stood still while it was read, reading it again where it didn't, and zeros that cost nothing.
Doesn't own which files are read (scan, archive), nor how a blob is stored (the repository's writer).

A file is read between two looks at its status. A write in the tick of the clock in which the first look falls would
leave the times as they are, so a file that changed in this very tick is given one more before it is looked at.
"""

from __future__ import annotations

import os
import stat
import threading
import time
from typing import Protocol

import msgspec

from rok_jupyter.engine.attributes import attribute_path
from rok_jupyter.engine.capture import Capture, CapturedFile
from rok_jupyter.engine.format.chunker import Chunker
from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.pack import BlobType
from rok_jupyter.engine.format.tree import ExtendedAttribute
from rok_jupyter.engine.source import ReplacedError, message_of, open_file, read_attributes
from rok_jupyter.engine.sparse import SparseStream, has_holes
from rok_jupyter.engine.writer import RepositoryWriter
from rok_jupyter.errors import Cancelled, RokError
from rok_jupyter.progress import Progress

_BUFFER_BYTES = 12 << 20
_READINGS = 3
_PAUSE_SECONDS = 0.05
_TICK_NS = 10_000_000
"""The coarsest clock of file times on Linux (CONFIG_HZ=100)."""
_CLOCK: int = getattr(time, "CLOCK_REALTIME_COARSE", time.CLOCK_REALTIME)
_NO_END = 1 << 63


class Content(msgspec.Struct, frozen=True):
    """What was read of one file. `problem` says what could not be had beside its bytes; empty where all could."""

    blobs: tuple[Id, ...]
    size: int
    status: os.stat_result
    attributes: tuple[ExtendedAttribute, ...]
    settled: bool
    added: int = 0
    problem: str = ""


class Stream(Protocol):
    """Where bytes come from, in order."""

    def readinto(self, buffer: memoryview, /) -> int:
        """Fill the buffer's first bytes and return how many; 0 at the end."""


class _PlainStream:
    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def readinto(self, buffer: memoryview, /) -> int:
        return os.readv(self._descriptor, [buffer])


class _CapturedStream:
    def __init__(self, captured: CapturedFile) -> None:
        self._stream = captured.stream

    def readinto(self, buffer: memoryview, /) -> int:
        data = self._stream.read(len(buffer))
        buffer[: len(data)] = data
        return len(data)


class UnreadableError(Exception):
    """A file can't be had; the text says why, in a sentence for the user."""


class StoppedError(Exception):
    """The run ends early for a reason that another thread raises."""


class ZeroChunk:
    """The chunk that zeros are cut into, as restic cuts them; stored when first needed. Thread-safe."""

    def __init__(self, chunker: Chunker, writer: RepositoryWriter) -> None:
        # 64 zeros in the window end a chunk, so zeros are cut as early as allowed.
        self.length = chunker.lengths(bytes(2 * chunker.minimum), final=False)[0]
        self._writer = writer
        self._lock = threading.Lock()
        self._id: Id | None = None

    def store(self) -> tuple[Id, int]:
        """Return its id, and how many bytes storing it added."""
        with self._lock:
            if self._id is not None:
                return self._id, 0
            saved = self._writer.save_blob(BlobType.DATA, bytes(self.length))
            self._id = saved.id
            return saved.id, saved.added_bytes


class ReadingTools(msgspec.Struct, frozen=True):
    """What the readers of one run share."""

    writer: RepositoryWriter
    chunker: Chunker
    zeros: ZeroChunk
    capture: Capture | None
    progress: Progress
    stopped: threading.Event
    """Set where the run ends early for another reason than the user's wish."""


class FileReader:
    """Reads one file after another; for one thread at a time, since it keeps a buffer."""

    def __init__(self, tools: ReadingTools) -> None:
        self._tools = tools
        self._buffer: memoryview | None = None
        self._added = 0

    def read(self, directory: int, name: bytes, path: str, status: os.stat_result) -> Content:
        """Store a regular file of an open directory, reading it up to three times until it stands still.

        `path` is its absolute path, `status` what its directory's listing said. Raises OSError or UnreadableError where
        it can't be read, and what the writer raises.
        """
        captured = self._capture(directory, name, path, status)
        if captured is not None:
            with captured.stream:
                return self._store_captured(captured, directory, name)
        for pause in range(_READINGS - 1):
            content = self._read_once(directory, name, status.st_uid)
            if content.settled:
                return content
            self._tools.progress.advance(bytes_=-content.size)
            self._tools.progress.wait(_PAUSE_SECONDS * (pause + 1))
        return self._read_once(directory, name, status.st_uid)

    def _capture(self, directory: int, name: bytes, path: str, status: os.stat_result) -> CapturedFile | None:
        if self._tools.capture is None:
            return None
        _wait_for_tick(status)
        try:
            return self._tools.capture.open(directory, name, path, status)
        except Cancelled:
            raise
        except RokError as error:
            raise UnreadableError(error.message) from error

    def _read_once(self, directory: int, name: bytes, owner: int) -> Content:
        descriptor = open_file(directory, name, owner)
        try:
            before = _settled_status(descriptor)
            if not stat.S_ISREG(before.st_mode):
                raise ReplacedError()
            attributes, problem = _attributes(descriptor)
            self._added = 0
            blobs, size = self._store(descriptor, before)
            after = os.fstat(descriptor)
        finally:
            os.close(descriptor)
        settled = size == before.st_size and same_state(before, after)
        return Content(tuple(blobs), size, before, attributes, settled, self._added, problem)

    def _store_captured(self, captured: CapturedFile, directory: int, name: bytes) -> Content:
        self._added = 0
        attributes, problem = _attributes(attribute_path(directory, name))
        blobs, size = self._store_stream(_CapturedStream(captured), _NO_END)
        return Content(tuple(blobs), size, captured.status, attributes, captured.settled, self._added, problem)

    def _store(self, descriptor: int, status: os.stat_result) -> tuple[list[Id], int]:
        size = status.st_size
        if 0 < size < self._tools.chunker.minimum:
            return self._store_small(descriptor, size)
        if has_holes(status):
            return self._store_sparse(SparseStream(descriptor, size), size)
        # Some file systems say 0 for files whose length they don't know.
        return self._store_stream(_PlainStream(descriptor), size or _NO_END)

    def _store_small(self, descriptor: int, size: int) -> tuple[list[Id], int]:
        data = os.read(descriptor, size)
        while len(data) < size and (more := os.read(descriptor, size - len(data))):
            data += more
        return ([self._save(data)] if data else []), len(data)

    def _store_stream(self, stream: Stream, limit: int) -> tuple[list[Id], int]:
        blobs: list[Id] = []
        buffer = self._lend_buffer()
        total = filled = 0
        final = False
        while not final:
            count = stream.readinto(buffer[filled : filled + min(_BUFFER_BYTES, limit - total)])
            total += count
            filled += count
            final = count == 0 or total >= limit
            filled = self._cut(buffer, filled, blobs, final=final)
        return blobs, total

    def _store_sparse(self, stream: SparseStream, size: int) -> tuple[list[Id], int]:
        blobs: list[Id] = []
        buffer = self._lend_buffer()
        zeros = self._tools.zeros
        total = filled = 0
        final = False
        while not final:
            while not filled and stream.skip_hole(zeros.length):
                blobs.append(self._save_zeros())
                total += zeros.length
            count = stream.readinto(buffer[filled:])
            total += count
            filled += count
            final = count == 0 or total >= size
            filled = self._cut(buffer, filled, blobs, final=final)
            if filled and stream.reenter_hole(filled, zeros.length):
                total -= filled
                filled = 0
        return blobs, total

    def _cut(self, buffer: memoryview, filled: int, blobs: list[Id], *, final: bool) -> int:
        """Store the whole chunks that the buffer begins with; what is left moves to its start, and is counted."""
        start = 0
        for length in self._tools.chunker.lengths(buffer[:filled], final=final):
            blobs.append(self._save(buffer[start : start + length]))
            start += length
        left = filled - start
        if start and left:
            buffer[:left] = buffer[start:filled]
        return left

    def _save(self, data: bytes | memoryview) -> Id:
        tools = self._tools
        if tools.stopped.is_set():
            raise StoppedError()
        tools.progress.check_cancelled()
        saved = tools.writer.save_blob(BlobType.DATA, data)
        self._added += saved.added_bytes
        tools.progress.advance(bytes_=len(data), added=saved.added_bytes)
        return saved.id

    def _save_zeros(self) -> Id:
        self._tools.progress.check_cancelled()
        zero_id, added = self._tools.zeros.store()
        self._added += added
        self._tools.progress.advance(bytes_=self._tools.zeros.length, added=added)
        return zero_id

    def _lend_buffer(self) -> memoryview:
        if self._buffer is None:
            self._buffer = memoryview(bytearray(_BUFFER_BYTES))
        return self._buffer


def same_state(before: os.stat_result, after: os.stat_result) -> bool:
    """Whether two looks at an open file saw it unchanged."""
    return (
        before.st_size == after.st_size
        and before.st_mtime_ns == after.st_mtime_ns
        and before.st_ctime_ns == after.st_ctime_ns
    )


def _settled_status(descriptor: int) -> os.stat_result:
    """Look at a file such that every later write shows in its times (see the module's text)."""
    status = os.fstat(descriptor)
    return os.fstat(descriptor) if _wait_for_tick(status) else status


def _wait_for_tick(status: os.stat_result) -> bool:
    """Wait for the clock's next tick where a file changed in this one; say whether that was so."""
    if time.clock_gettime_ns(_CLOCK) - status.st_ctime_ns >= _TICK_NS:
        return False
    time.sleep(_TICK_NS / 1e9)
    return True


def _attributes(target: int | bytes) -> tuple[tuple[ExtendedAttribute, ...], str]:
    try:
        return read_attributes(target), ""
    except OSError as error:
        return (), f"Its extended attributes can't be read: {message_of(error)}"
