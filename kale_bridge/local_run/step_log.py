"""What a failing step printed, brought down to what its user needs.

Owns finding it in the step's log. Kale goes on with the cells after one that failed, and reports each: the first report
is the reason.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

_PREFIX = re.compile(r"^\S+ \S+ Kale \w+:\d+\s+\[\w+\] {0,6}")
_BEGIN = "Cell Execution Error"
_END = re.compile(r"=+")
_RULE = re.compile(r"-+")
_LAST_LINES = 40


def reason_of_failure(log: Path) -> tuple[str, ...]:
    """Return Kale's first report of a cell that failed; where there is none, the last lines of the log."""
    try:
        lines = log.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    return _first_report(lines) or tuple(line for line in lines if line.strip())[-_LAST_LINES:]


def _first_report(lines: Sequence[str]) -> tuple[str, ...]:
    begin = next((number for number, line in enumerate(lines) if _BEGIN in line), None)
    if begin is None:
        return ()
    found: list[str] = []
    for line in lines[begin + 1 :]:
        text = _PREFIX.sub("", line).rstrip()
        if _END.fullmatch(text):
            break
        if text and not _RULE.fullmatch(text.strip()):
            found.append(text)
    return tuple(found[:_LAST_LINES])
