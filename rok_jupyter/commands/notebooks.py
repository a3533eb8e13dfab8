"""Differences between two notebooks, by nbdime, which is an optional dependency.

Owns the seam to nbdime: nothing of it is seen outside this module.
"""

from __future__ import annotations

import io
import json
from importlib.util import find_spec
from typing import Any

from rok_jupyter.errors import ErrorKind, RokError

_EMPTY: dict[str, Any] = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}


def require_nbdime() -> None:
    """Raise UNIMPLEMENTED where nbdime isn't installed."""
    if find_spec("nbdime") is None:
        raise RokError(
            ErrorKind.UNIMPLEMENTED,
            "Comparing notebooks by cells takes nbdime, which isn't installed.",
            "Install it: pip install 'rok-jupyter[notebook]'. Or compare their text with --text.",
        )


def notebook_lines(before: bytes | None, after: bytes | None, path: str) -> list[str]:
    """Return the cells that differ as lines; None stands for a notebook that isn't there.

    INVALID_ARGUMENT where one of them is no notebook.
    """
    require_nbdime()
    from nbdime import diff_notebooks  # type: ignore[import-untyped, import-not-found, unused-ignore]
    from nbdime.prettyprint import (  # type: ignore[import-untyped, import-not-found, unused-ignore]
        PrettyPrintConfig,
        pretty_print_notebook_diff,
    )

    old, new = _notebook(before), _notebook(after)
    out = io.StringIO()
    config = PrettyPrintConfig(out=out, use_color=False)
    pretty_print_notebook_diff(f"a/{path}", f"b/{path}", old, diff_notebooks(old, new), config)
    return out.getvalue().splitlines()


def _notebook(content: bytes | None) -> Any:
    import nbformat  # comes with nbdime

    text = json.dumps(_EMPTY) if content is None else content.decode("utf-8", "replace")
    try:
        return nbformat.reads(text, as_version=4)  # type: ignore[no-untyped-call]
    except Exception as error:  # nbformat lets many kinds out
        raise RokError(ErrorKind.INVALID_ARGUMENT, f"It is no notebook: {error}.".replace("\n", " ")) from error
