"""Volumes: what there is, clones of members, attaching and detaching.

Owns that these verbs speak of snapshots by reference. Doesn't own volumes (provider).
"""

from __future__ import annotations

from collections.abc import Sequence

from rok_jupyter.models import Volume, VolumeEstimate
from rok_jupyter.progress import Progress
from rok_jupyter.providers.protocol import Provider
from rok_jupyter.service.volume_lock import VolumeLocks


class Volumes:
    """The verbs on volumes."""

    def __init__(self, provider: Provider, locks: VolumeLocks) -> None:
        self._provider = provider
        self._locks = locks

    def list(self) -> tuple[Volume, ...]:
        """Return the volumes, workspace first."""
        return self._provider.volumes()

    def estimate(self, volume: str, progress: Progress) -> VolumeEstimate:
        """Say about how much a snapshot of a volume would read."""
        return self._provider.estimate(volume, progress)

    def exclude(self, volume: str, paths: Sequence[str]) -> tuple[str, ...]:
        """Leave directories out of a volume's snapshots."""
        return self._provider.exclude(volume, paths)

    def clone(self, ref: str, volume: str, new_name: str, progress: Progress) -> Volume:
        """Make a new volume from a member, while nobody deletes the snapshot."""
        snapshot = self._provider.find(ref)
        with self._locks.restoring({}, [snapshot.id]):
            return self._provider.clone(snapshot, volume, new_name, progress)

    def attach(self, volume: str, at: str, *, read_only: bool, directory: str | None) -> Volume:
        """Attach a volume at a path of the workspace."""
        return self._provider.attach(volume, at, read_only=read_only, directory=directory)

    def detach(self, volume: str) -> Volume:
        """Undo an attach."""
        return self._provider.detach(volume)
