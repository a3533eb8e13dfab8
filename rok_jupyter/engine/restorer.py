"""Execute a restore's plan: each entry is old or new at any moment, and what was done is durable at the end.

In each target, in this order: temporary files of killed restores go; directories are made; files, links, devices take
their places in batches (staging); what was to be deleted goes; what takes such a directory's place comes; metadata; and
at last, deepest first, the directories' own modes and times.

Owns that order. Doesn't own planning (restore_planner), the journal by which a killed restore is known, nor the safety
snapshot before it (both the service's).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing

from rok_jupyter.engine.allocation import return_large_buffers
from rok_jupyter.engine.blob_fetch import BlobFetcher
from rok_jupyter.engine.comparison import entry_reason, live_type
from rok_jupyter.engine.confined import ConfinedTree, decode_path, encode_path, split
from rok_jupyter.engine.directory_finish import DirectoryFinish
from rok_jupyter.engine.file_stream import Piece, stream_files
from rok_jupyter.engine.file_writer import FileWriter
from rok_jupyter.engine.format.tree import NodeType, name_bytes
from rok_jupyter.engine.metadata import dress_entry
from rok_jupyter.engine.ownership import Ownership
from rok_jupyter.engine.removal import remove_tree
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.restore_outcome import PartRecorder, RestoreOutcome
from rok_jupyter.engine.restore_plan import PartPlan, PlannedEntry, TreeRestorePlan
from rok_jupyter.engine.staging import ChangedMeanwhile, Staging, require_still
from rok_jupyter.engine.target import make_target
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Change, EntryType
from rok_jupyter.progress import Progress

_MAKING = (Change.CREATED, Change.MODIFIED, Change.TYPE)


def execute_restore(
    repository: Repository, plan: TreeRestorePlan, restore_id: str, progress: Progress
) -> RestoreOutcome:
    """Do what a plan says; `restore_id` (hexadecimal) marks its temporary files.

    What fails for one entry is listed in the outcome, and that entry stays as it was. FAILED_PRECONDITION where the
    plan has problems, ABORTED where a target isn't the directory any more that was planned for, RESOURCE_EXHAUSTED or
    UNAVAILABLE where the disk can't be synced, CANCELLED: after these each entry is old or new, and the same restore
    planned again finishes it.
    """
    if plan.problems:
        raise RokError(ErrorKind.FAILED_PRECONDITION, plan.problems[0], "Nothing was changed.")
    return_large_buffers()
    outcome = RestoreOutcome()
    files = sum(len(part.entries) for part in plan.parts)
    progress.begin("writing", files_total=files, bytes_total=plan.bytes_to_write)
    with BlobFetcher(repository) as fetcher:
        for part in plan.parts:
            recorder = PartRecorder(part.part.name, outcome, progress)
            outcome.errors += part.errors
            outcome.skipped += part.skipped
            _execute_part(repository, fetcher, plan, part, restore_id, recorder)
    return outcome


def _execute_part(
    repository: Repository,
    fetcher: BlobFetcher,
    plan: TreeRestorePlan,
    part: PartPlan,
    restore_id: str,
    recorder: PartRecorder,
) -> None:
    if not part.entries and not part.leftovers:
        return
    make_target(part.part.target)
    with ConfinedTree(encode_path(part.part.target)) as tree:
        status = os.fstat(tree.root)
        if part.root not in (None, (status.st_dev, status.st_ino)):
            raise RokError(
                ErrorKind.ABORTED,
                f"The target {part.part.target} is not the directory any more that the restore was planned for.",
                "Plan the restore again.",
            )
        with closing(Staging(tree, restore_id, recorder)) as staging:
            staging.touch(tree.root)
            _PartRestorer(part, tree, staging, plan.ownership, recorder).run(
                lambda files: stream_files(files, fetcher, repository.data_length)
            )


class _PartRestorer:
    """Executes one part of a plan, in one open target."""

    def __init__(
        self, part: PartPlan, tree: ConfinedTree, staging: Staging, ownership: Ownership, recorder: PartRecorder
    ) -> None:
        self._part = part
        self._tree = tree
        self._staging = staging
        self._ownership = ownership
        self._recorder = recorder
        self._dressed: set[tuple[int, int]] = set()

    def run(self, stream: Callable[[Iterable[PlannedEntry]], Iterator[Piece]]) -> None:
        """Do everything; `stream` yields the contents of files."""
        making = [entry for entry in self._part.entries if entry.change in _MAKING or entry.link_to is not None]
        directories = [entry for entry in self._part.entries if _is_directory(entry)]
        finish = DirectoryFinish(self._tree, self._ownership, self._recorder)
        finish.open_up(self._worked_in(making, directories))
        try:
            self._clear_leftovers()
            self._make_directories(entry for entry in directories if entry.change is not Change.METADATA)
            self._make([entry for entry in making if not entry.deferred and not _is_directory(entry)], stream)
            self._delete()
            self._make([entry for entry in making if entry.deferred], stream)
            self._dress()
        except BaseException:
            self._staging.abandon()
            raise
        finish.finish(directories)
        self._staging.sync()

    def _worked_in(self, making: list[PlannedEntry], directories: list[PlannedEntry]) -> set[bytes]:
        """Existing directories whose times or modes the restore disturbs."""
        gone = {entry.path for entry in self._part.entries if entry.change in (Change.DELETED, Change.TYPE)}
        changed = [entry.path for entry in self._part.entries if entry.change is Change.DELETED]
        changed += [entry.path for entry in making if entry.path]
        parents = {split(path)[0] for path in (*changed, *self._part.leftovers)}
        return (parents | {entry.path for entry in directories}) - gone

    def _clear_leftovers(self) -> None:
        for path in self._part.leftovers:
            try:
                remove_tree(self._tree, path)
            except OSError as error:
                self._recorder.failed(path, f"a killed restore's temporary file stays: {entry_reason(error)}")

    def _make_directories(self, entries: Iterable[PlannedEntry]) -> None:
        for entry in entries:
            self._recorder.check_cancelled()
            try:
                if entry.path:
                    self._staging.make_directory(entry)
                self._recorder.done(entry)
            except OSError as error:
                self._recorder.failed(entry.path, entry_reason(error))

    def _make(self, entries: list[PlannedEntry], stream: Callable[[Iterable[PlannedEntry]], Iterator[Piece]]) -> None:
        files = [entry for entry in entries if entry.link_to is None and entry.type is EntryType.FILE]
        with closing(FileWriter(self._tree, self._staging, self._ownership, self._recorder)) as writer:
            for piece in stream(files):
                self._recorder.check_cancelled()
                writer.take(piece)
            writer.drain()
        for entry in entries:
            if entry.link_to is None and entry.type is not EntryType.FILE:
                self._attempt(entry, self._make_special)
        self._staging.commit()
        for entry in entries:
            if entry.link_to is not None:
                self._attempt(entry, self._make_link)
        self._staging.commit()

    def _attempt(self, entry: PlannedEntry, action: Callable[[PlannedEntry], None]) -> None:
        self._recorder.check_cancelled()
        try:
            action(entry)
        except (OSError, RokError) as error:
            self._recorder.failed(entry.path, entry_reason(error))

    def _make_special(self, entry: PlannedEntry) -> None:
        """Make a symlink, FIFO or device."""
        assert entry.node is not None
        directory, _ = self._tree.at(entry.path)
        self._staging.touch(directory)
        temporary = self._staging.new_name()
        if entry.type is EntryType.SYMLINK:
            os.symlink(name_bytes(entry.node.linktarget), temporary, dir_fd=directory)
        elif entry.type is EntryType.FIFO:
            os.mkfifo(temporary, 0o600, dir_fd=directory)
        else:
            kind = stat.S_IFCHR if entry.type is EntryType.CHARACTER_DEVICE else stat.S_IFBLK
            os.mknod(temporary, kind | 0o600, entry.node.device, dir_fd=directory)
        wanted = self._ownership.wanted_at(entry.node, entry.live)
        self._recorder.left_out(entry.path, dress_entry(directory, temporary, wanted))
        self._staging.add(entry, temporary)

    def _make_link(self, entry: PlannedEntry) -> None:
        """Make a further name of an inode that has its content already."""
        assert entry.link_to is not None
        if self._recorder.has_failed(entry.link_to):
            self._recorder.failed(entry.path, f"{decode_path(entry.link_to)!r}, whose hard link it is, failed")
            return
        directory, _ = self._tree.at(entry.path)
        self._staging.touch(directory)
        temporary = self._staging.new_name()
        source, name = self._tree.at(entry.link_to)
        directory, _ = self._tree.at(entry.path)
        os.link(name, temporary, src_dir_fd=source, dst_dir_fd=directory, follow_symlinks=False)
        made = os.stat(temporary, dir_fd=directory, follow_symlinks=False)
        if live_type(made) is not entry.type:
            self._staging.discard(entry, temporary)
            raise ChangedMeanwhile()
        self._staging.add(entry, temporary)

    def _delete(self) -> None:
        """Remove exactly the planned entries, what a directory holds before the directory."""
        for entry in reversed(self._part.entries):
            if entry.change is Change.DELETED:
                self._attempt(entry, self._delete_one)

    def _delete_one(self, entry: PlannedEntry) -> None:
        try:
            directory, name = self._tree.at(entry.path)
            self._staging.touch(directory)
            require_still(directory, name, entry.live)
            if entry.type is EntryType.DIRECTORY:
                self._tree.forget(entry.path)
                os.rmdir(name, dir_fd=directory)
            else:
                os.unlink(name, dir_fd=directory)
        except FileNotFoundError:
            pass  # It is gone: with the file that it belonged to, or by somebody else's hand.
        self._recorder.done(entry)

    def _dress(self) -> None:
        for entry in self._part.entries:
            if entry.change is Change.METADATA and entry.link_to is None and not _is_directory(entry):
                self._attempt(entry, self._dress_one)

    def _dress_one(self, entry: PlannedEntry) -> None:
        assert entry.node is not None
        assert entry.live is not None
        directory, name = self._tree.at(entry.path)
        self._staging.touch(directory)
        wanted = self._ownership.wanted(entry.node)
        inode = entry.live.device, entry.live.inode
        # By another name of the same inode this one has got its time already.
        by_us = inode in self._dressed
        require_still(directory, name, entry.live._replace(mtime_ns=wanted.mtime_ns) if by_us else entry.live)
        self._dressed.add(inode)
        self._recorder.left_out(entry.path, dress_entry(directory, name, wanted))
        self._recorder.done(entry)


def _is_directory(entry: PlannedEntry) -> bool:
    return entry.node is not None and entry.node.type is NodeType.DIRECTORY
