"""Times to the nanosecond, as text and back."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rok_jupyter.engine.format.timestamp import ns_to_text, text_to_ns
from rok_jupyter.errors import ErrorKind, RokError

FIRST = -62_135_596_800 * 10**9
LAST = 253_402_300_800 * 10**9 - 1


@pytest.mark.parametrize(
    ("nanoseconds", "text"),
    [
        (0, "1970-01-01T00:00:00Z"),
        (1, "1970-01-01T00:00:00.000000001Z"),
        (-1, "1969-12-31T23:59:59.999999999Z"),
        (1_500_000_000, "1970-01-01T00:00:01.5Z"),
        (7_258_118_400_000_000_010, "2200-01-01T00:00:00.00000001Z"),
        (-2_208_988_800_000_000_000, "1900-01-01T00:00:00Z"),
        (FIRST, "0001-01-01T00:00:00Z"),
        (LAST, "9999-12-31T23:59:59.999999999Z"),
    ],
)
def test_times_are_written_as_go_does_and_read_back(nanoseconds: int, text: str) -> None:
    assert ns_to_text(nanoseconds) == text
    assert text_to_ns(text) == nanoseconds


@given(st.integers(FIRST, LAST))
def test_every_time_comes_back_exactly(nanoseconds: int) -> None:
    assert text_to_ns(ns_to_text(nanoseconds)) == nanoseconds


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("2024-02-29T12:00:00+02:00", "2024-02-29T10:00:00Z"),
        ("2024-02-29T12:00:00.25-05:30", "2024-02-29T17:30:00.25Z"),
        ("2024-01-01T00:30:00+01:00", "2023-12-31T23:30:00Z"),
        ("2024-01-01T00:00:00.1234567891Z", "2024-01-01T00:00:00.123456789Z"),
    ],
)
def test_any_offset_and_precision_is_read(text: str, same: str) -> None:
    assert text_to_ns(text) == text_to_ns(same)


def test_the_year_0_that_python_does_not_know_is_read() -> None:
    assert text_to_ns("0001-01-01T00:00:00Z") - text_to_ns("0000-12-31T00:00:00Z") == 86_400 * 10**9


def test_times_that_no_text_can_hold_move_to_the_edge() -> None:
    assert ns_to_text(FIRST - 10**18) == "0001-01-01T00:00:00Z"
    assert ns_to_text(LAST + 1) == "9999-12-31T23:59:59Z"


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2024-13-01T00:00:00Z", "2024-02-30T00:00:00Z", "2024-01-01", "٢٠٢٤-01-01T00:00:00Z"]
)
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(RokError) as caught:
        text_to_ns(text)
    assert caught.value.kind is ErrorKind.DATA_LOSS
