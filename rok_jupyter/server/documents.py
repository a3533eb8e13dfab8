"""Where front ends answer a request to save open documents."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from rok_jupyter.server.base import RokHandler
from rok_jupyter.server.operation import Operation, operation
from rok_jupyter.wire.requests import DocumentsSavedBody


class DocumentsSavedHandler(RokHandler):
    """Answers of front ends."""

    @web.authenticated
    @authorized
    @operation(
        Operation(summary="Answer a request to save open documents", body=DocumentsSavedBody, returns={204: None})
    )
    async def post(self) -> None:
        """Take an answer."""
        self.documents.answer(self.body(DocumentsSavedBody))
        await self.no_content()
