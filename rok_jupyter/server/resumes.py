"""Back at a pipeline's step: its files and variables in a new directory below the workspace, or in place.

Owns the route. Who knows what a step is, is found by an entry point: nothing of this package leans on the bridge to
Kale.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib.metadata import entry_points

from jupyter_server.auth.decorator import authorized
from tornado import web

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Resumed, ResumeRequest
from rok_jupyter.progress import Progress
from rok_jupyter.server.base import RokHandler
from rok_jupyter.server.context import Core
from rok_jupyter.server.operation import operation, starts_task
from rok_jupyter.service.service import Service
from rok_jupyter.wire.requests import ResumeBody

GROUP = "rok_jupyter.resumers"

Resumer = Callable[[Service, ResumeRequest, Progress], Resumed]


class ResumeHandler(RokHandler):
    """Going back to a step."""

    @web.authenticated
    @authorized
    @operation(
        starts_task(
            "Go back to a pipeline's step: in a new directory below the workspace, or in place", body=ResumeBody
        )
    )
    async def post(self, id_: str) -> None:
        """In place, have open documents saved; then start it."""
        body = self.body(ResumeBody)
        await self.confine(body.to_model(id_, None).directory)
        unsaved = await self.save_documents(wanted=body.save_documents and body.in_place)
        request = body.to_model(id_, unsaved)

        def resume(core: Core, progress: Progress) -> Resumed:
            return _resumer()(core.service, request, progress)

        await self.start("resume", resume)


def _resumer() -> Resumer:
    for point in entry_points(group=GROUP):
        found: Resumer = point.load()
        return found
    raise RokError(
        ErrorKind.UNIMPLEMENTED,
        "Steps are not resumed here: the bridge to Kale isn't installed.",
        "Install the server's environment anew: pip install --force-reinstall rok-jupyter",
    )
