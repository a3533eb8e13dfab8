"""What a snapshot left out when it was taken: a restore of it deletes none of that, for it may have been there.

Owns reading this from the snapshot: entries that could not be read or were skipped, the patterns of its time, and the
`.rokignore` files that it holds. Doesn't own what snapshots leave out today (rules).
"""

from __future__ import annotations

from collections.abc import Callable

from rok_jupyter.engine.excludes import IGNORE_FILE
from rok_jupyter.engine.file_content import FileContent
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.tree_path import find_node
from rok_jupyter.errors import RokError
from rok_jupyter.providers.local.members import MemberRoot
from rok_jupyter.providers.local.rules import Excluding, KeptRules
from rok_jupyter.providers.local.stored_snapshots import Stored

_IGNORE_FILE_BYTES = 1 << 20
_UNREAD = "it could not be read when the snapshot was taken"

Reason = Callable[[str], str | None]


class LeftOut:
    """Says of live entries of one member's directory `target` whether the snapshot left them out; close it."""

    def __init__(self, repository: Repository, stored: Stored, root: MemberRoot, target: str) -> None:
        self._repository = repository
        self._root = root
        snapshot, volume = stored.snapshot, root.member.volume
        self._unread = {entry.path for entry in snapshot.errors if entry.volume == volume}
        self._skipped = {
            entry.path: entry.reason for entry in snapshot.skipped if entry.volume == volume and entry.path
        }
        patterns = tuple(stored.file.excludes or ()) if stored.file.rok else ()  # those of restic have another grammar
        self._rules = KeptRules(target, Excluding(patterns, caches=False, read=self._ignored))

    def close(self) -> None:
        """Let go of the live directories."""
        self._rules.close()

    def reason(self, path: str) -> str | None:
        """Say why the snapshot lacks the entry at a relative path; None where it merely wasn't there."""
        if path in self._unread:
            return _UNREAD
        place = path if self._skipped else ""
        while place:
            if place in self._skipped:
                return self._skipped[place]
            place = place.rpartition("/")[0]
        return self._rules.reason(path)

    def _ignored(self, directory: str) -> list[str]:
        path = f"{directory}/{IGNORE_FILE}" if directory else IGNORE_FILE
        try:
            node = find_node(self._repository, self._root.tree, path)
            content = b"".join(FileContent(self._repository, node).read(0, _IGNORE_FILE_BYTES))
        except RokError:
            return []
        return content.decode("utf-8", "surrogateescape").split("\n")


def either(first: Reason, second: Reason) -> Reason:
    """Return what gives the first reason that one of two gives."""
    return lambda path: first(path) or second(path)
