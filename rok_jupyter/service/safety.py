"""The snapshot that is taken before anything is changed in place, and the proof that it can bring everything back.

Owns what makes it good enough: every entry that a restore would change or delete is in it, whole, and reads back from
the repository. Doesn't own taking it, nor undoing.
"""

from __future__ import annotations

from collections.abc import Sequence

from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.models import Change, EntryType, PlannedChange, Snapshot
from rok_jupyter.progress import Progress
from rok_jupyter.providers.protocol import Provider, SnapshotView

_READ_WHOLE = 1_000_000_000
_HINT = "Nothing was changed. Restore to a directory instead: rok restore ID --to DIR"


def verify(provider: Provider, safety: Snapshot, changes: Sequence[PlannedChange], progress: Progress) -> None:
    """Raise unless `safety` can bring back all that the changes replace; reads it from the repository.

    FAILED_PRECONDITION where it lacks an entry or holds it torn, DATA_LOSS where it doesn't read back.
    """
    stored = provider.find(safety.id)
    torn = {(error.volume, error.path) for error in (*stored.errors, *stored.changed_while_read)}
    replaced = [change for change in changes if change.change is not Change.CREATED and change.part_of is None]
    progress.begin("verifying", files_total=len(replaced))
    with provider.open(stored, progress) as view:
        proof = _Proof(view)
        for change in replaced:
            progress.check_cancelled()
            if (change.volume, change.path) in torn:
                raise _not_held(change, ErrorKind.FAILED_PRECONDITION, "could not be read whole")
            proof.read_back(change)
            progress.advance(files=1, current=change.path)


class _Proof:
    """Reads entries back: files whole, until that has become much, then their beginning and end."""

    def __init__(self, view: SnapshotView) -> None:
        self._view = view
        self._read = 0

    def read_back(self, change: PlannedChange) -> None:
        try:
            entry = self._view.entry(change.volume, change.path)
            if entry.type is EntryType.FILE and change.change is not Change.METADATA:
                self._read_file(change, entry.size)
        except Cancelled:
            raise
        except RokError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                raise _not_held(change, ErrorKind.FAILED_PRECONDITION, "is left out of snapshots") from error
            raise _not_held(change, ErrorKind.DATA_LOSS, "does not read back from the repository") from error

    def _read_file(self, change: PlannedChange, size: int) -> None:
        pieces = [(0, size)] if self._read < _READ_WHOLE else [(0, min(1, size)), (max(0, size - 1), min(1, size))]
        for offset, length in pieces:
            data = self._view.read(change.volume, change.path, offset=offset, length=length)
            found = sum(len(piece) for piece in data)
            self._read += found
            if found != length:
                raise _not_held(change, ErrorKind.DATA_LOSS, "reads back with another size")


def _not_held(change: PlannedChange, kind: ErrorKind, why: str) -> RokError:
    return RokError(
        kind,
        f"The restore would replace {change.volume}:{change.path}, which no safety snapshot can bring back: it {why}.",
        _HINT,
    )
