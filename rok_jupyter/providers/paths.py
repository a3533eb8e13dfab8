"""How a user names a place inside a snapshot: VOLUME:PATH, or PATH of the workspace.

Owns the grammar and what a path may be: relative, "/" between names, "" for a volume's root, no "..". Doesn't own
percent-encoding, which the surfaces decode first.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Member, Role


class VolumePath(msgspec.Struct, frozen=True):
    """A place: a volume's name and a path relative to the volume."""

    volume: str
    path: str

    def __str__(self) -> str:
        return f"{self.volume}:{self.path}"

    def contains(self, path: str) -> bool:
        """Whether `path` of the same volume is this place or lies below it."""
        return self.path in ("", path) or path.startswith(self.path + "/")


def clean_path(path: str) -> str:
    """Return `path` without needless slashes and dots.

    INVALID_ARGUMENT where it is absolute, leads up by "..", or holds a NUL.
    """
    parts = [part for part in path.split("/") if part not in ("", ".")]
    if path.startswith("/") or ".." in parts or "\0" in path:
        raise RokError(
            ErrorKind.INVALID_ARGUMENT,
            f"The path {path!r} leads outside its volume.",
            "Give a path relative to the volume, without '..'.",
        )
    return "/".join(parts)


def main_member(members: Sequence[Member]) -> Member:
    """Return the member that a path without a volume means: the workspace, else the first."""
    return next((member for member in members if member.role is Role.WORKSPACE), members[0])


def parse_volume_path(text: str, members: Sequence[Member]) -> VolumePath:
    """Return the place that `text` names in a snapshot of `members`.

    What stands before a ":" is a volume only where a member has that name, since a file's name may hold a ":" too.
    NOT_FOUND where there are no members; INVALID_ARGUMENT as `clean_path`.
    """
    if not members:
        raise RokError(ErrorKind.NOT_FOUND, "The snapshot holds no volume.", "Check the repository with `rok check`.")
    volume, separator, path = text.partition(":")
    if separator and any(member.volume == volume for member in members):
        return VolumePath(volume, clean_path(path))
    return VolumePath(main_member(members).volume, clean_path(text))


def place_in(members: Sequence[Member], volume: str | None, path: str) -> VolumePath:
    """Return the place in a snapshot of `members`, of whose main one where `volume` is None; NOT_FOUND as they do."""
    member = main_member(members) if volume is None else find_member(members, volume)
    return VolumePath(member.volume, clean_path(path))


def find_member(members: Sequence[Member], volume: str) -> Member:
    """Return the member of that name; NOT_FOUND names those that there are."""
    for member in members:
        if member.volume == volume:
            return member
    names = ", ".join(member.volume for member in members)
    raise RokError(ErrorKind.NOT_FOUND, f"The snapshot has no volume {volume!r}.", f"It holds: {names}.")
