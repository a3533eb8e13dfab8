"""What a migration changes, told one by one.

Owns the values. Doesn't own which changes there are (`metadata`, `volumes`, `cells`).
"""

from __future__ import annotations

import msgspec


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One change of a notebook."""

    what: str
    """Where in the notebook: a key, a volume, a cell's tag."""
    before: str = ""
    after: str = ""
    """Empty where it is gone."""
    note: str = ""
    attention: bool = False
    """Whether something is left for the user to decide or do."""


class Migration(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a notebook."""

    notebook: str
    changes: tuple[Change, ...] = ()
    original: str = ""
    """Where the notebook is kept as it was; empty where it wasn't touched."""


def shown(value: object) -> str:
    """Return a value of the metadata as a report shows it."""
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()
