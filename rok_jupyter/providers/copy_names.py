"""What a copy out of a snapshot is called, beside its original.

Pure. Owns the names: "report (from 2026-11-22 10.31).ipynb", in this machine's time, with a number where that is taken.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from datetime import datetime

LONGEST_NAME = 255
"""Bytes that a name may have on the file systems there are."""
_MOST = 1000
_BEFORE_AN_ENDING = ".tar"


def copy_names(name: str, created: datetime, *, directory: bool) -> Iterator[str]:
    """Yield names for a copy of `name` out of a snapshot of that time, the first the nicest; some hundreds of them.

    A file keeps its ending, so that the same program opens it; a long name is cut.
    """
    stem, ending = (name, "") if directory else _split(name)
    when = f" (from {created.astimezone():%Y-%m-%d %H.%M})"
    for number in itertools.islice(itertools.count(1), _MOST):
        tail = f"{when}{'' if number == 1 else f' {number}'}{ending}"
        yield f"{_cut(stem, LONGEST_NAME - len(_raw(tail)))}{tail}"


def _split(name: str) -> tuple[str, str]:
    """Split off an ending, with ".tar" before it; a name that only begins with a dot has none."""
    stem, dot, ending = name.rpartition(".")
    if not dot or not stem.strip(".") or len(_raw(ending)) > LONGEST_NAME // 4:
        return name, ""
    if stem.endswith(_BEFORE_AN_ENDING) and stem != _BEFORE_AN_ENDING:
        return stem.removesuffix(_BEFORE_AN_ENDING), f"{_BEFORE_AN_ENDING}.{ending}"
    return stem, f".{ending}"


def _cut(text: str, length: int) -> str:
    """Return the beginning of a text that has at most `length` bytes, with no character cut through."""
    while len(_raw(text)) > length:
        text = text[:-1]
    return text


def _raw(text: str) -> bytes:
    return text.encode("utf-8", "surrogateescape")
