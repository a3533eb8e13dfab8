"""Trees: restic's JSON to the byte, and hostile ones."""

from __future__ import annotations

import random

import msgspec
import pytest

from rok_jupyter.engine.format.tree import (
    ExtendedAttribute,
    Node,
    NodeType,
    RejectedNode,
    Tree,
    decode_tree,
    encode_tree,
)
from rok_jupyter.errors import ErrorKind, RokError

FULL = Node(
    name="a",
    type=NodeType.FILE,
    mode=0o644,
    mtime="2024-01-01T00:00:00.5Z",
    atime="2024-01-01T00:00:01Z",
    ctime="2024-01-01T00:00:02Z",
    uid=1000,
    gid=100,
    user="jovyan",
    group="users",
    inode=12,
    device_id=3,
    size=5,
    links=2,
    extended_attributes=(ExtendedAttribute("user.x", b"\x00\xff"), ExtendedAttribute("user.empty", None)),
    generic_attributes={"windows.x": msgspec.Raw(b'"y"')},
    content=("ab" * 32,),
)


def tree_of(*names: str) -> bytes:
    nodes = ",".join(f'{{"name":{msgspec.json.encode(name).decode()},"type":"file","content":[]}}' for name in names)
    return f'{{"nodes":[{nodes}]}}\n'.encode()


def test_a_node_is_written_as_restic_does() -> None:
    assert encode_tree([FULL]) == (
        b'{"nodes":[{"name":"a","type":"file","mode":420,"mtime":"2024-01-01T00:00:00.5Z",'
        b'"atime":"2024-01-01T00:00:01Z","ctime":"2024-01-01T00:00:02Z","uid":1000,"gid":100,"user":"jovyan",'
        b'"group":"users","inode":12,"device_id":3,"size":5,"links":2,"extended_attributes":[{"name":"user.x",'
        b'"value":"AP8="},{"name":"user.empty","value":null}],"generic_attributes":{"windows.x":"y"},'
        b'"content":["' + b"ab" * 32 + b'"]}]}\n'
    )


def test_what_is_empty_is_left_out_as_go_does_it() -> None:
    assert encode_tree([Node(name="d", type=NodeType.DIRECTORY, subtree="cd" * 32)]) == (
        b'{"nodes":[{"name":"d","type":"dir","mtime":"0001-01-01T00:00:00Z","atime":"0001-01-01T00:00:00Z",'
        b'"ctime":"0001-01-01T00:00:00Z","uid":0,"gid":0,"content":null,"subtree":"' + b"cd" * 32 + b'"}]}\n'
    )
    assert encode_tree([]) == b'{"nodes":[]}\n'
    assert b'"content":[]' in encode_tree([Node(name="empty", type=NodeType.FILE, content=())])


def test_nodes_come_back_as_they_were() -> None:
    link = Node(name="\udcff <b>&", type=NodeType.SYMLINK, linktarget="to/\udc80\u2028", user="\udcfe")
    tree = decode_tree(encode_tree([FULL, link]))
    assert tree.rejected == ()
    assert tree.find("a") == FULL
    found = tree.find("\udcff <b>&")
    assert found is not None
    assert (found.linktarget, found.linktarget_raw, found.user) == ("to/\udc80\u2028", None, "\ufffd")
    assert tree.find("missing") is None
    assert decode_tree(encode_tree(tree.nodes)) == tree


def test_a_link_to_bytes_that_are_no_utf8_is_stored_raw_too() -> None:
    stored = encode_tree([Node(name="l", type=NodeType.SYMLINK, linktarget="x\udcff")])
    assert b'"linktarget":"x\\ufffd","linktarget_raw":"eP8="' in stored


def test_each_byte_that_is_no_utf8_is_one_sign_beside_those_that_were_signs_before() -> None:
    attribute = ExtendedAttribute("user.\udcff<", b"v")
    stored = encode_tree(
        [Node(name="n", type=NodeType.FILE, user="\ufffd\udce2\udc82x", extended_attributes=(attribute,))]
    )
    assert '"user":"\ufffd\\ufffd\\ufffdx"'.encode() in stored
    assert b'{"name":"user.\\ufffd\\u003c","value":"dg=="}' in stored


