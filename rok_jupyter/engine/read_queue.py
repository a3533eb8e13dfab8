"""Files on their way through the reading threads: handed in by one thread, handed back as they are done.

Owns the threads, the batches (a thread's change per file would cost more than reading a small one) and their bound.
Doesn't own how a file is read (reading), nor what its node becomes part of (archive).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from itertools import groupby
from queue import SimpleQueue
from typing import Generic, NamedTuple, TypeVar

import msgspec

from rok_jupyter.engine.format.tree import Node
from rok_jupyter.engine.nodes import Owners, node_of
from rok_jupyter.engine.reading import Content, FileReader, ReadingTools, UnreadableError
from rok_jupyter.engine.scan import Place
from rok_jupyter.engine.small_files import SmallFiles
from rok_jupyter.engine.source import Descriptors, Listed, is_vanished, message_of

Owner = TypeVar("Owner")

_BATCH_FILES = 32
_BATCH_BYTES = 1 << 20
_FILES_UNDER_WAY = 1024


class Request(NamedTuple, Generic[Owner]):
    """One regular file to be read; `owner` is whoever waits for it."""

    owner: Owner
    place: Place
    listed: Listed
    previous: Node | None


class Outcome(NamedTuple, Generic[Owner]):
    """What became of a request: a node, or neither node nor error where the file is gone."""

    request: Request[Owner]
    node: Node | None = None
    content: Content | None = None
    error: str = ""


class _Batch(msgspec.Struct, Generic[Owner]):
    requests: list[Request[Owner]] = msgspec.field(default_factory=list)
    size: int = 0


class ReadQueue(Generic[Owner]):
    """Reads files in several threads; used by one thread, and closed by it."""

    def __init__(self, tools: ReadingTools, descriptors: Descriptors, owners: Owners, *, threads: int) -> None:
        self._tools = tools
        self._descriptors = descriptors
        self._owners = owners
        self._executor = ThreadPoolExecutor(threads, thread_name_prefix="rok-read")
        self._readers = [FileReader(tools) for _ in range(threads)]
        self._small = SmallFiles(tools, descriptors)
        self._batch: _Batch[Owner] = _Batch()
        self._done: SimpleQueue[list[Outcome[Owner]] | BaseException] = SimpleQueue()
        self._under_way = 0

    def put(self, request: Request[Owner]) -> None:
        """Hand in a file."""
        self._batch.requests.append(request)
        self._batch.size += request.listed.status.st_size
        if len(self._batch.requests) >= _BATCH_FILES or self._batch.size >= _BATCH_BYTES:
            self._submit()

    def finished(self) -> Iterator[Outcome[Owner]]:
        """Hand back what is done; waits only while too much is under way. Raises what ended a thread's work."""
        while self._under_way and (self._under_way >= _FILES_UNDER_WAY or not self._done.empty()):
            yield from self._next()

    def rest(self) -> Iterator[Outcome[Owner]]:
        """Wait for everything that was handed in."""
        self._submit()
        while self._under_way:
            yield from self._next()

    def close(self) -> None:
        """Stop the threads, which drop what they have not begun."""
        self._tools.stopped.set()
        self._executor.shutdown(wait=True, cancel_futures=True)

    def _submit(self) -> None:
        if self._batch.requests:
            self._under_way += len(self._batch.requests)
            self._executor.submit(self._read_batch, self._batch.requests)
            self._batch = _Batch()

    def _next(self) -> list[Outcome[Owner]]:
        done = self._done.get()
        if isinstance(done, BaseException):
            raise done
        self._under_way -= len(done)
        return done

    def _read_batch(self, requests: list[Request[Owner]]) -> None:
        """Runs in a thread of the pool; whatever happens is handed back."""
        reader = self._readers.pop()
        try:
            outcomes, others = self._read_small(requests)
            for group in _by_place(others):
                outcomes += self._read_group(reader, group)
            self._done.put(outcomes)
        except BaseException as error:  # noqa: BLE001 (raised again in the thread that waits)
            self._done.put(error)
        finally:
            self._readers.append(reader)

    def _read_small(self, requests: list[Request[Owner]]) -> tuple[list[Outcome[Owner]], list[Request[Owner]]]:
        """Read what can be read together; return what became of it, and what is to be read by itself."""
        contents = self._small.read([(request.place, request.listed) for request in requests])
        pairs = list(zip(requests, contents, strict=True))
        outcomes = [self._outcome(request, content) for request, content in pairs if content is not None]
        return outcomes, [request for request, content in pairs if content is None]

    def _read_group(self, reader: FileReader, requests: list[Request[Owner]]) -> list[Outcome[Owner]]:
        """Read files of one directory."""
        place = requests[0].place
        assert place.directory is not None
        try:
            with self._descriptors.of(place.directory) as descriptor:
                prefix = place.absolute + "/"
                return [self._read(reader, request, descriptor, prefix) for request in requests]
        except OSError as error:
            return [_failed(request, error) for request in requests]

    def _read(self, reader: FileReader, request: Request[Owner], descriptor: int, prefix: str) -> Outcome[Owner]:
        name, raw, status = request.listed
        try:
            content = reader.read(descriptor, raw, prefix + name, status)
        except OSError as error:
            return _failed(request, error)
        except UnreadableError as error:
            return Outcome(request, error=str(error))
        return self._outcome(request, content)

    def _outcome(self, request: Request[Owner], content: Content) -> Outcome[Owner]:
        node = node_of(
            request.listed.name,
            content.status,
            self._owners,
            attributes=content.attributes,
            size=content.size,
            content=content.blobs,
        )
        return Outcome(request, node, content)


def reading_threads(wanted: int) -> int:
    """Return how many threads read: `wanted`, or for 0 what suits the processors."""
    return wanted or min(4, max(2, os.cpu_count() or 2))


def _by_place(requests: list[Request[Owner]]) -> Iterator[list[Request[Owner]]]:
    for _, group in groupby(requests, key=lambda request: id(request.place)):
        yield list(group)


def _failed(request: Request[Owner], error: OSError) -> Outcome[Owner]:
    return Outcome(request) if is_vanished(error) else Outcome(request, error=message_of(error))
