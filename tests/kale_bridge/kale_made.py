"""Notebooks as Kale compiles them, without hooks: `python kale_made.py DIRECTORY NOTEBOOK...` writes a YAML each."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

from kale import Compiler, NotebookProcessor
from kale.common import kfputils

if __name__ == "__main__":
    directory, *notebooks = map(Path, sys.argv[1:])
    for notebook in notebooks:
        processor = NotebookProcessor(str(notebook))
        pipeline = processor.run()
        script = Compiler(pipeline, processor.get_imports_and_functions()).compile()
        package = kfputils.compile_pipeline(script, pipeline.config.pipeline_name)
        shutil.move(package, directory / f"{notebook.stem}.yaml")
