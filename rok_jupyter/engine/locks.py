"""Locks: who may work on a repository at the same time, by restic's own protocol.

    look for others · write the lock · 200 ms later look again · renew every 5 minutes · remove

Shared locks go together, an exclusive one is alone. A lock counts for 30 minutes after its last renewal. The second
look of a shared lock runs beside the work; `Lock.check` waits for it, and is asked before anything becomes visible. Of
two who meet, the one who looks last sees the other and withdraws.

Owns this protocol. Doesn't own what needs which lock.
"""

from __future__ import annotations

import os
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import msgspec

from rok_jupyter.engine import lock_owner
from rok_jupyter.engine.documents import DocumentStore
from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.lock_file import LockFile, decode_lock, encode_lock
from rok_jupyter.engine.format.timestamp import ns_to_text, text_to_ns
from rok_jupyter.engine.storage.backend import FileKind
from rok_jupyter.errors import ErrorKind, RokError

STALE_SECONDS = 30 * 60
"""From this age on nobody respects a lock."""

_SECOND_LOOK_SECONDS = 0.2
_RENEW_SECONDS = 5 * 60
_RETRY_SECONDS = 30
_TRUSTED_SECONDS = STALE_SECONDS - 5 * 60
"""From this age on a holder doesn't rely on its own lock any more: clocks of machines differ by minutes."""

_READ_ONLY = (ErrorKind.PERMISSION_DENIED, ErrorKind.RESOURCE_EXHAUSTED)


class FoundLock(msgspec.Struct, frozen=True):
    """A lock in the repository; `file` is None where it can't be read, `stale` says that it needn't be respected."""

    id: Id
    file: LockFile | None
    stale: bool
    problem: str = ""


class Lock:
    """A lock that is held, and renewed by a thread of its own until it is released."""

    def __init__(self, documents: DocumentStore, *, exclusive: bool, reading: bool) -> None:
        self.exclusive = exclusive
        self.reading = reading
        self._documents = documents
        self._host = lock_owner.owner_name(lock_owner.host_name())
        self._mutex = threading.Lock()
        self._id: Id | None = None
        self._taken = 0.0
        self._looked_twice = False
        self._lost = ""
        self._released = threading.Event()
        self._thread = threading.Thread(target=self._keep, name="rok-lock", daemon=True)

    def check(self) -> None:
        """Make sure that the lock still protects; raises ABORTED where it was lost and nothing may be published."""
        with self._mutex:
            if self._id is None and not self._lost:
                return  # reading only, from a repository that can't be written to
            self._look_again()
            if not self._lost and _now() - self._taken > _TRUSTED_SECONDS:
                # The process slept. While the file was there nobody could take the lock for stale and go on.
                self._renew()
                self._look_again()
            if not self._lost and self._id and not self._documents.backend.exists(FileKind.LOCK, self._id):
                self._lost = "somebody removed it"
            if self._lost:
                hint = "Nothing was published. Try again when no other program works on the repository."
                raise RokError(ErrorKind.ABORTED, f"The lock of the repository was lost: {self._lost}.", hint)

    def _acquire(self) -> None:
        self._refuse_conflict()
        self._taken = _now()
        self._id = self._write()
        if self.exclusive:
            try:
                self._second_look()
            except BaseException:
                self._remove()
                raise
        self._thread.start()

    def _release(self) -> None:
        self._released.set()
        if self._thread.is_alive():
            self._thread.join()
        self._remove()

    def _keep(self) -> None:
        """Look again, then renew until released; a failed renewal is tried again soon."""
        pause: float = _SECOND_LOOK_SECONDS
        while not self._released.wait(pause):
            pause = _RENEW_SECONDS
            try:
                with self._mutex:
                    self._look_again()
                    if self._lost:
                        return
                    if _now() - self._taken >= _RENEW_SECONDS:
                        self._renew()
                    pause = max(0.0, self._taken + _RENEW_SECONDS - _now())
            except RokError:
                pause = _RETRY_SECONDS

    def _look_again(self) -> None:
        """Look a second time, unless that was done; remembers a conflict as a loss."""
        if self._looked_twice:
            return
        try:
            self._second_look()
        except RokError as error:
            if error.kind is not ErrorKind.ABORTED:
                raise
            self._lost = error.message.rstrip(".")

    def _second_look(self) -> None:
        """Look for others once more, 200 ms after the lock was written."""
        time.sleep(max(0.0, self._taken + _SECOND_LOOK_SECONDS - _now()))
        self._refuse_conflict()
        self._looked_twice = True

    def _refuse_conflict(self) -> None:
        """Raise ABORTED where a live lock of somebody else forbids this one; stale ones that would are removed."""
        for lock in find_locks(self._documents):
            if lock.id == self._id:
                continue
            if lock.file is None:
                if not self.reading:
                    raise _unreadable(lock)
                continue
            conflicts = self.exclusive or lock.file.exclusive
            if conflicts and not lock.stale:
                raise _conflict(lock.file)
            # What was killed is tidied up too, as restic would respect its lock for half an hour.
            if (conflicts and lock.stale) or lock_owner.owner_is_gone(lock.file.hostname):
                with suppress(RokError):
                    self._documents.remove(FileKind.LOCK, lock.id)

    def _renew(self) -> None:
        """Write a new file, then remove the old one: at no moment is there none. Looks again if much time went by."""
        if self._id is None or not self._documents.backend.exists(FileKind.LOCK, self._id):
            self._lost = "somebody removed it"
            return
        taken, previous = _now(), self._id
        self._looked_twice = taken - self._taken <= _TRUSTED_SECONDS
        self._id = self._write()
        self._taken = taken
        try:
            self._documents.remove(FileKind.LOCK, previous)
        except RokError as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            self._lost = "somebody removed it"
            self._documents.remove(FileKind.LOCK, self._id)

    def _write(self) -> Id:
        file = LockFile(
            time=ns_to_text(time.time_ns()),
            exclusive=self.exclusive,
            hostname=self._host,
            username=lock_owner.user_name(),
            pid=os.getpid(),
            uid=os.getuid(),
            gid=os.getgid(),
        )
        return self._documents.save(FileKind.LOCK, encode_lock(file))

    def _remove(self) -> None:
        with self._mutex:
            if self._id is not None:
                # Whatever hinders this, the lock grows stale by itself.
                with suppress(RokError):
                    self._documents.remove(FileKind.LOCK, self._id)


