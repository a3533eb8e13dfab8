"""Kale's tags of a notebook's cells, as far as hooks care: which steps there are, and what each one wishes.

Owns reading them. A step's own annotation counts before the notebook's `steps_defaults`: Kale's documentation says so,
and Kale 2.3 has it the other way round in what it compiles.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from kale_bridge.pipeline.kubernetes import ANNOTATION

_STEP, _PREVIOUS, _NOTEBOOK, _ANNOTATION = "step", "prev", "notebook", "annotation"
_SPECIAL = frozenset({"skip", "imports", "functions", "pipeline-parameters", "pipeline-metrics"})


class NotebookTags(msgspec.Struct, frozen=True, kw_only=True):
    """What the tags say."""

    wishes: Mapping[str, str]
    """By step, in the notebook's order: the value of its own annotation `rok.dev/snapshot`; empty where it has none."""
    ends: int
    """In how many steps the notebook ends, by its tags; the compiled graph follows the code, and may differ."""
    references: tuple[str, ...]
    """Other notebooks whose steps run too."""


def tags_of(notebook: Mapping[str, Any]) -> list[list[str]]:
    """Return the tags of each code cell of a notebook."""
    return [
        [str(tag) for tag in cell["metadata"].get("tags", [])]
        for cell in notebook["cells"]
        if cell["cell_type"] == "code"
    ]


def read_tags(cells: Sequence[Sequence[str]]) -> NotebookTags:
    """Return what the tags of the code cells say."""
    wishes: dict[str, str] = {}
    waited: set[str] = set()
    references: list[str] = []
    for tags in cells:
        if any(tag in _SPECIAL for tag in tags):
            continue
        parsed = [tag.split(":") for tag in tags]
        references += [parts[1] for parts in parsed if parts[0] == _NOTEBOOK and len(parts) > 1]
        name = next((parts[1] for parts in parsed if parts[0] == _STEP and len(parts) > 1), "")
        if name and name not in wishes:
            wishes[name] = wish_of(tags)
            waited |= {parts[1] for parts in parsed if parts[0] == _PREVIOUS and len(parts) > 1}
    return NotebookTags(wishes=wishes, ends=len(set(wishes) - waited), references=tuple(references))


def wish_of(tags: Sequence[str]) -> str:
    """Return what an annotation among tags says; Kale joins what follows the key, without its colons."""
    wish = ""
    for tag in tags:
        kind, *parts = tag.split(":")
        if kind == _ANNOTATION and parts and parts[0] == ANNOTATION:
            wish = "".join(parts[1:])
    return wish
