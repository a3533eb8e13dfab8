"""Differences between two notebooks as lines for a terminal, as nbdime prints them.

Owns the looks. Doesn't own the comparison (service).
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rok_jupyter.models import NotebookDifference


def notebook_lines(difference: NotebookDifference, path: str) -> list[str]:
    """Return the cells that differ as lines; none where nothing does."""
    import nbformat
    from nbdime.diff_utils import to_diffentry_dicts  # type: ignore[import-untyped]
    from nbdime.prettyprint import PrettyPrintConfig, pretty_print_notebook_diff  # type: ignore[import-untyped]

    out = io.StringIO()
    config = PrettyPrintConfig(out=out, use_color=False)
    base = nbformat.from_dict(dict(difference.base))  # type: ignore[no-untyped-call]
    diff = to_diffentry_dicts(list(difference.diff))
    pretty_print_notebook_diff(f"a/{path}", f"b/{path}", base, diff, config)
    return out.getvalue().splitlines()
