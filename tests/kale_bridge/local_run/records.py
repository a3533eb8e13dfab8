"""Steps that keep a record of their own of the files that they see, outside the workspace: the referee of snapshots.

The record is a plain copy, made by the step's own code with the standard library, in the step's kernel.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import nbformat

RECORDS = "TEST_RECORDS"
"""The variable that names the directory of the records."""
_FUNCTION = f"""\
def record(moment):
    import os, shutil
    shutil.copytree('.', os.path.join(os.environ['{RECORDS}'], moment), symlinks=True)
"""


def recording(source: Path, target: Path, *, failing: str = "") -> None:
    """Write a notebook whose steps record what they see before and after their own lines.

    The step `failing` records right before its last line, which is the one that fails.
    """
    notebook = nbformat.read(source, as_version=4)
    for cell in notebook.cells:
        step = _step_of(cell.metadata.get("tags", ()))
        if step:
            first, last = f"record('{step}.before')", f"record('{step}.{'failed' if step == failing else 'after'}')"
            lines = cell.source.splitlines()
            cell.source = "\n".join([first, *lines[:-1], last, lines[-1]] if step == failing else [first, *lines, last])
    function = nbformat.v4.new_code_cell(_FUNCTION, id="record")
    function.metadata["tags"] = ["functions"]
    first_code = next(number for number, cell in enumerate(notebook.cells) if cell.cell_type == "code")
    notebook.cells.insert(first_code, function)
    target.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook, target)


def files_of(root: Path) -> Mapping[str, tuple[str, bytes]]:
    """Return everything below a directory: kind and content by relative path."""
    found: dict[str, tuple[str, bytes]] = {}
    for directory, names, files in os.walk(root):
        for name in (*names, *files):
            path = Path(directory) / name
            key = str(path.relative_to(root))
            if path.is_symlink():
                found[key] = "link", os.fsencode(os.readlink(path))
            elif path.is_dir():
                found[key] = "directory", b""
            else:
                found[key] = "file", path.read_bytes()
    return found


def _step_of(tags: list[str]) -> str:
    return next((tag.removeprefix("step:") for tag in tags if tag.startswith("step:")), "")
