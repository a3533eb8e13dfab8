"""How every document but the config and the keys is wrapped before it is sealed.

A first byte of 2 says that zstd follows; documents of version 1 are plain JSON and begin with a bracket. Owns that, and
the decoding of untrusted JSON into the stored documents. Doesn't own encryption (crypto) or the documents' fields.
"""

from __future__ import annotations

from typing import TypeVar

import msgspec

from rok_jupyter.engine.format.compression import compress, decompress
from rok_jupyter.engine.format.ids import Buffer
from rok_jupyter.errors import ErrorKind, RokError

Document = TypeVar("Document")

MAX_DOCUMENT_BYTES = 256 << 20
"""The longest JSON that is read: restic closes an index at about 8 MB."""

_ZSTD = b"\x02"
_LEVEL = 3


def wrap(content: Buffer) -> bytes:
    """Compress a document's JSON for storing."""
    return _ZSTD + compress(content, _LEVEL)


def unwrap(stored: bytes) -> bytes:
    """Return a document's JSON; raises DATA_LOSS where it is empty, damaged, too large or of an unknown wrapping."""
    if stored[:1] == _ZSTD:
        return decompress(memoryview(stored)[1:], MAX_DOCUMENT_BYTES)
    if stored[:1] in (b"{", b"["):
        return stored
    raise RokError(ErrorKind.DATA_LOSS, "A document of the repository is empty or of an unknown encoding.")


def decode(content: Buffer, decoder: msgspec.json.Decoder[Document], what: str) -> Document:
    """Decode untrusted JSON; raises DATA_LOSS that names `what` where it isn't of the expected form."""
    try:
        return decoder.decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        raise RokError(ErrorKind.DATA_LOSS, f"The {what} is damaged or malformed: {error}.") from error
