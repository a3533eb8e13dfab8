from __future__ import annotations

import pytest

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Member, Role
from rok_jupyter.providers.paths import VolumePath, clean_path, find_member, parse_volume_path

WORKSPACE = Member(volume="workspace", role=Role.WORKSPACE, path="/w")
DATA = Member(volume="data", role=Role.DATA, path="/d")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a/b", VolumePath("workspace", "a/b")),
        ("", VolumePath("workspace", "")),
        ("data:", VolumePath("data", "")),
        ("data:a/b", VolumePath("data", "a/b")),
        ("data:a:b", VolumePath("data", "a:b")),
        ("12:30.txt", VolumePath("workspace", "12:30.txt")),
        ("workspace:data:x", VolumePath("workspace", "data:x")),
        ("./a//b/", VolumePath("workspace", "a/b")),
        ("..a/...", VolumePath("workspace", "..a/...")),
        ("a\udcff", VolumePath("workspace", "a\udcff")),
    ],
)
def test_a_place_is_a_volume_and_a_path(text: str, expected: VolumePath) -> None:
    assert parse_volume_path(text, (WORKSPACE, DATA)) == expected


def test_without_a_workspace_the_first_volume_is_meant() -> None:
    assert parse_volume_path("a", (DATA,)) == VolumePath("data", "a")


@pytest.mark.parametrize("path", ["/etc", "..", "../x", "a/../../x", "a/..", "a\0b", "//x"])
def test_a_path_that_leads_out_is_refused(path: str) -> None:
    for attempt in (lambda: clean_path(path), lambda: parse_volume_path(f"data:{path}", (WORKSPACE, DATA))):
        with pytest.raises(RokError) as raised:
            attempt()
        assert raised.value.kind is ErrorKind.INVALID_ARGUMENT


def test_an_unknown_volume_names_those_that_there_are() -> None:
    with pytest.raises(RokError) as raised:
        find_member((WORKSPACE, DATA), "nowhere")
    assert raised.value.kind is ErrorKind.NOT_FOUND
    assert "workspace, data" in raised.value.hint


def test_a_snapshot_without_volumes_holds_nothing() -> None:
    with pytest.raises(RokError) as raised:
        parse_volume_path("a", ())
    assert raised.value.kind is ErrorKind.NOT_FOUND


def test_a_place_contains_what_lies_below_it() -> None:
    assert VolumePath("w", "").contains("a")
    assert VolumePath("w", "a").contains("a/b")
    assert VolumePath("w", "a").contains("a")
    assert not VolumePath("w", "a").contains("ab")
    assert str(VolumePath("w", "a")) == "w:a"
