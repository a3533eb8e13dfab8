"""The state of everything at a glance."""

from __future__ import annotations

from datetime import datetime

import msgspec

from rok_jupyter.models.policies import Policy
from rok_jupyter.models.repositories import RepositoryInfo
from rok_jupyter.models.restores import InterruptedRestore
from rok_jupyter.models.snapshots import Snapshot
from rok_jupyter.models.volumes import Mount, Volume


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What `rok status` shows."""

    workspace: str
    provider: str
    volumes: tuple[Volume, ...]
    repository: RepositoryInfo
    policy: Policy
    mounts: tuple[Mount, ...] = ()
    last_snapshot: Snapshot | None = None
    next_scheduled: datetime | None = None
    schedule_error: str | None = None
    """Why the last scheduled snapshot failed, None where it did not."""
    interrupted_restores: tuple[InterruptedRestore, ...] = ()
    warnings: tuple[str, ...] = ()
    version: str = ""
    """The version of rok-jupyter that answers."""
    owner: str = ""
    """Whose snapshots are taken here, in a repository that several share; "" where nothing can tell."""
