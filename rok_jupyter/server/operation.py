"""What one verb of one route takes and answers, written beside the verb; the OpenAPI document is made of it.

Owns the description only. Doesn't own behaviour: a handler parses by the same types that its description names.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from msgspec import Struct

from rok_jupyter.tasks import Task

IDEMPOTENCY_KEY = "Idempotency-Key"
LONGEST_KEY = 200

Verb = TypeVar("Verb", bound=Callable[..., Any])


class Bytes:
    """Answers with bytes instead of JSON."""


class Described:
    """Answers with JSON that another standard describes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Operation:
    """One verb of one route. `returns` is what it answers, by status: a type, `Bytes`, or None for no body at all."""

    summary: str
    returns: Mapping[int, Any]
    query: type[Struct] | None = None
    body: Any = None
    headers: Mapping[int, Mapping[str, str]] = field(default_factory=dict)
    """Descriptions of response headers that are always there, by status."""
    request_headers: Mapping[str, str] = field(default_factory=dict)
    """Descriptions of optional request headers."""


def starts_task(summary: str, *, body: Any = None, query: type[Struct] | None = None) -> Operation:
    """Describe a verb that answers 202 with a task."""
    return Operation(
        summary=summary,
        body=body,
        query=query,
        returns={202: Task},
        headers={202: {"Location": "Where the task is to be had."}},
        request_headers={IDEMPOTENCY_KEY: "The same key again answers the same task instead of a second one."},
    )


def operation(description: Operation) -> Callable[[Verb], Verb]:
    """Attach a description to a handler's method."""

    def attach(method: Verb) -> Verb:
        method.operation = description  # type: ignore[attr-defined]
        return method

    return attach


def operation_of(handler: type, method: str) -> Operation | None:
    """Return the description of a handler's verb (in lower case), None where the handler doesn't take it."""
    found = getattr(getattr(handler, method, None), "operation", None)
    return found if isinstance(found, Operation) else None
