"""The header Range (RFC 9110, section 14): one range of bytes.

Pure. What is malformed, of another unit or of several ranges is ignored, as the RFC allows: the whole is answered.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

_ONE_RANGE = re.compile(r"bytes=([0-9]*)-([0-9]*)", re.ASCII)
_MOST_DIGITS = 19


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Which bytes are answered; `partial` where a range was asked for."""

    start: int
    length: int
    partial: bool


def requested_span(header: str | None, size: int) -> Span | None:
    """Return which bytes of `size` a header asks for, None where it asks for none that are there (416)."""
    whole = Span(start=0, length=size, partial=False)
    match = _ONE_RANGE.fullmatch((header or "").strip())
    if match is None or match[1] == match[2] == "" or max(map(len, match.groups())) > _MOST_DIGITS:
        return whole
    if match[1] == "":
        length = min(int(match[2]), size)
        return Span(start=size - length, length=length, partial=True) if length else None
    start, end = int(match[1]), int(match[2] or size - 1)
    if match[2] and end < start:
        return whole
    if start >= size:
        return None
    return Span(start=start, length=min(end, size - 1) - start + 1, partial=True)
