"""How things stand, in one value.

Owns what a user is warned of. A repository that is missing or broken makes a warning here and never an error: whoever
asks how things stand wants to be told.
"""

from __future__ import annotations

from datetime import UTC, datetime

from rok_jupyter import __version__
from rok_jupyter.errors import RokError
from rok_jupyter.models import Policy, RepositoryInfo, Role, Snapshot, Status, Volume
from rok_jupyter.providers.protocol import Provider
from rok_jupyter.service.policy import Policies
from rok_jupyter.service.schedule import Scheduler
from rok_jupyter.service.undo import Undo
from rok_jupyter.service.upkeep import Upkeep


class Overview:
    """Answers `rok status`."""

    def __init__(
        self, provider: Provider, upkeep: Upkeep, policies: Policies, *, scheduler: Scheduler, undo: Undo
    ) -> None:
        self._provider = provider
        self._upkeep = upkeep
        self._policies = policies
        self._scheduler = scheduler
        self._undo = undo

    def status(self) -> Status:
        """Say how things stand; raises only where there is no workspace to speak of."""
        volumes = self._provider.volumes()
        repository = self._upkeep.info()
        warnings = list(repository.warnings) if repository.location else []  # none of ours is no fault
        last = self._last_snapshot(repository, warnings)
        policy = self._policy(warnings)
        owner = self._owner(warnings)
        interrupted = self._undo.interrupted()
        for restore in interrupted:
            warnings.append(
                f"A restore of {restore.snapshot[:8]} was interrupted: {restore.finish_command} finishes it, "
                f"{restore.undo_command} undoes it."
            )
        due = self._scheduler.next_due(datetime.now(UTC)) if policy.schedule.every_minutes else None
        return Status(
            workspace=_workspace(volumes),
            provider=self._provider.name,
            volumes=volumes,
            repository=repository,
            policy=policy,
            mounts=self._provider.mounts(),
            last_snapshot=last,
            next_scheduled=due,
            schedule_error=self._scheduler.record().error if policy.schedule.every_minutes else None,
            interrupted_restores=interrupted,
            warnings=tuple(dict.fromkeys(warnings)),
            version=__version__,
            owner=owner,
        )

    def _owner(self, warnings: list[str]) -> str:
        try:
            return self._provider.owner()
        except RokError as error:
            warnings.append(str(error))
            return ""

    def _last_snapshot(self, repository: RepositoryInfo, warnings: list[str]) -> Snapshot | None:
        if repository.location and repository.id is None:
            return None  # it isn't there, or the reason why it can't be opened is told already
        try:
            return next(iter(self._provider.snapshots()), None)
        except RokError as error:
            warnings.append(str(error))
            return None

    def _policy(self, warnings: list[str]) -> Policy:
        try:
            return self._policies.get()
        except RokError as error:
            warnings.append(str(error))
            return Policy()


def _workspace(volumes: tuple[Volume, ...]) -> str:
    return next((volume.path for volume in volumes if volume.role is Role.WORKSPACE), "")
