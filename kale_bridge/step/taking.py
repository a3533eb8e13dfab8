"""One snapshot for a step: through the notebook's server where it is told of one, else by a process of its own.

Owns where the server is (the environment, never the pipeline's YAML), which volumes are meant, and that nothing takes
longer than it may. Doesn't own what a snapshot is called nor what becomes of a failure. Standard library only.
"""

from __future__ import annotations

import contextlib
import importlib.util
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import urlsplit

from kale_bridge.step.failure import HookFailure
from kale_bridge.step.worker import OWN_PROCESS, Worker

if TYPE_CHECKING:  # HTTP takes longer to import than all else here: only where there is a server
    from rok_jupyter.client import Client

WORKSPACE = "workspace"
_QUICK_SECONDS = 20.0
_UNSAFE_PATHS = ("", "/")


@dataclass(frozen=True)
class Place:
    """Where snapshots of a step come from: the volume that variables are put into, and where it is mounted here."""

    root: str
    volume: str
    volumes: tuple[str, ...]
    """What a request names; none means all."""
    notes: tuple[str, ...] = ()


class Taking(Protocol):
    """How a step's snapshots are taken."""

    def place(self) -> Place:
        """Return where they come from; raise HookFailure."""

    def take(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Take a snapshot, or find the one of that name; raise HookFailure."""

    def close(self) -> None:
        """Let go of what takes them."""


class ServerTaking:
    """Snapshots by a notebook server, which sees the same volumes as the step does."""

    how = "the notebook's server"

    def __init__(self, config: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        from rok_jupyter.client import Client

        self._config = config
        self._client: Client = Client(
            _address(environment["ROK_SERVER_URL"]),
            _token(environment),
            read_seconds=min(_QUICK_SECONDS, float(config.get("seconds") or _QUICK_SECONDS)),
        )

    def place(self) -> Place:
        """Return which of the server's volumes this step has, and where; raise HookFailure where it has none of them.

        Volumes are the same where they are mounted at the same path; where only names tell, by their names.
        """
        with _our_errors():
            items = self._client.get("volumes")["items"]
        there = {str(item["name"]): str(item["path"]) for item in items}
        role = {str(item["name"]): str(item["role"]) for item in items}
        same = _same_volumes(self._config.get("volumes") or {}, there)
        wanted = [same.get(name, name) for name in self._config.get("only") or ()]
        unknown = [name for name in wanted if name not in there]
        if unknown:
            raise HookFailure(f"The notebook's server has no volume {', '.join(map(repr, unknown))}.", _VOLUMES_HINT)
        mounts = {same[name]: path for name, path in (self._config.get("volumes") or {}).items() if name in same}
        if not mounts:  # a step that runs where the server does
            mounts = {name: path for name, path in there.items() if os.path.isdir(path or "/nowhere")}
        chosen = {name: path for name, path in mounts.items() if name in wanted or not wanted}
        first = next((name for name in chosen if role[name] == WORKSPACE), next(iter(chosen), ""))
        return Place(root=chosen.get(first, ""), volume=first, volumes=tuple(wanted))

    def take(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Take a snapshot, or find the one of that name; raise HookFailure."""
        with _our_errors():
            return dict(self._client.run("snapshots", request, seconds=seconds))

    def close(self) -> None:
        """Nothing is held."""


class OwnTaking:
    """Snapshots by a process that has the repository's key. It is kept for the step's next one, as starting it is most
    of what a snapshot costs."""

    how = "a process of its own"

    def __init__(self, config: Mapping[str, Any], environment: Mapping[str, str]) -> None:
        self._config = config
        self._environment = environment
        self._worker: Worker | None = None

    def place(self) -> Place:
        """Return the workspace: the one that the environment names, else the volume that holds the notebook."""
        if not _is_installed():
            raise HookFailure(
                "Nothing says where the notebook's server is, and rok-jupyter isn't installed here.",
                "Set ROK_SERVER_URL for the step, or install rok-jupyter[kale] in its image.",
            )
        volumes = dict(self._config.get("volumes") or {})
        root = self._workspace()
        if root in _UNSAFE_PATHS:
            raise HookFailure(
                "Nothing says where the notebook's server is, nor which directory is the workspace.",
                "Set ROK_SERVER_URL for the step, or ROK_WORKSPACE and ROK_REPOSITORY.",
            )
        if self._worker is None or not self._worker.lives:
            self._worker = Worker(self._environment)
        only = self._config.get("only") or ()
        named = tuple(WORKSPACE if os.path.abspath(volumes.get(name, "")) == root else name for name in only)
        return Place(root=self._environment.get("ROK_WORKSPACE_COPY") or root, volume=WORKSPACE, volumes=named)

    def take(self, request: Mapping[str, Any], seconds: float) -> dict[str, Any]:
        """Take a snapshot, or find the one of that name; raise HookFailure."""
        order = {"request": request, "workspace": self._workspace(), "volumes": self._config.get("volumes") or {}}
        if self._worker is None:
            self._worker = Worker(self._environment)
        answer = self._worker.ask(order, seconds)
        if "error" in answer:
            raise HookFailure(str(answer["error"]["message"]), str(answer["error"]["hint"]))
        return dict(answer["snapshot"])

    def close(self) -> None:
        """End the process."""
        if self._worker is not None:
            self._worker.close()

    def _workspace(self) -> str:
        volumes = dict(self._config.get("volumes") or {})
        named = self._environment.get("ROK_WORKSPACE", "") or _holding(volumes, str(self._config.get("notebook") or ""))
        return os.path.abspath(named) if named else ""


def choose(config: Mapping[str, Any], environment: Mapping[str, str]) -> Taking:
    """Return how this step's snapshots are taken."""
    if environment.get("ROK_SERVER_URL"):
        return ServerTaking(config, environment)
    return OwnTaking(config, environment)


_HINTS = {
    "unauthenticated": "Give the step the server's token: ROK_SERVER_TOKEN, from a secret, or ROK_SERVER_TOKEN_FILE.",
    "unavailable": "Check ROK_SERVER_URL, that the notebook's server runs, and that steps may reach it.",
    "unimplemented": "Check that ROK_SERVER_URL is its whole address, with the base URL; it needs rok-jupyter.",
}
"""What to do in a step, where the client's own hint is for who sits at a shell."""
_VOLUMES_HINT = "See `rok volumes` there, and the notebook's volumes in Kale's panel."


def _is_installed() -> bool:
    """Whether the whole package is here, and not only what the pipeline's command brought along."""
    try:
        return importlib.util.find_spec(OWN_PROCESS) is not None
    except (ImportError, ValueError):
        return False


def _address(url: str) -> str:
    """Return a server's address; raise HookFailure, without the text itself, where it is none."""
    with contextlib.suppress(ValueError):
        parts = urlsplit(url)
        if parts.scheme in ("http", "https") and parts.hostname:
            return url
    raise HookFailure("ROK_SERVER_URL is no address of a server.", "It must be http(s)://HOST:PORT/BASE-URL/.")


def _token(environment: Mapping[str, str]) -> str:
    path = environment.get("ROK_SERVER_TOKEN_FILE", "")
    if not path:
        return environment.get("ROK_SERVER_TOKEN", "")
    try:
        with open(path, encoding="utf-8") as file:
            return file.read().strip()
    except (OSError, UnicodeDecodeError) as error:
        raise HookFailure(
            f"The file of ROK_SERVER_TOKEN_FILE can't be read: {path}.", "Mount the secret there."
        ) from error


def _same_volumes(mounts: Mapping[str, str], there: Mapping[str, str]) -> dict[str, str]:
    """Return the server's name of each volume of the step that the server has too."""
    by_path = {os.path.normpath(path): name for name, path in there.items() if path}
    found = {}
    for name, path in mounts.items():
        known = by_path.get(os.path.normpath(path)) or (name if name in there else None)
        if known is not None:
            found[name] = known
    return found


def _holding(volumes: Mapping[str, str], notebook: str) -> str:
    """Return the mount path of the volume that holds the notebook; without one, of the first volume."""
    holding = [path for path in volumes.values() if os.path.exists(os.path.join(path, notebook))] if notebook else []
    deepest = max(holding, key=len, default=next(iter(volumes.values()), ""))
    return os.path.normpath(deepest) if deepest else ""


@contextlib.contextmanager
def _our_errors() -> Iterator[None]:
    from rok_jupyter.client import ClientError

    try:
        yield
    except ClientError as error:
        raise HookFailure(error.message, _HINTS.get(error.kind, error.hint)) from error
