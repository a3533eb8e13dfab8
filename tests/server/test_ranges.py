"""Ranges of bytes, as RFC 9110 has them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rok_jupyter.server.ranges import requested_span


@pytest.mark.parametrize(
    ("header", "size", "start", "length"),
    [
        ("bytes=0-0", 10, 0, 1),
        ("bytes=3-5", 10, 3, 3),
        ("bytes=3-", 10, 3, 7),
        ("bytes=3-99", 10, 3, 7),
        ("bytes=-4", 10, 6, 4),
        ("bytes=-99", 10, 0, 10),
    ],
)
def test_a_range_within_the_file_is_answered(header: str, size: int, start: int, length: int) -> None:
    span = requested_span(header, size)
    assert span is not None
    assert (span.start, span.length, span.partial) == (start, length, True)


@pytest.mark.parametrize(
    "header",
    [
        None,
        "",
        "bytes=",
        "bytes=-",
        "bytes=5-3",
        "bytes=a-b",
        "lines=1-2",
        "bytes=0-1,3-4",
        "bytes=" + "9" * 5000 + "-",
    ],
)
def test_what_is_no_single_range_is_answered_with_the_whole(header: str | None) -> None:
    span = requested_span(header, 10)
    assert span is not None
    assert (span.start, span.length, span.partial) == (0, 10, False)


@pytest.mark.parametrize(("header", "size"), [("bytes=10-", 10), ("bytes=-0", 10), ("bytes=0-", 0), ("bytes=-5", 0)])
def test_a_range_beyond_the_file_is_none(header: str, size: int) -> None:
    assert requested_span(header, size) is None


@given(st.text(alphabet="bytes=-0123456789, ", max_size=20).map(lambda text: "bytes=" + text), st.integers(0, 1000))
def test_whatever_is_asked_for_lies_within_the_file(header: str, size: int) -> None:
    span = requested_span(header, size)
    if span is not None:
        assert 0 <= span.start <= size
        assert span.start + span.length <= size
