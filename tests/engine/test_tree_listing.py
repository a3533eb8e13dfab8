"""A directory's listing: the same entries, order and lookups, whether it is small enough to be kept as it is or not."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Sequence
from itertools import islice
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.pack import BlobType
from rok_jupyter.engine.format.tree import Node, Tree, decode_tree, encode_tree, name_bytes
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.tree_listing import PIECE_NODES, TreeListing
from rok_jupyter.errors import RokError
from tests.engine.repositories import file_node, new_repository

SIZES = [0, 1, PIECE_NODES - 1, PIECE_NODES, PIECE_NODES + 1, 2 * PIECE_NODES, 3 * PIECE_NODES + 7]
ODD = ["a\udcffb", "back\\slash", 'quo"te', "\n", "é", "😀", "\udc80", "~"]


def _tree(size: int) -> Tree:
    names = [f"file {number:05d}" for number in range(size)]
    names[: len(ODD)] = ODD[:size]
    random.Random(size).shuffle(names)
    return Tree(tuple(file_node(name, size=len(name)) for name in names))


def _sorted(tree: Tree) -> list[Node]:
    return sorted(tree.nodes, key=lambda node: name_bytes(node.name))


WAYS: dict[str, Callable[[Tree], TreeListing]] = {
    "of nodes": lambda tree: TreeListing(tree.nodes),
    "read": lambda tree: TreeListing.read(encode_tree(tree.nodes)),
    "packed": lambda tree: TreeListing.read(encode_tree(tree.nodes)).packed(),
}


@pytest.fixture(params=WAYS)
def way(request: pytest.FixtureRequest) -> Callable[[Tree], TreeListing]:
    return WAYS[request.param]


@pytest.mark.parametrize("size", SIZES)
def test_every_node_is_listed_by_the_bytes_of_its_name(way: Callable[[Tree], TreeListing], size: int) -> None:
    tree = _tree(size)
    assert list(way(tree).after()) == _sorted(tree)


@pytest.mark.parametrize("size", SIZES)
def test_it_is_listed_from_any_name_on(way: Callable[[Tree], TreeListing], size: int) -> None:
    tree = _tree(size)
    listing, names = way(tree), [node.name for node in _sorted(tree)]
    edges = {0, 1, PIECE_NODES - 1, PIECE_NODES, PIECE_NODES + 1, size - 2, size - 1}
    for place in sorted(place for place in edges if 0 <= place < size):
        assert [node.name for node in listing.after(names[place])] == names[place + 1 :]
    for name in ("", "\x01", "file 0", "zzz", "\udcff"):
        assert [node.name for node in listing.after(name)] == [
            each for each in names if name_bytes(each) > name_bytes(name)
        ]


@pytest.mark.parametrize("size", SIZES)
def test_every_name_is_found_and_no_other(way: Callable[[Tree], TreeListing], size: int) -> None:
    tree = _tree(size)
    listing = way(tree)
    assert all(listing.find(node.name) == node for node in tree.nodes)
    assert [listing.find(name) for name in ("", "\x01", "file 0", "zzz", "\udcff")] == [None] * 5


_STORED = st.lists(
    st.builds(
        lambda name, broken: json.dumps({"name": name, "type": "file", "mode": "broken" if broken else 420}),
        st.sampled_from(["a", "b", "c", "d", "e", "é", "😀", "~", "x\\\\y", "\\xff", "", "..", "a/b"]),
        st.booleans(),
    ),
    max_size=12,
)


@given(_STORED, st.booleans())
def test_reading_names_only_lists_what_reading_all_does(stored: list[str], ordered: bool) -> None:
    """Names that are quoted, none, there twice or out of order, and nodes that can't be understood, included."""
    nodes = sorted(set(stored)) if ordered else stored
    content = f'{{"nodes":[{",".join(nodes)}]}}'.encode()
    with patch("rok_jupyter.engine.tree_listing.PIECE_NODES", 2):
        expected = list(TreeListing(decode_tree(content).nodes).after())
        for listing in (TreeListing.read(content), TreeListing.read(content).packed()):
            assert list(listing.after()) == expected
            assert [listing.find(node.name) for node in expected] == expected


@pytest.mark.parametrize("content", [b"", b"[]", b'{"nodes":[1]}', b'{"nodes":[{"name":1}]}', b'{"nodes":"x"}'])
def test_what_is_no_tree_is_refused_as_reading_all_does(content: bytes) -> None:
    def outcome(read: Callable[[bytes], Sequence[Node]]) -> object:
        try:
            return list(read(content))
        except RokError as error:
            return error.kind

    assert outcome(lambda each: list(TreeListing.read(each).after())) == outcome(lambda each: decode_tree(each).nodes)


def _stored(repository: Repository, *prefixes: str, files: int = 20_000) -> list[Id]:
    with repository.lock(), repository.writer() as writer:
        return [
            writer.save_blob(
                BlobType.TREE, encode_tree([file_node(f"{prefix} {number}", ("ab" * 32,)) for number in range(files)])
            ).id
            for prefix in prefixes
        ]


def test_a_large_one_is_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    repository = new_repository()
    (tree_id,) = _stored(repository, "file")
    listing = repository.list_tree(tree_id)
    monkeypatch.setattr(Repository, "load_blob", lambda *_: pytest.fail("it is read again"))
    assert repository.list_tree(tree_id) is listing
    assert [node.name for node in islice(repository.list_tree(tree_id).after("file 9"), 2)] == ["file 90", "file 900"]


def test_kept_ones_take_a_bounded_room_packed_before_any_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    repository = new_repository()
    trees = _stored(repository, "a", "b", "c")
    listing = repository.list_tree(trees[0])
    packed = listing.packed()
    assert packed.size < listing.size / 5
    assert packed.packed() is packed
    monkeypatch.setattr("rok_jupyter.engine.repository._KEPT_LISTING_BYTES", int(packed.size * 2.5))
    repository.list_tree(trees[1])
    first = repository.list_tree(trees[0])
    assert first.size == packed.size
    repository.list_tree(trees[2])
    assert repository.list_tree(trees[0]) is first, "it was used last but one"
    kept = repository.list_tree(trees[1])
    assert [node.name for node in kept.after("b 9999")] == []
