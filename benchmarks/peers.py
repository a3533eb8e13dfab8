"""The peers: each says how it does a row of the table, as a command line. Ours is one of them."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol


@dataclass(frozen=True)
class Place:
    """Where a peer works: its own directory for repository and state, and the workspace that all share."""

    own: Path
    workspace: Path

    @property
    def repository(self) -> Path:
        """The peer's repository."""
        return self.own / "repository"


class Peer(Protocol):
    """A tool that takes snapshots. Rows that it can't do return None."""

    name: str

    def environment(self, place: Place) -> Mapping[str, str]:
        """Return the environment of its commands."""

    def prepare(self, place: Place) -> None:
        """Make the repository."""

    def row(self, row: str, place: Place, target: Path) -> list[str] | None:
        """Return the command of a row of the table, or None."""


class Rok:
    """rok-jupyter's own command, in a process of its own as a user's shell starts it."""

    name = "rok"

    def environment(self, place: Place) -> Mapping[str, str]:
        """Keep state, key and repository in the peer's own place."""
        # An installed wheel has its modules compiled, so this environment must not forbid what stands for that here.
        compiled = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
        return {
            **compiled,
            "JUPYTER_DATA_DIR": str(place.own / "data"),
            "JUPYTER_RUNTIME_DIR": str(place.own / "runtime"),
            "ROK_WORKSPACE": str(place.workspace),
        }

    def prepare(self, place: Place) -> None:
        """Make the embedded repository."""
        subprocess.run([*self._rok, "repo", "init"], env=self.environment(place), check=True, stdout=subprocess.DEVNULL)

    def row(self, row: str, place: Place, target: Path) -> list[str] | None:
        """Return `rok`'s command for a row."""
        commands = {
            "first": ["snapshot", "--quiet"],
            "unchanged": ["snapshot", "--quiet"],
            "edit": ["snapshot", "--quiet"],
            "restore": ["restore", "latest", "--to", str(target), "--yes", "--quiet"],
            "in-place": ["restore", "latest", "--in-place", "--yes", "--quiet"],
            "one-notebook": [
                "restore",
                "latest",
                "--path",
                "notebooks/analysis-003.ipynb",
                "--to",
                str(target),
                "--yes",
            ],
            "list": ["list", "--json"],
            "diff": ["diff", *self._two(place), "--json"] if row == "diff" else [],
            "forget-prune": ["forget", "--keep-last", "1", "--prune", "--quiet"],
            "check": ["check", "--quiet"],
        }
        return [*self._rok, *commands[row]]

    @property
    def _rok(self) -> list[str]:
        return [str(Path(sys.executable).parent / "rok")]

    def _two(self, place: Place) -> list[str]:
        listed = subprocess.run(
            [*self._rok, "list", "--json"], env=self.environment(place), check=True, capture_output=True
        )
        ids = [item["id"] for item in json.loads(listed.stdout)["items"]]
        return [ids[-1], ids[0]]


class Restic:
    """A real restic, with its extra verification on and its cache warm, as a user has it."""

    def __init__(self, binary: Path, name: str) -> None:
        self.binary = binary
        self.name = name

    def environment(self, place: Place) -> Mapping[str, str]:
        """Keep repository, password and cache in the peer's own place."""
        return {
            **os.environ,
            "RESTIC_REPOSITORY": str(place.repository),
            "RESTIC_PASSWORD": "benchmark",
            "RESTIC_CACHE_DIR": str(place.own / "cache"),
        }

    def prepare(self, place: Place) -> None:
        """Run `restic init`."""
        subprocess.run([str(self.binary), "init"], env=self.environment(place), check=True, stdout=subprocess.DEVNULL)

    def row(self, row: str, place: Place, target: Path) -> list[str] | None:
        """Return restic's command for a row; in place means onto the same absolute paths."""
        notebook = place.workspace / "notebooks" / "analysis-003.ipynb"
        commands = {
            "first": ["backup", "-q", str(place.workspace)],
            "unchanged": ["backup", "-q", str(place.workspace)],
            "edit": ["backup", "-q", str(place.workspace)],
            "restore": ["restore", "latest", "--target", str(target)],
            "in-place": ["restore", "latest", "--target", "/"],
            "one-notebook": ["restore", "latest", "--target", str(target), "--include", str(notebook)],
            "list": ["snapshots", "--json"],
            "diff": ["diff", *self._two(place)] if row == "diff" else [],
            "forget-prune": ["forget", "--keep-last", "1", "--prune"],
            "check": ["check"],
        }
        return [str(self.binary), *commands[row]]

    def _two(self, place: Place) -> list[str]:
        command = [str(self.binary), "snapshots", "--json"]
        listed = subprocess.run(command, env=self.environment(place), check=True, capture_output=True)
        ids = [item["id"] for item in json.loads(listed.stdout)]
        return [ids[0], ids[-1]]


class Borg:
    """Borg 1.2 with lz4, its default, and blake2; it restores into the current directory and can't restore in place."""

    name = "borg"

    def environment(self, place: Place) -> Mapping[str, str]:
        """Keep repository, passphrase and cache in the peer's own place."""
        return {
            **os.environ,
            "BORG_REPO": str(place.repository),
            "BORG_PASSPHRASE": "benchmark",
            "BORG_BASE_DIR": str(place.own / "base"),
        }

    def prepare(self, place: Place) -> None:
        """Run `borg init`."""
        subprocess.run(["borg", "init", "-e", "repokey-blake2"], env=self.environment(place), check=True)

    def row(self, row: str, place: Place, target: Path) -> list[str] | None:
        """Return borg's command for a row."""
        create = ["borg", "create", f"::{row}", str(place.workspace)]
        extract = ["sh", "-c", f"mkdir -p '{target}' && cd '{target}' && exec borg extract ::edit"]
        commands: dict[str, list[str]] = {
            "first": create,
            "unchanged": create,
            "edit": create,
            "restore": extract,
            "list": ["borg", "list", "--json"],
            "diff": ["borg", "diff", "::first", "edit"],
            "check": ["borg", "check"],
        }
        return commands.get(row)


def available_peers(names: list[str]) -> list[Peer]:
    """Return ours and the named peers that this machine has."""
    peers: list[Peer] = [Rok()]
    current = sorted(Path(".cache/tools").glob("restic-*"))
    if "restic" in names and current:
        peers.append(Restic(current[-1].absolute(), current[-1].name))
    debian = shutil.which("restic")
    if "restic-debian" in names and debian:
        peers.append(Restic(Path(debian), "restic (Debian)"))
    if "borg" in names and shutil.which("borg"):
        peers.append(Borg())
    return peers
