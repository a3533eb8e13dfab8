"""What a description is made of, and how numbers, times and foreign text are spelled.

Owns the neutral form between values and surfaces. Blocks hold text as it is: `visible` is applied by who writes it out.
"""

from __future__ import annotations

import re
from datetime import datetime
from enum import StrEnum

import msgspec

_CONTROLS = "\x00-\x1f\x7f-\x9f"
_DIRECTIONS = "\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff"
_SURROGATES = "\ud800-\udfff"
_INVISIBLE = re.compile(f"[{_CONTROLS}{_DIRECTIONS}{_SURROGATES}]")
_INVISIBLE_IN_LINES = re.compile(f"(?![\n\t])[{_CONTROLS}{_DIRECTIONS}{_SURROGATES}]")
_UNITS = ("KiB", "MiB", "GiB", "TiB", "PiB")


class Tone(StrEnum):
    """How much a line wants to be seen."""

    PLAIN = "plain"
    STRONG = "strong"
    WARNING = "warning"


class Line(msgspec.Struct, frozen=True):
    """One sentence."""

    text: str
    tone: Tone = Tone.PLAIN


class Facts(msgspec.Struct, frozen=True):
    """Names with their values, one below the other."""

    rows: tuple[tuple[str, str], ...]


class Table(msgspec.Struct, frozen=True):
    """Rows under columns; `numbers` are the columns that are aligned to the right."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: frozenset[int] = frozenset()


class Lines(msgspec.Struct, frozen=True):
    """Text that keeps its lines, as a unified diff does."""

    title: str
    lines: tuple[str, ...]


Block = Line | Facts | Table | Lines


def visible(text: str, *, lines: bool = False) -> str:
    """Return text in which nothing is invisible or moves a cursor; `lines` lets newlines and tabs stand."""
    return (_INVISIBLE_IN_LINES if lines else _INVISIBLE).sub(_percent, text)


def size(count: int | None) -> str:
    """Return a number of bytes as people read it; "" for None."""
    if count is None:
        return ""
    if count < 1024:
        return f"{count} B"
    value = count / 1024
    units = iter(_UNITS)
    unit = next(units)
    while value >= 1023.95 and unit != _UNITS[-1]:
        value, unit = value / 1024, next(units)
    return f"{value:.1f} {unit}"


def amount(count: int, noun: str, plural: str = "") -> str:
    """Return a count with its noun: "1 file", "2,000 files"."""
    return f"{count:,} {noun if count == 1 else plural or noun + 's'}"


def moment(time: datetime | None) -> str:
    """Return a time on this machine's clock; "" for None."""
    return "" if time is None else time.astimezone().strftime("%Y-%m-%d %H:%M:%S")


def duration(seconds: float) -> str:
    """Return a time span: "0.4 s", "12 s", "3:05", "1:02:03"."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    minutes, rest = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"


def _percent(match: re.Match[str]) -> str:
    raw = match[0].encode("utf-8", "surrogateescape" if "\udc80" <= match[0] <= "\udcff" else "replace")
    return "".join(f"%{byte:02X}" for byte in raw)
