"""Times as a repository writes them: RFC 3339 text with nanoseconds, as Go does it.

Owns the exact translation between that text and nanoseconds since the epoch. Doesn't own clocks.
"""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from functools import lru_cache

from rok_jupyter.errors import ErrorKind, RokError

GO_ZERO = "0001-01-01T00:00:00Z"
"""Go's zero time, which stands for "not known"."""

_NANOSECONDS = 10**9
_EPOCH = datetime(1970, 1, 1)  # naive on purpose: it is for arithmetic only, always UTC
_EPOCH_DAY = _EPOCH.toordinal()
_DAYS_OF_400_YEARS = 146_097
_FIRST_SECOND = -62_135_596_800
_LAST_SECOND = 253_402_300_799
_PATTERN = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt](\d\d):(\d\d):(\d\d)(?:[.,](\d+))?(?:[Zz]|([+-])(\d\d):(\d\d))", re.ASCII
)


def ns_to_text(nanoseconds: int) -> str:
    """Write nanoseconds since the epoch as UTC; what lies outside the years 1 to 9999 is moved to their edge."""
    seconds, fraction = divmod(nanoseconds, _NANOSECONDS)
    head = _second_to_text(seconds)
    if not fraction:
        return head + "Z"
    return f"{head}.{fraction:09d}".rstrip("0") + "Z"


def text_to_ns(text: str) -> int:
    """Read nanoseconds since the epoch from text of any offset; raises DATA_LOSS where it is no time."""
    match = _PATTERN.fullmatch(text)
    if match is None:
        raise RokError(ErrorKind.DATA_LOSS, f"{text[:40]!r} in the repository is no time.")
    year, month, day, hour, minute, second, fraction, sign, offset_hours, offset_minutes = match.groups()
    seconds = _days(year, month, day) * 86_400 + int(hour) * 3600 + int(minute) * 60 + int(second)
    if sign:
        offset = int(offset_hours) * 3600 + int(offset_minutes) * 60
        seconds += -offset if sign == "+" else offset
    return seconds * _NANOSECONDS + (int(fraction[:9].ljust(9, "0")) if fraction else 0)


# Files of one tree share seconds and days: most of these are found again.
@lru_cache(maxsize=1024)
def _second_to_text(seconds: int) -> str:
    bounded = min(max(seconds, _FIRST_SECOND), _LAST_SECOND)
    return (_EPOCH + timedelta(seconds=bounded)).isoformat()


@lru_cache(maxsize=1024)
def _days(year: str, month: str, day: str) -> int:
    """Days since the epoch; the year 0, which Python's dates lack and Go's have, is counted in the cycle after it."""
    try:
        return date(int(year) + 400, int(month), int(day)).toordinal() - _EPOCH_DAY - _DAYS_OF_400_YEARS
    except ValueError:
        pass
    try:
        return date(int(year), int(month), int(day)).toordinal() - _EPOCH_DAY
    except ValueError as error:
        raise RokError(ErrorKind.DATA_LOSS, f"'{year}-{month}-{day}' in the repository is no date.") from error
