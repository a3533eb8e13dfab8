"""The reference of REST is what the OpenAPI document says today."""

from __future__ import annotations

import runpy
from pathlib import Path

REFERENCE = Path(__file__).resolve().parents[2] / "docs" / "reference"


def test_the_reference_is_made_from_the_description() -> None:
    made = runpy.run_path(str(REFERENCE / "make_rest.py"))["reference"]()
    assert (REFERENCE / "rest.md").read_text() == made, "run `python docs/reference/make_rest.py`"
