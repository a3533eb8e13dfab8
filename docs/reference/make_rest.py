"""Write rest.md, the reference of the REST interface, from the OpenAPI document: `python docs/reference/make_rest.py`.

Owns the looks of the reference. Doesn't own a word of it: they come from the handlers and the wire's types. A test
fails where rest.md isn't what this writes.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from rok_jupyter.server import openapi
from rok_jupyter.server.errors import STATUS
from rok_jupyter.server.routes import ROUTES

TARGET = Path(__file__).with_name("rest.md")

_OPENING = """# REST

Made from the OpenAPI document (`GET /rok/v1/openapi.json`) by `make_rest.py`; don't edit it by hand.

Addresses are below the server's base URL. Authentication, authorization (an Authorizer is asked about the resource
`rok`, with the action `read` for GET and HEAD and `write` for everything else) and XSRF are those of Jupyter Server:
send `Authorization: token TOKEN`, or a browser's cookie with the header `X-XSRFToken`.

- Long verbs answer **202 with a Task**, and `Location` names it. A task's changes are events on `/api/events/subscribe`
  (schema `https://schema.jupyter.org/rok_jupyter/task/v1`, everything but the result); its result is at
  `/rok/v1/tasks/{id}`. `Idempotency-Key` makes a repeated request find the same task.
- The schema `https://schema.jupyter.org/rok_jupyter/snapshots/v1` (`revision`) tells, within three seconds, that the
  stored snapshots changed, whoever changed them.
- Where a GET says 202 too, it answers a task if work has to come first (a snapshot that must be cloned to be read), or
  if it is asked to by `Prefer: respond-async`.
- Lists are pages: `{"items": [...], "next_cursor": ...}`. Give `next_cursor` back as `cursor` until it is null.
- Names: bytes that are no UTF-8, control characters and `%` are spelled `%XX`, in answers and in what is sent.
- Directories and files of the server that a request names must lie below the workspace, or below a directory of the
  setting `restore_directories`; else 403. The repository's password is never answered.
- Bodies are JSON of at most 1 MiB, with `Content-Type: application/json`; unknown fields are refused.
- Errors are `{"kind", "message", "hint"}`:

"""


def reference() -> str:
    """Return the whole reference as Markdown."""
    document = openapi.document(ROUTES, base_url="/")
    schemas = document["components"]["schemas"]
    parts = [_OPENING, _errors(), "\n## Routes\n"]
    for path, methods in document["paths"].items():
        parts += [_operation(path, method, described) for method, described in methods.items() if method != "head"]
    parts.append("\n## Values\n")
    parts += [_schema(name, schema) for name, schema in sorted(schemas.items())]
    return "".join(parts)


def _errors() -> str:
    rows = [f"| `{kind.value}` | {status} |\n" for kind, status in STATUS.items()]
    http = "| `invalid_argument`, body too large | 413 |\n| `invalid_argument`, body not declared as JSON | 415 |\n"
    more = "| `out_of_range`, of contents | 416 |\n| `failed_precondition`, too many tasks | 429 |\n"
    return "| kind | HTTP status |\n| --- | --- |\n" + "".join(rows) + http + more


def _operation(path: str, method: str, described: dict[str, Any]) -> str:
    lines = [f"\n### {method.upper()} {path}\n\n{described['summary']}.\n"]
    rows = [_parameter(parameter) for parameter in described["parameters"] if parameter["in"] != "path"]
    if rows:
        lines.append("\n| parameter | in | type | |\n| --- | --- | --- | --- |\n" + "".join(rows))
    if "requestBody" in described:
        schema = described["requestBody"]["content"]["application/json"]["schema"]
        lines.append(f"\nBody: {_type(schema)}{'' if described['requestBody']['required'] else ', or none'}.\n")
    answers = [
        f"{status} {_answer(response)}" for status, response in described["responses"].items() if int(status) < 400
    ]
    lines.append(f"\nAnswers: {'; '.join(answers)}.\n")
    return "".join(lines)


def _parameter(parameter: dict[str, Any]) -> str:
    text = parameter.get("description") or parameter["schema"].get("description", "")
    required = "required. " if parameter["required"] else ""
    default = parameter["schema"].get("default")
    shown = f" Default: `{default}`." if default not in (None, "", []) else ""
    return f"| `{parameter['name']}` | {parameter['in']} | {_type(parameter['schema'])} | {required}{text}{shown} |\n"


def _answer(response: dict[str, Any]) -> str:
    (content,) = response.get("content", {"": {}}).items()
    type_, described = content
    if type_ == "application/json":
        return _type(described["schema"])
    return "bytes" if type_ else "without a body"


def _schema(name: str, schema: dict[str, Any]) -> str:
    text = re.sub(r"\s*\n\s*", " ", schema.get("description", "")).strip()
    heading = f"\n### {name}\n" + (f"\n{text}\n" if text and not name.endswith("Page") else "")
    if "enum" in schema:
        return f"{heading}\nOne of {', '.join(f'`{value}`' for value in schema['enum'])}.\n"
    rows = []
    for field, property_ in schema.get("properties", {}).items():
        needed = "required" if field in schema.get("required", []) and "additionalProperties" in schema else ""
        rows.append(f"| `{field}` | {_type(property_)} | {needed} |\n")
    return heading + ("\n| field | type | |\n| --- | --- | --- |\n" + "".join(rows) if rows else "")


def _type(schema: dict[str, Any]) -> str:
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return f"[{name}](#{name.lower()})"
    if "anyOf" in schema:
        return " or ".join(_type(option) for option in schema["anyOf"])
    if "enum" in schema:
        return " or ".join(f"`{value}`" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(schema.get('items', {}))}"
    if schema.get("type") == "object":
        values = schema.get("additionalProperties")
        return f"map to {_type(values)}" if isinstance(values, dict) else "object"
    return str(schema.get("format") or schema.get("type", "any"))


if __name__ == "__main__":
    TARGET.write_text(reference())
