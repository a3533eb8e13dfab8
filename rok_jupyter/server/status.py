"""GET /rok/v1/status, and the description of all routes."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from rok_jupyter.models import Status
from rok_jupyter.server.base import RokHandler
from rok_jupyter.server.operation import Operation, operation


class StatusHandler(RokHandler):
    """How things stand."""

    @web.authenticated
    @authorized
    @operation(
        Operation(
            summary="Volumes, provider, capabilities with reasons, repository, last snapshot, schedule",
            returns={200: Status},
        )
    )
    async def get(self) -> None:
        """Answer the status; it never fails for a repository that can't be opened, but warns."""
        await self.respond(lambda core, _: core.service.status())
