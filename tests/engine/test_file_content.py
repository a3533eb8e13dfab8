"""Reading ranges of a stored file."""

from __future__ import annotations

import pytest

from rok_jupyter.engine.file_content import FileContent
from rok_jupyter.engine.tree_path import find_node
from rok_jupyter.errors import ErrorKind, RokError
from tests.engine.restoring import Saved

_RANGES = [(0, None), (0, 0), (0, 1), (5, 10), (2_999_999, 5), (3_000_000, 5), (9_000_000, 1), (700_000, 1_900_000)]


@pytest.mark.parametrize(("offset", "length"), _RANGES)
def test_any_range_is_what_the_file_holds(saved_once: Saved, offset: int, length: int | None) -> None:
    content = FileContent(saved_once.repository, find_node(saved_once.repository, saved_once.tree, "files/large"))
    whole = (saved_once.source / "files" / "large").read_bytes()
    assert content.size == len(whole)
    end = None if length is None else offset + length
    assert b"".join(content.read(offset, length)) == whole[offset:end]


def test_what_is_no_file_or_out_of_range_is_refused(saved_once: Saved) -> None:
    with pytest.raises(RokError) as caught:
        FileContent(saved_once.repository, find_node(saved_once.repository, saved_once.tree, "links/soft"))
    assert caught.value.kind is ErrorKind.INVALID_ARGUMENT
    content = FileContent(saved_once.repository, find_node(saved_once.repository, saved_once.tree, "files/large"))
    for offset, length in ((-1, None), (0, -1)):
        with pytest.raises(RokError) as caught:
            content.read(offset, length)
        assert caught.value.kind is ErrorKind.OUT_OF_RANGE


@pytest.mark.parametrize(("path", "kind"), [("", ErrorKind.INVALID_ARGUMENT), ("files/x/y", ErrorKind.NOT_FOUND)])
def test_finding_nothing_says_so(saved_once: Saved, path: str, kind: ErrorKind) -> None:
    with pytest.raises(RokError) as caught:
        find_node(saved_once.repository, saved_once.tree, path)
    assert caught.value.kind is kind


def test_a_missing_blob_is_damage(saved_once: Saved) -> None:
    node = replace_content(find_node(saved_once.repository, saved_once.tree, "files/large"))
    with pytest.raises(RokError) as caught:
        FileContent(saved_once.repository, node)
    assert caught.value.kind is ErrorKind.DATA_LOSS


def replace_content(node):  # type: ignore[no-untyped-def]
    import msgspec

    return msgspec.structs.replace(node, content=("0" * 64,))
