"""The native module of the engine, or None where it couldn't be built: callers fall back to their own Python.

Owns the one place that knows whether there is a native module. `ROK_JUPYTER_NATIVE=off` in the environment turns it
off, for tests of the fallback.
"""

from __future__ import annotations

import importlib
import os
from typing import Protocol, cast


class Native(Protocol):
    """What native.c offers."""

    def chunk_lengths(
        self, data: bytes | bytearray | memoryview, tables: bytes, shift: int, bits: int, minimum: int, maximum: int, /
    ) -> list[int]:
        """Return the lengths of the whole chunks that `data` begins with."""


def load_native() -> Native | None:
    """Return the native module, or None where it is turned off or wasn't built."""
    if os.environ.get("ROK_JUPYTER_NATIVE") == "off":
        return None
    try:
        return cast(Native, importlib.import_module("rok_jupyter.engine.native._native"))
    except ImportError:
        return None
