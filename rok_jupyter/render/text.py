"""Blocks as plain text for a terminal or a log.

Owns alignment. Everything written here has gone through `visible`.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence

from rok_jupyter.render.blocks import Block, Facts, Line, Lines, Table, Tone, visible

_GAP = "  "


def to_text(blocks: Sequence[Block]) -> str:
    """Return blocks as lines; it ends with a newline where it isn't empty."""
    parts = [text for text in (_block(block) for block in blocks) if text]
    return "".join(f"{part}\n" for part in parts)


def shortened(text: str, cells: int) -> str:
    """Return text that takes at most so many cells of a terminal."""
    if width(text) <= cells:
        return text
    while text and width(text) > cells - 1:
        text = text[:-1]
    return text + "…" if cells > 0 else ""


def width(text: str) -> int:
    """Return how many cells of a terminal a text takes."""
    return sum(_cells(character) for character in text)


def _cells(character: str) -> int:
    if character.isascii():
        return 1
    if unicodedata.combining(character):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _block(block: Block) -> str:
    match block:
        case Line():
            mark = "warning: " if block.tone is Tone.WARNING else ""
            return mark + visible(block.text)
        case Facts():
            return _columns([(f"{name}:", value) for name, value in block.rows], frozenset())
        case Table():
            return _columns([tuple(column.upper() for column in block.columns), *block.rows], block.numbers)
        case Lines():
            return "\n".join(visible(line, lines=True) for line in (block.title, *block.lines) if line)


def _columns(rows: Sequence[tuple[str, ...]], numbers: frozenset[int]) -> str:
    shown = [tuple(visible(cell) for cell in row) for row in rows]
    widths = [max(width(cell) for cell in column) for column in zip(*shown, strict=True)]
    return "\n".join(_row(row, widths, numbers) for row in shown)


def _row(row: tuple[str, ...], widths: Sequence[int], numbers: frozenset[int]) -> str:
    cells = []
    for position, (cell, wanted) in enumerate(zip(row, widths, strict=True)):
        blank = " " * (wanted - width(cell))
        cells.append(blank + cell if position in numbers else cell + blank)
    return _GAP.join(cells).rstrip()
