"""The Jupyter Server extension: puts the routes and event schemas into a server, and takes its parts down with it.

Owns the life cycle. Doesn't own any route. Nothing is opened before the first request needs it.
"""

from __future__ import annotations

from typing import Any

from jupyter_server.extension.application import ExtensionApp

from rok_jupyter.config import RokSettings, load_settings
from rok_jupyter.server.checkpoints import find_versions
from rok_jupyter.server.context import ServerContext
from rok_jupyter.server.file_versions import FileVersions
from rok_jupyter.server.follow import EVENTS, Follower
from rok_jupyter.server.hooks import watch_saves
from rok_jupyter.server.routes import ROUTES, UNKNOWN, pattern
from rok_jupyter.server.saving import DocumentSaver
from rok_jupyter.server.scheduler import ScheduleClock
from rok_jupyter.server.snapshot_watch import SnapshotWatch
from rok_jupyter.server.task_watch import TaskWatch
from rok_jupyter.tasks import Task


class RokExtension(ExtensionApp):
    """rok-jupyter in a Jupyter Server. Its settings are those of `RokSettings`, shared with the command."""

    name = "rok_jupyter"
    classes = [RokSettings]  # noqa: RUF012  traitlets declares it so

    def initialize_settings(self) -> None:
        """Make what the handlers share, and register the schemas of events."""
        bus = self._server.event_logger
        for schema in sorted(EVENTS.glob("*.yaml")):
            bus.register_event_schema(schema)
        self.context = ServerContext(self._load_settings)
        self.follower = Follower(bus, self._look)
        self.clock = ScheduleClock(self.context, self.follower)
        self.watch = SnapshotWatch(bus, self.context)
        self.tasks_of_others = TaskWatch(self.context, self.follower)
        self.documents = DocumentSaver(bus)
        watch_saves(self._server.contents_manager, self.context.save_gate)
        find_versions(self._server.contents_manager, FileVersions(self.context))

    def initialize_handlers(self) -> None:
        """Put the table of routes into the server, and an answer in JSON to whatever else is asked below /rok."""
        shared = {"context": self.context, "follower": self.follower, "documents": self.documents}
        self.handlers.extend((pattern(template), handler, shared) for template, handler in ROUTES)
        self.handlers.append((*UNKNOWN, shared))

    async def _start_jupyter_server_extension(self, serverapp: Any) -> None:
        self.clock.start()
        self.watch.start()
        self.tasks_of_others.start()

    async def stop_extension(self) -> None:
        """End the clock, the watch, the followers, the tasks and the threads."""
        self.clock.close()
        self.watch.close()
        self.tasks_of_others.close()
        self.follower.close()
        await self.context.close()

    def _load_settings(self) -> RokSettings:
        settings = load_settings(config=self._server.config)
        if not settings.workspace:
            settings.workspace = self._server.root_dir
        return settings

    @property
    def _server(self) -> Any:
        """The server that this is linked to; traitlets knows it as optional."""
        assert self.serverapp is not None
        return self.serverapp

    async def _look(self, task_id: str) -> Task:
        return await self.context.in_thread(lambda core: core.runner.get(task_id))
