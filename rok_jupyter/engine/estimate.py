"""How much there is to read, found out beside the reading, so that a remaining time can be shown.

Owns a quick count over all volumes in a thread of its own. Doesn't own the snapshot: what it can't see is not counted.
"""

from __future__ import annotations

import threading

from rok_jupyter.engine.scan import Scanner, Stem
from rok_jupyter.errors import RokError
from rok_jupyter.progress import Progress


class Estimate:
    """A count that runs until it is done or closed, and then tells a progress what to expect."""

    def __init__(self, scanner: Scanner, stem: Stem, progress: Progress) -> None:
        self._scanner = scanner
        self._stem = stem
        self._progress = progress
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._count, name="rok-estimate", daemon=True)

    def start(self) -> None:
        """Begin to count."""
        self._thread.start()

    def close(self) -> None:
        """End the count, done or not."""
        self._ended.set()
        self._thread.join()

    def _count(self) -> None:
        files = size = 0
        try:
            waiting = [self._scanner.root(self._stem)]
            while waiting and not self._ended.is_set():
                try:
                    scanned = self._scanner.scan(waiting.pop())
                except OSError:
                    continue
                files += len(scanned.files) + len(scanned.others)
                size += sum(entry.status.st_size for entry in scanned.files)
                waiting.extend(scanned.directories)
        except RokError:
            return
        if not self._ended.is_set():
            self._progress.expect(files_total=files, bytes_total=size)
