"""The local provider passes the suite that every provider passes."""

from __future__ import annotations

from pathlib import Path

import pytest

from rok_jupyter.config import RokSettings
from rok_jupyter.providers.protocol import Provider
from rok_jupyter.providers.registry import open_provider
from tests.providers.conformance import ProviderConformance


def open_local(tmp_path: Path, **data_volumes: str) -> Provider:
    (tmp_path / "workspace").mkdir(exist_ok=True)
    settings = RokSettings(
        workspace=str(tmp_path / "workspace"), state_directory=str(tmp_path / "state"), data_volumes=data_volumes
    )
    opened = open_provider(settings)
    assert opened.repository is not None
    opened.repository.get_or_create()
    return opened.provider


class TestLocalProvider(ProviderConformance):
    """The whole suite."""

    @pytest.fixture
    def provider(self, tmp_path: Path) -> Provider:
        return open_local(tmp_path)

    @pytest.fixture
    def with_data(self, tmp_path: Path) -> Provider:
        (tmp_path / "data").mkdir()
        return open_local(tmp_path, data=str(tmp_path / "data"))
