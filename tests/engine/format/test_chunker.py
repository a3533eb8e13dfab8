"""The chunker cuts as restic does, natively and in Python."""

from __future__ import annotations

import random

import pytest

from rok_jupyter.engine.format import chunker
from rok_jupyter.engine.format.chunker import Chunker
from rok_jupyter.engine.native import load_native

# restic's chunker publishes this polynomial and the cuts of 32 MiB of pseudo-random bytes as its test vector.
POLYNOMIAL = 0x3DA3358B4DC173


@pytest.fixture(params=["native", "python"])
def cutter(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch):
    """Make a chunker of either kind."""
    if request.param == "python":
        monkeypatch.setenv("ROK_JUPYTER_NATIVE", "off")
    else:
        assert load_native() is not None, "the native module isn't built; run `make native`"
    return Chunker


def small(cutter: type[Chunker]) -> Chunker:
    return cutter(POLYNOMIAL, minimum=256, maximum=4096, bits=9)


def test_chunks_cover_the_data_and_keep_to_their_bounds(cutter: type[Chunker]) -> None:
    data = random.Random(1).randbytes(100_000)
    lengths = small(cutter).lengths(data, final=True)
    assert sum(lengths) == len(data)
    assert all(256 <= length <= 4096 for length in lengths[:-1])
    assert len(lengths) > 50


def test_an_insertion_changes_only_the_chunks_around_it(cutter: type[Chunker]) -> None:
    data = random.Random(2).randbytes(200_000)
    before = pieces(small(cutter), data)
    after = pieces(small(cutter), data[:90_000] + b"inserted" + data[90_000:])
    assert len(set(after) - set(before)) <= 3


def pieces(cutter: Chunker, data: bytes) -> list[bytes]:
    start, found = 0, []
    for length in cutter.lengths(data, final=True):
        found.append(data[start : start + length])
        start += length
    return found


def test_data_fed_in_parts_is_cut_as_when_fed_at_once(cutter: type[Chunker]) -> None:
    data = random.Random(3).randbytes(60_000)
    whole = small(cutter).lengths(data, final=True)
    lengths: list[int] = []
    pending = b""
    for start in range(0, len(data), 5000):
        pending += data[start : start + 5000]
        found = small(cutter).lengths(pending, final=False)
        lengths += found
        pending = pending[sum(found) :]
    lengths += small(cutter).lengths(pending, final=True)
    assert lengths == whole


def test_nothing_gives_no_chunk_and_a_short_rest_waits_for_more(cutter: type[Chunker]) -> None:
    assert small(cutter).lengths(b"", final=True) == []
    assert small(cutter).lengths(b"short", final=False) == []
    assert small(cutter).lengths(b"short", final=True) == [5]


def test_zeros_are_cut_at_the_largest_size(cutter: type[Chunker]) -> None:
    lengths = small(cutter).lengths(bytes(10_000), final=True)
    assert lengths in ([4096, 4096, 1808], [256] * 39 + [16])


@pytest.mark.parametrize("size", [255, 256, 257, 319, 320, 321, 4095, 4096, 4097])
def test_python_and_native_agree_at_the_bounds(size: int, monkeypatch: pytest.MonkeyPatch) -> None:
    data = random.Random(size).randbytes(size)
    native = small(Chunker).lengths(data, final=False)
    monkeypatch.setenv("ROK_JUPYTER_NATIVE", "off")
    assert small(Chunker).lengths(data, final=False) == native


def test_python_and_native_agree_on_a_large_run(monkeypatch: pytest.MonkeyPatch) -> None:
    data = random.Random(7).randbytes(1_000_000) + bytes(300_000) + random.Random(8).randbytes(500_000)
    native = Chunker(POLYNOMIAL).lengths(data, final=True)
    monkeypatch.setenv("ROK_JUPYTER_NATIVE", "off")
    assert Chunker(POLYNOMIAL).lengths(data, final=True) == native


def test_python_and_native_agree_wherever_an_end_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    # The native loop looks at 16 KiB at a time, in four stretches.
    data = random.Random(9).randbytes(500_000) + b"1" * 60_000
    native = Chunker(POLYNOMIAL, minimum=300, maximum=50_000, bits=13).lengths(data, final=False)
    monkeypatch.setenv("ROK_JUPYTER_NATIVE", "off")
    assert Chunker(POLYNOMIAL, minimum=300, maximum=50_000, bits=13).lengths(data, final=False) == native
    assert {(length - 300) // 4096 % 4 for length in native} == {0, 1, 2, 3}
    assert 50_000 in native


@pytest.mark.parametrize(
    ("polynomial", "expected"), [(0b111, True), (0b101, False), (POLYNOMIAL, True), (POLYNOMIAL ^ 2, False)]
)
def test_irreducible_polynomials_are_told_from_others(polynomial: int, expected: bool) -> None:
    assert chunker.is_irreducible(polynomial) is expected


def test_random_polynomials_have_degree_53_and_differ() -> None:
    found = {chunker.random_polynomial() for _ in range(3)}
    assert len(found) == 3
    assert all(polynomial.bit_length() == 54 and chunker.is_irreducible(polynomial) for polynomial in found)


def test_parameters_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="out of range"):
        Chunker(POLYNOMIAL, minimum=10)
