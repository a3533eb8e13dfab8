"""A directory's listing: the same entries, order and lookups, whether it is small enough to be kept as it is or not."""

from __future__ import annotations

import random
from itertools import islice

import pytest

from rok_jupyter.engine.format.pack import BlobType
from rok_jupyter.engine.format.tree import Node, Tree, encode_tree, name_bytes
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.tree_listing import PIECE_NODES, TreeListing
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


@pytest.mark.parametrize("size", SIZES)
def test_every_node_is_listed_by_the_bytes_of_its_name(size: int) -> None:
    tree = _tree(size)
    assert list(TreeListing(tree).after()) == _sorted(tree)


@pytest.mark.parametrize("size", SIZES)
def test_it_is_listed_from_any_name_on(size: int) -> None:
    tree = _tree(size)
    listing, names = TreeListing(tree), [node.name for node in _sorted(tree)]
    edges = {0, 1, PIECE_NODES - 1, PIECE_NODES, PIECE_NODES + 1, size - 2, size - 1}
    for place in sorted(place for place in edges if 0 <= place < size):
        assert [node.name for node in listing.after(names[place])] == names[place + 1 :]
    for name in ("", "\x01", "file 0", "zzz", "\udcff"):
        assert [node.name for node in listing.after(name)] == [
            each for each in names if name_bytes(each) > name_bytes(name)
        ]


@pytest.mark.parametrize("size", SIZES)
def test_every_name_is_found_and_no_other(size: int) -> None:
    tree = _tree(size)
    listing = TreeListing(tree)
    assert all(listing.find(node.name) == node for node in tree.nodes)
    assert [listing.find(name) for name in ("", "\x01", "file 0", "zzz", "\udcff")] == [None] * 5


def test_a_large_one_is_kept_packed_and_small(monkeypatch: pytest.MonkeyPatch) -> None:
    repository = new_repository()
    nodes = [file_node(f"file {number}", ("ab" * 32,), number) for number in range(20_000)]
    with repository.lock(), repository.writer() as writer:
        tree_id = writer.save_blob(BlobType.TREE, encode_tree(nodes)).id
    listing = repository.list_tree(tree_id)
    assert 0 < listing.size < len(encode_tree(nodes)) / 5
    monkeypatch.setattr(Repository, "load_tree", lambda *_: pytest.fail("it is read again"))
    assert repository.list_tree(tree_id) is listing
    assert [node.name for node in islice(repository.list_tree(tree_id).after("file 9"), 2)] == ["file 90", "file 900"]


def test_kept_ones_take_a_bounded_room(monkeypatch: pytest.MonkeyPatch) -> None:
    repository = new_repository()
    with repository.lock(), repository.writer() as writer:
        trees = [
            writer.save_blob(BlobType.TREE, encode_tree([file_node(f"{one} {number}") for number in range(3_000)])).id
            for one in "abc"
        ]
    size = repository.list_tree(trees[0]).size
    monkeypatch.setattr("rok_jupyter.engine.repository._KEPT_LISTING_BYTES", int(size * 2.5))
    first = repository.list_tree(trees[0])
    repository.list_tree(trees[1])
    assert repository.list_tree(trees[0]) is first, "it was used last but one"
    repository.list_tree(trees[2])
    assert repository.list_tree(trees[0]) is first
    kept = repository.list_tree(trees[1])
    assert [node.name for node in kept.after("b 999")] == []
