"""The versions of one file in snapshots, for whoever knows the file by where it lies on this server.

Owns finding the volume that holds a file, and that nobody waits long for a list: what isn't found in time is found for
the next who asks. Doesn't own what a version is (service), nor HTTP.
"""

from __future__ import annotations

import asyncio
import logging
import os
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Snapshot, SnapshotFilter, Volume
from rok_jupyter.server.context import Core, ServerContext

PATIENCE_SECONDS = 1.0
LARGEST_BYTES = 256 << 20
_REMEMBERED_FILES = 200

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """The snapshots that hold a file, newest first, as they were at a revision."""

    revision: str
    snapshots: tuple[Snapshot, ...]


class FileVersions:
    """Lists and reads the versions of files; called on the loop, at work in threads."""

    def __init__(self, context: ServerContext) -> None:
        self._context = context
        self._known: OrderedDict[str, _Found] = OrderedDict()
        self._looking: dict[str, asyncio.Task[_Found]] = {}

    async def list(self, path: str, *, limit: int) -> tuple[Snapshot, ...]:
        """Return up to `limit` snapshots, newest first, each the first one with a version of the file at `path`.

        After a second, those that were known before. None where there is no repository, where no volume holds the
        file, or where looking into snapshots takes work first.
        """
        looking = self._looking.get(path)
        if looking is None:
            known = self._known.get(path)
            look = self._context.in_thread(lambda core: _look(core, path, known, limit=limit))
            looking = self._looking[path] = asyncio.get_running_loop().create_task(look, name="rok-versions")
            looking.add_done_callback(lambda done: self._keep(path, done))
        await asyncio.wait([looking], timeout=PATIENCE_SECONDS)
        found = self._known.get(path)
        return () if found is None else found.snapshots

    async def read(self, path: str, snapshot: str) -> bytes:
        """Return the content that the file at `path` has in a snapshot.

        NOT_FOUND where it is not in it, FAILED_PRECONDITION where it is too large to be held in memory.
        """
        return await self._context.in_thread(lambda core: _read(core, path, snapshot))

    def _keep(self, path: str, done: asyncio.Task[_Found]) -> None:
        del self._looking[path]
        if done.cancelled():
            return
        error = done.exception()
        if isinstance(error, RokError):
            self._known.pop(path, None)
            _log.debug("Versions of %r are not listed: %s", path, error)
        elif error is not None:
            _log.error("Versions of %r could not be listed", path, exc_info=error)
        else:
            self._known[path] = done.result()
            self._known.move_to_end(path)
            if len(self._known) > _REMEMBERED_FILES:
                self._known.popitem(last=False)


def _look(core: Core, path: str, known: _Found | None, *, limit: int) -> _Found:
    revision = core.service.revision()
    if known is not None and known.revision == revision:
        return known
    place = _place(core.service.volumes(), path)
    page = core.service.list(SnapshotFilter(path=f"{place[0]}:{place[1]}"), limit=limit)
    return _Found(revision=revision, snapshots=page.items)


def _read(core: Core, path: str, snapshot: str) -> bytes:
    volume, inner = _place(core.service.volumes(), path)
    size = core.service.entry(snapshot, volume, inner).size
    if size > LARGEST_BYTES:
        raise RokError(
            ErrorKind.FAILED_PRECONDITION,
            f"The file has {size} bytes, too many to be brought back this way.",
            f"Type: rok restore {snapshot[:12]} --path {volume}:{inner} --in-place",
        )
    return b"".join(core.service.read(snapshot, volume, inner))


def _place(volumes: Sequence[Volume], path: str) -> tuple[str, str]:
    """Return the volume that holds an absolute path, the innermost of several, and the path in it; NOT_FOUND."""
    above, _, name = path.rpartition("/")
    real = os.path.realpath(above.encode("utf-8", "surrogateescape")).decode("utf-8", "surrogateescape")
    whole = f"{real.rstrip('/')}/{name}"
    held = [volume for volume in volumes if volume.path and whole.startswith(volume.path.rstrip("/") + "/")]
    if not held:
        raise RokError(ErrorKind.NOT_FOUND, "The file lies in no volume.", "Attach its directory: rok attach")
    volume = max(held, key=lambda each: len(each.path))
    return volume.name, whole[len(volume.path.rstrip("/")) + 1 :]
