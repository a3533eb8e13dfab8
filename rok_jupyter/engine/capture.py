"""How files that need care are read: what the archiver asks of whoever knows them.

Owns the protocol alone. A provider implements it for notebooks that are being saved and for databases in use; the
engine knows neither.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from typing import BinaryIO, Protocol

import msgspec


class Selection(msgspec.Struct, frozen=True):
    """What a capture says of one directory's names."""

    parts: frozenset[str] = frozenset()
    """These belong to others of the same directory (a database's log, the intermediate of a save) and are left out."""
    unsure: frozenset[str] = frozenset()
    """These are read again though size, times and inode are the parent's (a log beside them holds what they lack)."""


NOTHING = Selection()


class CapturedFile(Protocol):
    """A file's content as it shall be stored."""

    @property
    def stream(self) -> BinaryIO:
        """The content, from where it stands to its end; whoever gets it closes it."""

    @property
    def status(self) -> os.stat_result:
        """The status that the content belongs to: its times and inode decide whether it may be reused."""

    @property
    def settled(self) -> bool:
        """Whether it is one moment's content; else the entry is listed as changed while it was read."""


class Capture(Protocol):
    """Knows which files need care. Called from several threads."""

    def select(self, directory: int, names: Collection[str]) -> Selection:
        """Say which of a directory's names need care; called for each directory: cheap, and `NOTHING` nearly always.

        `directory` is a descriptor, open for the time of the call.
        """

    @property
    def marks_beside(self) -> bytes:
        """A file needs care while an entry stands beside it whose name is this and then the file's; empty for none."""

    def is_plain(self, path: str, status: os.stat_result) -> bool:
        """Whether a file is to be read plainly, as nearly always, as long as nothing that `marks_beside` it is there.

        `path` is absolute. Cheap: it doesn't look at the file system.
        """

    def open(self, directory: int, name: bytes, path: str, status: os.stat_result) -> CapturedFile | None:
        """Capture a regular file that has to be read; None where it is to be read plainly, as nearly always.

        `path` is absolute, for messages and for comparing with paths that others name; reading goes through
        `directory`, a descriptor. Raises OSError (FileNotFoundError where the file is gone), or RokError for what a
        user should know, where it can't be read: the entry is then listed as failed.
        """
