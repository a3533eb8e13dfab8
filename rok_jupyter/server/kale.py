"""What compiling a notebook's pipeline would do: which snapshots around which steps.

Owns the route. Who plans is found by an entry point: nothing of this package leans on the bridge to Kale.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from importlib.metadata import entry_points
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from rok_jupyter.config import RokSettings
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import HookPlan, Role
from rok_jupyter.server.base import RokHandler
from rok_jupyter.server.context import Core
from rok_jupyter.server.operation import Operation, operation
from rok_jupyter.wire.names import decode_name
from rok_jupyter.wire.queries import NotebookQuery
from rok_jupyter.wire.requests import KalePlanBody

GROUP = "rok_jupyter.notebook_plans"
_LARGEST = 64 << 20


Planner = Callable[[Mapping[str, Any], Sequence[Sequence[str]], RokSettings, str], HookPlan]
"""Plans a notebook of this metadata, whose code cells have these tags, and which has this name."""


class KalePlanHandler(RokHandler):
    """The plan of a notebook."""

    @web.authenticated
    @authorized
    @operation(
        Operation(
            summary="What compiling a notebook of the workspace would do, as it lies on the disk",
            query=NotebookQuery,
            returns={200: HookPlan},
        )
    )
    async def get(self) -> None:
        """Answer the plan of a file."""
        path = decode_name(self.query(NotebookQuery).path)
        await self.respond(lambda core, _: _plan(core, *_read(core, path), path))

    @web.authenticated
    @authorized
    @operation(
        Operation(
            summary="What compiling a notebook that is open, and maybe not saved, would do",
            body=KalePlanBody,
            returns={200: HookPlan},
        )
    )
    async def post(self) -> None:
        """Answer the plan of what is sent."""
        body = self.body(KalePlanBody)
        await self.respond(lambda core, _: _plan(core, body.metadata, body.cells, ""))


def _plan(core: Core, metadata: Mapping[str, Any], cells: Sequence[Sequence[str]], notebook: str) -> HookPlan:
    for point in entry_points(group=GROUP):
        planner: Planner = point.load()
        return planner(metadata, cells, core.settings, notebook)
    raise RokError(
        ErrorKind.UNIMPLEMENTED,
        "Pipelines are not planned here: the bridge to Kale isn't installed.",
        "Install the server's environment anew: pip install --force-reinstall rok-jupyter",
    )


def _read(core: Core, path: str) -> tuple[Mapping[str, Any], Sequence[Sequence[str]]]:
    """Return a notebook's metadata, and the tags of its code cells."""
    workspace = next(volume.name for volume in core.service.volumes() if volume.role is Role.WORKSPACE)
    with core.service.open_live(workspace, path) as file:
        if file.size > _LARGEST:
            raise RokError(ErrorKind.OUT_OF_RANGE, "The notebook is too large to be read here.", "Clear its outputs.")
        content = b"".join(file.read())
    try:
        notebook = json.loads(content)
        cells = [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]
        tags = [[str(tag) for tag in cell["metadata"].get("tags", [])] for cell in cells]
        return dict(notebook["metadata"]), tags
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise RokError(ErrorKind.INVALID_ARGUMENT, "The file is no notebook.", "Name one of format 4.") from error
