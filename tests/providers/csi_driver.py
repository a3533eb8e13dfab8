"""Stands for a CSI driver and the API before it: volumes and snapshots are objects that become ready by and by.

A volume lies in a private directory. A snapshot is taken at once and is ready later; what is in it can't be read, only
a new volume be made of it. Calls fail now and then as a busy driver's do. What is finished is marked by a file that is
written last.
"""

from __future__ import annotations

import itertools
import json
import shutil
import threading
import time
from collections.abc import Mapping
from pathlib import Path


class DriverError(Exception):
    """What a driver's call came to; `transient` ones are worth another try."""

    def __init__(self, message: str, *, transient: bool) -> None:
        super().__init__(message)
        self.transient = transient


class FakeDriver:
    """One storage. `delay` seconds pass until an object is ready; every `fails_every`-th call is refused as busy."""

    def __init__(self, directory: Path, *, delay: float = 0.05, fails_every: int = 3) -> None:
        self._volumes = directory / "volumes"
        self._snapshots = directory / "snapshots"
        self._delay = delay
        self._fails_every = fails_every
        self._calls = itertools.count(1)
        self._lock = threading.Lock()
        for made in (self._volumes, self._snapshots):
            made.mkdir(parents=True, exist_ok=True)

    def volumes(self) -> dict[str, Path]:
        return {path.name: path for path in sorted(self._volumes.iterdir()) if self._is_ready(path)}

    def make_volume(self, name: str, *, snapshot: str | None = None, member: str = "") -> None:
        """Begin to make a volume, empty or from a snapshot's member; making it again is no error."""
        self._call()
        path = self._volumes / name
        if path.exists():
            return
        if snapshot is None:
            path.mkdir()
        else:
            source = self._snapshots / snapshot / "data" / member
            if not source.is_dir():
                raise DriverError(f"snapshot {snapshot} has no {member}", transient=False)
            shutil.copytree(source, path, symlinks=True)
        self._get_ready_later(path)

    def volume_ready(self, name: str) -> bool:
        self._call()
        return self._is_ready(self._volumes / name)

    def remove_volume(self, name: str) -> None:
        shutil.rmtree(self._volumes / name, ignore_errors=True)

    def make_snapshot(self, name: str, members: Mapping[str, Path], record: Mapping[str, object]) -> None:
        """Begin a snapshot of volumes, all at one moment; making it again is no error."""
        self._call()
        path = self._snapshots / name
        with self._lock:
            if path.exists():
                return
            draft = self._snapshots / f".{name}"
            for member, source in members.items():
                shutil.copytree(source, draft / "data" / member, symlinks=True)
            (draft / "record.json").write_text(json.dumps(record))
            draft.rename(path)
        self._get_ready_later(path)

    def snapshot_ready(self, name: str) -> bool:
        self._call()
        return self._is_ready(self._snapshots / name)

    def annotate(self, name: str, record: Mapping[str, object]) -> None:
        draft = self._snapshots / name / "record.new"
        draft.write_text(json.dumps(record))
        draft.rename(self._snapshots / name / "record.json")

    def snapshots(self) -> dict[str, dict[str, object]]:
        """The records of all snapshots, ready or not."""
        names = [path.name for path in self._snapshots.iterdir() if not path.name.startswith(".")]
        return {name: json.loads((self._snapshots / name / "record.json").read_text()) for name in names}

    def remove_snapshot(self, name: str) -> None:
        self._call()
        path = self._snapshots / name
        if not path.exists():
            raise DriverError(f"there is no snapshot {name}", transient=False)
        shutil.rmtree(path)

    def _call(self) -> None:
        if next(self._calls) % self._fails_every == 0:
            raise DriverError("the driver is busy", transient=True)

    def _get_ready_later(self, path: Path) -> None:
        path.with_name(f".{path.name}.ready-at").write_text(str(time.time() + self._delay))

    def _is_ready(self, path: Path) -> bool:
        try:
            return time.time() >= float(path.with_name(f".{path.name}.ready-at").read_text())
        except (FileNotFoundError, ValueError):
            return False
