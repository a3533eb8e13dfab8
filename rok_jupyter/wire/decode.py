"""JSON to values, for whoever talks to a server or reads a task's record.

Owns the way back of `encode`. Fields that this version doesn't know are ignored, so that an older client reads a newer
server. Doesn't own request bodies, which are strict (`requests`).
"""

from __future__ import annotations

from typing import TypeVar, cast

import msgspec

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.wire.errors import error_from_json
from rok_jupyter.wire.fields import rewrite
from rok_jupyter.wire.names import decode_name

Value = TypeVar("Value")


def from_json(type_: type[Value], data: object) -> Value:
    """Return the value of type `type_` that `data` spells (parsed JSON); DATA_LOSS where it spells none.

    A field of type `object` stays as it was parsed: `results.decode_result` gives a task's result its type.
    """
    try:
        value = msgspec.convert(data, type_, dec_hook=_decode)
    except msgspec.ValidationError as error:
        raise RokError(
            ErrorKind.DATA_LOSS,
            f"A {getattr(type_, '__name__', 'value')} could not be read: {error}.",
            "Check that the command and the server are of the same version of rok-jupyter.",
        ) from None
    return cast(Value, rewrite(value, names=decode_name, text=str))


def _decode(type_: type, data: object) -> object:
    if type_ is object:
        return data
    if issubclass(type_, RokError):
        return error_from_json(data)
    raise TypeError(f"{type_.__name__} is no value of the domain")
