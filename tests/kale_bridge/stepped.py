"""A notebook of three steps, and its variables as KFP hands them to a step."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import nbformat

_MADE = """
import sys, dill, numpy, pandas, types
root = sys.argv[1]
numpy.save(root + "/a.npy", numpy.arange(6).reshape(2, 3))
pandas.DataFrame({"x": [1, 2], "name": ["b", "\\u00e9"]}).to_pickle(root + "/table")
dill.dump({"k": [1, 2], "s": "text"}, open(root + "/cfg", "wb"))
"""
EQUAL = (
    "(a == numpy.arange(6).reshape(2, 3)).all() and "
    "table.equals(pandas.DataFrame({'x': [1, 2], 'name': ['b', '\\u00e9']})) and cfg == {'k': [1, 2], 's': 'text'}"
)
"""True in a kernel that has the variables as they were."""
_FILES = {"a": ("a.npy", ".npy"), "table": ("table", ".pdpkl"), "cfg": ("cfg", ".dillpkl")}


def write_notebook(path: Path) -> None:
    """Write the notebook: cell 1 is text, 2 and 3 come first, then load, train (two cells) and show."""
    kernel = {"name": "python3", "display_name": "Python 3 (ipykernel)", "language": "python"}
    notebook = nbformat.v4.new_notebook(metadata={"kernelspec": kernel})
    notebook.cells.append(nbformat.v4.new_markdown_cell("# Titanic"))
    for source, tags in (
        ("import numpy, pandas\ndepth = 7", ["imports"]),
        ("def double(x):\n    return 2 * x", ["functions"]),
        ("a = numpy.arange(6).reshape(2, 3)", ["step:load"]),
        ("b = double(a)", ["step:train", "prev:load"]),
        ("c = b + 1", []),
        ("print(c)", ["step:show", "prev:train"]),
    ):
        notebook.cells.append(nbformat.v4.new_code_cell(source, metadata={"tags": tags}))
    nbformat.write(notebook, path)


def make_variables(directory: Path) -> dict[str, Any]:
    """Make the files of three variables, and return what KFP tells a step that gets them."""
    directory.mkdir(exist_ok=True)
    subprocess.run([sys.executable, "-c", _MADE, str(directory)], check=True)
    artifacts = {
        f"{name}_input_artifact": _artifact(name, directory / file, f"/tmp/marshal/{name}_artifact{extension}")
        for name, (file, extension) in _FILES.items()
    }
    outputs = {"rok_snapshots": _artifact("rok_snapshots", directory / "out" / "rok_snapshots", None)}
    return {
        "inputs": {"artifacts": artifacts, "parameterValues": {"depth": 3}},
        "outputs": {"artifacts": outputs, "outputFile": str(directory / "out" / "executor_output.json")},
    }


def _artifact(name: str, path: Path, marshalled: str | None) -> dict[str, Any]:
    metadata = {} if marshalled is None else {"marshal_path": marshalled}
    return {"artifacts": [{"name": name, "uri": str(path), "metadata": metadata}]}
