"""What a verb returns to its surface: a value, a note for people, and bytes where a file is printed.

Owns which results count as "done with errors" and "failed". Doesn't own how a value looks (render, wire) nor a
surface's exit statuses (cli).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """A verb's result. `value` is what `--json` prints; `notes` are sentences for people, shown after it."""

    value: object
    notes: tuple[str, ...] = ()

    @property
    def partial(self) -> bool:
        """Whether single files went wrong while the rest was done."""
        return any(getattr(part, "errors", ()) for part in (self.value, getattr(self.value, "restore", None)))

    @property
    def failed(self) -> bool:
        """Whether the verb did its work and found that something is broken."""
        return not getattr(self.value, "sound", True)


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """A file's bytes, in pieces that can be taken once; `path` is a name."""

    volume: str | None
    path: str
    pieces: Iterator[bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Text that is printed as it stands: a password to keep, a script to evaluate. `name` is its key in JSON.

    A `secret` text is shown only where it doesn't stay.
    """

    name: str
    text: str
    secret: bool = False

    def fields(self) -> dict[str, Any]:
        """Return what JSON shows."""
        return {self.name: self.text}
