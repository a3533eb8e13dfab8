"""Lock files: who works on a repository, and whether others may.

Owns the stored document. Doesn't own the protocol of taking and refreshing one (engine.locks).
"""

from __future__ import annotations

import msgspec

from rok_jupyter.engine.format import document, gojson
from rok_jupyter.engine.format.ids import Buffer


class LockFile(msgspec.Struct, frozen=True, omit_defaults=True):
    """Who holds the lock and since when (RFC 3339); it counts only while that is less than 30 minutes ago."""

    time: str
    exclusive: bool = msgspec.field(default_factory=lambda: False)
    hostname: str = msgspec.field(default_factory=lambda: "")
    username: str = msgspec.field(default_factory=lambda: "")
    pid: int = msgspec.field(default_factory=lambda: 0)
    uid: int = 0
    gid: int = 0


_DECODER = msgspec.json.Decoder(LockFile)


def encode_lock(file: LockFile) -> bytes:
    """Write a lock's JSON."""
    return gojson.encode(file)


def decode_lock(content: Buffer) -> LockFile:
    """Read a lock; raises DATA_LOSS where it is malformed."""
    return document.decode(content, _DECODER, "lock")
