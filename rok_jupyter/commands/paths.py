"""What a user types for a path of a snapshot: `PATH`, or `VOLUME:PATH` where a snapshot has several volumes.

Owns the splitting and the percent-encoding of typed paths. Doesn't own what a path may be: the service judges that.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from rok_jupyter.commands.grammar import UsageError
from rok_jupyter.errors import ErrorKind, RokError

if TYPE_CHECKING:
    from rok_jupyter.models import Snapshot


def typed_names(texts: Sequence[str]) -> tuple[str, ...]:
    """Return the names that typed texts spell."""
    from rok_jupyter.wire.names import decode_name

    return tuple(decode_name(text) for text in texts)


def split_path(snapshot: Snapshot, text: str) -> tuple[str | None, str]:
    """Return the member and the path inside it that a typed path means; None stands for the first member.

    INVALID_ARGUMENT where no member is named and the snapshot has several of which none is the workspace.
    """
    (name,) = typed_names([text])
    volume, colon, path = name.partition(":")
    if colon and any(member.volume == volume for member in snapshot.members):
        return volume, path.strip("/")
    if len(snapshot.members) > 1 and snapshot.members[0].role != "workspace":
        names = ", ".join(member.volume for member in snapshot.members)
        raise RokError(
            ErrorKind.INVALID_ARGUMENT,
            f"The snapshot has several volumes ({names}), and the path doesn't say which one.",
            f"Write it as {snapshot.members[0].volume}:PATH.",
        )
    return None, name.rstrip("/")


def absolute_target(text: str) -> str:
    """Return the absolute path of a directory or file of this machine that a user typed."""
    return os.path.abspath(os.path.expanduser(text))


def moved_volumes(texts: Iterable[str]) -> dict[str, str]:
    """Return where volumes are now, by name, as `--volume-at NAME=DIR` says it; raise UsageError for another form."""
    return dict(map(_moved, texts))


def _moved(text: str) -> tuple[str, str]:
    name, equals, directory = text.partition("=")
    if not (name and equals and directory):
        raise UsageError(f"--volume-at takes NAME=DIR, not {text!r}.", "For example: --volume-at data=/mnt/data")
    return name, absolute_target(directory)
