"""Volumes, what can be done with them, and the mounts below them."""

from __future__ import annotations

from enum import StrEnum

import msgspec


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


class Mount(msgspec.Struct, frozen=True, kw_only=True):
    """A mount found below the workspace that no volume covers: it is not snapshotted unless chosen."""

    path: str
    file_system: str
    device: str
