"""Queries of requests: what may stand behind the "?" of a URL.

Owns their names, types, bounds and descriptions. What isn't named here is ignored, since Jupyter's own front end adds a
time stamp to every GET. Doesn't own the parsing of a URL (server).
"""

from __future__ import annotations

import contextlib
from collections.abc import Mapping
from typing import Annotated, TypeVar

import msgspec
from msgspec import Meta, Struct
from msgspec.inspect import BoolType, IntType, ListType, Metadata

from rok_jupyter import models
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.wire.names import decode_name, printable

Query = TypeVar("Query", bound=Struct)

# A server reads 64 KiB of headers, the request's first line with them, and a character may take twelve bytes of it.
Text = Annotated[str, Meta(max_length=200)]
PathText = Annotated[str, Meta(max_length=5000, description="VOLUME:PATH, or PATH; odd bytes and % spelled as %XX.")]
Cursor = Annotated[str, Meta(min_length=1, max_length=1000, description="`next_cursor` of the page before.")]
Limit = Annotated[int, Meta(ge=1, le=1000, description="How many items a page has at most.")]
Volume = Annotated[
    str, Meta(max_length=1000, description="A member of the snapshot; by default its only or first one.")
]


class PageQuery(Struct, frozen=True):
    """Which part of a long list."""

    cursor: Cursor | None = None
    limit: Limit = 100


class SnapshotQuery(Struct, frozen=True):
    """Which snapshots, and which part of their list."""

    volume: Text | None = None
    tag: Text | None = None
    origin: models.OriginKind | None = None
    path: PathText | None = None
    pipeline: Text | None = None
    run: Text | None = None
    step: Text | None = None
    search: Text | None = None
    all_owners: bool = False
    cursor: Cursor | None = None
    limit: Limit = 100

    def to_model(self) -> models.SnapshotFilter:
        """Return the filter."""
        return models.SnapshotFilter(
            volume=self.volume,
            tag=self.tag,
            origin=self.origin,
            path=None if self.path is None else decode_name(self.path),
            pipeline=self.pipeline,
            run=self.run,
            step=self.step,
            search=self.search,
            all_owners=self.all_owners,
        )


class TreeQuery(Struct, frozen=True):
    """Which directory of a snapshot, and which part of its list."""

    volume: Volume | None = None
    path: PathText = ""
    cursor: Cursor | None = None
    limit: Limit = 100


class ContentQuery(Struct, frozen=True):
    """Which file of a snapshot."""

    path: PathText
    volume: Volume | None = None


class LiveContentQuery(Struct, frozen=True):
    """Which file of a volume."""

    path: Annotated[str, Meta(max_length=5000, description="A path in the volume; odd bytes and % spelled as %XX.")]


class NotebookQuery(Struct, frozen=True):
    """Which notebook of the workspace."""

    path: Annotated[str, Meta(max_length=5000, description="A path in the workspace; odd bytes and % spelled as %XX.")]


class DiffQuery(Struct, frozen=True):
    """What to compare a snapshot with, and which part of what differs; a cursor alone says which comparison."""

    against: Annotated[Text, Meta(description="Another snapshot, or `live`: the volumes as they are now.")] = "live"
    path: Annotated[list[PathText], Meta(max_length=10, description="Only what is at or below these.")] = []
    cursor: Cursor | None = None
    limit: Limit = 100


class NotebookDiffQuery(Struct, frozen=True):
    """Which notebook of a snapshot, and what to compare it with."""

    path: PathText
    volume: Volume | None = None
    against: Annotated[Text, Meta(description="Another snapshot, or `live`: the volumes as they are now.")] = "live"


def parse_query(type_: type[Query], arguments: Mapping[str, list[bytes]]) -> Query:
    """Return the query that a URL's arguments spell.

    INVALID_ARGUMENT, in one sentence that names the argument, for what is missing, malformed, beyond a bound, or given
    twice where a single one is meant.
    """
    fields = msgspec.structs.fields(type_)
    try:
        given = {field.name: _given(field, arguments[field.name]) for field in fields if arguments.get(field.name)}
        return msgspec.convert(given, type_)
    except msgspec.ValidationError as error:
        raise RokError(
            ErrorKind.INVALID_ARGUMENT, f"The request's query is wrong: {printable(str(error))}.", _HINT
        ) from None
    except UnicodeEncodeError:
        raise RokError(
            ErrorKind.INVALID_ARGUMENT, "The request's query holds bytes that are no UTF-8.", _HINT
        ) from None


def _given(field: msgspec.structs.FieldInfo, values: list[bytes]) -> object:
    """Return what a field is given as: texts where it is a list, a number or a truth value where it is one."""
    texts = [value.decode("utf-8", "surrogateescape") for value in values]
    kind = msgspec.inspect.type_info(field.type)
    kind = kind.type if isinstance(kind, Metadata) else kind
    if isinstance(kind, ListType):
        return texts
    if len(texts) > 1:
        raise msgspec.ValidationError(f"`{field.name}` is given {len(texts)} times")
    if isinstance(kind, IntType | BoolType):
        with contextlib.suppress(msgspec.DecodeError, UnicodeEncodeError, RecursionError):
            return msgspec.json.decode(texts[0])
    return texts[0]


_HINT = "See /rok/v1/openapi.json for what may be asked."
