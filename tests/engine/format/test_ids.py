"""Ids: their form, and their prefixes."""

from __future__ import annotations

import pytest

from rok_jupyter.engine.format.ids import hash_of, is_id, random_id, resolve_prefix, unique_prefixes
from rok_jupyter.errors import ErrorKind, RokError


def test_an_id_is_the_sha256_of_the_content() -> None:
    assert hash_of(b"") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    assert hash_of(memoryview(b"abc")) == hash_of(bytearray(b"abc")) == hash_of(b"abc")


def test_random_ids_are_ids_and_differ() -> None:
    assert is_id(random_id())
    assert random_id() != random_id()


@pytest.mark.parametrize("text", ["", "ab", "G" * 64, "A" * 64, "a" * 63, "a" * 65, "../" + "a" * 61])
def test_other_text_is_no_id(text: str) -> None:
    assert not is_id(text)


def test_prefixes_are_as_long_as_needed_and_no_shorter_than_asked() -> None:
    one, two, three = "a" * 64, "a" * 20 + "b" * 44, "c" * 64
    assert unique_prefixes([one, two, three]) == {one: "a" * 21, two: "a" * 20 + "b", three: "c" * 8}
    assert unique_prefixes([one]) == {one: "a" * 8}
    assert unique_prefixes([]) == {}


def test_a_prefix_resolves_while_it_is_unique() -> None:
    ids = ["ab" + "0" * 62, "ac" + "0" * 62]
    assert resolve_prefix("ac", ids) == ids[1]
    assert resolve_prefix(ids[0], ids) == ids[0]


@pytest.mark.parametrize(
    ("prefix", "kind"),
    [
        ("a", ErrorKind.INVALID_ARGUMENT),
        ("", ErrorKind.INVALID_ARGUMENT),
        ("xyz", ErrorKind.INVALID_ARGUMENT),
        ("0" * 65, ErrorKind.INVALID_ARGUMENT),
        ("ff", ErrorKind.NOT_FOUND),
    ],
)
def test_a_prefix_that_names_no_single_id_is_refused(prefix: str, kind: ErrorKind) -> None:
    with pytest.raises(RokError) as caught:
        resolve_prefix(prefix, ["ab" + "0" * 62, "ac" + "0" * 62])
    assert caught.value.kind is kind
    assert caught.value.hint
