"""Draws docs/pictures/first-minute.svg: a terminal's first minute with rok, from what it really puts out.

    python tools/picture.py             run the session, draw it
    python tools/picture.py --check     run the session, and say where the picture differs from it

Owns the drawing. Doesn't own how a session is run and compared (console).
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Sequence
from html import escape, unescape
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools.console import PROMPT, Session, alike

PICTURE = Path(__file__).resolve().parent.parent / "docs" / "pictures" / "first-minute.svg"
SESSION = (
    "export ROK_WORKSPACE=~/work",
    'rok snapshot -m "before cleaning up" | tail -3',
    "rm work/data/stations.csv",
    "rok diff latest",
    "rok restore latest --in-place --yes",
    "ls work/data",
    "rok list",
)
ADVANCE, LINE, MARGIN, BAR = 8.4, 20, 16, 34
_TEXT = re.compile(r"<text[^>]*>(.*?)</text>")


def lines() -> list[str]:
    """Run the session; return what its terminal shows."""
    shown = []
    with tempfile.TemporaryDirectory() as directory:
        session = Session(Path(directory))
        for command in SESSION:
            done = session.run(command)
            if done.status:
                raise SystemExit(f"`{command}` ended with {done.status}: {done.output}")
            shown += [PROMPT + command, *done.output]
    return shown


def draw(shown: Sequence[str]) -> str:
    """Return the picture of a terminal with these lines."""
    width, height = round(max(map(len, shown)) * ADVANCE + 2 * MARGIN), BAR + len(shown) * LINE + MARGIN
    texts = [_text(line, MARGIN, BAR + (number + 1) * LINE - 6) for number, line in enumerate(shown)]
    dots = "".join(
        f'<circle cx="{MARGIN + 6 + 18 * number}" cy="17" r="6" fill="{colour}"/>'
        for number, colour in enumerate(("#ff5f56", "#ffbd2e", "#27c93f"))
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'role="img" font-family="ui-monospace, SFMono-Regular, Menlo, Consolas, monospace" font-size="14">\n'
        "<title>A first minute with rok</title>\n"
        f'<rect width="{width}" height="{height}" rx="8" fill="#1d232b"/>{dots}\n' + "\n".join(texts) + "\n</svg>\n"
    )


def _text(line: str, x: int, y: int) -> str:
    colour = "#8fd694" if line.startswith(PROMPT) else "#f2b8b5" if line.startswith("-") else "#d7dde5"
    length = f' textLength="{len(line) * ADVANCE:.1f}"' if line else ""
    return f'<text x="{x}" y="{y}" fill="{colour}" xml:space="preserve"{length}>{escape(line)}</text>'


def drawn(picture: str) -> list[str]:
    """Return the lines that a picture shows."""
    return [unescape(text) for text in _TEXT.findall(picture)]


def differences() -> list[str]:
    """Run the session again, and return the picture's lines that it doesn't put out."""
    real = [alike(line) for line in lines()]
    return [line for line in drawn(PICTURE.read_text()) if alike(line) not in real]


if __name__ == "__main__":
    if "--check" in sys.argv[1:]:
        sys.exit("\n".join(differences()) or 0)
    PICTURE.write_text(draw(lines()))
