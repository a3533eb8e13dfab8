"""The OpenAPI 3.1 document, from the table of routes and the schemas of the wire.

Pure: routes in, document out. Nothing is described by hand, so nothing can be described that isn't so.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from http.client import responses
from typing import Any

import msgspec
from msgspec import Struct

import rok_jupyter
from rok_jupyter.server.errors import ERROR_STATUSES
from rok_jupyter.server.operation import IDEMPOTENCY_KEY, LONGEST_KEY, Bytes, Described, Operation, operation_of
from rok_jupyter.wire.errors import Error
from rok_jupyter.wire.schemas import component_schemas, query_schemas

_METHODS = ("get", "head", "post", "put", "patch", "delete")
_PARAMETER = re.compile(r"\{([a-z]+)\}")
_WITH_BODY = frozenset({413, 415})
_WITH_TASK = frozenset({429})
_UNSCHEMED = (Bytes, Described, None)
_NOUNS: Mapping[str, str] = {
    "snapshots": "A snapshot's id, a unique prefix of it, or `latest`.",
    "tasks": "A task's id.",
    "keys": "A key's id.",
    "volumes": "A volume's name.",
}
_ANY: Mapping[str, object] = {"type": "string"}
_HEADER_SCHEMAS: Mapping[str, Mapping[str, object]] = {
    IDEMPOTENCY_KEY: {"type": "string", "minLength": 1, "maxLength": LONGEST_KEY},
}

Route = tuple[str, type]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Verb:
    path: str
    method: str
    handler: type
    operation: Operation


def document(routes: Iterable[Route], *, base_url: str) -> dict[str, Any]:
    """Return the document for a server at `base_url` (its path)."""
    verbs = list(_verbs(routes))
    answers = {type_ for verb in verbs for type_ in verb.operation.returns.values() if type_ not in _UNSCHEMED}
    bodies = {verb.operation.body for verb in verbs} - {None}
    queries = {verb.operation.query for verb in verbs if verb.operation.query is not None}
    order = str  # sets have none, and the document is to be the same every time
    schemas, components = component_schemas(sorted(answers, key=order), sorted(bodies, key=order))
    asked, referred = query_schemas(sorted(queries, key=order))
    paths: dict[str, dict[str, Any]] = {}
    for verb in verbs:
        paths.setdefault(verb.path, {})[verb.method] = _describe(verb, schemas, asked)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "rok-jupyter",
            "version": rok_jupyter.__version__,
            "description": "Time travel for notebooks: snapshots of a Jupyter workspace and its data volumes.",
        },
        "servers": [{"url": base_url.rstrip("/") or "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": {**referred, **components},
            "securitySchemes": {
                "token": {
                    "type": "apiKey",
                    "in": "header",
                    "name": "Authorization",
                    "description": "`token TOKEN`, the server's token; or a browser's cookie and XSRF token.",
                }
            },
        },
    }


def _verbs(routes: Iterable[Route]) -> Iterator[_Verb]:
    for path, handler in routes:
        for method in _METHODS:
            described = operation_of(handler, method)
            if described is not None:
                yield _Verb(path=path, method=method, handler=handler, operation=described)


def _describe(
    verb: _Verb, schemas: Mapping[Any, dict[str, Any]], queries: Mapping[type[Struct], dict[str, Any]]
) -> dict[str, Any]:
    operation = verb.operation
    described: dict[str, Any] = {
        "operationId": f"{verb.method}{verb.handler.__name__.removesuffix('Handler')}",
        "summary": operation.summary,
        "tags": [verb.path.split("/")[3]],
        "parameters": [
            *_path_parameters(verb.path),
            *(_query_parameters(queries[operation.query]) if operation.query else []),
            *_header_parameters(operation.request_headers),
        ],
        "responses": _responses(operation, schemas),
    }
    if operation.body is not None:
        described["requestBody"] = {
            "required": not _is_optional(operation.body),
            "content": {"application/json": {"schema": schemas[operation.body]}},
        }
    return described


def _path_parameters(path: str) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "description": _NOUNS[path[: path.index("{")].rstrip("/").rpartition("/")[2]],
            "schema": {"type": "string", "minLength": 1},
        }
        for name in _PARAMETER.findall(path)
    ]


def _query_parameters(schema: dict[str, Any]) -> list[dict[str, Any]]:
    required = schema.get("required", [])
    return [
        {"name": name, "in": "query", "required": name in required, "schema": _without_null(property_)}
        for name, property_ in schema["properties"].items()
    ]


def _header_parameters(headers: Mapping[str, str]) -> list[dict[str, Any]]:
    return [
        {
            "name": name,
            "in": "header",
            "required": False,
            "description": text,
            "schema": _HEADER_SCHEMAS.get(name, _ANY),
        }
        for name, text in headers.items()
    ]


def _without_null(schema: dict[str, Any]) -> dict[str, Any]:
    """Return a property's schema for a query, where absence is what null is in JSON."""
    if "anyOf" in schema:
        (kept,) = [option for option in schema["anyOf"] if option != {"type": "null"}]
        return dict(kept)
    return schema


def _is_optional(body: Any) -> bool:
    """Whether no body at all is as good as an empty object."""
    return isinstance(body, type) and not any(field.required for field in msgspec.structs.fields(body))


def _responses(operation: Operation, schemas: Mapping[Any, dict[str, Any]]) -> dict[str, Any]:
    described = {
        str(status): _response(status, type_, operation.headers.get(status, {}), schemas)
        for status, type_ in operation.returns.items()
    }
    absent = (_WITH_BODY if operation.body is None else frozenset()) | (
        frozenset() if 202 in operation.returns else _WITH_TASK
    )
    for status in ERROR_STATUSES:
        if status not in absent:
            described[str(status)] = _response(status, Error, {}, schemas)
    return described


def _response(
    status: int, type_: Any, headers: Mapping[str, str], schemas: Mapping[Any, dict[str, Any]]
) -> dict[str, Any]:
    response: dict[str, Any] = {"description": responses[status]}
    if headers:
        response["headers"] = {
            name: {"description": text, "required": True, "schema": {"type": "string"}}
            for name, text in headers.items()
        }
    if type_ is Bytes:
        response["content"] = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
    elif type_ is Described:
        response["content"] = {"application/json": {"schema": {"type": "object"}}}
    elif type_ is not None:
        response["content"] = {"application/json": {"schema": schemas[type_]}}
    return response
