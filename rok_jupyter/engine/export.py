"""Write stored trees into one archive file: a tar (PAX) or a zip.

Owns the walk and that the file appears whole or not at all, and never in the place of another. Doesn't own the formats'
details (archive_formats). Each file's content is proven before it goes in; what can't go in is listed.
"""

from __future__ import annotations

import errno
import os
import secrets
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import BinaryIO

from rok_jupyter.engine.archive_formats import ArchiveWriter, Member, TarArchive, ZipArchive
from rok_jupyter.engine.comparison import entry_reason
from rok_jupyter.engine.confined import encode_path
from rok_jupyter.engine.file_content import FileContent
from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.tree import Node, NodeType
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.selection import Selection
from rok_jupyter.engine.tree_path import find_node
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import EntryError
from rok_jupyter.progress import Progress

_FORMATS: dict[str, type[TarArchive] | type[ZipArchive]] = {".tar": TarArchive, ".zip": ZipArchive}
_FULL = (errno.ENOSPC, errno.EDQUOT)
_REFUSED = (errno.EROFS, errno.EACCES, errno.EPERM)


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportPart:
    """A stored tree that goes into an archive below the directory `name`; `paths` narrow it (none: everything)."""

    name: str
    tree: Id
    paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportOutcome:
    """What was written: entries, bytes of the archive, and what could not go in."""

    entries: int
    size: int
    errors: tuple[EntryError, ...]


def export_archive(
    repository: Repository, parts: Sequence[ExportPart], target: str, progress: Progress
) -> ExportOutcome:
    """Write `parts` to the new file `target` (.tar or .zip, an absolute path).

    INVALID_ARGUMENT for another suffix or a path outside a tree, ALREADY_EXISTS where the file is there, NOT_FOUND for
    a path that a tree lacks, RESOURCE_EXHAUSTED, PERMISSION_DENIED or UNAVAILABLE where it can't be written, CANCELLED.
    """
    make = _FORMATS.get(os.path.splitext(target)[1].lower())
    if make is None or not target.startswith("/") or "\0" in target:
        raise RokError(
            ErrorKind.INVALID_ARGUMENT,
            f"{target!r} names no archive.",
            "Give an absolute path that ends in .tar or .zip.",
        )
    for part in parts:
        for path in Selection(part.paths).paths:
            if path:
                find_node(repository, part.tree, path)
    try:
        return _write_new(encode_path(target), lambda file: _fill(repository, parts, make(file), progress))
    except OSError as error:
        raise _unwritable(target, error) from error


class _Export:
    """Fills one archive."""

    def __init__(self, repository: Repository, archive: ArchiveWriter, progress: Progress) -> None:
        self._repository = repository
        self._archive = archive
        self._progress = progress
        self._links: dict[tuple[int, int, tuple[Id, ...] | None], str] = {}
        self.entries = 0
        self.errors: list[EntryError] = []

    def add_part(self, part: ExportPart) -> None:
        """Write one tree, directories before what they hold."""
        selection = Selection(part.paths)
        stack = [self._nodes(part, "", part.tree)]
        while stack:
            found = next(stack[-1], None)
            if found is None:
                stack.pop()
                continue
            path, node = found
            if not selection.holds(path) and not selection.leads_on(path):
                continue
            if selection.holds(path) or node.subtree is not None:
                self._add(part, path, node)
            if node.type is NodeType.DIRECTORY and node.subtree is not None:
                stack.append(self._nodes(part, path, node.subtree))

    def _nodes(self, part: ExportPart, path: str, tree: Id) -> Iterator[tuple[str, Node]]:
        try:
            loaded = self._repository.load_tree(tree)
        except RokError as error:
            self._fail(part, path, error)
            return
        for rejected in loaded.rejected:
            self._fail(part, f"{path}/{rejected.name}", RokError(ErrorKind.DATA_LOSS, rejected.reason))
        for node in loaded.nodes:
            yield (f"{path}/{node.name}" if path else node.name), node

    def _add(self, part: ExportPart, path: str, node: Node) -> None:
        self._progress.check_cancelled()
        inside = f"{part.name}/{path}" if part.name else path
        try:
            self._archive.add(self._member(inside, node))
        except RokError as error:
            self._fail(part, path, error)
            return
        if node.links > 1 and node.type is NodeType.FILE:
            self._links.setdefault((node.device_id, node.inode, node.content), inside)
        self.entries += 1
        self._progress.advance(files=1, bytes_=node.size, current=path)

    def _member(self, inside: str, node: Node) -> Member:
        if node.type is not NodeType.FILE:
            return Member(inside, node, 0, iter(()))
        content = FileContent(self._repository, node)
        link_to = self._links.get((node.device_id, node.inode, node.content)) if node.links > 1 else None
        if link_to is None:
            self._prove(content)
        return Member(inside, node, content.size, content.read(), link_to)

    def _prove(self, content: FileContent) -> None:
        """Read a file once before its header is written, as a format can't take back half a file."""
        for _ in content.read():
            self._progress.check_cancelled()

    def _fail(self, part: ExportPart, path: str, error: RokError) -> None:
        self.errors.append(EntryError(volume=part.name, path=path, message=entry_reason(error)))
        self._progress.advance(errors=1)


def _fill(
    repository: Repository, parts: Sequence[ExportPart], archive: ArchiveWriter, progress: Progress
) -> tuple[int, tuple[EntryError, ...]]:
    progress.begin("writing")
    export = _Export(repository, archive, progress)
    for part in parts:
        export.add_part(part)
    archive.close()
    return export.entries, tuple(export.errors)


def _write_new(target: bytes, fill: Callable[[BinaryIO], tuple[int, tuple[EntryError, ...]]]) -> ExportOutcome:
    """Write a file beside the target, make it durable, and give it its name, unless that is taken."""
    if os.path.lexists(target):
        raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST))
    temporary = os.path.join(os.path.dirname(target), b".rok-export-" + secrets.token_hex(8).encode())
    descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "w+b") as file:
            entries, errors = fill(file)
            file.flush()
            os.fsync(file.fileno())
            size = os.fstat(file.fileno()).st_size
        _take_name(temporary, target)
    except BaseException:
        with suppress(OSError):
            os.unlink(temporary)
        raise
    return ExportOutcome(entries=entries, size=size, errors=errors)


def _take_name(temporary: bytes, target: bytes) -> None:
    try:
        os.link(temporary, target)
        os.unlink(temporary)
    except PermissionError:  # A file system without hard links, such as vfat.
        if os.path.lexists(target):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST)) from None
        os.rename(temporary, target)
    directory = os.open(os.path.dirname(target), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _unwritable(target: str, error: OSError) -> RokError:
    if error.errno == errno.EEXIST:
        return RokError(ErrorKind.ALREADY_EXISTS, f"{target} is there already.", "Choose another name, or remove it.")
    if error.errno in (errno.ENOENT, errno.ENOTDIR):
        return RokError(ErrorKind.NOT_FOUND, f"There is no directory for {target}.", "Make it first.")
    kind = ErrorKind.UNAVAILABLE
    if error.errno in _FULL:
        kind = ErrorKind.RESOURCE_EXHAUSTED
    elif error.errno in _REFUSED:
        kind = ErrorKind.PERMISSION_DENIED
    return RokError(kind, f"{target} could not be written: {error.strerror}.", "Check the disk and your rights there.")
