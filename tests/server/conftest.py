"""Servers to test: one in this process (pytest-jupyter's), and real ones."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pytest_jupyter.jupyter_server import *  # noqa: F403  its hooks and fixtures, for this directory only

from tests.server.running import RunningServer


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A real server with token authentication, shared by tests that leave nothing behind."""
    running = RunningServer(tmp_path_factory.mktemp("server"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def jp_server_config(jp_root_dir: Path) -> dict[str, Any]:
    """Configure pytest-jupyter's server: the extension, and no wait for a browser."""
    return {
        "ServerApp": {"jpserver_extensions": {"rok_jupyter": True}},
        "RokSettings": {"save_wait_seconds": 0.0, "state_directory": str(jp_root_dir.parent / "state")},
    }
