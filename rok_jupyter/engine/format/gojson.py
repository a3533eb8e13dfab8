"""JSON as Go's encoding/json writes it, and names as strconv.Quote does.

Trees of equal content must be equal bytes, ours and restic's, or they aren't found again. Owns this spelling. Doesn't
own what is spelled.
"""

from __future__ import annotations

import re

import msgspec

from rok_jupyter.errors import ErrorKind, RokError

_ENCODER = msgspec.json.Encoder()
# Go escapes these so that JSON may stand in HTML and JavaScript; they can occur inside strings only.
_HTML = (
    (b"<", b"\\u003c"),
    (b">", b"\\u003e"),
    (b"&", b"\\u0026"),
    ("\u2028".encode(), b"\\u2028"),
    ("\u2029".encode(), b"\\u2029"),
)
_SHORT = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
_SHORT |= {'"': '\\"', "\\": "\\\\"}
_UNESCAPED = {escape[1]: character.encode() for character, escape in _SHORT.items()}
_ESCAPE = re.compile(
    r'\\(?:([abfnrtv\\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3}))|\\', re.ASCII
)
_NOT_UTF8 = re.compile("[\udc80-\udcff]")
_FIRST_SURROGATE_ESCAPE = 0xDC80
_LAST_SURROGATE_ESCAPE = 0xDCFF


def encode(value: object) -> bytes:
    """Encode as Go does; strings must be free of lone surrogates (UnicodeEncodeError)."""
    content = _ENCODER.encode(value)
    for plain, escaped in _HTML:
        if plain in content:
            content = content.replace(plain, escaped)
    return content


def tolerant(text: str) -> str | msgspec.Raw:
    """Return text that can be encoded: itself, or where bytes of it are no UTF-8 its JSON with Go's sign for each."""
    pieces = _NOT_UTF8.split(text)
    if len(pieces) == 1:
        return text
    return msgspec.Raw(b'"' + b"\\ufffd".join(_ENCODER.encode(piece)[1:-1] for piece in pieces) + b'"')


def quote(name: str) -> str:
    """Write a name as strconv.Quote does, without the quotes around it; bytes that are no UTF-8 become \\xNN."""
    if name.isprintable() and '"' not in name and "\\" not in name:
        return name
    return "".join(map(_quote_character, name))


def unquote(quoted: str) -> str:
    """Read a name that `quote` or Go wrote; raises DATA_LOSS where it is malformed."""
    if "\\" not in quoted:
        return quoted
    parts = []
    position = 0
    for match in _ESCAPE.finditer(quoted):
        parts.append(quoted[position : match.start()].encode("utf-8", "surrogateescape"))
        parts.append(_unescape(match))
        position = match.end()
    parts.append(quoted[position:].encode("utf-8", "surrogateescape"))
    return b"".join(parts).decode("utf-8", "surrogateescape")


def _quote_character(character: str) -> str:
    code = ord(character)
    if character in _SHORT:
        return _SHORT[character]
    if character.isprintable():
        return character
    if _FIRST_SURROGATE_ESCAPE <= code <= _LAST_SURROGATE_ESCAPE:
        return f"\\x{code - 0xDC00:02x}"
    if code < 0x20 or code == 0x7F:
        return f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _unescape(match: re.Match[str]) -> bytes:
    short, byte, four, eight, octal = match.groups()
    if short:
        return _UNESCAPED[short]
    try:
        if byte or octal:
            return bytes([int(byte, 16) if byte else int(octal, 8)])
        if four or eight:
            return chr(int(four or eight, 16)).encode()
    except ValueError as error:
        raise _malformed(match.string) from error
    raise _malformed(match.string)


def _malformed(quoted: str) -> RokError:
    return RokError(ErrorKind.DATA_LOSS, f"The name {quoted[:80]!r} in a tree is malformed.")
