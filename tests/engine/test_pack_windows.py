"""Pieces of packs read by way of windows."""

from __future__ import annotations

import os

import pytest

from rok_jupyter.engine.format.ids import Id, hash_of
from rok_jupyter.engine.pack_windows import PackWindows
from rok_jupyter.engine.storage.backend import FileKind
from rok_jupyter.engine.storage.memory import MemoryBackend
from rok_jupyter.errors import RokError

WINDOW = 256 << 10
CONTENT = os.urandom(3 * WINDOW + 1000)


class CountingBackend(MemoryBackend):
    def __init__(self) -> None:
        super().__init__()
        self.loads = 0

    def load(self, kind: FileKind, file_id: Id, *, offset: int = 0, length: int | None = None) -> bytes:
        self.loads += 1
        return super().load(kind, file_id, offset=offset, length=length)


@pytest.fixture
def backend() -> CountingBackend:
    backend = CountingBackend()
    backend.create()
    backend.save(FileKind.DATA, hash_of(CONTENT), CONTENT)
    return backend


@pytest.mark.parametrize(
    ("offset", "length"),
    [(0, 10), (WINDOW - 5, 10), (WINDOW, WINDOW), (100, 3 * WINDOW), (3 * WINDOW + 990, 10), (0, len(CONTENT))],
)
def test_a_piece_is_what_the_pack_holds_there(backend: CountingBackend, offset: int, length: int) -> None:
    assert PackWindows(backend).read(hash_of(CONTENT), offset, length) == CONTENT[offset : offset + length]


@pytest.mark.parametrize("offset", [3 * WINDOW + 990, 4 * WINDOW, 9 * WINDOW])
def test_a_piece_beyond_the_packs_end_is_short(backend: CountingBackend, offset: int) -> None:
    assert PackWindows(backend).read(hash_of(CONTENT), offset, 5000) == CONTENT[offset:]


def test_neighbours_are_read_at_once(backend: CountingBackend) -> None:
    windows = PackWindows(backend)
    for offset in range(0, WINDOW, 1000):
        windows.read(hash_of(CONTENT), offset, 100)
    assert backend.loads == 1


def test_what_is_gone_is_told_and_what_was_forgotten_is_read_anew(backend: CountingBackend) -> None:
    windows = PackWindows(backend)
    windows.read(hash_of(CONTENT), 0, 1)
    backend.remove(FileKind.DATA, hash_of(CONTENT))
    assert windows.read(hash_of(CONTENT), 0, 1) == CONTENT[:1]
    windows.forget(hash_of(CONTENT))
    with pytest.raises(RokError):
        windows.read(hash_of(CONTENT), 0, 1)


def test_few_windows_are_kept(backend: CountingBackend) -> None:
    windows = PackWindows(backend)
    large = os.urandom(1000) * (40 * WINDOW // 1000)
    backend.save(FileKind.DATA, hash_of(large), large)
    for number in range(39):
        windows.read(hash_of(large), number * WINDOW, 10)
    loads = backend.loads
    windows.read(hash_of(large), 38 * WINDOW, 10)
    assert backend.loads == loads
    windows.read(hash_of(large), 0, 10)
    assert backend.loads == loads + 1
