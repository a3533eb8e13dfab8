"""Errors as JSON: {"kind", "message", "hint"}, the same on every surface."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.wire.names import printable


class Error(msgspec.Struct, frozen=True, kw_only=True):
    """How an error looks on the wire."""

    kind: ErrorKind
    message: str
    hint: str = ""


def error_to_json(error: RokError) -> dict[str, str]:
    """Return an error's JSON."""
    return {"kind": error.kind.value, "message": printable(error.message), "hint": printable(error.hint)}


def error_from_json(data: object) -> RokError:
    """Return the error that `data` spells; one of kind UNKNOWN where it spells none. Never raises."""
    fields = data if isinstance(data, Mapping) else {}
    message = str(fields.get("message") or "The server answered with an error that says nothing more.")
    hint = str(fields.get("hint") or "")
    known = {kind.value: kind for kind in ErrorKind}
    kind = known.get(str(fields.get("kind")), ErrorKind.UNKNOWN)
    if kind is ErrorKind.CANCELLED:
        return Cancelled(kind, message, hint)
    return RokError(kind, message, hint)
