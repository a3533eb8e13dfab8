"""Names of any bytes have one spelling in JSON, and it leads back to the same bytes."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.wire.names import decode_name, encode_name, printable

NAMES = st.binary(max_size=60).map(lambda raw: raw.replace(b"\0", b"").decode("utf-8", "surrogateescape"))


@given(NAMES)
def test_every_name_comes_back_equal(name: str) -> None:
    assert decode_name(encode_name(name)) == name


@given(NAMES)
def test_a_spelled_name_is_printable_utf_8(name: str) -> None:
    spelled = encode_name(name)
    spelled.encode("utf-8")
    assert not any(unicodedata.category(character) in ("Cc", "Cs") for character in spelled)


@pytest.mark.parametrize(
    ("name", "spelled"),
    [
        ("plots/a b.png", "plots/a b.png"),
        ("100%", "100%25"),
        ("a\nb", "a%0Ab"),
        ("\udcff\udcfe", "%FF%FE"),
        ("\u0085", "%C2%85"),
        ("über\u202etxt", "über\u202etxt"),
    ],
)
def test_spelling(name: str, spelled: str) -> None:
    assert encode_name(name) == spelled
    assert decode_name(spelled) == name


def test_a_percent_sign_without_two_digits_stands_for_itself() -> None:
    assert decode_name("100% of it, 5%x") == "100% of it, 5%x"


@pytest.mark.parametrize("text", ["a\0b", "a%00b", "\ud800"])
def test_what_no_file_name_can_hold_is_refused(text: str) -> None:
    with pytest.raises(RokError) as caught:
        decode_name(text)
    assert caught.value.kind is ErrorKind.INVALID_ARGUMENT


def test_free_text_keeps_its_percent_signs_and_loses_only_what_json_cannot_carry() -> None:
    assert printable("50% of \udcff\ud800\n") == "50% of %FF%3F\n"
