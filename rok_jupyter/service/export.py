"""A snapshot's entries as an archive: .tar, .tar.gz or .zip.

Owns what an archive holds and how it comes into being (whole, under its name, or not at all; never over another file).
Doesn't own reading (provider). What can't be read is named in the result, and the rest is there.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import SpooledTemporaryFile
from typing import IO, BinaryIO

from msgspec.structs import replace

from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.models import Entry, EntryError, EntryType, ExportResult, Snapshot
from rok_jupyter.progress import Progress
from rok_jupyter.providers.paths import VolumePath
from rok_jupyter.providers.protocol import SnapshotView
from rok_jupyter.service.archive import Archive, TarArchive, ZipArchive
from rok_jupyter.service.likely_secrets import looks_secret
from rok_jupyter.state import os_errors, sync_directory

_SPOOL_BYTES = 32 << 20
_MOST_SECRETS = 100


def export(
    snapshot: Snapshot, view: SnapshotView, places: Sequence[VolumePath], target: str, progress: Progress
) -> ExportResult:
    """Write the entries at `places` (none: everything), and what is below them, to a new file.

    INVALID_ARGUMENT for a name that tells no format, ALREADY_EXISTS, NOT_FOUND for a directory or place that isn't
    there.
    """
    path = Path(target)
    _check_target(path)
    wanted = places or [VolumePath(member.volume, "") for member in snapshot.members]
    entries = [(place, view.entry(place.volume, place.path)) for place in wanted]
    with os_errors(f"Writing {target}"):
        with _new_file(path) as file, _archive(path, file) as archive:
            writer = _Writer(archive, view, progress, by_volume=len(snapshot.members) > 1)
            progress.begin("writing")
            for place, entry in entries:
                writer.write_below(place.volume, entry)
        size = path.stat().st_size
    return ExportResult(
        path=target,
        entries=writer.entries,
        size=size,
        errors=tuple(writer.errors),
        likely_secrets=tuple(writer.likely_secrets),
    )


class _Writer:
    """Puts entries into one archive, and counts them."""

    def __init__(self, archive: Archive, view: SnapshotView, progress: Progress, *, by_volume: bool) -> None:
        self._archive = archive
        self._view = view
        self._progress = progress
        self._by_volume = by_volume
        self._seen: set[tuple[str, str]] = set()
        self.entries = 0
        self.errors: list[EntryError] = []
        self.likely_secrets: list[str] = []

    def write_below(self, volume: str, entry: Entry) -> None:
        """Write an entry and everything below it, each once."""
        waiting = [entry]
        while waiting:
            self._progress.check_cancelled()
            current = waiting.pop()
            if (volume, current.path) in self._seen:
                continue
            self._seen.add((volume, current.path))
            self._write(volume, current)
            if current.type is EntryType.DIRECTORY:
                waiting.extend(reversed(self._children(volume, current)))

    def _children(self, volume: str, entry: Entry) -> list[Entry]:
        try:
            return list(self._view.children(volume, entry.path))
        except RokError as error:
            self._note(volume, entry, error.message)
            return []

    def _write(self, volume: str, entry: Entry) -> None:
        name = "/".join(part for part in (volume if self._by_volume else "", entry.path) if part)
        if not name:
            return
        if not self._archive.holds(entry.type):
            self._note(volume, entry, f"An archive doesn't hold a {entry.type.value.replace('_', ' ')}.")
            return
        with SpooledTemporaryFile(max_size=_SPOOL_BYTES) as content:
            try:
                size = self._read(volume, entry, content) if entry.type is EntryType.FILE else 0
            except Cancelled:
                raise
            except RokError as error:
                self._note(volume, entry, error.message)
                return
            content.seek(0)
            self._archive.add(name, replace(entry, size=size), content)
        self.entries += 1
        self._progress.advance(files=1, current=entry.path)
        if entry.type is EntryType.FILE and len(self.likely_secrets) < _MOST_SECRETS and looks_secret(entry.path):
            self.likely_secrets.append(f"{volume}:{entry.path}")

    def _read(self, volume: str, entry: Entry, content: IO[bytes]) -> int:
        """Read a file to its end before any of it goes into the archive: damage must not be found half-way."""
        for piece in self._view.read(volume, entry.path):
            self._progress.check_cancelled()
            self._progress.advance(bytes_=len(piece))
            content.write(piece)
        return content.tell()

    def _note(self, volume: str, entry: Entry, message: str) -> None:
        self.errors.append(EntryError(volume=volume, path=entry.path, message=message))
        self._progress.advance(errors=1)


def _check_target(path: Path) -> None:
    if not path.is_absolute():
        raise RokError(ErrorKind.INVALID_ARGUMENT, f"{str(path)!r} is no absolute path.", "Give the file's whole path.")
    if not path.name.endswith((".tar", ".tar.gz", ".tgz", ".zip")):
        raise RokError(
            ErrorKind.INVALID_ARGUMENT,
            f"The name {path.name!r} doesn't tell an archive's format.",
            "Let it end in .tar, .tar.gz or .zip.",
        )
    if os.path.lexists(path):
        raise _exists(path)
    if not path.parent.is_dir():
        raise RokError(ErrorKind.NOT_FOUND, f"There is no directory {path.parent}.", "Make it first.")


def _exists(path: Path) -> RokError:
    return RokError(ErrorKind.ALREADY_EXISTS, f"There is a file {path} already.", "Give another name.")


def _archive(path: Path, file: BinaryIO) -> Archive:
    if path.suffix == ".zip":
        return ZipArchive(file)
    return TarArchive(file, compressed=path.suffix != ".tar")


@contextmanager
def _new_file(path: Path) -> Iterator[BinaryIO]:
    """Give a file that gets its name once it is whole and durable, and is gone where that fails."""
    temporary = path.with_name(f".rok-{secrets.token_hex(8)}.tmp")
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        _take_name(temporary, path)
    finally:
        temporary.unlink(missing_ok=True)
    sync_directory(path.parent)


def _take_name(temporary: Path, path: Path) -> None:
    try:
        os.link(temporary, path)  # a rename would replace what came to be there meanwhile
    except FileExistsError:
        raise _exists(path) from None
    except PermissionError:  # a file system without hard links
        if os.path.lexists(path):
            raise _exists(path) from None
        temporary.replace(path)