def test_nodes_are_sorted_by_the_bytes_of_their_names() -> None:
    names = ["\U0001f600", "\ue000", "\udcff", "b", "a.b", "a", "A"]
    stored = decode_tree(encode_tree([Node(name=name, type=NodeType.FILE) for name in names]))
    raw = [node.name.encode("utf-8", "surrogateescape") for node in stored.nodes]
    assert raw == sorted(raw)


@pytest.mark.parametrize("names", [[""], ["."], [".."], ["a/b"], ["a\0"], ["same", "same"]])
def test_names_that_no_directory_can_have_are_not_written(names: list[str]) -> None:
    with pytest.raises(RokError) as caught:
        encode_tree([Node(name=name, type=NodeType.FILE) for name in names])
    assert caught.value.kind is ErrorKind.INVALID_ARGUMENT


@pytest.mark.parametrize(
    "hostile", ["", ".", "..", "/", "a/b", "/etc", "a\\x00b", "\\x2e\\x2e", "\\u002e", "x\\x2fy", "bad\\q"]
)
def test_hostile_names_are_rejected_and_the_rest_is_kept(hostile: str) -> None:
    tree = decode_tree(tree_of("good", hostile, "other"))
    assert [node.name for node in tree.nodes] == ["good", "other"]
    assert len(tree.rejected) == 1
    assert tree.rejected[0].reason


def test_of_names_that_occur_twice_the_first_is_kept() -> None:
    tree = decode_tree(tree_of("good", "twin", "\\x74win", "Twin", "twin"))
    assert [node.name for node in tree.nodes] == ["good", "twin", "Twin"]
    assert tree.rejected == (RejectedNode("twin", "its name occurs twice"),) * 2


@pytest.mark.parametrize(
    "node",
    [
        '{"name":"bad","type":"portal"}',
        '{"name":"bad","type":"file","mode":"rwx"}',
        '{"name":"bad","type":"file","uid":-1}',
        '{"name":"bad","type":"file","uid":4294967296}',
        '{"name":"bad","type":"file","size":-5}',
        '{"name":"bad","type":"file","content":[1]}',
        '{"name":"bad"}',
        '{"type":"file"}',
        '"no node"',
        "null",
        '{"name":"bad","type":"file","linktarget_raw":"!"}',
    ],
)
def test_a_node_that_can_not_be_understood_is_rejected_alone(node: str) -> None:
    stored = f'{{"nodes":[{{"name":"good","type":"file","content":[]}},{node}]}}'.encode()
    tree = decode_tree(stored)
    assert [kept.name for kept in tree.nodes] == ["good"]
    assert len(tree.rejected) == 1


def test_unknown_fields_and_missing_ones_are_no_hindrance() -> None:
    tree = decode_tree(b'{"later":1,"nodes":[{"name":"a","type":"file","later":{"x":[1]}}]}')
    assert tree == Tree((Node(name="a", type=NodeType.FILE),))
    assert decode_tree(b'{"nodes":null}') == Tree(())


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b'{"nodes":[{"name":"\\ud800","type":"file"}]}',
        b"[]",
        b"{}",
        b'{"nodes":5}',
        b'{"nodes":[',
        b"\xff\xfe",
        b'{"nodes":' + b"[" * 100_000,
    ],
)
def test_what_is_no_tree_is_refused(content: bytes) -> None:
    with pytest.raises(RokError) as caught:
        decode_tree(content)
    assert caught.value.kind is ErrorKind.DATA_LOSS


def test_random_changes_never_do_anything_but_decode_or_be_refused() -> None:
    chance, kinds = random.Random(63), set()
    sound = encode_tree([FULL, Node(name="\udcff", type=NodeType.DIRECTORY, subtree="cd" * 32)])
    for _ in range(3000):
        damaged = bytearray(sound)
        for _ in range(chance.randrange(1, 6)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            tree = decode_tree(damaged[: chance.randrange(len(damaged))] if chance.random() < 0.1 else damaged)
        except RokError as error:
            kinds.add(error.kind)
        else:
            assert all(node.name not in ("", ".", "..") and "/" not in node.name for node in tree.nodes)
    assert kinds == {ErrorKind.DATA_LOSS}
