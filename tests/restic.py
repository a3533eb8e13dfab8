"""Drive a real restic binary: the referee of every test about repositories.

Owns how restic is called (its own environment, no cache, no home) and what its JSON says. Doesn't own which binaries
there are (conftest) nor how the newer one is built (tools/build_restic).
"""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any


class ResticError(AssertionError):
    """restic ended with another status than 0; the message is all that it printed."""


@dataclass(frozen=True)
class Restic:
    """One restic binary, pointed at one repository."""

    binary: str
    location: str
    password: str = "correct horse"
    time_zone: str = "UTC"

    def at(self, location: str | os.PathLike[str], password: str | None = None) -> Restic:
        """The same binary, pointed at another repository."""
        return replace(self, location=str(location), password=self.password if password is None else password)

    def run(self, *arguments: str | bytes, allowed: Sequence[int] = (0,)) -> subprocess.CompletedProcess[bytes]:
        """Run restic; raises `ResticError` for a status that isn't allowed."""
        done = subprocess.run(
            [self.binary, "--no-cache", *arguments], env=self._environment(), capture_output=True, check=False
        )
        if done.returncode not in allowed:
            shown = " ".join(a if isinstance(a, str) else repr(a) for a in arguments)
            output = (done.stdout[-4000:] + done.stderr[-4000:]).decode(errors="replace")
            raise ResticError(f"{self.binary} {shown} ended with {done.returncode}:\n{output}")
        return done

    @property
    def version(self) -> tuple[int, ...]:
        """The binary's version, such as (0, 14, 0)."""
        words = self.run("version").stdout.split()
        return tuple(int(part) for part in words[1].split(b"-")[0].split(b"."))

    def init(self) -> Restic:
        """Make the repository, in format version 2."""
        self.run("init", "--repository-version", "2")
        return self

    def backup(
        self, *paths: str | bytes | os.PathLike[str], tags: Sequence[str] = (), options: Sequence[str] = ()
    ) -> str:
        """Back the paths up; the snapshot's id. A backup with per-file errors (status 3) raises."""
        tag_options = [option for tag in tags for option in ("--tag", tag)]
        done = self.run("backup", "--json", *tag_options, *options, *(os.fspath(path) for path in paths))
        summary = next(line for line in _json_lines(done.stdout) if line["message_type"] == "summary")
        return next(
            str(snapshot["id"]) for snapshot in self.snapshots() if snapshot["id"].startswith(summary["snapshot_id"])
        )

    def snapshots(self) -> list[dict[str, Any]]:
        """The snapshots as `restic snapshots --json` tells them."""
        return list(json.loads(self.run("snapshots", "--json").stdout) or [])

    def ls(self, snapshot: str, *paths: str) -> list[dict[str, Any]]:
        """The nodes of a snapshot as `restic ls --json` tells them."""
        lines = _json_lines(self.run("ls", "--json", "--long", "--recursive", snapshot, *paths).stdout)
        return [line for line in lines if line.get("struct_type") == "node"]

    def restore(self, snapshot: str, target: str | os.PathLike[str], *options: str) -> None:
        """Restore a snapshot below `target`, at its absolute paths."""
        self.run("restore", snapshot, "--target", os.fspath(target), *options)

    def check(self, *, read_data: bool = True, tidy: bool = False) -> None:
        """Raise `ResticError` unless restic finds the repository in order; `tidy` allows no leftovers either."""
        done = self.run("check", *(["--read-data"] if read_data else []))
        if tidy and b"non-critical" in done.stdout + done.stderr:
            raise ResticError((done.stdout + done.stderr).decode(errors="replace"))

    def accepts(self, *, read_data: bool = True) -> bool:
        """Whether restic finds the repository in order."""
        allowed = tuple(range(1, 131))
        return self.run("check", *(["--read-data"] if read_data else []), allowed=(0, *allowed)).returncode == 0

    def forget(self, *options: str) -> list[dict[str, Any]]:
        """Forget snapshots; the groups as `restic forget --json` tells them."""
        output = self.run("forget", "--json", *options).stdout
        return list(json.loads(output.splitlines()[0])) if output.strip() else []

    def prune(self, *options: str) -> None:
        """Remove what no snapshot needs."""
        self.run("prune", *options)

    def cat(self, kind: str, id_: str = "") -> Any:
        """One stored document as restic decrypts it."""
        return json.loads(self.run("cat", kind, *([id_] if id_ else [])).stdout)

    def list(self, kind: str) -> tuple[str, ...]:
        """The ids of all stored files of a kind (blobs, packs, index, snapshots, keys, locks)."""
        return tuple(self.run("list", "--no-lock", kind).stdout.decode().split())

    def _environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "RESTIC_REPOSITORY": self.location,
            "RESTIC_PASSWORD": self.password,
            "RESTIC_PROGRESS_FPS": "0",
            "TZ": self.time_zone,
            "GOMAXPROCS": "2",
        }


def _json_lines(output: bytes) -> list[dict[str, Any]]:
    return [json.loads(line) for line in output.splitlines() if line.startswith(b"{")]
