"""What comes out of a snapshot: plans, restores, exports, clones, and undo."""

from __future__ import annotations

from jupyter_server.auth.decorator import authorized
from tornado import web

from rok_jupyter.models import RestorePlan, RestoreResult, UndoPlan, UndoResult
from rok_jupyter.progress import Progress
from rok_jupyter.server.base import RokHandler
from rok_jupyter.server.context import Core
from rok_jupyter.server.operation import Operation, operation, starts_task
from rok_jupyter.tasks import Task
from rok_jupyter.wire import decode_name
from rok_jupyter.wire.requests import (
    CloneBody,
    CopyBackBody,
    EmptyBody,
    ExportBody,
    RestoreBody,
    RestorePlanBody,
    UndoBody,
)


class RestorePlanHandler(RokHandler):
    """What a restore would do."""

    @web.authenticated
    @authorized
    @operation(
        Operation(
            summary="What a restore would do; changes nothing",
            body=RestorePlanBody,
            returns={200: RestorePlan, 202: Task},
            headers={202: {"Location": "Where the task is to be had."}},
            request_headers={"Prefer": "respond-async: answer a task at once, for what may take long."},
        )
    )
    async def post(self, id_: str) -> None:
        """Answer the plan, or the task that makes it."""
        body = self.body(RestorePlanBody)
        request = body.to_model(id_)
        await self.confine(request.directory, *request.volumes.values())
        await self.save_documents(wanted=body.save_documents and request.directory is None)

        def plan(core: Core, progress: Progress) -> RestorePlan:
            return core.service.plan_restore(request, progress)

        if self.prefers_task():
            await self.start("restore-plan", plan)
        else:
            await self.respond(plan)


class RestoreHandler(RokHandler):
    """Restoring of a snapshot."""

    @web.authenticated
    @authorized
    @operation(starts_task("Restore in place, or to a directory below the workspace", body=RestoreBody))
    async def post(self, id_: str) -> None:
        """In place, have open documents saved; then start the restore."""
        body = self.body(RestoreBody)
        request = body.to_model(id_)
        await self.confine(request.directory, *request.volumes.values())
        unsaved = await self.save_documents(wanted=body.save_documents and request.directory is None)

        def restore(core: Core, progress: Progress) -> RestoreResult:
            return core.service.restore(request, progress, fingerprint=body.fingerprint, unsaved_documents=unsaved)

        await self.start("restore", restore)


class CopyBackHandler(RokHandler):
    """Restoring beside what is there."""

    @web.authenticated
    @authorized
    @operation(starts_task("Restore entries next to their originals, under new names", body=CopyBackBody))
    async def post(self, id_: str) -> None:
        """Start copying back."""
        paths = tuple(decode_name(path) for path in self.body(CopyBackBody).paths)
        await self.start("copy-back", lambda core, progress: core.service.copy_back(id_, paths, progress))


class ExportHandler(RokHandler):
    """Exporting to an archive."""

    @web.authenticated
    @authorized
    @operation(starts_task("Write an archive to a file below the workspace", body=ExportBody))
    async def post(self, id_: str) -> None:
        """Start an export."""
        body = self.body(ExportBody)
        target = decode_name(body.target)
        paths = tuple(decode_name(path) for path in body.paths)
        await self.confine(target)
        await self.start("export", lambda core, progress: core.service.export(id_, paths, target, progress))


class CloneHandler(RokHandler):
    """Cloning of a member."""

    @web.authenticated
    @authorized
    @operation(starts_task("Make a new volume from a snapshot's member", body=CloneBody))
    async def post(self, id_: str) -> None:
        """Start a clone."""
        body = self.body(CloneBody)
        await self.start("clone", lambda core, progress: core.service.clone(id_, body.volume, body.name, progress))


class UndoPlanHandler(RokHandler):
    """What an undo would do."""

    @web.authenticated
    @authorized
    @operation(
        Operation(
            summary="What an undo would do; changes nothing",
            body=EmptyBody,
            returns={200: UndoPlan, 202: Task},
            headers={202: {"Location": "Where the task is to be had."}},
            request_headers={"Prefer": "respond-async: answer a task at once, for what may take long."},
        )
    )
    async def post(self) -> None:
        """Answer the plan, or the task that makes it."""
        self.body(EmptyBody)

        def plan(core: Core, progress: Progress) -> UndoPlan:
            return core.service.plan_undo(progress)

        if self.prefers_task():
            await self.start("undo-plan", plan)
        else:
            await self.respond(plan)


class UndoHandler(RokHandler):
    """Undoing of the last restore or delete."""

    @web.authenticated
    @authorized
    @operation(starts_task("Undo the last restore in place or delete", body=UndoBody))
    async def post(self) -> None:
        """Where files would change, have open documents saved; then start the undo."""
        body = self.body(UndoBody)
        wanted = body.save_documents and await self.context.in_thread(lambda core: core.service.undo_changes_files())
        unsaved = await self.save_documents(wanted=wanted)

        def undo(core: Core, progress: Progress) -> UndoResult:
            return core.service.undo(
                progress, action=body.action, fingerprint=body.fingerprint, unsaved_documents=unsaved
            )

        await self.start("undo", undo)
