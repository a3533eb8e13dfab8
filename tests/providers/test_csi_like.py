"""The second provider: the seam must not bend to directories."""

from __future__ import annotations

from pathlib import Path

import pytest

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Consistency, SnapshotRequest
from rok_jupyter.progress import Progress
from tests.providers.conformance import ProviderConformance, take
from tests.providers.csi_driver import FakeDriver
from tests.providers.csi_like import CsiLikeProvider


@pytest.fixture
def driver(tmp_path: Path) -> FakeDriver:
    return FakeDriver(tmp_path / "storage", delay=0.01)


@pytest.fixture
def provider(driver: FakeDriver) -> CsiLikeProvider:
    return CsiLikeProvider(driver)


@pytest.fixture
def with_data(driver: FakeDriver, provider: CsiLikeProvider) -> CsiLikeProvider:
    taken = take(provider)
    provider.clone(taken, "workspace", "data", Progress())
    provider.delete([taken], Progress())
    return provider


class TestCsiLikeProvider(ProviderConformance):
    """The whole suite."""

    excludes = False
    copies_back = False


def test_a_snapshot_that_is_not_ready_yet_is_not_there(tmp_path: Path) -> None:
    driver = FakeDriver(tmp_path / "storage", delay=0.3, fails_every=10_000)
    provider = CsiLikeProvider(driver)
    progress = Progress()
    seen = []

    class Watching(Progress):
        def wait(self, seconds: float) -> None:
            seen.append((len(driver.snapshots()), len(provider.snapshots())))
            super().wait(seconds)

    progress = Watching()
    taken = provider.snapshot(SnapshotRequest(), progress)
    assert (1, 0) in seen
    assert provider.snapshots() == (taken,)
    assert taken.consistency is Consistency.ATOMIC


def test_a_driver_that_stays_busy_is_unavailable(tmp_path: Path) -> None:
    provider = CsiLikeProvider(FakeDriver(tmp_path / "storage", delay=0))
    with pytest.raises(RokError) as raised:
        CsiLikeProvider(FakeDriver(tmp_path / "storage", delay=0, fails_every=1)).snapshot(
            SnapshotRequest(), Progress()
        )
    assert raised.value.kind is ErrorKind.UNAVAILABLE
    assert provider.snapshots() == ()


def test_clones_for_reading_do_not_stay(provider: CsiLikeProvider, driver: FakeDriver) -> None:
    taken = take(provider)
    with provider.open(taken, Progress()):
        assert len(driver.volumes()) == 2
    assert len(driver.volumes()) == 1
    assert len(provider.volumes()) == 1
