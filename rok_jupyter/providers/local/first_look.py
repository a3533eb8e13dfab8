"""A volume before its first snapshot: how large it is, and leaving parts of it out.

Owns the count's bounds, what a home directory is, and writing `.rokignore`. Doesn't own counting (engine.measure) nor
what patterns mean (engine.gitignore).
"""

from __future__ import annotations

import errno
import os
import pwd
import re
import secrets
import stat
from collections.abc import Sequence
from contextlib import closing, suppress

from rok_jupyter.engine.confined import encode_path
from rok_jupyter.engine.excludes import IGNORE_FILE
from rok_jupyter.engine.measure import measure
from rok_jupyter.engine.scan import Scanner, Target, stem_of
from rok_jupyter.engine.source import Descriptors
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import ExcludeCandidate, VolumeEstimate
from rok_jupyter.progress import Progress
from rok_jupyter.providers.local.volumes import Directory, lies_in, resolve
from rok_jupyter.state import os_errors

COUNTED_SECONDS = 10.0
_SMALLEST_CANDIDATE = 10_000_000
_MOST_CANDIDATES = 8
_SPECIAL = re.compile(r"([\\*?\[\]])")
_LARGEST_IGNORE_FILE = 1 << 20


def estimate(directory: Directory, target: Target, left_out: dict[str, str], progress: Progress) -> VolumeEstimate:
    """Count what a snapshot of a volume would read."""
    progress.begin("counting")
    with closing(Descriptors()) as descriptors:
        scanner = Scanner(descriptors, left_out=left_out)
        found = measure(scanner, stem_of([target]), seconds=COUNTED_SECONDS, progress=progress)
    candidates = [
        ExcludeCandidate(path=each.path, reason=each.reason, files=each.files, size=each.size)
        for each in found.suspects
        if each.size >= _SMALLEST_CANDIDATE and "\n" not in each.path
    ]
    return VolumeEstimate(
        volume=directory.name,
        path=directory.path,
        files=found.files,
        size=found.size,
        complete=found.complete,
        is_home=any(lies_in(home, directory.path) for home in _homes()),
        candidates=tuple(candidates[:_MOST_CANDIDATES]),
    )


def exclude(directory: Directory, paths: Sequence[str]) -> tuple[str, ...]:
    """Append patterns for exactly these directories to the volume's `.rokignore`; return those that were added."""
    with os_errors(f"Writing {IGNORE_FILE} of the volume {directory.name}"):
        descriptor = os.open(encode_path(directory.path), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            return _append(descriptor, [_pattern(path) for path in paths])
        finally:
            os.close(descriptor)


def _append(directory: int, patterns: Sequence[str]) -> tuple[str, ...]:
    before, mode = _read(directory)
    known = before.decode("utf-8", "surrogateescape").split("\n")
    added = tuple(pattern for pattern in dict.fromkeys(patterns) if pattern not in known)
    if added:
        gap = b"" if not before or before.endswith(b"\n") else b"\n"
        lines = "".join(f"{pattern}\n" for pattern in added).encode("utf-8", "surrogateescape")
        _replace(directory, before + gap + lines, mode)
    return added


def _read(directory: int) -> tuple[bytes, int]:
    """Return the file's content and mode; FAILED_PRECONDITION where something else than a plain file stands there."""
    try:
        descriptor = os.open(IGNORE_FILE, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    except FileNotFoundError:
        return b"", 0o644
    except OSError as error:
        if error.errno in (errno.ELOOP, errno.ENXIO):
            raise _not_plain() from None
        raise
    try:
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST_IGNORE_FILE:
            raise _not_plain()
        with os.fdopen(descriptor, "rb", closefd=False) as file:
            return file.read(), stat.S_IMODE(status.st_mode)
    finally:
        os.close(descriptor)


def _replace(directory: int, content: bytes, mode: int) -> None:
    """Put the new content in the file's place whole and durably."""
    temporary = f"{IGNORE_FILE}.{secrets.token_hex(8)}.tmp"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    descriptor = os.open(temporary, flags, 0o600, dir_fd=directory)
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        os.rename(temporary, IGNORE_FILE, src_dir_fd=directory, dst_dir_fd=directory)
    except BaseException:
        os.unlink(temporary, dir_fd=directory)
        raise
    os.fsync(directory)


def _pattern(path: str) -> str:
    """Return the pattern, as in .gitignore, that means exactly this directory of the volume.

    INVALID_ARGUMENT where no pattern can: for the volume itself, and for a name that holds a line's end.
    """
    if not path or "\n" in path:
        raise RokError(
            ErrorKind.INVALID_ARGUMENT,
            f"No pattern can leave out {path!r}.",
            "Choose a directory of the volume whose path has no line's end in it.",
        )
    return f"/{_SPECIAL.sub(lambda found: chr(92) + found[0], path)}/"


def _not_plain() -> RokError:
    return RokError(
        ErrorKind.FAILED_PRECONDITION,
        f"The volume's {IGNORE_FILE} is no plain file that could be added to.",
        "Mend it, or put the patterns into RokSettings.excludes.",
    )


def _homes() -> set[str]:
    """Return where this user's home directory may be: by the environment, and by the system."""
    found = {resolve(os.path.expanduser("~"))}
    with suppress(KeyError):  # a container may run with a number that has no name
        found.add(resolve(pwd.getpwuid(os.getuid()).pw_dir))
    return {home for home in found if home != "/"}
