"""Volumes: list, count, leave out parts, attach, detach."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from rok_jupyter.models import ExcludeResult, Page, Volume, VolumeEstimate
from rok_jupyter.progress import Progress
from rok_jupyter.server.base import RokHandler
from rok_jupyter.server.context import Core
from rok_jupyter.server.operation import Operation, operation, starts_task
from rok_jupyter.server.paging import page_of
from rok_jupyter.wire import decode_name
from rok_jupyter.wire.queries import PageQuery
from rok_jupyter.wire.requests import AttachBody, EmptyBody, ExcludeBody


class VolumesHandler(RokHandler):
    """The volumes, workspace first."""

    @web.authenticated
    @authorized
    @operation(
        Operation(summary="Volumes and what can be done with each", query=PageQuery, returns={200: Page[Volume]})
    )
    async def get(self) -> None:
        """Answer a page of volumes."""
        query = self.query(PageQuery)
        await self.respond(lambda core, _: page_of(core.service.volumes(), query))


class EstimateHandler(RokHandler):
    """How much a snapshot of one volume would read."""

    @web.authenticated
    @authorized
    @operation(
        Operation(
            summary="How much a snapshot of a volume would read, counted for some seconds at most",
            returns={200: VolumeEstimate},
        )
    )
    async def get(self, name: str) -> None:
        """Answer an estimate."""
        await self.respond(lambda core, progress: core.service.estimate(name, progress))


class ExcludeHandler(RokHandler):
    """Leaving parts of one volume out of its snapshots."""

    @web.authenticated
    @authorized
    @operation(
        Operation(
            summary="Leave directories out of a volume's snapshots: patterns for them go to its .rokignore",
            body=ExcludeBody,
            returns={200: ExcludeResult},
        )
    )
    async def post(self, name: str) -> None:
        """Answer the patterns that were added."""
        paths = [decode_name(path) for path in self.body(ExcludeBody).paths]
        await self.respond(lambda core, _: ExcludeResult(patterns=core.service.exclude(name, paths)))


class AttachHandler(RokHandler):
    """Attaching of one volume."""

    @web.authenticated
    @authorized
    @operation(starts_task("Attach a data volume at a path of the workspace", body=AttachBody))
    async def post(self, name: str) -> None:
        """Start an attach."""
        body = self.body(AttachBody)
        at = decode_name(body.at)
        directory = None if body.directory is None else decode_name(body.directory)

        def attach(core: Core, _: Progress) -> Volume:
            return core.service.attach(name, at, read_only=body.read_only, directory=directory)

        if directory is not None:
            await self.confine(directory)
        await self.start("attach", attach)


class DetachHandler(RokHandler):
    """Detaching of one volume."""

    @web.authenticated
    @authorized
    @operation(starts_task("Undo an attach; the data stays", body=EmptyBody))
    async def post(self, name: str) -> None:
        """Start a detach."""
        self.body(EmptyBody)
        await self.start("detach", lambda core, _: core.service.detach(name))
