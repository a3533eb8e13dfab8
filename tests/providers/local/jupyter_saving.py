"""A process that saves a notebook as Jupyter Server does, in a loop, until its standard input closes.

Run as `python jupyter_saving.py DIRECTORY NAME BYTES`.
"""

from __future__ import annotations

import random
import select
import sys

import nbformat
from jupyter_server.services.contents.largefilemanager import LargeFileManager


def notebook(size: int, version: int) -> nbformat.NotebookNode:
    made = nbformat.v4.new_notebook(metadata={"version": version})
    lines = "".join(f"{random.random()}\n" for _ in range(50))
    for number in range(max(1, size // (len(lines) + 300))):
        output = nbformat.v4.new_output("stream", text=lines)
        made.cells.append(nbformat.v4.new_code_cell(f"cell({number})", outputs=[output], id=f"cell-{number}"))
    return made


def main() -> None:
    directory, name, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
    manager = LargeFileManager(root_dir=directory)
    versions = [notebook(size + 1000 * number, number) for number in range(4)]
    saved = 0
    while not select.select([sys.stdin], [], [], 0)[0]:
        manager.save({"type": "notebook", "format": "json", "content": versions[saved % len(versions)]}, name)
        saved += 1
        if saved == 1:
            print("saving", flush=True)
    print(saved, flush=True)


main()
