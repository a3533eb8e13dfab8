"""Who works on which volume and snapshot: a lock file each, so that several processes agree.

    snapshot   shared on its volumes      restore in place   exclusive on its volumes, shared on its snapshots
    delete     exclusive on snapshots     copy back          shared on its volumes and its snapshot

Owns that table and the sentence that names the holder, which a full disk may cost but the lock not. Doesn't own the
repository's locks (engine).
"""

from __future__ import annotations

import hashlib
import os
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote

import msgspec

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.file_lock import FileLock, is_held, read_note

_LONGEST_NAME = 120


class Holder(msgspec.Struct, frozen=True, kw_only=True):
    """Who holds a lock. `doing` completes "is being ..."; `action` is the journal's id of a restore."""

    doing: str
    pid: int
    host: str
    since: str
    action: str = ""

    def __str__(self) -> str:
        return f"process {self.pid} on {self.host}, since {self.since}"


class VolumeLocks:
    """The lock files of one state directory.

    `volumes` are places by name. A volume is known by its place, since names repeat between workspaces.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    @contextmanager
    def snapshotting(self, volumes: Mapping[str, str]) -> Iterator[None]:
        """Hold off restores in place of these volumes; ABORTED where one is running."""
        with ExitStack() as held:
            for name, place in sorted(volumes.items()):
                self._take(held, self._of_volume(place), _Wish(f"The volume {name!r}", "snapshotted"))
            yield

    @contextmanager
    def copying(self, volumes: Mapping[str, str], snapshot: str) -> Iterator[None]:
        """Hold off restores in place of these volumes, and deletes of this snapshot; ABORTED where one is running."""
        with ExitStack() as held:
            self._take(held, self._of_snapshot(snapshot), _Wish(f"The snapshot {snapshot[:8]}", "restored"))
            for name, place in sorted(volumes.items()):
                self._take(held, self._of_volume(place), _Wish(f"The volume {name!r}", "copied back to"))
            yield

    @contextmanager
    def restoring(self, volumes: Mapping[str, str], snapshots: Sequence[str], *, action: str = "") -> Iterator[None]:
        """Hold off snapshots and restores of these volumes, and deletes of these snapshots; ABORTED where one runs."""
        with ExitStack() as held:
            for snapshot in snapshots:
                self._take(held, self._of_snapshot(snapshot), _Wish(f"The snapshot {snapshot[:8]}", "restored", action))
            for name, place in sorted(volumes.items()):
                wish = _Wish(f"The volume {name!r}", "restored", action, shared=False)
                self._take(held, self._of_volume(place), wish)
            yield

    @contextmanager
    def deleting(self, snapshots: Sequence[str]) -> Iterator[None]:
        """Hold off restores that use these snapshots; ABORTED where one is running."""
        with ExitStack() as held:
            for snapshot in sorted(set(snapshots)):
                wish = _Wish(f"The snapshot {snapshot[:8]}", "deleted", shared=False)
                self._take(held, self._of_snapshot(snapshot), wish)
            yield

    def in_use(self, snapshot: str) -> bool:
        """Whether somebody restores, reads or deletes that snapshot."""
        return is_held(self._of_snapshot(snapshot))

    def runs(self, action: str) -> bool:
        """Whether a living process is at work on the restore of that id."""
        return any(
            read_note(path).get("action") == action and is_held(path) for path in self._directory.glob("volume-*.lock")
        )

    def _take(self, held: ExitStack, path: Path, wish: _Wish) -> None:
        lock = FileLock.acquire(path, shared=wish.shared)
        if lock is None:
            raise _refusal(wish.what, read_note(path))
        held.enter_context(lock)
        try:
            lock.write_note(_note(wish))
        except RokError:
            if wish.action:  # by its note a restore in place is known to run
                raise

    def _of_volume(self, place: str) -> Path:
        return self._directory / f"volume-{_file_name(place)}.lock"

    def _of_snapshot(self, snapshot: str) -> Path:
        return self._directory / f"snapshot-{_file_name(snapshot)}.lock"


class _Wish(msgspec.Struct, frozen=True):
    what: str
    doing: str
    action: str = ""
    shared: bool = True


def _note(wish: _Wish) -> dict[str, object]:
    return {
        "doing": wish.doing,
        "pid": os.getpid(),
        "host": socket.gethostname(),
        "since": datetime.now(UTC).isoformat(timespec="seconds"),
        "action": wish.action,
    }


def _refusal(what: str, note: object) -> RokError:
    holder = _holder(note)
    if holder is None:
        message = f"{what} is in use by another command."
    else:
        message = f"{what} is being {holder.doing} by {holder}."
    return RokError(ErrorKind.ABORTED, message, "Wait until that has ended, then try again.")


def _holder(note: object) -> Holder | None:
    if not isinstance(note, dict) or not isinstance(note.get("pid"), int):
        return None
    return Holder(
        doing=str(note.get("doing", "used")),
        pid=note["pid"],
        host=str(note.get("host", "")),
        since=str(note.get("since", "")),
        action=str(note.get("action", "")),
    )


def _file_name(text: str) -> str:
    raw = text.encode("utf-8", "surrogateescape")
    name = quote(raw, safe="")
    return name if len(name) <= _LONGEST_NAME else f"{name[:80]}-{hashlib.sha256(raw).hexdigest()[:24]}"
