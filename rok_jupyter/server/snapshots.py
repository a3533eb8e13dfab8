"""Snapshots: take, find, show, edit, delete, browse, compare."""

from __future__ import annotations

import asyncio

from jupyter_server.auth.decorator import authorized
from tornado import web

from rok_jupyter.models import DeleteResult, Difference, Entry, NotebookDifference, Page, Snapshot
from rok_jupyter.progress import Progress
from rok_jupyter.server.base import RokHandler
from rok_jupyter.server.context import Core
from rok_jupyter.server.differences import KEPT_SECONDS
from rok_jupyter.server.operation import Operation, operation, starts_task
from rok_jupyter.server.paging import page_of
from rok_jupyter.tasks import Task
from rok_jupyter.wire import decode_name
from rok_jupyter.wire.queries import DiffQuery, NotebookDiffQuery, PageQuery, SnapshotQuery, TreeQuery
from rok_jupyter.wire.requests import DeleteBody, EditBody, SnapshotBody

_LIVE = "live"


class SnapshotsHandler(RokHandler):
    """All snapshots."""

    @web.authenticated
    @authorized
    @operation(Operation(summary="Snapshots, newest first", query=SnapshotQuery, returns={200: Page[Snapshot]}))
    async def get(self) -> None:
        """Answer a page of the snapshots that match."""
        query = self.query(SnapshotQuery)
        filter_ = query.to_model()
        await self.respond(lambda core, _: core.service.list(filter_, cursor=query.cursor, limit=query.limit))

    @web.authenticated
    @authorized
    @operation(starts_task("Take a snapshot; one of the same name is found instead", body=SnapshotBody))
    async def post(self) -> None:
        """Have open documents saved, then start the snapshot."""
        body = self.body(SnapshotBody)
        request = body.to_model(unsaved_documents=await self.save_documents(wanted=body.save_documents))
        await self.start("snapshot", lambda core, progress: core.service.take(request, progress))


class TagsHandler(RokHandler):
    """All tags of snapshots."""

    @web.authenticated
    @authorized
    @operation(Operation(summary="The tags that snapshots have, by name", query=PageQuery, returns={200: Page[str]}))
    async def get(self) -> None:
        """Answer a page of tags."""
        query = self.query(PageQuery)
        await self.respond(lambda core, _: page_of(core.service.tags(), query))


class SnapshotHandler(RokHandler):
    """One snapshot."""

    @web.authenticated
    @authorized
    @operation(Operation(summary="One snapshot, by id, unique prefix or latest", returns={200: Snapshot}))
    async def get(self, id_: str) -> None:
        """Answer the snapshot."""
        await self.respond(lambda core, _: core.service.show(id_))

    @web.authenticated
    @authorized
    @operation(Operation(summary="Change message, tags or pin", body=EditBody, returns={200: Snapshot}))
    async def patch(self, id_: str) -> None:
        """Answer the changed snapshot, whose id stays."""
        edit = self.body(EditBody).to_model()
        await self.respond(lambda core, _: core.service.edit(id_, edit))

    @web.authenticated
    @authorized
    @operation(Operation(summary="Delete a snapshot; POST /rok/v1/undo brings it back", returns={200: DeleteResult}))
    async def delete(self, id_: str) -> None:
        """Answer what was deleted."""
        await self.respond(lambda core, progress: core.service.delete([id_], progress))


class DeleteHandler(RokHandler):
    """Deleting of several snapshots as one, which one undo brings back."""

    @web.authenticated
    @authorized
    @operation(starts_task("Delete snapshots, all or none", body=DeleteBody))
    async def post(self) -> None:
        """Start a delete."""
        body = self.body(DeleteBody)
        await self.start("delete", lambda core, progress: core.service.delete(body.snapshots, progress))


class TreeHandler(RokHandler):
    """A snapshot's directories."""

    @web.authenticated
    @authorized
    @operation(
        Operation(
            summary="A directory's entries, by name",
            query=TreeQuery,
            returns={200: Page[Entry], 202: Task},
            headers={202: {"Location": "Where the task is to be had."}},
            request_headers={"Prefer": "respond-async: answer a task at once, for what may take long."},
        )
    )
    async def get(self, id_: str) -> None:
        """Answer a page of entries, or the task that has to make them readable first."""
        query = self.query(TreeQuery)
        path = decode_name(query.path)

        def tree(core: Core, _: Progress) -> Page[Entry]:
            return core.service.tree(id_, query.volume, path, cursor=query.cursor, limit=query.limit)

        if await self.takes_long(id_):
            await self.start("tree", tree)
        else:
            await self.respond(tree)


class DiffHandler(RokHandler):
    """What differs between a snapshot and another, or the live volumes."""

    @web.authenticated
    @authorized
    @operation(
        Operation(
            summary="What differs from another snapshot, or from the live volumes: a page, by volume and path",
            query=DiffQuery,
            returns={200: Difference, 202: Task},
            headers={202: {"Location": "Where the task is to be had."}},
            request_headers={"Prefer": "respond-async: answer a task at once, for what may take long."},
        )
    )
    async def get(self, id_: str) -> None:
        """Answer a page of the difference, or the task that makes it, whose result is the first page."""
        query = self.query(DiffQuery)
        against = None if query.against == _LIVE else query.against
        paths = tuple(decode_name(path) for path in query.path)

        pages, cursor = self.context.differences, query.cursor
        if cursor is not None:
            await self.respond(lambda *_: pages.next(cursor, query.limit))
            return

        def diff(core: Core, progress: Progress) -> Difference:
            return pages.first(core.service.diff(id_, against, paths, progress), query.limit)

        asyncio.get_running_loop().call_later(KEPT_SECONDS + 1, pages.drop_expired)
        if await self.takes_long(id_):
            await self.start("diff", diff)
        else:
            await self.respond(diff)


class NotebookDiffHandler(RokHandler):
    """What differs between two states of a notebook."""

    @web.authenticated
    @authorized
    @operation(
        Operation(
            summary="What differs, cell by cell, between two states of a notebook of at most 8 MiB",
            query=NotebookDiffQuery,
            returns={200: NotebookDifference, 202: Task},
            headers={202: {"Location": "Where the task is to be had."}},
            request_headers={"Prefer": "respond-async: answer a task at once, for what may take long."},
        )
    )
    async def get(self, id_: str) -> None:
        """Answer the difference, or the task that has to make the snapshot readable first."""
        query = self.query(NotebookDiffQuery)
        against = None if query.against == _LIVE else query.against
        path = decode_name(query.path)

        def diff(core: Core, progress: Progress) -> NotebookDifference:
            return core.service.notebook_diff(id_, against, query.volume, path, progress)

        if await self.takes_long(id_):
            await self.start("notebook-diff", diff)
        else:
            await self.respond(diff)
