"""An outcome as text, HTML or JSON: what `rok` and `%rok` have in common of showing.

Owns the looks of the values that only commands return.
"""

from __future__ import annotations

import base64
import json

from rok_jupyter.commands.outcome import Content, Outcome, Text
from rok_jupyter.commands.results import Comparison, Unlocked
from rok_jupyter.errors import RokError
from rok_jupyter.render import describe, to_html, to_text
from rok_jupyter.render.blocks import Block, Line, Lines, amount
from rok_jupyter.wire import encode_name, to_json

HTML_ROWS = 200
"""Rows of one table in a notebook's output, which stays in the notebook's file."""


@describe.register
def _comparison(comparison: Comparison, *, limit: int | None = None) -> tuple[Block, ...]:
    if not comparison.files:
        return (Line("No file differs in its content."),)
    blocks: list[Block] = []
    for file in comparison.files[:limit]:
        if file.reason:
            blocks.append(Line(f"{file.volume}:{file.path}: {file.reason}"))
        else:
            blocks.append(Lines(f"{file.volume}:{file.path}", file.lines))
    return tuple(blocks)


@describe.register
def _text(text: Text, *, limit: int | None = None) -> tuple[Block, ...]:
    return (Lines("", tuple(text.text.splitlines())),)


@describe.register
def _unlocked(result: Unlocked, *, limit: int | None = None) -> tuple[Block, ...]:
    return (Line(f"removed {amount(result.removed, 'lock')}"),)


def as_text(outcome: Outcome, *, limit: int | None = None) -> str:
    """Return an outcome for a terminal."""
    return to_text((*describe(outcome.value, limit=limit), *(Line(note) for note in outcome.notes)))


def as_html(outcome: Outcome) -> str:
    """Return an outcome for a notebook."""
    return to_html((*describe(outcome.value, limit=HTML_ROWS), *(Line(note) for note in outcome.notes)))


def as_json(outcome: Outcome) -> str:
    """Return an outcome's one JSON document, in ASCII whatever the locale, without a newline at its end."""
    value = outcome.value
    if isinstance(value, Content):
        return json.dumps(_content(value), indent=2)
    if isinstance(value, Text):
        return json.dumps(value.fields(), indent=2)
    return json.dumps(to_json(value), indent=2)


def error_as_json(error: RokError) -> str:
    """Return an error's one JSON document."""
    return json.dumps(to_json(error), indent=2)


def error_as_text(error: RokError, *, program: str) -> str:
    """Return an error's lines for a terminal, without a newline at the end."""
    lines = [Line(f"{program}: {error.message}")]
    if error.hint:
        lines.append(Line(error.hint))
    return to_text(lines).rstrip("\n")


def _content(content: Content) -> dict[str, object]:
    data = b"".join(content.pieces)
    fields = {"volume": content.volume, "path": encode_name(content.path)}
    try:
        return {**fields, "encoding": "utf-8", "content": data.decode("utf-8")}
    except UnicodeDecodeError:
        return {**fields, "encoding": "base64", "content": base64.b64encode(data).decode("ascii")}
