"""The native module of the engine, or None where it couldn't be built: callers fall back to their own Python.

Owns the one place that knows whether there is a native module, and which of its parts this system has.
`ROK_JUPYTER_NATIVE=off` in the environment turns it off, for tests of the fallback.
"""

from __future__ import annotations

import importlib
import os
from typing import Protocol, cast

_STATUS_FIELDS = 19
"""What native.c fills of an os.stat_result, as Python has it on Linux; another number is another layout."""


class Native(Protocol):
    """What native.c offers."""

    def chunk_lengths(
        self, data: bytes | bytearray | memoryview, tables: bytes, shift: int, bits: int, minimum: int, maximum: int, /
    ) -> list[int]:
        """Return the lengths of the whole chunks that `data` begins with."""


class NativeFiles(Protocol):
    """What native.c offers on Linux."""

    def list_directory(self, descriptor: int, /) -> list[tuple[bytes, os.stat_result | int]]:
        """Return an open directory's entries in the order of their names: name, and lstat's result or errno."""

    def read_files(
        self, requests: tuple[tuple[int, bytes, int, int], ...], prefix: bytes, /
    ) -> list[tuple[os.stat_result, bytes, bytes] | None]:
        """Read files, each given as the directory's descriptor, name, owner and size: status, content and SHA-256.

        The digest is empty where this processor can't make it fast. None for a file about which anything is unusual, or
        beside which stands an entry of its name behind `prefix`.
        """


def load_native() -> Native | None:
    """Return the native module, or None where it is turned off or wasn't built."""
    if os.environ.get("ROK_JUPYTER_NATIVE") == "off":
        return None
    try:
        return cast(Native, importlib.import_module("rok_jupyter.engine.native._native"))
    except ImportError:
        return None


def load_native_files() -> NativeFiles | None:
    """Return the part of the native module that reads directories and files, or None where it isn't there."""
    native = load_native()
    if not hasattr(native, "read_files") or os.stat_result.n_fields != _STATUS_FIELDS:
        return None
    return cast(NativeFiles, native)
