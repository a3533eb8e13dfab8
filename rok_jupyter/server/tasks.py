"""Tasks of this and other processes: list, look, cancel."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from rok_jupyter.models import Page
from rok_jupyter.server.base import RokHandler
from rok_jupyter.server.operation import Operation, operation
from rok_jupyter.server.paging import page_of
from rok_jupyter.tasks import Task
from rok_jupyter.wire.queries import PageQuery


class TasksHandler(RokHandler):
    """All tasks that are remembered."""

    @web.authenticated
    @authorized
    @operation(Operation(summary="Tasks, newest first", query=PageQuery, returns={200: Page[Task]}))
    async def get(self) -> None:
        """Answer a page of tasks."""
        query = self.query(PageQuery)
        await self.respond(lambda core, _: page_of(core.runner.list(), query))


class TaskHandler(RokHandler):
    """One task."""

    @web.authenticated
    @authorized
    @operation(Operation(summary="One task, with its result or error once it has ended", returns={200: Task}))
    async def get(self, id_: str) -> None:
        """Answer the task."""
        await self.respond(lambda core, _: core.runner.get(id_))

    @web.authenticated
    @authorized
    @operation(Operation(summary="Cancel a task; one that has ended stays as it is", returns={200: Task}))
    async def delete(self, id_: str) -> None:
        """Ask for the task's end, and answer the task as it is now."""
        await self.respond(lambda core, _: core.runner.cancel(id_))
