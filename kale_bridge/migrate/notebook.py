"""A notebook's file, migrated: written as a whole, with the original beside it.

Owns the files. Doesn't own the changes (`metadata`, `volumes`, `cells`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from kale_bridge.files import replace_file
from kale_bridge.migrate.cells import migrate_cells
from kale_bridge.migrate.change import Change, Migration
from kale_bridge.migrate.metadata import migrate_metadata
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.state import os_errors

_KEPT = ".kale-0.7"


def migrated(notebook: dict[str, Any]) -> tuple[dict[str, Any], tuple[Change, ...]]:
    """Return a notebook as Kale 2.3 takes it, and each change; the same one where there is none."""
    metadata, of_metadata = migrate_metadata(notebook.get("metadata", {}))
    cells, of_cells = migrate_cells(notebook.get("cells", []))
    changes = (*of_metadata, *of_cells)
    return ({**notebook, "metadata": metadata, "cells": cells}, changes) if changes else (notebook, ())


def plan_migration(source: Path) -> Migration:
    """Return what migrating a notebook would change."""
    _, changes = migrated(_read(source))
    return Migration(notebook=str(source), changes=changes)


def migrate_notebook(source: Path, target: Path | None = None) -> Migration:
    """Migrate a notebook in its place, keeping the original beside it; or to `target`, leaving it as it is.

    A notebook that needs no change isn't touched.
    """
    content = _bytes(source)
    notebook, changes = migrated(_parsed(source, content))
    if not changes:
        return Migration(notebook=str(source))
    text = json.dumps(notebook, indent=1, ensure_ascii=False) + "\n"
    new = text.encode("utf-8", "backslashreplace")  # half a surrogate pair is written as JSON's own escape
    if target is not None:
        replace_file(target, new)
        return Migration(notebook=str(target), changes=changes, original=str(source))
    kept = _keep(source, content)
    replace_file(source, new)
    return Migration(notebook=str(source), changes=changes, original=str(kept))


def _keep(source: Path, content: bytes) -> Path:
    """Put the original beside the notebook, under a name that nothing has."""
    number = 1
    while True:
        ending = _KEPT if number == 1 else f"{_KEPT}-{number}"
        kept = source.with_name(f"{source.stem}{ending}{source.suffix}")
        with os_errors(f"Keeping the original as {kept}"):
            try:
                with kept.open("xb") as file:
                    file.write(content)
                return kept
            except FileExistsError:
                number += 1


def _read(source: Path) -> dict[str, Any]:
    return _parsed(source, _bytes(source))


def _bytes(source: Path) -> bytes:
    try:
        return source.read_bytes()
    except OSError as error:
        raise RokError(ErrorKind.NOT_FOUND, f"{source} can't be read: {error.strerror}.", "Check the path.") from error


def _parsed(source: Path, content: bytes) -> dict[str, Any]:
    try:
        notebook = json.loads(content)
    except ValueError as error:
        raise RokError(
            ErrorKind.INVALID_ARGUMENT, f"{source} is no notebook: {error}.", "Open it in Jupyter."
        ) from error
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise RokError(
            ErrorKind.INVALID_ARGUMENT, f"{source} is no notebook of format 4.", "Open and save it in Jupyter first."
        )
    return notebook
