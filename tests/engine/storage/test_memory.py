"""The backend in memory keeps the rules of all backends."""

from __future__ import annotations

import pytest

from rok_jupyter.engine.storage.memory import MemoryBackend
from tests.engine.storage.conformance import BackendConformance


class TestMemoryBackend(BackendConformance):
    @pytest.fixture
    def backend(self) -> MemoryBackend:
        return MemoryBackend()
