"""The workspace, copied for a run: links within it lead to the copy, and what is ours stays out.

Owns what a copy holds. On file systems that can, files share their blocks until one is written. Doesn't own where the
copy is put (`places`).
"""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path

import msgspec

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.progress import Progress
from rok_jupyter.render.blocks import size

_CLONE = 0x40049409  # Linux's FICLONE
_PIECE = 8 << 20
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT)
_SPARE = 64 << 20


class CopyResult(msgspec.Struct, frozen=True, kw_only=True):
    """What was copied, and the paths (relative) that could not be."""

    files: int
    bytes: int
    failed: tuple[str, ...] = ()
    outside: Mapping[str, str] = msgspec.field(default_factory=dict)
    """Links (relative paths) by which a step can write beside the copy, and where they lead."""


def copy_workspace(
    source: Path, target: Path, *, leave_out: Sequence[str], progress: Progress, tick: Callable[[], None]
) -> CopyResult:
    """Copy a workspace into a new directory; `tick` is called between pieces of work.

    `leave_out` are absolute paths. RESOURCE_EXHAUSTED where the target's disk is too small. What can't be read, and
    what is neither file, link nor directory, is left out, the former named.
    """
    copying = _Copying(source, target, frozenset(leave_out), progress, tick)
    progress.begin("copying the workspace")
    found = list(copying.walk())
    total = sum(entry.size for entry in found)
    _check_room(total, target.parent, source)
    progress.expect(files_total=sum(not entry.directory for entry in found), bytes_total=total)
    try:
        copying.copy(found)
    except OSError as error:
        if error.errno in _NO_ROOM:
            raise _no_room(total, target.parent) from error
        raise
    return CopyResult(files=copying.files, bytes=total, failed=tuple(copying.failed), outside=copying.outside)


class _Entry(msgspec.Struct, frozen=True):
    """What there is to copy; `path` is relative."""

    path: str
    mode: int
    size: int

    @property
    def directory(self) -> bool:
        return stat.S_ISDIR(self.mode)


class _Copying:
    def __init__(
        self, source: Path, target: Path, leave_out: frozenset[str], progress: Progress, tick: Callable[[], None]
    ) -> None:
        self._source = str(source)
        self._target = str(target)
        self._leave_out = leave_out
        self._progress = progress
        self._tick = tick
        self.failed: list[str] = []
        self.outside: dict[str, str] = {}
        self.files = 0

    def walk(self) -> Iterator[_Entry]:
        """Yield directories before what they hold."""
        waiting = [""]
        while waiting:
            self._tick()
            directory = waiting.pop()
            try:
                entries = sorted(os.scandir(os.path.join(self._source, directory)), key=lambda entry: entry.name)
            except OSError:
                self._fail(directory)
                continue
            for entry in entries:
                if entry.path in self._leave_out:
                    continue
                try:
                    known = entry.stat(follow_symlinks=False)
                except FileNotFoundError:
                    continue
                found = _Entry(os.path.join(directory, entry.name), known.st_mode, _size(known))
                if found.directory:
                    waiting.append(found.path)
                if found.directory or stat.S_ISREG(found.mode) or stat.S_ISLNK(found.mode):
                    yield found

    def copy(self, entries: Sequence[_Entry]) -> None:
        """Copy everything; directories get their times and modes last, when nothing is put into them any more."""
        os.mkdir(self._target, 0o700)
        for entry in entries:
            self._tick()
            try:
                self._copy(entry)
            except OSError as error:
                if error.errno in _NO_ROOM:
                    raise
                self._fail(entry.path)
                continue
            if not entry.directory:
                self.files += 1
                self._progress.advance(files=1, current=entry.path)
        for entry in reversed([entry for entry in entries if entry.directory]):
            self._finish(entry.path)
        self._finish("")

    def _copy(self, entry: _Entry) -> None:
        source, target = os.path.join(self._source, entry.path), os.path.join(self._target, entry.path)
        if entry.directory:
            os.mkdir(target, 0o700)
        elif stat.S_ISLNK(entry.mode):
            os.symlink(self._redirected(entry.path, os.readlink(source)), target)
            shutil.copystat(source, target, follow_symlinks=False)
            self._note_outside(entry.path)
        else:
            self._copy_file(source, target)

    def _copy_file(self, source: str, target: str) -> None:
        with open(os.open(source, os.O_RDONLY | os.O_NOFOLLOW), "rb", buffering=0) as old, open(target, "xb") as new:
            if not _cloned(old.fileno(), new.fileno()):
                while piece := old.read(_PIECE):
                    new.write(piece)
                    self._progress.advance(bytes_=len(piece))
                    self._tick()
        shutil.copystat(source, target, follow_symlinks=False)

    def _redirected(self, path: str, link: str) -> str:
        """Return what a link says in the copy, so that it leads within it to the copied, and out of it where it did.

        One by the workspace's whole path becomes a relative one, which is right wherever a snapshot of it is restored.
        """
        above = os.path.dirname(path)
        if link == self._source or link.startswith(self._source + "/"):
            up = "../" * (above.count("/") + bool(above))
            return (up + link[len(self._source) + 1 :]).rstrip("/") or "."
        if not os.path.isabs(link) and os.path.normpath(os.path.join(above, link)).split("/")[0] == "..":
            return os.path.normpath(os.path.join(self._source, above, link))
        return link

    def _note_outside(self, path: str) -> None:
        """Take note of a link to what is no part of the copy, where a step could change that; programs are left out."""
        leads = os.path.realpath(os.path.join(self._target, path))
        inside = leads == self._target or leads.startswith(self._target + "/")
        if not inside and os.access(leads, os.W_OK) and (os.path.isdir(leads) or not os.access(leads, os.X_OK)):
            self.outside[path] = leads

    def _finish(self, path: str) -> None:
        try:
            shutil.copystat(os.path.join(self._source, path), os.path.join(self._target, path))
        except OSError:
            self._fail(path)

    def _fail(self, path: str) -> None:
        """Take note of what could not be copied; what is gone by now is nothing that the copy lacks."""
        if os.path.lexists(os.path.join(self._source, path)):
            self.failed.append(path)


def _size(known: os.stat_result) -> int:
    return known.st_size if stat.S_ISREG(known.st_mode) else 0


def _cloned(source: int, target: int) -> bool:
    """Let two files share their blocks; False where the file system can't."""
    try:
        fcntl.ioctl(target, _CLONE, source)
    except OSError:
        return False
    return True


def _check_room(total: int, directory: Path, source: Path) -> None:
    if os.stat(directory).st_dev == os.stat(source).st_dev and _clones_in(directory):
        return
    if shutil.disk_usage(directory).free < total + _SPARE:
        raise _no_room(total, directory)


def _clones_in(directory: Path) -> bool:
    """Say whether files in a directory can share their blocks."""
    one, other = directory / ".rok-clone-1", directory / ".rok-clone-2"
    try:
        one.write_bytes(b"x")
        with one.open("rb") as old, other.open("wb") as new:
            return _cloned(old.fileno(), new.fileno())
    finally:
        one.unlink(missing_ok=True)
        other.unlink(missing_ok=True)


def _no_room(total: int, directory: Path) -> RokError:
    free = shutil.disk_usage(directory).free
    return RokError(
        ErrorKind.RESOURCE_EXHAUSTED,
        f"The run's copy of the workspace takes {size(total)}, and {directory.parent} has {size(free)} left.",
        "Name a directory with more room: TMPDIR=DIR rok kale run ...",
    )
