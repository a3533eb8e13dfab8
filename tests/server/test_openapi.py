"""The description is complete: whatever is served is described, and whatever it refers to exists."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml

from rok_jupyter.server import openapi
from rok_jupyter.server.errors import ERROR_STATUSES
from rok_jupyter.server.operation import operation_of
from rok_jupyter.server.routes import ROUTES, pattern
from rok_jupyter.tasks import Task

EVENTS = Path(openapi.__file__).parent / "events"
METHODS = ("get", "head", "post", "put", "patch", "delete")
DOCUMENT: dict[str, Any] = openapi.document(ROUTES, base_url="/user/me/")
OPERATIONS = [
    pytest.param(described, id=f"{method} {path}")
    for path, methods in DOCUMENT["paths"].items()
    for method, described in methods.items()
]


def test_it_names_the_server_it_is_from() -> None:
    assert DOCUMENT["openapi"].startswith("3.1")
    assert DOCUMENT["servers"] == [{"url": "/user/me"}]


def test_every_method_of_every_handler_is_described() -> None:
    for template, handler in ROUTES:
        own = {method for method in METHODS if method in vars(handler)}
        assert own == set(DOCUMENT["paths"][template])
        assert all(operation_of(handler, method) is not None for method in own)


def test_every_verb_is_authenticated_then_authorized() -> None:
    for _, handler in ROUTES:
        assert handler.auth_resource == "rok"
        for method in METHODS:
            if method in vars(handler):
                verb = vars(handler)[method]
                assert verb.__code__.co_qualname.startswith("authenticated")
                assert verb.__wrapped__.__code__.co_qualname.startswith("authorized")


def test_no_verb_is_shared_between_handlers() -> None:
    verbs = [vars(handler)[method] for _, handler in ROUTES for method in METHODS if method in vars(handler)]
    assert len(set(map(id, verbs))) == len(verbs)


def test_every_reference_leads_somewhere() -> None:
    names = set(re.findall(r"#/components/schemas/([^\"]+)\"", json.dumps(DOCUMENT)))
    assert names <= set(DOCUMENT["components"]["schemas"])


def test_every_schema_is_one() -> None:
    for schema in DOCUMENT["components"]["schemas"].values():
        jsonschema.Draft202012Validator.check_schema(schema)


def test_operations_have_names_of_their_own() -> None:
    names = [described["operationId"] for methods in DOCUMENT["paths"].values() for described in methods.values()]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("described", OPERATIONS)
def test_an_operation_says_how_it_fails(described: dict[str, Any]) -> None:
    statuses = set(described["responses"])
    assert described["summary"]
    assert {str(status) for status in ERROR_STATUSES} - {"413", "415", "429"} <= statuses
    assert ("requestBody" in described) is ("413" in statuses) is ("415" in statuses)
    assert ("202" in statuses) is ("429" in statuses)
    assert "500" not in statuses


def test_every_parameter_of_a_path_is_described() -> None:
    for path, methods in DOCUMENT["paths"].items():
        for described in methods.values():
            named = {parameter["name"] for parameter in described["parameters"] if parameter["in"] == "path"}
            assert named == set(re.findall(r"\{([a-z]+)\}", path))


def test_a_pattern_matches_its_own_path_only() -> None:
    expression = re.compile(pattern("/rok/v1/snapshots/{id}/tree") + "$")
    assert expression.match("/rok/v1/snapshots/latest/tree")
    assert not expression.match("/rok/v1/snapshots/a/b/tree")
    assert not expression.match("/rok/v1/snapshots//tree")


def test_the_event_of_a_task_knows_its_fields() -> None:
    schema = yaml.safe_load((EVENTS / "task.yaml").read_text())
    task = DOCUMENT["components"]["schemas"][Task.__name__]
    assert set(schema["properties"]) == set(task["properties"])
    report = DOCUMENT["components"]["schemas"]["Report"]
    assert set(schema["properties"]["report"]["properties"]) <= set(report["properties"])
