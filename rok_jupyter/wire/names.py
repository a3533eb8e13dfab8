"""Names of any bytes as text that every surface can show, and back.

Owns percent-encoding: bytes that are no UTF-8, control characters and "%" become %XX (upper-case hexadecimal of the
UTF-8 bytes); "/" stays, since it stands between names. Doesn't own what a path may be: the service judges that.

Inside the program a name is a `str` whose undecodable bytes are surrogates (`surrogateescape` through UTF-8).
"""

from __future__ import annotations

import re

from rok_jupyter.errors import ErrorKind, RokError

_TO_ENCODE = re.compile("[\x00-\x1f\x7f-\x9f%\ud800-\udfff]")
_NOT_TEXT = re.compile("[\ud800-\udfff]")
_ENCODED = re.compile(rb"%([0-9A-Fa-f]{2})")


def encode_name(name: str) -> str:
    """Return `name` as printable text that `decode_name` turns back into the same name."""
    return _TO_ENCODE.sub(_percent, name)


def decode_name(text: str) -> str:
    """Return the name that `text` spells; a "%" without two hexadecimal digits stands for itself.

    INVALID_ARGUMENT where it holds a NUL, which no file's name can, or a lone surrogate that stands for no byte.
    """
    try:
        raw = text.encode("utf-8", "surrogateescape")
    except UnicodeEncodeError:
        raise RokError(
            ErrorKind.INVALID_ARGUMENT,
            "A name holds a character that no file's name can hold.",
            "Write bytes that are no UTF-8 as %XX.",
        ) from None
    if b"%" in raw:
        raw = _ENCODED.sub(lambda match: bytes.fromhex(match[1].decode("ascii")), raw)
    if b"\0" in raw:
        raise RokError(
            ErrorKind.INVALID_ARGUMENT, "A name holds a NUL, which no file's name can hold.", "Check the path."
        )
    return raw.decode("utf-8", "surrogateescape")


def printable(text: str) -> str:
    """Return free text with only what JSON can't carry (bytes that are no UTF-8) percent-encoded; not reversible."""
    return text if text.isascii() else _NOT_TEXT.sub(_percent, text)


def _percent(match: re.Match[str]) -> str:
    raw = match[0].encode("utf-8", "surrogateescape" if "\udc80" <= match[0] <= "\udcff" else "replace")
    return "".join(f"%{byte:02X}" for byte in raw)
