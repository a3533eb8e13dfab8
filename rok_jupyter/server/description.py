"""GET /rok/v1/openapi.json: the description of all routes."""

from __future__ import annotations

from functools import cache

import msgspec
from jupyter_server.auth.decorator import authorized
from tornado import web

from rok_jupyter.server import openapi
from rok_jupyter.server.base import RokHandler
from rok_jupyter.server.operation import Described, Operation, operation


class DescriptionHandler(RokHandler):
    """The OpenAPI 3.1 document, made of the same table that the server serves by."""

    @web.authenticated
    @authorized
    @operation(Operation(summary="This document", returns={200: Described}))
    async def get(self) -> None:
        """Answer the document, with this server's address in it."""
        await self.finish(await self.context.in_thread(lambda _: _document(self.base_url)))


@cache
def _document(base_url: str) -> bytes:
    from rok_jupyter.server.routes import ROUTES  # the table holds this handler too

    return msgspec.json.encode(openapi.document(ROUTES, base_url=base_url))
