"""What a snapshot leaves out: by patterns, as a cache, or because it is this very file.

Owns how lists of patterns of several directories add up (the deepest one that speaks decides, as with .gitignore), and
the marks of caches. Doesn't own the grammar of a pattern (gitignore), nor mounts and sockets (scan).
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping

import msgspec

from rok_jupyter.engine.gitignore import PatternList
from rok_jupyter.engine.source import read_small_file

IGNORE_FILE = ".rokignore"
CACHE_TAG = "CACHEDIR.TAG"
_CACHE_SIGNATURE = b"Signature: 8a477f597d28d172789f06886806bc55"
"""Source: https://bford.info/cachedir/"""
_IGNORE_FILE_BYTES = 1 << 20

Identity = tuple[int, int]
"""Device and inode: which file it is, whatever path leads to it."""


class Exclusions(msgspec.Struct, frozen=True):
    """The lists of patterns that count in one directory of a volume, innermost first."""

    patterns: PatternList
    offset: int
    """Length of the path, in the volume and with a slash at its end, of the directory that the list belongs to."""
    outer: Exclusions | None = None

    def leave_out(self, path: str, name: str, *, directory: bool) -> bool:
        """Whether the entry at `path`, relative to the volume, is left out."""
        exclusions: Exclusions | None = self
        while exclusions is not None:
            verdict = exclusions.patterns.verdict(path[exclusions.offset :], name, directory=directory)
            if verdict is not None:
                return verdict
            exclusions = exclusions.outer
        return False


def with_patterns(lines: Iterable[str], offset: int, outer: Exclusions | None) -> Exclusions | None:
    """Add a directory's list, which speaks first; an empty one changes nothing."""
    patterns = PatternList(lines)
    return Exclusions(patterns, offset, outer) if patterns else outer


def read_ignore_file(directory: int) -> list[str]:
    """Return the lines of a directory's `.rokignore`; raises OSError where it is there and can't be read."""
    content = read_small_file(directory, IGNORE_FILE.encode(), _IGNORE_FILE_BYTES)
    return content.decode("utf-8", "surrogateescape").split("\n") if content else []


def is_cache(directory: int) -> bool:
    """Whether a directory says with its CACHEDIR.TAG that its content can be made again."""
    try:
        content = read_small_file(directory, CACHE_TAG.encode(), len(_CACHE_SIGNATURE))
    except OSError:
        return False
    return content == _CACHE_SIGNATURE


def identities(paths: Mapping[str, str]) -> dict[Identity, str]:
    """Turn absolute paths, each with the reason why it is left out, into what is there now; links are followed."""
    found: dict[Identity, str] = {}
    for path, reason in paths.items():
        try:
            status = os.stat(path.encode("utf-8", "surrogateescape"))
        except OSError:
            continue
        found[status.st_dev, status.st_ino] = reason
    return found
