"""Small files read and stored many at a time: most of what a first snapshot reads.

A system call or a compression of a small file takes less time than handing Python's lock from thread to thread, so a
batch is read in one native call and stored in few. Owns which files qualify: plain ones, about which nothing is
unusual. Every other, and every file where there is no native module, is left to FileReader (reading).
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from itertools import groupby

from rok_jupyter.engine.format.ids import hash_of
from rok_jupyter.engine.format.pack import BlobType
from rok_jupyter.engine.native import load_native_files
from rok_jupyter.engine.reading import Content, ReadingTools, StoppedError
from rok_jupyter.engine.scan import Place
from rok_jupyter.engine.source import Descriptors, Listed
from rok_jupyter.engine.writer import SavedBlob

_Request = tuple[int, bytes, int, int]
_NO_BLOB = SavedBlob("", 0)


class SmallFiles:
    """Reads batches of files; thread-safe."""

    def __init__(self, tools: ReadingTools, descriptors: Descriptors) -> None:
        self._tools = tools
        self._descriptors = descriptors
        self._native = load_native_files()

    def read(self, files: Sequence[tuple[Place, Listed]]) -> list[Content | None]:
        """Store what is plain and small; None for every other file. Raises what the writer raises."""
        contents: list[Content | None] = [None] * len(files)
        if self._native is None:
            return contents
        if self._tools.stopped.is_set():
            raise StoppedError()
        self._tools.progress.check_cancelled()
        marks = b"" if self._tools.capture is None else self._tools.capture.marks_beside
        with ExitStack() as stack:
            chosen = dict(self._choose(files, stack))
            found = self._native.read_files(tuple(chosen.values()), marks)
        self._store({position: file for position, file in zip(chosen, found, strict=True) if file}, contents)
        return contents

    def _choose(self, files: Sequence[tuple[Place, Listed]], stack: ExitStack) -> Iterator[tuple[int, _Request]]:
        """Go through what may be read so: each file's position, and how to ask for it."""
        limit = self._tools.chunker.minimum
        capture = self._tools.capture
        for place, group in groupby(enumerate(files), key=lambda item: item[1][0]):
            small = [(at, listed) for at, (_, listed) in group if listed.status.st_size < limit]
            if not small or place.directory is None:
                continue
            if capture is not None:
                prefix = place.absolute + "/"
                small = [each for each in small if capture.is_plain(prefix + each[1].name, each[1].status)]
            try:
                descriptor = stack.enter_context(self._descriptors.of(place.directory))
            except OSError:
                continue  # whoever reads these files one by one says what is wrong
            for at, listed in small:
                yield at, (descriptor, listed.raw, listed.status.st_uid, listed.status.st_size)

    def _store(self, found: dict[int, tuple[os.stat_result, bytes, bytes]], contents: list[Content | None]) -> None:
        filled = [(digest.hex() or hash_of(data), data) for _, data, digest in found.values() if data]
        blobs = iter(self._tools.writer.save_blobs(BlobType.DATA, filled))
        size = added = 0
        for position, (status, data, _) in found.items():
            blob = next(blobs) if data else _NO_BLOB
            size += len(data)
            added += blob.added_bytes
            ids = (blob.id,) if data else ()
            contents[position] = Content(ids, len(data), status, (), settled=True, added=blob.added_bytes)
        self._tools.progress.advance(bytes_=size, added=added)
