"""Values to JSON.

Owns the spelling: enumerations by value, times as RFC 3339 in UTC, names percent-encoded, errors as their three fields,
every field of a value always present. Raises TypeError for what isn't a value of the domain: that is a bug, not input.
"""

from __future__ import annotations

from typing import Any

import msgspec

from rok_jupyter.errors import RokError
from rok_jupyter.wire.errors import error_to_json
from rok_jupyter.wire.fields import rewrite
from rok_jupyter.wire.names import encode_name, printable


def to_json(value: object) -> Any:
    """Return `value` (a model, a page, a task, an error, or a tuple of them) as JSON's own types."""
    return msgspec.json.decode(dumps(value))


def dumps(value: object) -> bytes:
    """Return `value` as one JSON document in UTF-8."""
    return msgspec.json.encode(rewrite(value, names=encode_name, text=printable), enc_hook=_encode)


def _encode(value: object) -> object:
    if isinstance(value, RokError):
        return error_to_json(value)
    raise TypeError(f"{type(value).__name__} is no value of the domain")
