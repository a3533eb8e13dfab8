"""A live directory's entries and their states, and one number by which a later look tells whether any has changed.

Owns that listing and that number. Doesn't own what a plan makes of them (restore_planner).
"""

from __future__ import annotations

import os

import msgspec

_MASK = (1 << 64) - 1


class LiveListing(msgspec.Struct, frozen=True):
    """What a directory holds. `statuses` lack entries that could not be looked at; `print` is of all of it.

    Prints are comparable within one process. Two states of a directory share one by chance only, once in 2^64: an entry
    that changes in whatever way gets another ctime.
    """

    names: frozenset[bytes]
    statuses: dict[bytes, os.stat_result]
    print: int


def list_live(descriptor: int) -> LiveListing:
    """List an open directory; what vanishes meanwhile is left out. Raises OSError where it can't be listed."""
    statuses: dict[bytes, os.stat_result] = {}
    names: set[bytes] = set()
    print_ = _print_of(b".", os.fstat(descriptor))
    with os.scandir(descriptor) as entries:
        for entry in entries:
            name = os.fsencode(entry.name)
            try:
                status = entry.stat(follow_symlinks=False)
            except FileNotFoundError:
                continue
            except OSError:
                names.add(name)
                continue
            names.add(name)
            statuses[name] = status
            print_ += _print_of(name, status)
    return LiveListing(frozenset(names), statuses, print_ & _MASK)


def _print_of(name: bytes, status: os.stat_result) -> int:
    return hash((name, status.st_ino, status.st_size, status.st_mtime_ns, status.st_ctime_ns, status.st_mode))
