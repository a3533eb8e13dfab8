"""Packs that a check found damaged, remembered in the state until one finds them right again.

Owns that file. Doesn't own what follows: a writer stores again what only such packs hold, a prune removes them.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Iterable, Set
from pathlib import Path

from rok_jupyter.engine.format.ids import Id, is_id
from rok_jupyter.errors import RokError
from rok_jupyter.state import read_json, write_json

_Stamp = tuple[int, int, int] | None


class DamagedPacks:
    """What is remembered, by the id of the repository. Thread-safe; other processes' findings are seen at once."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._read: tuple[_Stamp, dict[str, frozenset[Id]]] = (None, {})

    def of(self, repository_id: Id) -> frozenset[Id]:
        """Return the damaged packs of a repository; costs one stat where nothing has changed."""
        with self._lock:
            stamp = self._stamp()
            if stamp != self._read[0]:
                self._read = (stamp, self._load())
            return self._read[1].get(repository_id, frozenset())

    def record(self, repository_id: Id, found: Iterable[Id], *, all_read: bool) -> None:
        """Add what a check found; where it read all data, what it didn't find is damaged no more."""
        known: Set[Id] = frozenset() if all_read else self.of(repository_id)
        now = known | frozenset(found)
        if now != self.of(repository_id):
            kept = {**self._load(), repository_id: now}
            write_json(self._file, {name: sorted(packs) for name, packs in kept.items() if packs})

    def _load(self) -> dict[str, frozenset[Id]]:
        try:
            content = read_json(self._file)
        except RokError:
            return {}  # the next check writes it anew
        if not isinstance(content, dict):
            return {}
        return {
            str(name): frozenset(pack for pack in packs if isinstance(pack, str) and is_id(pack))
            for name, packs in content.items()
            if isinstance(packs, list)
        }

    def _stamp(self) -> _Stamp:
        try:
            status = os.stat(self._file)
        except OSError:
            return None
        return status.st_ino, status.st_mtime_ns, status.st_size
