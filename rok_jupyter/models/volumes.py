"""Volumes, what can be done with them, and the mounts below them."""

from __future__ import annotations

from enum import StrEnum

import msgspec

NOTABLE_SIZE = 10_000_000_000
"""Bytes above which a volume's first snapshot is announced."""


class Role(StrEnum):
    """What a volume is to its user."""

    WORKSPACE = "workspace"
    DATA = "data"


class Capability(msgspec.Struct, frozen=True, kw_only=True):
    """Whether something can be done, and the reason where it can't (empty where it can)."""

    available: bool
    reason: str = ""


class Capabilities(msgspec.Struct, frozen=True, kw_only=True):
    """What can be done with a volume by its provider. Ask these, never a type."""

    snapshot: Capability
    browse: Capability
    """Reading a snapshot's tree at once; where it isn't available, a view needs work first (a clone)."""
    restore_in_place: Capability
    restore_to_directory: Capability
    clone: Capability
    attach: Capability
    detach: Capability


class Volume(msgspec.Struct, frozen=True, kw_only=True):
    """A mounted tree that a user names. `path` is absolute and "" where it isn't mounted here."""

    name: str
    role: Role
    path: str
    provider: str
    capabilities: Capabilities
    read_only: bool = False
    attached_at: str | None = None
    """The path inside the workspace at which a data volume is attached by a link."""
    size: int | None = None
    """Capacity of the storage under the volume."""
    used: int | None = None
    available: int | None = None
    file_system: str | None = None


class ExcludeCandidate(msgspec.Struct, frozen=True, kw_only=True):
    """A directory that a snapshot may well leave out, such as an environment or a cache, and why."""

    path: str
    reason: str
    files: int
    size: int


class VolumeEstimate(msgspec.Struct, frozen=True, kw_only=True):
    """How much a snapshot of a volume would read, counted for some seconds at most."""

    volume: str
    path: str
    files: int
    size: int
    complete: bool
    """Whether everything was counted; else there is more."""
    is_home: bool = False
    """Whether the volume is a user's home directory, or holds it."""
    candidates: tuple[ExcludeCandidate, ...] = ()
    """What is worth leaving out, largest first."""

    @property
    def is_notable(self) -> bool:
        """Whether a user wants to hear of it before the first snapshot."""
        return self.is_home or self.size > NOTABLE_SIZE


class ExcludeResult(msgspec.Struct, frozen=True, kw_only=True):
    """The patterns that were added to what a volume's snapshots leave out; none where they were there already."""

    patterns: tuple[str, ...]


class Mount(msgspec.Struct, frozen=True, kw_only=True):
    """A mount found below the workspace that no volume covers: it is not snapshotted unless chosen."""

    path: str
    file_system: str
    device: str
