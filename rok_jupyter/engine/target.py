"""The directory that a restore goes to: whether it is there, empty, and how it is made.

Owns the target directory itself, whose path the user gave (links in it are followed, as the user's own choice). Doesn't
own what is below it (confined).
"""

from __future__ import annotations

import os
import stat

from rok_jupyter.engine.confined import encode_path
from rok_jupyter.errors import ErrorKind, RokError


def is_there(target: str) -> bool:
    """Whether the target is a directory; FAILED_PRECONDITION where something else stands there or it can't be seen."""
    try:
        status = os.stat(_checked(target))
    except FileNotFoundError:
        return False
    except OSError as error:
        raise RokError(
            ErrorKind.FAILED_PRECONDITION, f"The target {target} can't be used: {error.strerror}.", "Choose another."
        ) from error
    if not stat.S_ISDIR(status.st_mode):
        raise RokError(
            ErrorKind.FAILED_PRECONDITION, f"The target {target} is no directory.", "Choose another, or remove it."
        )
    return True


def require_empty(target: str) -> None:
    """Raise FAILED_PRECONDITION where the target directory holds anything."""
    if not is_there(target):
        return
    with os.scandir(_checked(target)) as entries:
        empty = next(entries, None) is None
    if not empty:
        raise RokError(
            ErrorKind.FAILED_PRECONDITION,
            f"The target directory {target} is not empty.",
            "Choose a directory that is empty or doesn't exist yet, or restore in place.",
        )


def make_target(target: str) -> None:
    """Make the target directory where it is missing, and those above it."""
    os.makedirs(_checked(target), mode=0o777, exist_ok=True)


def nearest_existing(target: str) -> bytes:
    """Return the target, or the nearest directory above it that exists."""
    path = _checked(target)
    while not os.path.isdir(path):
        path = os.path.dirname(path)
    return path


def _checked(target: str) -> bytes:
    path = encode_path(target)
    if not path.startswith(b"/") or b"\0" in path:
        raise RokError(
            ErrorKind.INVALID_ARGUMENT, f"The target {target!r} is no absolute path.", "Give an absolute path."
        )
    return path
