"""Clones: a member of a snapshot becomes a directory, and a data volume, of its own.

Owns where it is made and that it is a volume only when all of it is there. Doesn't own restoring.
"""

from __future__ import annotations

import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from rok_jupyter.config import RokSettings
from rok_jupyter.engine.restore_outcome import RestoreOutcome
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.providers.local.volumes import Directory, VolumeRegistry, lies_in, resolve
from rok_jupyter.state import os_errors, private_directory, sync_directory

_DRAFT_PREFIX = ".draft-"
_LEFTOVER_SECONDS = 86_400


class Clones:
    """Makes cloned volumes."""

    def __init__(self, settings: RokSettings, registry: VolumeRegistry) -> None:
        self._settings = settings
        self._registry = registry

    def make(self, name: str, fill: Callable[[Path], RestoreOutcome]) -> Directory:
        """Make a volume from what `fill` writes to a new directory; ALREADY_EXISTS where the name is taken.

        DATA_LOSS where an entry could not be written: then there is no volume.
        """
        self._registry.check_free(name)
        base = self._base()
        target = base / name
        if target.exists() or target.is_symlink():
            raise RokError(ErrorKind.ALREADY_EXISTS, f"There is something at {target} already.", "Choose another name.")
        with self._draft(base) as draft:
            outcome = fill(draft)
            if outcome.errors:
                first = outcome.errors[0]
                raise RokError(
                    ErrorKind.DATA_LOSS,
                    f"{len(outcome.errors)} entries could not be cloned, the first is {first.path}: {first.message}.",
                    "Restore what can be had to a directory: rok restore ID --to DIR",
                )
            with os_errors(f"Making the clone {target}"):
                draft.mkdir(exist_ok=True)
                draft.rename(target)
                sync_directory(base)
        return self._registry.register(name, str(target))

    def _base(self) -> Path:
        """Return the directory that holds clones; FAILED_PRECONDITION where it would be part of a volume."""
        configured = self._settings.clones_directory
        base = Path(resolve(configured)) if configured else self._settings.locations.clones
        if configured:
            for directory in self._registry.directories():
                if lies_in(str(base), directory.path):
                    raise RokError(
                        ErrorKind.FAILED_PRECONDITION,
                        f"Clones would be made in {base}, which is part of the volume {directory.name!r}.",
                        "Set RokSettings.clones_directory to a directory outside of the volumes.",
                    )
        return private_directory(base)

    @contextmanager
    def _draft(self, base: Path) -> Iterator[Path]:
        """Lend a place for a volume that isn't whole yet, and remove what killed clones left a day ago."""
        oldest = time.time() - _LEFTOVER_SECONDS
        for leftover in base.glob(f"{_DRAFT_PREFIX}*"):
            if leftover.lstat().st_mtime < oldest:
                shutil.rmtree(leftover, ignore_errors=True)
        holder = base / f"{_DRAFT_PREFIX}{secrets.token_hex(8)}"
        holder.mkdir(mode=0o700)
        try:
            yield holder / "volume"
        finally:
            shutil.rmtree(holder, ignore_errors=True)
