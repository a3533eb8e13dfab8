"""Names as strconv.Quote spells them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rok_jupyter.engine.format import gojson
from rok_jupyter.errors import ErrorKind, RokError


@pytest.mark.parametrize(
    ("name", "quoted"),
    [
        ("plain name.txt", "plain name.txt"),
        ("ünïcödé 文", "ünïcödé 文"),
        ('say "hi"', 'say \\"hi\\"'),
        ("back\\slash", "back\\\\slash"),
        ("new\nline\ttab\r\a\b\f\v", "new\\nline\\ttab\\r\\a\\b\\f\\v"),
        ("\x01\x7f", "\\x01\\x7f"),
        ("\udcff\udc80", "\\xff\\x80"),
        ("no\u00a0break", "no\\u00a0break"),
        ("zero\u200bwidth", "zero\\u200bwidth"),
        ("\U000e0001", "\\U000e0001"),
        ("\U0001f600", "\U0001f600"),
    ],
)
def test_names_are_quoted_as_go_does(name: str, quoted: str) -> None:
    assert gojson.quote(name) == quoted
    assert gojson.unquote(quoted) == name


@given(st.binary(max_size=60))
def test_names_of_any_bytes_come_back(raw: bytes) -> None:
    name = raw.decode("utf-8", "surrogateescape")
    quoted = gojson.quote(name)
    assert gojson.unquote(quoted) == name
    quoted.encode()


def test_octal_escapes_are_read() -> None:
    assert gojson.unquote("\\101") == "A"


@pytest.mark.parametrize("quoted", ["\\", "a\\q", "\\x1", "\\u12", "\\ud800", "\\U00110000", "\\777", "\\'"])
def test_malformed_escapes_are_refused(quoted: str) -> None:
    with pytest.raises(RokError) as caught:
        gojson.unquote(quoted)
    assert caught.value.kind is ErrorKind.DATA_LOSS


def test_what_html_could_misread_is_escaped() -> None:
    assert gojson.encode({"<a>&": "\u2028\u2029é"}) == '{"\\u003ca\\u003e\\u0026":"\\u2028\\u2029é"}'.encode()
