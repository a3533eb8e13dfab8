"""What Kale's own panel is told of resumed steps: which notebook it opens, and at which step it resumes one.

Owns the answers of two functions of `kale.rpc.nb`, which the panel calls in a kernel of its own: when the page is
loaded, and each time that a notebook comes to the front. So a step that is resumed while JupyterLab is open needs no
new page, and wherever the server was started, the notebook's own place counts. Notebooks that rok didn't put there are
Kale's as ever. Doesn't own loading: Kale's panel does that, and takes the variables away then.
"""

from __future__ import annotations

import functools
import inspect
import logging
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

from kale_bridge.resume.marker import find_mark, is_taken, marshal_directory

_SIGNATURES: Mapping[str, tuple[str, ...]] = {
    "resume_notebook_path": ("request", "server_root"),
    "explore_notebook": ("request", "source_notebook_path"),
}


def hook_rpc(module: ModuleType) -> None:
    """Have `kale.rpc.nb` know of resumed steps; a module that is another than the known one stays as it is."""
    wrappers = {"resume_notebook_path": _with_opening, "explore_notebook": _with_resuming}
    originals: dict[str, Any] = {name: getattr(module, name) for name in wrappers if hasattr(module, name)}
    if {name: tuple(inspect.signature(each).parameters) for name, each in originals.items()} == _SIGNATURES:
        for name, wrapper in wrappers.items():
            setattr(module, name, wrapper(originals[name]))


def _with_opening(original: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(original)
    def resume_notebook_path(request: Any, server_root: str | None = None) -> Any:
        """Return the notebook to open, as a path below the server's root; None where there is none."""
        root = os.path.realpath(os.path.expanduser(server_root or "."))
        waiting = _find(root)
        if waiting is not None and waiting.notebook.startswith(root.rstrip("/") + "/"):
            return os.path.relpath(waiting.notebook, root)
        return original(request, server_root)

    return resume_notebook_path


def _with_resuming(original: Callable[..., Any]) -> Callable[..., Any]:
    told: set[_Waiting] = set()

    @functools.wraps(original)
    def explore_notebook(request: Any, source_notebook_path: str) -> Any:
        """Return whether a notebook is to be resumed, and at which step: once in a page.

        Kale's panel asks again when its settings arrive, and would load everything twice at the same time.
        """
        notebook = os.path.realpath(os.path.expanduser(source_notebook_path))
        waiting = _find(os.path.dirname(notebook))
        if waiting is None or waiting.notebook != notebook:
            return original(request, source_notebook_path)
        if waiting in told:
            return {"is_exploration": False, "step_name": ""}
        told.add(waiting)
        return {"is_exploration": True, "step_name": waiting.step}

    return explore_notebook


class _Waiting(NamedTuple):
    """A resumed notebook whose variables nobody has loaded yet."""

    notebook: str
    step: str
    """With which to go on: the one that follows, where the resumed one was done by then."""
    variables: tuple[int, int]
    """Which directory holds them: another comes with each time that the step is resumed."""


def _find(directory: str) -> _Waiting | None:
    """Return what is resumed in a directory or above it; None where nothing is, or that can't be said."""
    try:
        return _waiting(directory)
    except Exception as error:  # noqa: BLE001  Kale's user must never be harmed by us
        logging.getLogger("kale_bridge").warning("rok can't say whether a step is resumed: %s", error)
        return None


def _waiting(directory: str) -> _Waiting | None:
    found = find_mark(directory)
    if found is None or is_taken(found[1]):
        return None
    notebook = os.path.realpath(os.path.join(found[0], found[1]["notebook"]))
    place = marshal_directory(notebook)
    if not os.path.isdir(place):
        return None
    status = os.stat(place)
    return _Waiting(notebook, _step_to_go_on_with(notebook, found[1]), (status.st_ino, status.st_ctime_ns))


def _step_to_go_on_with(notebook: str, mark: Mapping[str, Any]) -> str:
    from kale_bridge.resume.notebook import next_cell, read_cells
    from rok_jupyter.models import Moment

    step = str(mark["step"])
    cell = next_cell(read_cells(Path(notebook)), step, Moment(mark["moment"]))
    return step if cell is None or step in cell.steps else cell.steps[0]
