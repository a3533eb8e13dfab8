"""Names of what a repository stores: SHA-256 digests as lower-case hexadecimal text.

Owns how an id is made, checked and shortened. Doesn't own where it is looked up.
"""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Iterable, Sequence

from rok_jupyter.errors import ErrorKind, RokError

Id = str
"""64 lower-case hexadecimal digits."""

Buffer = bytes | bytearray | memoryview
"""Anything that holds bytes and can be read without a copy."""

ID_DIGITS = 64
_HEX = frozenset("0123456789abcdef")


def hash_of(data: Buffer) -> Id:
    """Return the id of `data`: its SHA-256."""
    return hashlib.sha256(data).hexdigest()


def random_id() -> Id:
    """Return an id that nobody else has, for what isn't named by its content."""
    return secrets.token_hex(ID_DIGITS // 2)


def is_id(text: str) -> bool:
    """Whether `text` is a whole id as it is written in a repository."""
    return len(text) == ID_DIGITS and _HEX.issuperset(text)


def unique_prefixes(ids: Iterable[Id], minimum: int = 8) -> dict[Id, str]:
    """Return for each id its shortest prefix, of at least `minimum` digits, that no other of `ids` begins with."""
    ordered = sorted(set(ids))
    prefixes = {}
    for position, identifier in enumerate(ordered):
        neighbours = ordered[max(0, position - 1) : position] + ordered[position + 1 : position + 2]
        shared = max((_shared_digits(identifier, other) for other in neighbours), default=0)
        prefixes[identifier] = identifier[: max(minimum, shared + 1)]
    return prefixes


def resolve_prefix(prefix: str, ids: Sequence[Id]) -> Id:
    """Return the one id that begins with `prefix`.

    Raises INVALID_ARGUMENT where `prefix` is malformed or fits several ids, NOT_FOUND where it fits none.
    """
    if not prefix or len(prefix) > ID_DIGITS or not _HEX.issuperset(prefix):
        raise RokError(ErrorKind.INVALID_ARGUMENT, f"{prefix!r} is no id.", "An id is made of the digits 0-9 and a-f.")
    found = [identifier for identifier in ids if identifier.startswith(prefix)]
    if not found:
        raise RokError(ErrorKind.NOT_FOUND, f"No id begins with {prefix}.", "List the ids to see which there are.")
    if len(found) > 1:
        raise RokError(ErrorKind.INVALID_ARGUMENT, f"{len(found)} ids begin with {prefix}.", "Give more digits.")
    return found[0]


def _shared_digits(one: Id, other: Id) -> int:
    for position, (left, right) in enumerate(zip(one, other, strict=True)):
        if left != right:
            return position
    return ID_DIGITS
