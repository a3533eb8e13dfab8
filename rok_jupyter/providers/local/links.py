"""The links by which a data volume is seen inside the workspace.

Owns making and removing exactly such a link, by directory descriptors, so that no link in the way leads elsewhere.
Doesn't own which volume is attached where.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from errno import ELOOP, ENOTDIR

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.state import os_errors

_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def make_link(workspace: str, at: str, target: str) -> None:
    """Make a symlink to `target` at a clean relative path below `workspace`; one that is there already is right.

    ALREADY_EXISTS where something else is there, NOT_FOUND where the directory above is missing.
    """
    with os_errors(f"Attaching at {at!r}"), _directory_of(workspace, at) as (descriptor, name):
        try:
            os.symlink(_raw(target), name, dir_fd=descriptor)
        except FileExistsError:
            if not _leads_to(descriptor, name, target):
                raise RokError(
                    ErrorKind.ALREADY_EXISTS, f"There is something at {at!r} already.", "Choose another path."
                ) from None
        os.fsync(descriptor)


def remove_link(workspace: str, at: str, target: str) -> None:
    """Remove the symlink to `target` at a clean relative path; where nothing is there, that is right too.

    FAILED_PRECONDITION where something else is there: it stays.
    """
    with os_errors(f"Detaching from {at!r}"):
        try:
            with _directory_of(workspace, at) as (descriptor, name):
                _remove_link_in(descriptor, name, target)
        except RokError as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise


def _remove_link_in(descriptor: int, name: bytes, target: str) -> None:
    try:
        os.stat(name, dir_fd=descriptor, follow_symlinks=False)
    except FileNotFoundError:
        return
    if not _leads_to(descriptor, name, target):
        raise RokError(
            ErrorKind.FAILED_PRECONDITION,
            f"What is at {name.decode('utf-8', 'replace')!r} is not the link that attach made, so it stays.",
            "Move it away, then detach again.",
        )
    os.unlink(name, dir_fd=descriptor)
    os.fsync(descriptor)


@contextmanager
def _directory_of(workspace: str, at: str) -> Iterator[tuple[int, bytes]]:
    """Open the directory that holds `at`, following no link below the workspace, and yield it with the last name."""
    *above, name = _raw(at).split(b"/")
    descriptor = os.open(_raw(workspace), _DIRECTORY)
    try:
        for part in above:
            inner = _open_directory(part, descriptor, at)
            os.close(descriptor)
            descriptor = inner
        yield descriptor, name
    finally:
        os.close(descriptor)


def _open_directory(part: bytes, above: int, at: str) -> int:
    try:
        return os.open(part, _DIRECTORY, dir_fd=above)
    except FileNotFoundError:
        raise RokError(
            ErrorKind.NOT_FOUND, f"The directory above {at!r} is not there.", "Make it first, or choose another path."
        ) from None
    except OSError as error:
        if error.errno not in (ELOOP, ENOTDIR):
            raise
        raise RokError(
            ErrorKind.INVALID_ARGUMENT,
            f"The path {at!r} leads through something that is no directory of the workspace.",
            "Choose a path that leads through no link.",
        ) from None


def _leads_to(descriptor: int, name: bytes, target: str) -> bool:
    try:
        return os.readlink(name, dir_fd=descriptor) == _raw(target)
    except OSError:
        return False


def _raw(path: str) -> bytes:
    return path.encode("utf-8", "surrogateescape")
