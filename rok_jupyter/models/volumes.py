"""Volumes, what can be done with them, and the mounts below them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Role(StrEnum):
    """What a volume is to its user."""

    WORKSPACE = "workspace"
    DATA = "data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capability:
    """Whether something can be done, and the reason where it can't (empty where it can)."""

    available: bool
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What can be done with a volume by its provider. Ask these, never a type."""

    snapshot: Capability
    browse: Capability
    """Reading a snapshot's tree at once; where it isn't available, a view needs work first (a clone)."""
    restore_in_place: Capability
    restore_to_directory: Capability
    clone: Capability
    attach: Capability
    detach: Capability


@dataclass(frozen=True, slots=True, kw_only=True)
class Volume:
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Mount:
    """A mount found below the workspace that no volume covers: it is not snapshotted unless chosen."""

    path: str
    file_system: str
    device: str
