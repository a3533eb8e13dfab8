"""The archiver: makes the trees of a snapshot from live volumes.

Owns what a caller gives and gets. Doesn't own the run itself (archive), the snapshot's document, nor the lock and the
flush of the writer: those are its caller's, who publishes the document last.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from contextlib import ExitStack, closing
from itertools import chain

import msgspec

from rok_jupyter.engine.allocation import return_large_buffers
from rok_jupyter.engine.archive import Archive
from rok_jupyter.engine.capture import Capture
from rok_jupyter.engine.estimate import Estimate
from rok_jupyter.engine.format.chunker import Chunker
from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.frame import VolumeTally
from rok_jupyter.engine.parent import Parents
from rok_jupyter.engine.read_queue import reading_threads
from rok_jupyter.engine.reading import ReadingTools, ZeroChunk
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.scan import Scanner, Target, stem_of, volume_error
from rok_jupyter.engine.source import Descriptors
from rok_jupyter.engine.writer import RepositoryWriter
from rok_jupyter.models import EntryError, SkippedEntry, Statistics
from rok_jupyter.progress import Progress

__all__ = ["ArchiveResult", "ArchivedVolume", "Archiver", "ArchiverSettings", "Expected", "Target"]


class ArchiverSettings(msgspec.Struct, frozen=True, kw_only=True):
    """How an archiver works."""

    read_threads: int = 0
    """0: by the number of processors."""
    left_out: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Absolute paths that are left out wherever they are met, each with the reason to list (the repository itself)."""


class Expected(msgspec.Struct, frozen=True, kw_only=True):
    """About how much there is, as an earlier snapshot says."""

    files: int
    size: int


class ArchivedVolume(msgspec.Struct, frozen=True, kw_only=True):
    """One volume as it was archived. `tree` holds its content, `files` is everything in it that is no directory."""

    volume: str
    path: str
    tree: Id
    files: int
    size: int
    changed: bool
    """Whether it isn't what the snapshot it was compared with has."""


class ArchiveResult(msgspec.Struct, frozen=True, kw_only=True):
    """What an archiver made. `tree` holds the volumes by absolute path, as restic does it for `paths`."""

    tree: Id
    paths: tuple[str, ...]
    volumes: tuple[ArchivedVolume, ...]
    statistics: Statistics
    errors: tuple[EntryError, ...]
    changed_while_read: tuple[EntryError, ...]
    skipped: tuple[SkippedEntry, ...]

    @property
    def changed(self) -> bool:
        """Whether any volume isn't what the snapshot it was compared with has."""
        return any(volume.changed for volume in self.volumes)


class Archiver:
    """Archives volumes into one repository, by a writer that the caller flushes afterwards."""

    def __init__(
        self,
        repository: Repository,
        writer: RepositoryWriter,
        *,
        capture: Capture | None = None,
        settings: ArchiverSettings | None = None,
    ) -> None:
        self._repository = repository
        self._writer = writer
        self._capture = capture
        self._settings = settings or ArchiverSettings()

    def run(
        self, targets: Sequence[Target], parents: Sequence[Id], progress: Progress, *, expected: Expected | None = None
    ) -> ArchiveResult:
        """Archive the targets as one tree.

        `parents` are the root trees of the snapshots to compare with, newest first: each volume is compared with the
        first that holds its path. Without `expected` the volumes are counted beside the reading, to tell how long.
        Raises Cancelled within about a second of the wish, FAILED_PRECONDITION for a volume that can't be read,
        INVALID_ARGUMENT for targets that make no sense, and what storage raises; the caller then drops the writer.
        """
        started = time.monotonic()
        return_large_buffers()
        stem = stem_of(targets)
        chunker = Chunker(self._repository.polynomial)
        zeros = ZeroChunk(chunker, self._writer)
        tools = ReadingTools(self._writer, chunker, zeros, self._capture, progress, threading.Event())
        with ExitStack() as stack:
            descriptors = stack.enter_context(closing(Descriptors()))
            scanner = Scanner(descriptors, left_out=self._settings.left_out, capture=self._capture)
            progress.begin("reading")
            if expected is not None:
                progress.expect(files_total=expected.files, bytes_total=expected.size)
            else:
                counted = Scanner(descriptors, left_out=self._settings.left_out)
                stack.enter_context(closing(Estimate(counted, stem, progress))).start()
            threads = reading_threads(self._settings.read_threads)
            parent_trees = Parents(self._repository)
            archive = stack.enter_context(closing(Archive(tools, scanner, descriptors, parent_trees, threads=threads)))
            archive.run(stem, parents)
        return _result(targets, archive, time.monotonic() - started)


def _result(targets: Sequence[Target], archive: Archive, seconds: float) -> ArchiveResult:
    volumes = tuple(_volume(target, archive.tallies.get(target.volume)) for target in targets)
    tallies = list(archive.tallies.values())
    statistics = Statistics(
        files_new=sum(tally.files_new for tally in tallies),
        files_changed=sum(tally.files_changed for tally in tallies),
        files_unmodified=sum(tally.files_unmodified for tally in tallies),
        files_removed=sum(tally.files_removed for tally in tallies),
        directories=sum(tally.directories for tally in tallies),
        bytes_processed=sum(tally.size for tally in tallies),
        bytes_added=archive.added,
        seconds=seconds,
    )
    return ArchiveResult(
        tree=archive.tree,
        paths=tuple(sorted(target.path for target in targets)),
        volumes=volumes,
        statistics=statistics,
        errors=tuple(chain.from_iterable(tally.errors for tally in tallies)),
        changed_while_read=tuple(chain.from_iterable(tally.changed_while_read for tally in tallies)),
        skipped=tuple(chain.from_iterable(tally.skipped for tally in tallies)),
    )


def _volume(target: Target, tally: VolumeTally | None) -> ArchivedVolume:
    if tally is None or not tally.tree:
        raise volume_error(target.volume, target.path, "its directory is not reached from the volume around it")
    return ArchivedVolume(
        volume=target.volume,
        path=target.path,
        tree=tally.tree,
        files=tally.files,
        size=tally.size,
        changed=tally.differs,
    )
