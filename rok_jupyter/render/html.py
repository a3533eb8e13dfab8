"""Blocks as HTML for a notebook's output.

Owns the markup. Everything written here has gone through `visible` and is escaped; there are no scripts, links or
styles from outside.
"""

from __future__ import annotations

from collections.abc import Sequence
from html import escape

from rok_jupyter.render.blocks import Block, Facts, Line, Lines, Table, Tone, visible

_LEFT = ' style="text-align:left"'
_RIGHT = ' style="text-align:right"'
_ADDED = "color:var(--jp-success-color1, green)"
_REMOVED = "color:var(--jp-error-color1, firebrick)"
_PLACE = "color:var(--jp-info-color1, teal)"
_TONES = {
    Tone.PLAIN: "",
    Tone.STRONG: ' style="font-weight:bold"',
    Tone.WARNING: ' style="color:var(--jp-warn-color1, darkorange)"',
}


def to_html(blocks: Sequence[Block]) -> str:
    """Return blocks as one `div`."""
    return f'<div class="rok-output">{"".join(_block(block) for block in blocks)}</div>'


def _safe(text: str, *, lines: bool = False) -> str:
    return escape(visible(text, lines=lines), quote=True)


def _block(block: Block) -> str:
    match block:
        case Line():
            return f"<div{_TONES[block.tone]}>{_safe(block.text)}</div>"
        case Facts():
            return f"<table>{_facts(block)}</table>"
        case Table():
            head = f"<thead><tr>{_row('th', block.columns, block.numbers)}</tr></thead>"
            body = "".join(f"<tr>{_row('td', row, block.numbers)}</tr>" for row in block.rows)
            return f"<table>{head}<tbody>{body}</tbody></table>"
        case Lines():
            title = f"<div><b>{_safe(block.title)}</b></div>" if block.title else ""
            return title + f"<pre>{''.join(_diff_line(line) for line in block.lines)}</pre>"


def _facts(block: Facts) -> str:
    return "".join(f"<tr>{_row('th', (name,))}{_row('td', (value,))}</tr>" for name, value in block.rows)


def _row(tag: str, cells: Sequence[str], numbers: frozenset[int] = frozenset()) -> str:
    return "".join(
        f"<{tag}{_RIGHT if position in numbers else _LEFT}>{_safe(cell)}</{tag}>" for position, cell in enumerate(cells)
    )


def _diff_line(line: str) -> str:
    text = _safe(line, lines=True) + "\n"
    colours = {"+": _ADDED, "-": _REMOVED, "@": _PLACE}
    colour = colours.get(line[:1])
    return f'<span style="{colour}">{text}</span>' if colour else text
