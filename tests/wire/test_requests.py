"""What a client may send is strict and bounded, and whatever else it sends is a clear refusal."""

from __future__ import annotations

import contextlib
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import Struct

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import OriginKind, Policy, RetentionPolicy
from rok_jupyter.wire import queries, requests
from rok_jupyter.wire.queries import DiffQuery, SnapshotQuery, parse_query
from rok_jupyter.wire.requests import Action, ForgetAction, PolicyBody, RestoreBody, SnapshotBody, parse

BODIES = [
    value
    for value in vars(requests).values()
    if isinstance(value, type) and issubclass(value, Struct) and value is not Struct
]


def _refusal(type_: Any, body: bytes) -> RokError:
    with pytest.raises(RokError) as caught:
        parse(type_, body)
    assert caught.value.kind is ErrorKind.INVALID_ARGUMENT
    assert caught.value.hint
    assert "\n" not in caught.value.message
    return caught.value


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nonsense",
        b"[]",
        b"null",
        b"3",
        b'"text"',
        b"\xff\xfe",
        b'{"message": "\xff"}',
        b'{"message": "\\udcff"}',
        b'{"message": NaN}',
        b"[" * 500_000,
        b'{"origin":' * 100_000,
        b'{"colour": "red"}',
        b'{"message": 3}',
        b'{"volumes": "home"}',
        b'{"volumes": [""]}',
        b'{"only_if_changed": 1}',
        b'{"origin": {"kind": "boredom"}}',
    ],
    ids=lambda body: repr(body[:20]),
)
def test_a_body_that_is_no_json_or_has_unknown_or_wrong_fields_is_refused(body: bytes) -> None:
    _refusal(SnapshotBody, body)


def test_a_message_of_a_megabyte_is_refused() -> None:
    assert "$.message" in _refusal(SnapshotBody, b'{"message": "' + b"x" * 1_000_000 + b'"}').message


@pytest.mark.parametrize("class_", BODIES, ids=lambda class_: class_.__name__)
def test_every_body_refuses_unknown_fields(class_: type[Struct]) -> None:
    assert class_.__struct_config__.forbid_unknown_fields


def test_no_body_is_an_empty_object() -> None:
    assert parse(SnapshotBody, b"") == SnapshotBody()


@settings(max_examples=200, deadline=None, database=None)
@given(st.sampled_from([*BODIES, Action]), st.binary(max_size=200))
def test_any_bytes_are_a_body_or_a_refusal(type_: Any, body: bytes) -> None:
    with contextlib.suppress(RokError):
        parse(type_, body)


def test_an_action_is_chosen_by_its_name() -> None:
    action = parse(Action, b'{"action": "forget", "policy": {"keep_last": 3, "keep_tags": ["x"]}, "dry_run": true}')
    assert isinstance(action, ForgetAction)
    assert action.policy is not None
    assert action.policy.to_model() == RetentionPolicy(keep_last=3, keep_tags=("x",))
    assert "explode" in _refusal(Action, b'{"action": "explode"}').message


def test_a_policy_is_whole() -> None:
    assert parse(PolicyBody, b"{}").to_model() == Policy()


def test_paths_are_decoded_as_they_were_spelled() -> None:
    body = parse(RestoreBody, b'{"paths": ["a%0A%25"], "directory": "/x%FF", "volumes": {"data": "/y%25"}}')
    request = body.to_model("latest")
    assert request.paths == ("a\n%",)
    assert request.directory == "/x\udcff"
    assert request.volumes == {"data": "/y%"}


def test_a_nul_in_a_path_is_refused() -> None:
    with pytest.raises(RokError) as caught:
        parse(RestoreBody, b'{"paths": ["a\\u0000b"]}').to_model("latest")
    assert caught.value.kind is ErrorKind.INVALID_ARGUMENT


def test_a_directory_must_be_absolute() -> None:
    assert "$.directory" in _refusal(RestoreBody, b'{"directory": "../elsewhere"}').message


def test_a_query_is_typed_and_ignores_what_it_does_not_know() -> None:
    query = parse_query(SnapshotQuery, {"origin": [b"step"], "limit": [b"7"], "1699999999": [b""], "path": [b"a%0A"]})
    assert (query.origin, query.limit, query.to_model().path) == (OriginKind.STEP, 7, "a\n")


def test_a_query_takes_several_paths() -> None:
    assert parse_query(DiffQuery, {"path": [b"a", b"b\xff"]}).path == ["a", "b\udcff"]
    assert parse_query(DiffQuery, {}).path == []


@pytest.mark.parametrize(
    "arguments",
    [
        {"limit": [b"0"]},
        {"limit": [b"1001"]},
        {"limit": [b"ten"]},
        {"limit": [b"\xff"]},
        {"limit": [b"["]},
        {"limit": [b"1", b"2"]},
        {"origin": [b"null"]},
        {"origin": [b"boredom"]},
        {"origin": [b"\xff"]},
        {"all_owners": [b"maybe"]},
        {"volume": [b"\xff" * 2000]},
    ],
    ids=repr,
)
def test_a_query_that_is_malformed_or_beyond_a_bound_is_refused(arguments: dict[str, list[bytes]]) -> None:
    with pytest.raises(RokError) as caught:
        parse_query(SnapshotQuery, arguments)
    assert caught.value.kind is ErrorKind.INVALID_ARGUMENT
    str(caught.value).encode("utf-8")


def test_a_query_without_what_it_needs_is_refused() -> None:
    with pytest.raises(RokError, match="path"):
        parse_query(queries.ContentQuery, {})


def test_every_text_of_a_body_and_a_query_is_bounded() -> None:
    classes = [*BODIES, *(value for value in vars(queries).values() if isinstance(value, type) and value is not Struct)]
    structs = [class_ for class_ in classes if issubclass(class_, Struct)]
    _, components = msgspec.json.schema_components(structs)
    unbounded = {
        f"{name}.{field}"
        for name, schema in components.items()
        for field, property_ in schema.get("properties", {}).items()
        for option in [property_, *property_.get("anyOf", []), property_.get("items", {})]
        if option.get("type") == "string" and "maxLength" not in option
    }
    assert not unbounded
