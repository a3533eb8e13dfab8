"""A resumed step in a running kernel: its first cells are run, its variables loaded.

Owns the kernel's side of `%rok resume`. Kale's own backends read the files; each variable that can't be read is named,
the others are loaded all the same. Doesn't own where the files are (`returning`).
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kale_bridge.resume.notebook import read_cells
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import EntryError, Resumed


def running_shell() -> Any:
    """Return the shell that this process's cells run in; None in a process without one."""
    interactive = sys.modules.get("IPython")
    return None if interactive is None else interactive.get_ipython()


def load(shell: Any, resumed: Resumed) -> tuple[tuple[str, ...], tuple[EntryError, ...]]:
    """Go to the notebook's directory, run its first cells, set the parameters that the run was given, and load the
    variables; return those, and what failed.
    """
    os.chdir(os.path.dirname(resumed.notebook))
    for cell in read_cells(Path(resumed.notebook)):
        if cell.first and not shell.run_cell(cell.source, store_history=False).success:
            raise RokError(
                ErrorKind.ABORTED,
                f"The files are back, but cell {cell.number} of {os.path.basename(resumed.notebook)} failed.",
                "Mend it, then load the variables: %rok resume",
            )
    set_parameters(shell.user_ns, resumed.parameters)
    return load_variables(shell.user_ns, resumed.variables_directory)


def set_parameters(namespace: dict[str, Any], given: Mapping[str, str]) -> None:
    """Give the notebook's parameters the values of the run, each of the type that its cell gave it."""
    for name, text in given.items():
        if name in namespace:
            namespace[name] = _like(namespace[name], text)


def _like(known: object, text: str) -> object:
    """Return a text as a value like a known one: as it is, or read as JSON; KFP writes 3 and 3.0 for one number."""
    if isinstance(known, str):
        return text
    try:
        value = json.loads(text)
    except ValueError:
        return text
    return int(value) if type(known) is int and isinstance(value, float) and value.is_integer() else value


def load_variables(namespace: dict[str, Any], directory: str) -> tuple[tuple[str, ...], tuple[EntryError, ...]]:
    """Load every variable of a directory into a namespace."""
    try:
        from kale.marshal.backend import get_dispatcher
    except ImportError as error:
        raise RokError(
            ErrorKind.UNIMPLEMENTED,
            "The files are back, but the variables need Kale to be loaded, which isn't installed in this kernel.",
            "Install it: pip install 'rok-jupyter[kale]'; then: %rok resume",
        ) from error
    loaded: list[str] = []
    errors: list[EntryError] = []
    for entry in _entries(directory):
        name = os.path.splitext(entry)[0]
        try:
            namespace[name] = get_dispatcher()._dispatch_file_type(entry).load(os.path.join(directory, entry))
            loaded.append(name)
        except Exception as error:  # noqa: BLE001  a pickle may raise anything
            errors.append(EntryError(volume="variables", path=entry, message=f"{type(error).__name__}: {error}"))
    return tuple(loaded), tuple(errors)


def _entries(directory: str) -> Sequence[str]:
    return sorted(os.listdir(directory)) if os.path.isdir(directory) else ()
