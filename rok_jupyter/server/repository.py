"""The repository and its keys.

The password itself is never answered over HTTP: `rok repo key export` reads it where it lies.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from jupyter_server.auth.decorator import authorized
from tornado import web

from rok_jupyter.models import KeyInfo, Page, RepositoryInfo
from rok_jupyter.progress import Progress
from rok_jupyter.server.base import RokHandler
from rok_jupyter.server.context import Core
from rok_jupyter.server.operation import Operation, operation, starts_task
from rok_jupyter.server.paging import page_of
from rok_jupyter.tasks import Task
from rok_jupyter.wire import decode_name
from rok_jupyter.wire.queries import PageQuery
from rok_jupyter.wire.requests import (
    Action,
    CheckAction,
    CopyAction,
    CreateAction,
    ForgetAction,
    KeyBody,
    PruneAction,
    UnlockAction,
)

_POSTED = starts_task("")


@dataclass(frozen=True, slots=True, kw_only=True)
class Unlocked:
    """How many locks were removed."""

    removed: int


class RepositoryHandler(RokHandler):
    """The repository as a whole."""

    @web.authenticated
    @authorized
    @operation(Operation(summary="Where the repository is and what it holds", returns={200: RepositoryInfo}))
    async def get(self) -> None:
        """Answer what there is to say, `exists` false where there is none yet."""
        await self.respond(lambda core, _: core.service.repository_info())

    @web.authenticated
    @authorized
    @operation(
        Operation(
            summary="Create, check, prune, forget, unlock or copy, by the body's action",
            body=Action,
            returns={200: Unlocked, 201: RepositoryInfo, 202: Task},
            headers={201: {"Location": "Where the repository is described."}, **_POSTED.headers},
            request_headers=_POSTED.request_headers,
        )
    )
    async def post(self) -> None:
        """Do what the action says: at once, or as a task."""
        action: Action = self.body(Action)
        if isinstance(action, CreateAction):
            self.set_header("Location", self.address("repository"))
            await self.respond(lambda core, _: core.service.create_repository(), status=201)
        elif isinstance(action, UnlockAction):
            remove_all = action.remove_all
            await self.respond(lambda core, _: Unlocked(removed=core.service.unlock(remove_all=remove_all)))
        else:
            if isinstance(action, CopyAction):
                await self.confine(action.target)
                await self.confine(action.target_password_file)
            await self.start(*_upkeep(action))


class KeysHandler(RokHandler):
    """The repository's keys."""

    @web.authenticated
    @authorized
    @operation(Operation(summary="Keys, without anything secret", query=PageQuery, returns={200: Page[KeyInfo]}))
    async def get(self) -> None:
        """Answer a page of keys."""
        query = self.query(PageQuery)
        await self.respond(lambda core, _: page_of(core.service.keys(), query))

    @web.authenticated
    @authorized
    @operation(
        Operation(
            summary="Add a key, its password in a file of the server or made there",
            body=KeyBody,
            returns={201: KeyInfo},
            headers={201: {"Location": "Where the key can be removed."}},
        )
    )
    async def post(self) -> None:
        """Add a key."""
        body = self.body(KeyBody)
        file = None if body.new_password_file is None else decode_name(body.new_password_file)
        await self.confine(file)
        key = await self.context.in_thread(lambda core: core.service.add_key(file))
        self.set_header("Location", self.address("repository", "keys", key.id))
        await self.respond(lambda _, __: key, status=201)


class KeyHandler(RokHandler):
    """One key."""

    @web.authenticated
    @authorized
    @operation(Operation(summary="Remove a key, but never the last or the current one", returns={204: None}))
    async def delete(self, id_: str) -> None:
        """Remove the key."""
        await self.context.in_thread(lambda core: core.service.remove_key(id_))
        await self.no_content()


def _upkeep(
    action: CheckAction | PruneAction | ForgetAction | CopyAction,
) -> tuple[str, Callable[[Core, Progress], Any]]:
    """Return the verb of a long action, and its work."""
    if isinstance(action, CheckAction):
        read_data = action.read_data
        return "check", lambda core, progress: core.service.check(read_data=read_data, progress=progress)
    if isinstance(action, PruneAction):
        dry_run = action.dry_run
        return "prune", lambda core, progress: core.service.prune(dry_run=dry_run, progress=progress)
    if isinstance(action, ForgetAction):
        return "forget", _forget(action)
    return "copy", _copy(action)


def _forget(action: ForgetAction) -> Callable[[Core, Progress], Any]:
    policy = None if action.policy is None else action.policy.to_model()
    return lambda core, progress: core.service.forget(
        policy, dry_run=action.dry_run, prune=action.prune, progress=progress
    )


def _copy(action: CopyAction) -> Callable[[Core, Progress], Any]:
    target = decode_name(action.target)
    file = None if action.target_password_file is None else decode_name(action.target_password_file)
    return lambda core, progress: core.service.copy(
        target, target_password_file=file, refs=action.snapshots, progress=progress
    )
