"""The journal of restores: what was begun and not yet finished, so that a killed restore is known.

Owns one small file per running restore, written durably before the restore's first change and removed after its last
sync. Doesn't own finishing or undoing one (service): a restore planned again finishes it, as each file is old or new.
A record names its process by number, start time and boot, so that a running restore isn't taken for an interrupted one.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import msgspec

from rok_jupyter.engine.process_identity import ProcessIdentity
from rok_jupyter.errors import ErrorKind, RokError

_SUFFIX = ".restore.json"
RUNNING = "running"
INTERRUPTED = "interrupted"


class RestoreRecord(msgspec.Struct, frozen=True, kw_only=True):
    """One restore. `started_ns` is nanoseconds since the epoch, `targets` absolute directories by volume."""

    id: str
    snapshots: tuple[str, ...]
    targets: dict[str, str]
    request: dict[str, Any]
    """What was asked for, as the caller wants it back for finishing it: JSON values only."""
    safety: str | None
    phase: str
    started_ns: int
    process: ProcessIdentity


class RestoreJournal:
    """The records in one directory, which is made when the first is written."""

    def __init__(self, directory: str | os.PathLike[str]) -> None:
        self._directory = Path(directory)

    def begin(
        self,
        *,
        snapshots: tuple[str, ...],
        targets: Mapping[str, str],
        request: Mapping[str, Any],
        safety: str | None,
        started_ns: int,
    ) -> RestoreRecord:
        """Write a record durably and return it; UNAVAILABLE or RESOURCE_EXHAUSTED where that fails."""
        record = RestoreRecord(
            id=secrets.token_hex(8),
            snapshots=snapshots,
            targets=dict(targets),
            request=dict(request),
            safety=safety,
            phase=RUNNING,
            started_ns=started_ns,
            process=ProcessIdentity.current(),
        )
        self._write(record)
        return record

    def finish(self, record_id: str) -> None:
        """Forget a restore that is done, or whose interruption was dealt with; no error where it is unknown."""
        with _seam(self._directory):
            self._path(record_id).unlink(missing_ok=True)
            _sync_directory(self._directory)

    def interrupt(self, record_id: str) -> None:
        """Say of a restore that its process gave up on it half-way (cancelled, or failed as a whole)."""
        for record in self.records():
            if record.id == record_id:
                self._write(msgspec.structs.replace(record, phase=INTERRUPTED))

    @contextmanager
    def running(self, record: RestoreRecord) -> Iterator[RestoreRecord]:
        """Finish the record when the block ends, or say that it was interrupted when the block raises."""
        try:
            yield record
        except BaseException:
            self.interrupt(record.id)
            raise
        self.finish(record.id)

    def records(self) -> tuple[RestoreRecord, ...]:
        """Return every record, oldest first; one that can't be read is left out (it was never begun)."""
        found = []
        for path in self._directory.glob(f"*{_SUFFIX}") if self._directory.is_dir() else ():
            try:
                found.append(msgspec.json.decode(path.read_bytes(), type=RestoreRecord))
            except (FileNotFoundError, msgspec.DecodeError):
                continue
        return tuple(sorted(found, key=lambda record: (record.started_ns, record.id)))

    def list_interrupted(self) -> tuple[RestoreRecord, ...]:
        """Return the restores that were begun and neither finished nor are running, oldest first."""
        return tuple(r for r in self.records() if r.phase == INTERRUPTED or not r.process.alive())

    def is_running(self, record_id: str) -> bool:
        """Whether a restore's process lives and is at it: then its temporary files are its own."""
        return any(r.id == record_id and r.phase == RUNNING and r.process.alive() for r in self.records())

    def _path(self, record_id: str) -> Path:
        return self._directory / f"{record_id}{_SUFFIX}"

    def _write(self, record: RestoreRecord) -> None:
        with _seam(self._directory):
            self._directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary = self._path(record.id).with_suffix(".tmp")
            with open(temporary, "wb") as file:
                file.write(msgspec.json.encode(record))
                file.flush()
                os.fsync(file.fileno())
            temporary.replace(self._path(record.id))
            _sync_directory(self._directory)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


@contextmanager
def _seam(directory: Path) -> Iterator[None]:
    """Translate the system's errors: without a journal no restore may start."""
    try:
        yield
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise RokError(
            ErrorKind.RESOURCE_EXHAUSTED if full else ErrorKind.UNAVAILABLE,
            f"The restore's journal in {directory} could not be written: {error.strerror}.",
            "Make room or give access there; no restore starts without it.",
        ) from error
