"""The seam between a repository and the place where its files live.

Owns the few verbs that every place offers, and the translation of the operating system's errors. Doesn't own what the
files mean: here they are bytes with a kind and an id.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator
from enum import StrEnum
from typing import Protocol

from rok_jupyter.engine.format.ids import Buffer, Id
from rok_jupyter.errors import ErrorKind, RokError

CONFIG_NAME = ""
"""The id of the one file of kind CONFIG."""


class FileKind(StrEnum):
    """What a file of a repository is."""

    CONFIG = "config"
    KEY = "key"
    LOCK = "lock"
    SNAPSHOT = "snapshot"
    INDEX = "index"
    DATA = "data"


class Backend(Protocol):
    """One place that holds one repository; thread-safe. Errors are `RokError`s, a missing file's is NOT_FOUND."""

    @property
    def location(self) -> str:
        """Where it is, in the words that restic's `-r` takes."""

    def create(self) -> None:
        """Make the place ready to hold a repository; harmless where it is."""

    def exists(self, kind: FileKind, file_id: Id) -> bool:
        """Whether this file is there."""

    def save(self, kind: FileKind, file_id: Id, data: Buffer) -> None:
        """Store a file, whole and durable when this returns, and invisible before.

        Equal content that is there already is left; ALREADY_EXISTS where it differs.
        """

    def load(self, kind: FileKind, file_id: Id, *, offset: int = 0, length: int | None = None) -> bytes:
        """Return a file, or up to `length` bytes of it from `offset`; shorter where the file ends before."""

    def size(self, kind: FileKind, file_id: Id) -> int:
        """Return a file's length in bytes."""

    def list(self, kind: FileKind) -> Iterator[tuple[Id, int]]:
        """Go through the files of a kind with their lengths, in no order; foreign files are left out."""

    def ids(self, kind: FileKind) -> frozenset[Id]:
        """Return the ids of a kind's files as they are now, without their lengths: much cheaper than a list."""

    def revision(self, kind: FileKind) -> str:
        """Return a text that is another one once files of a kind came or went, by whomever; "" where there is no place.

        Cheap enough to be asked every other second while nothing changes. It may lag behind for half a minute where the
        place doesn't tell of changes.
        """

    def remove(self, kind: FileKind, file_id: Id) -> None:
        """Remove a file; durable when this returns for all kinds but packs and locks."""

    def free_reserve(self) -> bool:
        """Give up the little room that was kept for making room on a full disk; False where there is none."""


def storage_error(error: OSError, action: str) -> RokError:
    """Say in a user's words why the storage failed while it was to do `action`."""
    reason = error.strerror or type(error).__name__
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        hint = "Free some space, for example by forgetting old snapshots and pruning, then try again."
        return RokError(ErrorKind.RESOURCE_EXHAUSTED, f"The repository has no room to {action}: {reason}.", hint)
    if error.errno in (errno.EROFS, errno.EACCES, errno.EPERM):
        hint = "Check the permissions of the repository and whether it is mounted read-only."
        return RokError(ErrorKind.PERMISSION_DENIED, f"The repository refused to {action}: {reason}.", hint)
    if error.errno == errno.ENOENT:
        return RokError(ErrorKind.NOT_FOUND, f"The repository has no such file to {action}.")
    hint = "Check that the repository's storage is attached and healthy, then try again."
    return RokError(ErrorKind.UNAVAILABLE, f"The repository's storage failed to {action}: {reason}.", hint)


def differs_error(kind: FileKind, file_id: Id) -> RokError:
    """Say that another content of this name is there."""
    name = f"{kind} {file_id[:16]}".rstrip()
    return RokError(ErrorKind.ALREADY_EXISTS, f"The repository already has another {name}; it was not overwritten.")
