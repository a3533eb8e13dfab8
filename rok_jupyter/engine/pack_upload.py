"""Finishing packs and bringing them to the storage, beside the work that fills the next ones.

Owns the threads and the bound on packs in memory. Doesn't own what goes into a pack, nor what follows (writer).
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor, wait

from rok_jupyter.engine.format.crypto import MasterKey
from rok_jupyter.engine.format.ids import Id, hash_of
from rok_jupyter.engine.format.pack import PackBuilder, PackedBlob
from rok_jupyter.engine.storage.backend import Backend, FileKind

_THREADS = 2

Stored = Callable[[Id, list[PackedBlob]], None]
Recycle = Callable[[bytearray], None]


class PackUploader:
    """Takes full packs; at most two are finished and stored at a time, who brings a third one waits."""

    def __init__(self, backend: Backend, key: MasterKey, stored: Stored, recycle: Recycle) -> None:
        self._backend = backend
        self._key = key
        self._stored = stored
        self._recycle = recycle
        self._room = threading.BoundedSemaphore(_THREADS)
        self._pool = ThreadPoolExecutor(_THREADS, thread_name_prefix="rok-upload")
        self._running: set[Future[None]] = set()

    def submit(self, builder: PackBuilder) -> None:
        """Take over a pack; raises what hindered an earlier one."""
        self._room.acquire()
        try:
            self._raise_failure()
            future = self._pool.submit(self._upload, builder)
        except BaseException:
            self._room.release()
            raise
        self._running.add(future)

    def wait(self) -> None:
        """Return when every pack is durable and reported; raises what hindered one."""
        wait(self._running.copy())
        self._raise_failure()

    def close(self) -> None:
        """End the threads; packs on their way are finished, their failures dropped."""
        self._pool.shutdown()

    def _upload(self, builder: PackBuilder) -> None:
        try:
            with builder.finish(self._key) as content:
                pack_id = hash_of(content)
                self._backend.save(FileKind.DATA, pack_id, content)
            self._recycle(builder.buffer)
            self._stored(pack_id, builder.blobs)
        finally:
            self._room.release()

    def _raise_failure(self) -> None:
        for future in [future for future in self._running.copy() if future.done()]:
            error = future.exception()
            if error is not None:
                raise error
            self._running.discard(future)
