"""What a restore deletes: entries of a target that the snapshot lacks, where deleting them was asked for.

Owns what speaks for such an entry (it is protected, excluded from snapshots, another mount, a socket), and that a
directory stays while something in it does. Doesn't own the walk (restore_planner) nor deleting (restorer).
"""

from __future__ import annotations

import os
import stat

from rok_jupyter.engine.comparison import live_type
from rok_jupyter.engine.confined import decode_path, split
from rok_jupyter.engine.live import Live
from rok_jupyter.engine.restore_plan import PlannedEntry, RestoreOptions
from rok_jupyter.engine.selection import Selection
from rok_jupyter.models import Change


class Deletions:
    """Collects the entries of one target that are to go."""

    def __init__(self, options: RestoreOptions, selection: Selection) -> None:
        self._options = options
        self._selection = selection
        self._doomed: list[PlannedEntry] = []
        self._spared: set[bytes] = set()

    def wants(self, path: str, *, replaced: bool) -> bool:
        """Whether an entry that the snapshot lacks, or something below it, may have to go.

        `replaced`: it lies in a directory in whose place the snapshot has something else.
        """
        if not self._options.delete:
            return False
        return replaced or self._selection.holds(path) or self._selection.leads_on(path)

    def consider(self, path: bytes, status: os.stat_result, *, same_mount: bool, replaced: bool) -> str:
        """Doom an entry, or spare it and every directory above it: then say why, "" where it merely isn't meant."""
        text = decode_path(path)
        reason = self._speaks_for(text, status, same_mount=same_mount)
        if reason or not (replaced or self._selection.holds(text)):
            self.spare(path)
            return reason
        self._doomed.append(
            PlannedEntry(path=path, change=Change.DELETED, type=live_type(status), live=Live.of(status))
        )
        return ""

    def spare(self, path: bytes) -> None:
        """Let an entry stay, and every directory above it."""
        while path and path not in self._spared:
            self._spared.add(path)
            path = split(path)[0]

    def is_spared(self, path: bytes) -> bool:
        """Whether an entry, or something below it, stays."""
        return path in self._spared

    def entries(self) -> list[PlannedEntry]:
        """Return what goes, directories before what they hold."""
        return [entry for entry in self._doomed if entry.path not in self._spared]

    def _speaks_for(self, path: str, status: os.stat_result, *, same_mount: bool) -> str:
        if not same_mount:
            return "another mount"
        if stat.S_ISSOCK(status.st_mode):
            return "socket"
        return self._options.protected(path) or self._options.kept(path) or ""
