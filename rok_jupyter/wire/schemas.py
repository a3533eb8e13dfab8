"""The schemas of everything that `wire` reads and writes, as JSON Schema 2020-12 for OpenAPI 3.1.

Owns their names and how values, which always have every field, differ from bodies, which may leave fields out. Made by
msgspec from the types themselves, so that they can't drift. Doesn't own which route uses which (server).
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from rok_jupyter.errors import RokError
from rok_jupyter.wire.errors import Error
from rok_jupyter.wire.results import RESULTS

_REFERENCE = "#/components/schemas/{name}"
_PAGE = re.compile(r"\bPage_([A-Za-z]+)_")


def component_schemas(
    values: Iterable[type], bodies: Iterable[Any]
) -> tuple[dict[Any, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Return the schema (a reference, mostly) of each given type, and the named schemas that these refer to.

    `values` are what is answered, `bodies` what is asked (Structs or unions of them).
    """
    answered = [Error, *RESULTS.values(), *values]
    asked = list(bodies)
    roots, components = msgspec.json.schema_components(
        [*answered, *asked], schema_hook=_schema, ref_template=_REFERENCE
    )
    _, complete = msgspec.json.schema_components(answered, schema_hook=_schema, ref_template=_REFERENCE)
    for name in complete:
        _require_every_field(components[name])
    return dict(zip([*answered, *asked], _plain(list(roots)), strict=True)), _plain(components)


def query_schemas(queries: Iterable[type]) -> tuple[dict[type, dict[str, Any]], dict[str, dict[str, Any]]]:
    """Return the schema of each query, and the named schemas that these refer to."""
    types = list(queries)
    _, components = msgspec.json.schema_components(types, ref_template=_REFERENCE)
    return {type_: components.pop(type_.__name__) for type_ in types}, components


def reference(name: str) -> dict[str, str]:
    """Return a reference to a named schema."""
    return {"$ref": _REFERENCE.format(name=name)}


def _schema(type_: type) -> dict[str, Any]:
    """Describe the types that msgspec doesn't know: a task's result and an error."""
    if type_ is object:
        names = sorted({result.__name__ for result in RESULTS.values()})
        return {"anyOf": [*map(reference, names), reference("EntryPage"), {"type": "null"}]}
    if issubclass(type_, RokError):
        return reference(Error.__name__)
    raise TypeError(f"{type_.__name__} has no schema")


def _require_every_field(schema: dict[str, Any]) -> None:
    if schema.get("type") == "object" and "properties" in schema:
        schema["required"] = sorted(schema["properties"])
        for property_ in schema["properties"].values():
            property_.pop("default", None)


def _plain(value: Any) -> Any:
    """Name pages after what they hold ("SnapshotPage")."""
    return json.loads(_PAGE.sub(r"\1Page", json.dumps(value)))
