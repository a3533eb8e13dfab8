"""Which part of the service gets what: the only place that makes them.

Owns the wiring. Doesn't own any behaviour.
"""

from __future__ import annotations

import os
from pathlib import Path

import msgspec

from rok_jupyter.config import RokSettings
from rok_jupyter.providers.registry import OpenedProvider
from rok_jupyter.service.forgetting import Forgetting
from rok_jupyter.service.journal import Journal
from rok_jupyter.service.live_files import LiveFiles
from rok_jupyter.service.notebooks import Notebooks
from rok_jupyter.service.overview import Overview
from rok_jupyter.service.policy import Policies
from rok_jupyter.service.repository_door import RepositoryDoor
from rok_jupyter.service.restore import Restores
from rok_jupyter.service.room import Room
from rok_jupyter.service.schedule import Scheduler
from rok_jupyter.service.snapshots import Snapshots
from rok_jupyter.service.undo import Undo
from rok_jupyter.service.upkeep import Upkeep
from rok_jupyter.service.volume_lock import VolumeLocks
from rok_jupyter.service.volumes import Volumes


class Parts(msgspec.Struct, frozen=True, kw_only=True):
    """What a service is made of."""

    snapshots: Snapshots
    restores: Restores
    undo: Undo
    upkeep: Upkeep
    forgetting: Forgetting
    policies: Policies
    schedule: Scheduler
    overview: Overview
    volumes: Volumes
    live_files: LiveFiles
    notebooks: Notebooks


def compose(settings: RokSettings, opened: OpenedProvider) -> Parts:
    """Make the parts for one configuration."""
    provider = opened.provider
    door = None if opened.repository is None else RepositoryDoor(settings, opened.repository)
    state = settings.locations
    workspace = _resolved(settings.workspace)
    locks = VolumeLocks(state.locks)
    journal = Journal(state.journal, workspace)
    policies = Policies(state.policy_file)
    upkeep = Upkeep(provider, door)
    room = Room(
        size_limit=settings.repository_size_limit,
        disk_margin=settings.disk_margin,
        measure_size=upkeep.size,
        measure_free=upkeep.free,
    )
    snapshots = Snapshots(provider, locks, journal, prepare=upkeep.prepare, room=room)
    restores = Restores(provider, snapshots, locks, journal)
    undo = Undo(provider, restores, locks, journal, lock_file=state.locks / "undo.lock")
    forgetting = Forgetting(provider, snapshots, upkeep, policies, journal=journal, locks=locks)
    schedule = Scheduler(state.root, workspace, policies, snapshots=snapshots, forgetting=forgetting)
    live_files = LiveFiles(provider, _private(settings))
    return Parts(
        snapshots=snapshots,
        restores=restores,
        undo=undo,
        upkeep=upkeep,
        forgetting=forgetting,
        policies=policies,
        schedule=schedule,
        overview=Overview(provider, upkeep, policies, scheduler=schedule, undo=undo),
        volumes=Volumes(provider, locks),
        live_files=live_files,
        notebooks=Notebooks(provider, live_files),
    )


def _private(settings: RokSettings) -> tuple[str, ...]:
    """Return the places of what no snapshot holds and nobody is to read through us."""
    return str(settings.locations.root), settings.repository_location, settings.password_location


def _resolved(workspace: str) -> str:
    """Return the workspace's place, by which its records are told from those of others; "" where none is named."""
    if not workspace:
        return ""
    path = str(Path(workspace).expanduser().absolute()).encode("utf-8", "surrogateescape")
    return os.path.realpath(path).decode("utf-8", "surrogateescape")
