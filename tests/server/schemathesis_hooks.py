"""Schemathesis's guesses rarely name what exists: half of them are turned into names that do.

Guesses that are wrong on purpose stay as they are: made right, they would be accepted, and that be taken for a fault.
"""

from __future__ import annotations

import os
from typing import Any
from urllib.parse import urlencode

import schemathesis

_LONGEST_QUERY = 50_000
_LONGEST_PATH = 20_000
_WORKSPACE = os.environ["ROK_TEST_WORKSPACE"]
_KNOWN_PATHS = ("notes/a.txt", "plain.bin", "notes", "", "no/such%0Afile")


def _is_chosen(value: object) -> bool:
    return len(str(value)) % 2 == 1 and len(str(value)) <= _LONGEST_PATH


@schemathesis.hook
def map_path_parameters(context: Any, path_parameters: dict[str, Any] | None) -> dict[str, Any] | None:
    """Name the newest snapshot, or the workspace's volume, in about half of the requests."""
    if path_parameters and _is_chosen(path_parameters.get("id", "")) and "/snapshots/" in context.operation.path:
        path_parameters["id"] = "latest"
    return path_parameters


@schemathesis.hook
def map_query(context: Any, query: dict[str, Any] | None) -> dict[str, Any] | None:
    """Name a path that exists in about half of the requests."""
    if query and isinstance(query.get("path"), str) and _is_chosen(query["path"]):
        query["path"] = _KNOWN_PATHS[len(query["path"]) % len(_KNOWN_PATHS)]
        query.pop("volume", None)
    return query


@schemathesis.hook
def filter_query(context: Any, query: dict[str, Any] | None) -> bool:
    """Leave out what is too long for tornado, which drops the connection of whoever sends 64 KiB of headers."""
    return len(urlencode(query or {}, doseq=True, errors="replace")) < _LONGEST_QUERY


@schemathesis.hook
def map_body(context: Any, body: Any) -> Any:
    """Name files and directories below the workspace, which are the only ones that a client may name."""
    if isinstance(body, dict):
        for field in ("directory", "target"):
            if isinstance(body.get(field), str) and body[field].startswith("/") and _is_chosen(body[field]):
                body[field] = f"{_WORKSPACE}/made/{len(body[field])}" + (".tar" if "paths" in body else "")
    return body
