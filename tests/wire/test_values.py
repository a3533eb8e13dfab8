"""Every value survives the way to JSON and back, and names are spelled in it as everywhere."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Literal, get_args, get_origin, get_type_hints

import jsonschema
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rok_jupyter import models
from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.models import Entry, EntryType, Page, RestoreRequest, Snapshot
from rok_jupyter.progress import Report
from rok_jupyter.tasks import Task
from rok_jupyter.wire import dumps, from_json, to_json
from rok_jupyter.wire.errors import error_from_json
from rok_jupyter.wire.fields import LITERAL, NAMES
from rok_jupyter.wire.results import RESULTS, decode_result
from rok_jupyter.wire.schemas import component_schemas

VALUES = sorted(
    (
        value
        for value in vars(models).values()
        if isinstance(value, type) and issubclass(value, msgspec.Struct) and value is not Page
    ),
    key=lambda class_: class_.__name__,
)
ODD_NAME = "a%\udcff\nü"
_CHARACTERS = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
_JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.text(_CHARACTERS, max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(_CHARACTERS, max_size=8), inner, max_size=3),
    max_leaves=8,
)
_ATOMS: dict[object, st.SearchStrategy[object]] = {
    str: st.text(_CHARACTERS, max_size=8),
    int: st.integers(-(2**63), 2**63 - 1),
    float: st.floats(0, 1e9, allow_nan=False),
    bool: st.booleans(),
    datetime: st.datetimes(timezones=st.just(UTC)),
    type(None): st.none(),
    Any: _JSON,
}


def _values(type_: object) -> st.SearchStrategy[object]:
    """Return values of a model's annotation."""
    if type_ in _ATOMS:
        return _ATOMS[type_]
    arguments = get_args(type_)
    if get_origin(type_) is tuple:
        return st.lists(_values(arguments[0]), max_size=2).map(tuple)
    if get_origin(type_) is Literal:
        return st.sampled_from(arguments)
    if get_origin(type_) is Mapping:
        return st.dictionaries(_values(arguments[0]), _values(arguments[1]), max_size=2)
    if arguments:
        return st.one_of(*map(_values, arguments))
    assert isinstance(type_, type)
    if issubclass(type_, StrEnum):
        return st.sampled_from(list(type_))
    hints = get_type_hints(type_)
    return st.builds(type_, **{field.name: _values(hints[field.name]) for field in msgspec.structs.fields(type_)})


@pytest.mark.parametrize("class_", VALUES, ids=lambda class_: class_.__name__)
def test_a_value_comes_back_equal_and_fits_its_schema(class_: type) -> None:
    _, components = component_schemas([class_], [])
    schema = {"$ref": f"#/components/schemas/{class_.__name__}", "components": {"schemas": components}}
    validator = jsonschema.Draft202012Validator(schema)

    @settings(max_examples=15, deadline=None, database=None)
    @given(_values(class_))
    def comes_back(value: object) -> None:
        data = json.loads(dumps(value))
        assert from_json(class_, data) == value
        validator.validate(data)

    comes_back()


@pytest.mark.parametrize("class_", [*VALUES, Report], ids=lambda class_: class_.__name__)
def test_every_field_that_looks_like_a_path_is_decided_on(class_: type) -> None:
    looks = {"path", "paths", "target", "targets", "directory", "location", "current", "password_file", "only"}
    fields = {field.name for field in msgspec.structs.fields(class_) if "str" in str(field.type)}
    decided = NAMES.get(class_, frozenset()) | LITERAL.get(class_, frozenset())
    assert fields & looks <= decided
    assert decided <= fields


def test_names_are_percent_encoded_in_json_and_texts_are_not() -> None:
    entry = Entry(path=ODD_NAME, type=EntryType.SYMLINK, target=ODD_NAME, user="100%")
    data = to_json(entry)
    assert data["path"] == data["target"] == "a%25%FF%0Aü"
    assert data["user"] == "100%"
    assert from_json(Entry, data) == entry


def test_names_in_lists_and_mappings_are_percent_encoded() -> None:
    request = RestoreRequest(snapshot="latest", paths=(ODD_NAME,), volumes={"data": ODD_NAME})
    data = to_json(request)
    assert data["paths"] == ["a%25%FF%0Aü"]
    assert data["volumes"] == {"data": "a%25%FF%0Aü"}
    assert from_json(RestoreRequest, data) == request


def test_free_text_that_is_no_utf_8_does_not_break_json() -> None:
    error = RokError(ErrorKind.DATA_LOSS, "The file '\udcff' is damaged.", "")
    assert json.loads(dumps(error)) == {"kind": "data_loss", "message": "The file '%FF' is damaged.", "hint": ""}


def test_a_page_comes_back_with_its_items() -> None:
    page = Page(items=(Entry(path="a", type=EntryType.FILE),), next_cursor="x")
    assert from_json(Page[Entry], to_json(page)) == page


@pytest.mark.parametrize("kind", list(ErrorKind))
def test_an_error_of_every_kind_comes_back(kind: ErrorKind) -> None:
    error = error_from_json(to_json(RokError(kind, "It broke.", "Mend it.")))
    assert (error.kind, error.message, error.hint) == (kind, "It broke.", "Mend it.")
    assert isinstance(error, Cancelled) is (kind is ErrorKind.CANCELLED)


@pytest.mark.parametrize("data", [None, 3, [], {}, {"kind": "of a later version", "message": None}])
def test_what_spells_no_error_is_an_unknown_one(data: object) -> None:
    assert error_from_json(data).kind is ErrorKind.UNKNOWN


def test_what_spells_no_value_is_damage() -> None:
    with pytest.raises(RokError) as caught:
        from_json(Snapshot, {"id": 3})
    assert caught.value.kind is ErrorKind.DATA_LOSS


def test_a_field_of_a_later_version_is_ignored() -> None:
    assert from_json(Entry, {"path": "a", "type": "file", "colour": "red"}).path == "a"


def test_a_value_that_is_none_of_the_domain_is_a_fault() -> None:
    with pytest.raises(TypeError):
        dumps(object())


def test_a_task_comes_back_with_its_result_and_error() -> None:
    result = models.DeleteResult(deleted=("a" * 64,))
    task = Task(
        id="0" * 20,
        verb="delete",
        status="succeeded",  # type: ignore[arg-type]
        created=datetime(2026, 1, 2, tzinfo=UTC),
        result=result,
        error=RokError(ErrorKind.ABORTED, "m", "h"),
    )
    back = from_json(Task, json.loads(dumps(task)))
    assert decode_result(back.verb, back.result) == result
    assert back.error is not None
    assert back.error.kind is ErrorKind.ABORTED


def test_a_result_of_an_unknown_verb_stays_as_it_was_parsed() -> None:
    assert decode_result("of a later version", {"a": 1}) == {"a": 1}
    assert decode_result("check", None) is None


@pytest.mark.parametrize("verb", sorted(RESULTS))
def test_every_result_has_a_schema(verb: str) -> None:
    _, components = component_schemas([Task, Page[Entry]], [])
    options = components["Task"]["properties"]["result"]["anyOf"]
    assert {"$ref": f"#/components/schemas/{RESULTS[verb].__name__}"} in options
    assert all(option.get("$ref", "").rpartition("/")[2] in components for option in options if "$ref" in option)
