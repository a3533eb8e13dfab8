"""Small notebooks for Kale, written cell by cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import nbformat
from nbformat.v4 import new_code_cell, new_notebook

Cell = tuple[str, Sequence[str]]

TWO_STEPS: Sequence[Cell] = (
    ("import os", ["imports"]),
    ("x = 1", ["step:first"]),
    ("print(x)", ["step:second", "prev:first"]),
)


def write_notebook(
    path: Path, cells: Sequence[Cell] = TWO_STEPS, *, rok: Any = None, kale: Mapping[str, Any] | None = None
) -> Path:
    """Write a notebook of these cells; `rok` is its `metadata.rok`, `kale` joins what Kale needs."""
    metadata: dict[str, Any] = {
        "kernelspec": {"name": "python3", "display_name": "Python 3"},
        "kubeflow_notebook": {"pipeline_name": path.stem.replace("_", "-"), "experiment_name": "e", **(kale or {})},
    }
    if rok is not None:
        metadata["rok"] = rok
    made = [new_code_cell(source, metadata={"tags": list(tags)}) for source, tags in cells]
    nbformat.write(new_notebook(cells=made, metadata=metadata), path)
    return path
