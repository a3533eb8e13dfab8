"""Kale at work on one notebook, in a process of its own: `python -P -m kale_bridge.compile_process NOTEBOOK RESULT`.

Owns calling Kale, and telling what it said. Kale runs code that it generates, writes below the current directory,
leaves temporary directories behind, and changes how logging works; none of it may happen to who asks. The process
begins in a directory made for it. Doesn't own hooks: the pipeline that it leaves has none.
"""

from __future__ import annotations

import sys
from pathlib import Path

import msgspec

from kale_bridge.hook_plan import NotebookFacts


class KaleSaid(msgspec.Struct, frozen=True, kw_only=True):
    """What Kale made of a notebook: files, and the notebook's own metadata for us; or why it made nothing."""

    package: str = ""
    script: str = ""
    rok: msgspec.Raw = msgspec.Raw(b"{}")
    """The notebook's `metadata.rok`."""
    facts: NotebookFacts = NotebookFacts()
    unknown: str = ""
    """Why this Kale isn't one that is known; empty where it is."""
    error: str = ""
    missing: bool = False
    """Whether there is no Kale."""


def compile_here(notebook: str) -> KaleSaid:
    """Have Kale compile a notebook below the current directory."""
    try:
        from kale import Compiler, NotebookProcessor
        from kale.common import kfputils
    except ImportError as error:
        return KaleSaid(error=str(error), missing=True)
    from kale_bridge.kale_compiler import unknown_kale
    from kale_bridge.kale_notebook import facts_of, metadata_of

    try:
        processor = NotebookProcessor(notebook)
        pipeline = processor.run()
        compiler = Compiler(pipeline, processor.get_imports_and_functions())
        script = compiler.compile()
        package = kfputils.compile_pipeline(script, pipeline.config.pipeline_name)
    except Exception as error:  # noqa: BLE001  Kale raises what it likes, and the notebook's mistakes among it
        return KaleSaid(error=str(error) or type(error).__name__)
    return KaleSaid(
        package=package,
        script=script,
        rok=msgspec.Raw(msgspec.json.encode(metadata_of(pipeline).get("rok", {}))),
        facts=facts_of(pipeline),
        unknown=unknown_kale("compile_pipeline", kfputils.compile_pipeline),
    )


def main() -> int:
    """Compile, and write what Kale said to the file that the command line names."""
    notebook, result = sys.argv[1:]
    said = compile_here(notebook)
    Path(result).write_bytes(msgspec.json.encode(said))
    return 1 if said.error else 0


if __name__ == "__main__":
    sys.exit(main())
