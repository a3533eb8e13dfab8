"""Tags of cells: `block:` became `step:`.

Owns the names of tags.
"""

from __future__ import annotations

from typing import Any

from kale_bridge.migrate.change import Change

_OLD, _NEW = "block:", "step:"


def migrate_cells(cells: list[Any]) -> tuple[list[Any], list[Change]]:
    """Return the cells with Kale 2.3's tags, and each change."""
    turned, changes = [], []
    for number, cell in enumerate(cells, start=1):
        tags = _tags(cell)
        if any(isinstance(tag, str) and tag.startswith(_OLD) for tag in tags):
            new = [_turned(tag) for tag in tags]
            cell = {**cell, "metadata": {**cell["metadata"], "tags": new}}
            changes += [
                Change(what=f"cell {number}: tag", before=old, after=now)
                for old, now in zip(tags, new, strict=True)
                if old != now
            ]
        turned.append(cell)
    return turned, changes


def _tags(cell: Any) -> list[Any]:
    metadata = cell.get("metadata") if isinstance(cell, dict) else None
    tags = metadata.get("tags") if isinstance(metadata, dict) else None
    return tags if isinstance(tags, list) else []


def _turned(tag: Any) -> Any:
    return _NEW + tag.removeprefix(_OLD) if isinstance(tag, str) and tag.startswith(_OLD) else tag
