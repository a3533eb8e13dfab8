"""A notebook of Kale's: where it is, which of its cells are a step's, and which comes next.

Owns reading cells and their tags. Doesn't own running them. Pure but for looking for the file.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

import msgspec

from rok_jupyter.models import Moment

_FIRST = ("imports", "functions", "pipeline-parameters")
_STEP, _PREVIOUS, _SKIP, _METRICS = "step:", "prev:", "skip", "pipeline-metrics"
_MOST_DIRECTORIES = 5_000


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """A code cell: its number counts all cells from one, as a person does."""

    number: int
    source: str
    steps: tuple[str, ...] = ()
    previous: tuple[str, ...] = ()
    first: bool = False
    """Whether it comes before every step: imports, functions, parameters."""


def leads_straight(root: str, path: str) -> bool:
    """Whether a relative path names a place below a directory without a link, or a "..", on its way."""
    place = os.path.join(os.path.realpath(root), path).rstrip("/")
    return os.path.realpath(place) == place


def find_notebook(root: Path, named: str, workspace: str) -> Path | None:
    """Return the notebook below a restored workspace; `named` as the user did, `workspace` is where it was then."""
    if not named:
        return None
    relative = named.removeprefix("~/")
    if os.path.isabs(relative):
        relative = (
            os.path.relpath(relative, workspace) if _is_below(relative, workspace) else os.path.basename(relative)
        )
    if leads_straight(str(root), os.path.dirname(relative)) and (root / relative).is_file():
        return root / relative
    parts = Path(relative).parts
    found = []
    for number, (directory, directories, files) in enumerate(os.walk(root)):
        directories[:] = sorted(name for name in directories if not name.startswith("."))
        if parts[-1] in files:
            found.append(Path(directory) / parts[-1])
        if number > _MOST_DIRECTORIES:
            break
    return max(found, key=lambda path: (_common_end(path.parts, parts), -len(path.parts)), default=None)


def read_cells(notebook: Path) -> tuple[Cell, ...]:
    """Return the code cells, each with the step that it belongs to; none where the file is no notebook."""
    try:
        content = json.loads(notebook.read_text(encoding="utf-8"))
        cells = [(number, cell) for number, cell in enumerate(content["cells"], 1) if cell["cell_type"] == "code"]
        read = [(number, _source(cell), _tags(cell)) for number, cell in cells]
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return ()
    found: list[Cell] = []
    for number, source, tags in read:
        if _SKIP in tags or _METRICS in tags:
            continue
        steps = tuple(tag.removeprefix(_STEP) for tag in tags if tag.startswith(_STEP))
        previous = tuple(tag.removeprefix(_PREVIOUS) for tag in tags if tag.startswith(_PREVIOUS))
        first = any(tag in _FIRST for tag in tags)
        if not (steps or previous or first) and found:  # Kale: it goes with the cell above it
            steps, previous, first = found[-1].steps, found[-1].previous, found[-1].first
        found.append(Cell(number=number, source=source, steps=steps, previous=previous, first=first))
    return tuple(found)


def next_cell(cells: Sequence[Cell], step: str, moment: Moment) -> Cell | None:
    """Return the cell to go on with: the step's first one, or after it the first of a step that follows it."""
    if moment is not Moment.AFTER:
        return next((cell for cell in cells if step in cell.steps), None)
    return next((cell for cell in cells if step in cell.previous and step not in cell.steps), None)


def _source(cell: dict[str, object]) -> str:
    source = cell.get("source", "")
    return source if isinstance(source, str) else "".join(map(str, source)) if isinstance(source, list) else ""


def _tags(cell: dict[str, object]) -> list[str]:
    metadata = cell.get("metadata")
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    return [str(tag) for tag in tags] if isinstance(tags, list) else []


def _common_end(one: Sequence[str], other: Sequence[str]) -> int:
    pairs = zip(reversed(one), reversed(other), strict=False)
    return next((count for count, (left, right) in enumerate(pairs) if left != right), min(len(one), len(other)))


def _is_below(path: str, directory: str) -> bool:
    return path.startswith(directory.rstrip("/") + "/")