@contextmanager
def hold_lock(documents: DocumentStore, *, exclusive: bool, reading: bool, wait_seconds: float) -> Iterator[Lock]:
    """Hold a lock for the time of the block.

    Waits up to `wait_seconds` for others to finish, then raises ABORTED that names them. With `reading` unreadable
    locks are passed over, and a repository that can't be written to is taken as it is, without a lock.
    """
    lock = _acquired(documents, exclusive=exclusive, reading=reading, wait_seconds=wait_seconds)
    try:
        yield lock
    finally:
        lock._release()


def find_locks(documents: DocumentStore) -> tuple[FoundLock, ...]:
    """Return all locks of a repository, live and stale ones."""
    found = (_find_lock(documents, lock_id) for lock_id, _ in documents.backend.list(FileKind.LOCK))
    return tuple(lock for lock in found if lock is not None)


def remove_locks(documents: DocumentStore, *, live_too: bool) -> int:
    """Remove stale and unreadable locks, or all; return how many went. A live one's holder may lose its work."""
    removed = 0
    for lock in find_locks(documents):
        if live_too or lock.stale or lock.file is None:
            try:
                documents.remove(FileKind.LOCK, lock.id)
            except RokError as error:
                if error.kind is not ErrorKind.NOT_FOUND:
                    raise
            removed += 1
    return removed


def _acquired(documents: DocumentStore, *, exclusive: bool, reading: bool, wait_seconds: float) -> Lock:
    deadline = time.monotonic() + wait_seconds
    while True:
        lock = Lock(documents, exclusive=exclusive, reading=reading)
        try:
            lock._acquire()
            return lock
        except RokError as error:
            if reading and not exclusive and error.kind in _READ_ONLY:
                return lock
            if error.kind is ErrorKind.RESOURCE_EXHAUSTED and documents.backend.free_reserve():
                continue  # who can't lock can't make room either
            if error.kind is not ErrorKind.ABORTED or time.monotonic() >= deadline:
                raise
        # Two who met must not meet again.
        time.sleep(_SECOND_LOOK_SECONDS + secrets.randbelow(200) / 1000)


def _find_lock(documents: DocumentStore, lock_id: Id) -> FoundLock | None:
    try:
        file = decode_lock(documents.load(FileKind.LOCK, lock_id))
        stale = (
            lock_owner.owner_is_gone(file.hostname) or time.time_ns() - text_to_ns(file.time) > STALE_SECONDS * 10**9
        )
        return FoundLock(lock_id, file, stale)
    except RokError as error:
        if error.kind is ErrorKind.NOT_FOUND:
            return None
        if error.kind is not ErrorKind.DATA_LOSS:
            raise
        return FoundLock(lock_id, None, stale=False, problem=error.message)


def _unreadable(lock: FoundLock) -> RokError:
    hint = "Remove it with `rok repo unlock`, if no other program works on the repository."
    return RokError(ErrorKind.DATA_LOSS, f"A lock of the repository can't be read. {lock.problem}", hint)


def _conflict(file: LockFile) -> RokError:
    host = file.hostname.split("/", 1)[0]
    how = "exclusively " if file.exclusive else ""
    return RokError(
        ErrorKind.ABORTED,
        f"The repository is {how}locked by process {file.pid} of {file.username or 'somebody'} on {host}.",
        "Try again when it has finished; if it no longer runs, `rok repo unlock` removes its lock.",
    )


def _now() -> float:
    """Seconds that go on while the machine sleeps, where the system has such a clock."""
    clock = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.clock_gettime(clock)
