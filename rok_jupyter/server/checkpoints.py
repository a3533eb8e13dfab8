"""Jupyter's own File > Revert to Checkpoint, with the file's versions out of snapshots beside Jupyter's checkpoint.

An option, named in a server's configuration:

    c.AsyncContentsManager.checkpoints_class = "rok_jupyter.server.checkpoints.RokCheckpoints"

Owns the ids of such checkpoints and how one is written back: by the contents manager, as a save is, so that its hooks
run and a snapshot waits for it. Making one is Jupyter's alone, and as cheap. What happens to a file (it is renamed or
deleted) happens to Jupyter's checkpoint; snapshots stay as they are.
"""

from __future__ import annotations

import base64
import re
from typing import Any

from jupyter_server.services.contents.filecheckpoints import AsyncFileCheckpoints
from tornado.web import HTTPError

from rok_jupyter.errors import RokError
from rok_jupyter.server.errors import STATUS
from rok_jupyter.server.file_versions import FileVersions

MOST_VERSIONS = 100
"""How many versions are listed; more than that are in the panel and `rok list --path`."""

_OURS = re.compile("rok-([0-9a-f]{64})")
_Jupyters: Any = AsyncFileCheckpoints
"""The class below ours, whose methods have no types."""


class RokCheckpoints(AsyncFileCheckpoints):
    """Jupyter's one checkpoint per file, and versions out of snapshots. Alone it is as Jupyter's."""

    versions: FileVersions | None = None
    """Where versions come from; set by the extension."""

    async def list_checkpoints(self, path: str) -> list[dict[str, Any]]:
        """Return the file's checkpoints, oldest first."""
        own: list[dict[str, Any]] = await _Jupyters.list_checkpoints(self, path)
        if self.versions is None:
            return own
        snapshots = await self.versions.list(self._file_at(path), limit=MOST_VERSIONS)
        ours = [{"id": f"rok-{snapshot.id}", "last_modified": snapshot.created} for snapshot in snapshots]
        return sorted([*own, *ours], key=lambda checkpoint: checkpoint["last_modified"])

    async def restore_checkpoint(self, contents_mgr: Any, checkpoint_id: str, path: str) -> None:
        """Write a checkpoint's content into the file."""
        ours = _OURS.fullmatch(checkpoint_id)
        if ours is None or self.versions is None:
            await _Jupyters.restore_checkpoint(self, contents_mgr, checkpoint_id, path)
            return
        try:
            content = await self.versions.read(self._file_at(path), ours[1])
        except RokError as error:
            raise HTTPError(STATUS[error.kind], f"{error.message} {error.hint}".strip()) from error
        # As a file of bytes, whatever it is: a notebook comes back byte by byte, with the trust that it had.
        encoded = base64.encodebytes(content).decode("ascii")
        await contents_mgr.save({"type": "file", "format": "base64", "content": encoded}, path)

    async def delete_checkpoint(self, checkpoint_id: str, path: str) -> None:
        """Delete Jupyter's checkpoint; a snapshot isn't deleted for one file."""
        if _OURS.fullmatch(checkpoint_id):
            raise HTTPError(409, "This version is part of a snapshot, which is deleted as a whole: rok delete ID")
        await _Jupyters.delete_checkpoint(self, checkpoint_id, path)

    async def rename_all_checkpoints(self, old_path: str, new_path: str) -> None:
        """Have Jupyter's checkpoint follow its file."""
        for checkpoint in await _Jupyters.list_checkpoints(self, old_path):
            await _Jupyters.rename_checkpoint(self, checkpoint["id"], old_path, new_path)

    async def delete_all_checkpoints(self, path: str) -> None:
        """Delete Jupyter's checkpoint with its file."""
        for checkpoint in await _Jupyters.list_checkpoints(self, path):
            await _Jupyters.delete_checkpoint(self, checkpoint["id"], path)

    def _file_at(self, path: str) -> str:
        """Return where the file of a path of the contents API lies."""
        return str(_Jupyters._get_os_path(self, path.strip("/")))


def find_versions(manager: Any, versions: FileVersions) -> None:
    """Give a contents manager's checkpoints the versions, where they are ours."""
    checkpoints = getattr(manager, "checkpoints", None)
    if isinstance(checkpoints, RokCheckpoints):
        checkpoints.versions = versions
