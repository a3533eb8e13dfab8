"""What the handlers of one server share.

Owns the service and the tasks of this server, opened at first use, the threads that run short calls, and which
directories a client may name. Doesn't own HTTP.
"""

from __future__ import annotations

import asyncio
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

from rok_jupyter.config import RokSettings
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.save_gate import SaveGate
from rok_jupyter.server.differences import DifferencePages
from rok_jupyter.tasks import TaskRunner

if TYPE_CHECKING:
    from rok_jupyter.service.service import Service

Result = TypeVar("Result")

_THREADS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """What a handler's work, in a thread, is done with."""

    settings: RokSettings
    service: Service
    runner: TaskRunner

    def confine(self, path: str) -> str:
        """Return a path of the server that a client named, if it lies where a client may read and write.

        That is below the workspace or one of `restore_directories`, links resolved; else PERMISSION_DENIED.
        """
        places = [self.settings.workspace, *self.settings.restore_directories]
        real = os.path.realpath(path.encode("utf-8", "surrogateescape"))
        if not any(_is_below(real, os.path.realpath(place.encode("utf-8", "surrogateescape"))) for place in places):
            raise RokError(
                ErrorKind.PERMISSION_DENIED,
                "Over the server, only directories below the workspace can be read and written.",
                "Choose one there, or have the setting restore_directories name a further one.",
            )
        return path

    def is_readable(self, reference: str) -> bool:
        """Whether a snapshot can be read at once; else work comes first, and that is a task."""
        members = {member.volume for member in self.service.show(reference).members}
        return all(volume.capabilities.browse.available for volume in self.service.volumes() if volume.name in members)


class ServerContext:
    """The service of one server, its tasks and its threads.

    `load` reads the settings; where it or the service fails, the request that needed it is told, and the next one tries
    again.
    """

    def __init__(self, load: Callable[[], RokSettings]) -> None:
        self.save_gate = SaveGate()
        self.differences = DifferencePages()
        self._load = load
        self._lock = threading.Lock()
        self._core: Core | None = None
        self._threads = ThreadPoolExecutor(_THREADS, thread_name_prefix="rok-server")

    @property
    def opened(self) -> Core | None:
        """The core, None before its first use; opens nothing."""
        return self._core

    def open(self) -> Core:
        """Return the core, made at first use. Blocks: call it in a thread."""
        with self._lock:
            if self._core is None:
                from rok_jupyter.service.service import Service  # the engine's import isn't paid by a server's start

                settings = self._load()
                runner = TaskRunner(settings.locations.tasks)
                service = Service(settings, save_gate=self.save_gate)
                self._core = Core(settings=settings, service=service, runner=runner)
            return self._core

    async def in_thread(self, work: Callable[[Core], Result]) -> Result:
        """Run a short call in a thread of its own, and return what it returns."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, lambda: work(self.open()))

    async def close(self) -> None:
        """Cancel tasks and end the threads."""
        if self._core is not None:
            await asyncio.get_running_loop().run_in_executor(None, self._core.runner.close)
        self._threads.shutdown(wait=False, cancel_futures=True)


def _is_below(path: bytes, place: bytes) -> bool:
    return path == place or path.startswith(place.rstrip(b"/") + b"/")
