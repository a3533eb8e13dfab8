"""A workspace and a state directory of its own for each test."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pytest

from rok_jupyter.config import RokSettings
from rok_jupyter.models import Difference, RestorePlan, RestoreRequest, RestoreResult, Snapshot, SnapshotRequest
from rok_jupyter.progress import Progress
from rok_jupyter.providers.local.provider import LocalProvider
from rok_jupyter.providers.local.repositories import RepositoryAccess
from tests.restic import Restic


@dataclass(frozen=True)
class Local:
    """A local provider with its surroundings, and short forms of its verbs."""

    settings: RokSettings
    workspace: Path
    access: RepositoryAccess
    provider: LocalProvider

    @classmethod
    def make(cls, settings: RokSettings) -> Local:
        access = RepositoryAccess(settings)
        access.get_or_create()
        return cls(settings, Path(settings.workspace), access, LocalProvider(settings, access))

    def again(self, **changes: object) -> Local:
        """The same as another process sees it, with some settings changed."""
        names = ("workspace", "state_directory", "owner", "data_volumes", "repository", "password_file")
        values = {name: getattr(self.settings, name) for name in names}
        return Local.make(RokSettings(**{**values, **changes}))

    def take(self, **request: object) -> Snapshot:
        return self.provider.snapshot(SnapshotRequest(**request), Progress())  # type: ignore[arg-type]

    def plan(self, snapshot: Snapshot, **request: object) -> RestorePlan:
        return self.provider.plan_restore(
            RestoreRequest(snapshot=snapshot.id, **request),  # type: ignore[arg-type]
            Progress(),
        )

    def restore(self, snapshot: Snapshot, **request: object) -> RestoreResult:
        return self.provider.restore(self.plan(snapshot, **request), Progress())

    def diff(self, before: Snapshot, after: Snapshot | None = None) -> Difference:
        return self.provider.difference(before, after, (), Progress())

    def names(self, snapshot: Snapshot, path: str = "", volume: str = "workspace") -> list[str]:
        with self.provider.open(snapshot, Progress()) as view:
            return [entry.path.rpartition("/")[2] for entry in view.children(volume, path)]

    def read(self, snapshot: Snapshot, path: str, volume: str = "workspace") -> bytes:
        with self.provider.open(snapshot, Progress()) as view:
            return b"".join(view.read(volume, path))

    def restic(self, restic: Restic) -> Restic:
        return restic.at(self.access.location, self.access.password())


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    directory = tmp_path / "workspace"
    directory.mkdir()
    return directory


@pytest.fixture
def settings(tmp_path: Path, workspace: Path) -> RokSettings:
    return RokSettings(workspace=str(workspace), state_directory=str(tmp_path / "state"), owner="tester")


@pytest.fixture
def local(settings: RokSettings) -> Local:
    return Local.make(settings)
