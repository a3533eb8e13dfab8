"""Which files this process is saving just now: the server's save hooks tell, a snapshot waits.

Owns that knowledge, in memory, since it is only about this process. Doesn't own files: a save by another process is
noticed by what it leaves on the disk (see notebooks).
"""

from __future__ import annotations

import threading
import time

_EXPIRY_SECONDS = 30.0


class SaveGate:
    """Saves in hand by absolute path. A save that fails tells nobody, so each is forgotten after half a minute."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._begun: dict[str, float] = {}

    def begin(self, path: str) -> None:
        """Say that the file at an absolute path is about to be written."""
        with self._changed:
            self._begun[path] = time.monotonic()

    def end(self, path: str) -> None:
        """Say that it is written, or given up."""
        with self._changed:
            self._begun.pop(path, None)
            self._changed.notify_all()

    def wait_idle(self, path: str, seconds: float) -> bool:
        """Wait until nobody saves the file, for at most `seconds`; say whether that is so."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._is_saving(path), seconds)

    def is_idle(self, path: str) -> bool:
        """Whether nobody saves the file just now."""
        return not self._begun or not self._is_saving(path)

    def _is_saving(self, path: str) -> bool:
        begun = self._begun.get(path)
        return begun is not None and time.monotonic() - begun < _EXPIRY_SECONDS
