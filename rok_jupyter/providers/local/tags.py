"""What of a snapshot must last, as tags that restic keeps through `tag`, `copy` and `rewrite`.

    rok:id=  rok:name=  rok:owner=  rok:message=  rok:consistency=  rok:pin
    rok:origin=KIND;pipeline=...;run=...;step=...;moment=...

Owns their spelling: text is percent-encoded so that no comma, no byte outside printable ASCII and no blank at an end
is left. Tags that don't begin with "rok:" are the user's own. Doesn't own which documents they stand in.
"""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote, unquote_to_bytes

import msgspec

from rok_jupyter.engine.format.ids import Id, is_id
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Consistency, Moment, Origin, OriginKind

_PREFIX = "rok:"
_PIN = "rok:pin"
_SAFE = " !#$&'()*+/:?@[]~"
_LONGEST_TAG = 200


class Label(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that tags say of a snapshot. `id` is None for one that plain restic made."""

    id: Id | None = None
    name: str | None = None
    owner: str | None = None
    message: str = ""
    origin: Origin = msgspec.field(default_factory=Origin)
    consistency: Consistency = Consistency.FUZZY
    pinned: bool = False
    tags: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    """Tags of a later version of ours, which an edit keeps."""


def encode_text(text: str) -> str:
    """Spell text of any kind in printable ASCII without commas, semicolons, equal signs and blanks at its ends."""
    encoded = quote(text.encode("utf-8", "surrogateescape"), safe=_SAFE)
    inner = encoded.strip(" ")
    before = len(encoded) - len(encoded.lstrip(" "))
    after = len(encoded) - len(inner) - before
    return "%20" * before + inner + "%20" * after


def decode_text(encoded: str) -> str:
    """Undo `encode_text`; what isn't encoded stands for itself."""
    return unquote_to_bytes(encoded.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")


def check_tags(tags: Iterable[str]) -> None:
    """Raise INVALID_ARGUMENT for a tag that restic couldn't keep, or that is spelt as one of ours."""
    for tag in tags:
        # isprintable is false for surrogates too, which restic's JSON couldn't hold
        plain = tag.isprintable() and "," not in tag and tag == tag.strip()
        if not tag or not plain or tag.startswith(_PREFIX) or len(tag) > _LONGEST_TAG:
            raise RokError(
                ErrorKind.INVALID_ARGUMENT,
                f"{tag[:_LONGEST_TAG]!r} can't be a tag.",
                "Use printable text without commas, at most 200 characters, not beginning with 'rok:'.",
            )


def encode_label(label: Label) -> tuple[str, ...]:
    """Return a label as a snapshot file's tags, ours first."""
    ours = [
        ("id", label.id),
        ("name", label.name),
        ("owner", label.owner),
        ("message", label.message or None),
    ]
    encoded = [f"{_PREFIX}{key}={encode_text(value)}" for key, value in ours if value is not None]
    encoded.append(f"{_PREFIX}origin={_encode_origin(label.origin)}")
    encoded.append(f"{_PREFIX}consistency={label.consistency}")
    if label.pinned:
        encoded.append(_PIN)
    return (*encoded, *label.unknown, *label.tags)


def decode_label(tags: Iterable[str]) -> Label:
    """Read a snapshot file's tags; what is malformed counts as missing."""
    values: dict[str, str] = {}
    own, unknown = [], []
    for tag in tags:
        key, _, value = tag.removeprefix(_PREFIX).partition("=")
        if not tag.startswith(_PREFIX):
            own.append(tag)
        elif tag == _PIN or key in _KEYS:
            values.setdefault(key, value)
        else:
            unknown.append(tag)
    plain = {key: decode_text(value) for key, value in values.items()}
    return Label(
        id=plain["id"] if is_id(plain.get("id", "")) else None,
        name=plain.get("name"),
        owner=plain.get("owner"),
        message=plain.get("message", ""),
        origin=_decode_origin(values.get("origin", "")),
        consistency=_decode_consistency(values.get("consistency", "")),
        pinned="pin" in values,
        tags=tuple(own),
        unknown=tuple(unknown),
    )


_KEYS = frozenset(("id", "name", "owner", "message", "origin", "consistency"))


def _encode_origin(origin: Origin) -> str:
    fields = [("pipeline", origin.pipeline), ("run", origin.run), ("step", origin.step), ("moment", origin.moment)]
    return ";".join([origin.kind, *(f"{key}={encode_text(value)}" for key, value in fields if value is not None)])


def _decode_origin(encoded: str) -> Origin:
    kind, *rest = encoded.split(";")
    fields = {key: decode_text(value) for key, _, value in (part.partition("=") for part in rest)}
    moment = fields.get("moment")
    return Origin(
        kind=OriginKind(kind) if kind in list(OriginKind) else OriginKind.MANUAL,
        pipeline=fields.get("pipeline"),
        run=fields.get("run"),
        step=fields.get("step"),
        moment=Moment(moment) if moment in list(Moment) else None,
    )


def _decode_consistency(encoded: str) -> Consistency:
    return Consistency(encoded) if encoded in list(Consistency) else Consistency.FUZZY
