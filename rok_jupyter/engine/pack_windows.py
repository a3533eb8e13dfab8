"""Trees are small, lie side by side in packs, and are read by the thousand: one read brings a window of many.

Owns which windows are read and the few that are kept. Doesn't own what is in them: whoever asks verifies it. What a
window held may be gone or damaged in storage by now; as packs never change, it is right all the same.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.storage.backend import Backend, FileKind

_WINDOW_BYTES = 256 << 10
_KEPT = 32


class PackWindows:
    """Reads pieces of packs by way of windows of 256 KiB, of which the last 32 are kept. Thread-safe."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._lock = threading.Lock()
        self._windows: OrderedDict[tuple[Id, int], bytes] = OrderedDict()

    def read(self, pack_id: Id, offset: int, length: int) -> bytes:
        """Return a piece of a pack, shorter where the pack ends before; raises what storage raises."""
        number, start = divmod(offset, _WINDOW_BYTES)
        piece = self._window(pack_id, number)[start : start + length]
        while len(piece) < length:
            number += 1
            more = self._window(pack_id, number)[: length - len(piece)]
            if not more:
                break
            piece += more
        return piece

    def forget(self, pack_id: Id) -> None:
        """Read a pack anew when it is asked for again."""
        with self._lock:
            for key in [key for key in self._windows if key[0] == pack_id]:
                del self._windows[key]

    def _window(self, pack_id: Id, number: int) -> bytes:
        key = (pack_id, number)
        with self._lock:
            window = self._windows.get(key)
            if window is not None:
                self._windows.move_to_end(key)
                return window
        window = self._backend.load(FileKind.DATA, pack_id, offset=number * _WINDOW_BYTES, length=_WINDOW_BYTES)
        with self._lock:
            self._windows[key] = window
            while len(self._windows) > _KEPT:
                self._windows.popitem(last=False)
        return window
