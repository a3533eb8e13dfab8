"""Files with holes give the bytes that reading gives."""

from __future__ import annotations

import os
import random
from pathlib import Path

import pytest

from rok_jupyter.engine.sparse import SparseStream, has_holes


def make_sparse(path: Path, size: int, *data: int) -> bytes:
    """A file of holes, with some bytes at each offset of `data`."""
    rng = random.Random(size)
    with path.open("wb") as file:
        for offset in data:
            file.seek(offset)
            file.write(rng.randbytes(5000))
        file.truncate(size)
    return path.read_bytes()


def read_all(stream: SparseStream, piece: int) -> bytes:
    buffer = memoryview(bytearray(piece))
    found = bytearray()
    while count := stream.readinto(buffer):
        found += buffer[:count]
    return bytes(found)


@pytest.mark.parametrize(
    ("size", "data"),
    [
        (3 << 20, ()),
        (3 << 20, (0,)),
        (3 << 20, (1 << 20, 2 << 20)),
        ((3 << 20) + 17, ((3 << 20) - 5000,)),
        (100_000, (50_000,)),
    ],
)
@pytest.mark.parametrize("piece", [7_001, 1 << 20, 16 << 20])
def test_the_bytes_are_those_of_the_file(tmp_path: Path, size: int, data: tuple[int, ...], piece: int) -> None:
    content = make_sparse(tmp_path / "sparse", size, *data)
    descriptor = os.open(tmp_path / "sparse", os.O_RDONLY)
    try:
        assert read_all(SparseStream(descriptor, size), piece) == content
    finally:
        os.close(descriptor)


def test_only_files_with_holes_worth_it_are_read_so(tmp_path: Path) -> None:
    make_sparse(tmp_path / "sparse", 8 << 20, 0)
    (tmp_path / "full").write_bytes(b"x" * (2 << 20))
    assert has_holes((tmp_path / "sparse").stat())
    assert not has_holes((tmp_path / "full").stat())


def test_holes_are_skipped_and_entered_again(tmp_path: Path) -> None:
    make_sparse(tmp_path / "sparse", 4 << 20, 2 << 20)
    descriptor = os.open(tmp_path / "sparse", os.O_RDONLY)
    try:
        stream = SparseStream(descriptor, 4 << 20)
        assert stream.skip_hole(1 << 20)
        assert not stream.skip_hole(2 << 20)
        buffer = memoryview(bytearray(1 << 18))
        assert stream.readinto(buffer) == 1 << 18
        assert stream.reenter_hole(1000, 1 << 19)
        assert not stream.reenter_hole(1000, 1 << 20)
        assert not stream.reenter_hole(2 << 20, 1 << 10)
    finally:
        os.close(descriptor)


def test_a_file_that_was_cut_off_meanwhile_ends_early(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x" * 100_000)
    descriptor = os.open(tmp_path / "file", os.O_RDONLY)
    try:
        stream = SparseStream(descriptor, 200_000)
        os.truncate(tmp_path / "file", 50_000)
        assert len(read_all(stream, 1 << 20)) <= 200_000
    finally:
        os.close(descriptor)
