"""Snapshot files: a time, a tree, and what is known about them.

Owns the stored document: restic's fields, and `rok` for what restic has no place for (restic drops it when it rewrites
a snapshot). Doesn't own the meaning of tags and of `rok` (providers).
"""

from __future__ import annotations

from typing import Any

import msgspec

from rok_jupyter.engine.format import document, gojson
from rok_jupyter.engine.format.ids import Buffer, Id, is_id
from rok_jupyter.engine.format.timestamp import text_to_ns
from rok_jupyter.errors import ErrorKind, RokError


class SnapshotSummary(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of the work that a snapshot was, as restic shows them."""

    backup_start: str
    backup_end: str
    files_new: int = 0
    files_changed: int = 0
    files_unmodified: int = 0
    dirs_new: int = 0
    dirs_changed: int = 0
    dirs_unmodified: int = 0
    data_blobs: int = 0
    tree_blobs: int = 0
    data_added: int = 0
    data_added_packed: int = 0
    total_files_processed: int = 0
    total_bytes_processed: int = 0


class SnapshotFile(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The stored snapshot. `time` is RFC 3339; `rok` is anything that is JSON (a mapping once it is read)."""

    time: str
    parent: Id | None = None
    tree: Id
    paths: tuple[str, ...] = msgspec.field(default_factory=lambda: ())
    hostname: str = ""
    username: str = ""
    uid: int = 0
    gid: int = 0
    excludes: tuple[str, ...] | None = None
    tags: tuple[str, ...] | None = None
    original: Id | None = None
    program_version: str = ""
    summary: SnapshotSummary | None = None
    rok: Any = None


_DECODER = msgspec.json.Decoder(SnapshotFile)


def encode_snapshot(file: SnapshotFile) -> bytes:
    """Write a snapshot's JSON."""
    return gojson.encode(file)


def decode_snapshot(content: Buffer) -> SnapshotFile:
    """Read a snapshot; raises DATA_LOSS where it is malformed, or lacks a time or a tree."""
    file = document.decode(content, _DECODER, "snapshot")
    if not is_id(file.tree):
        raise RokError(ErrorKind.DATA_LOSS, "The snapshot is malformed: it names no tree.")
    text_to_ns(file.time)
    return file
