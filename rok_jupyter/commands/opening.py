"""Which workspace is meant, and which door leads to it: a running server's, else one of this process.

Owns the order in which a workspace is looked for; the current directory is never taken for one. A server that can't be
used (it lacks rok-jupyter, is of an older version, refuses this user) is passed by with one line of notice.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from jupyter_core.paths import jupyter_runtime_dir

import rok_jupyter
from rok_jupyter.commands.door import Door
from rok_jupyter.commands.grammar import CommonOptions
from rok_jupyter.config import RokSettings, load_settings
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.wire.names import decode_name, encode_name

if TYPE_CHECKING:  # HTTP and TLS take longer to import than a list of snapshots takes: only where there is a server
    from rok_jupyter.client import Client, Server

Notice = Callable[[str], None]


def open_door(options: CommonOptions, *, notice: Notice, environment: Mapping[str, str] = os.environ) -> Door:
    """Return the door to the workspace that options, environment, configuration or a running server name.

    FAILED_PRECONDITION, with the command to type, where nothing names one or several servers run.
    """
    settings = _settings(options, workspace=options.workspace)
    server = _server(settings.workspace, jupyter_runtime_dir(), environment)
    if server is not None and _may_use(settings, options):
        remote = _remote(server, settings, options, notice=notice, environment=environment)
        if remote is not None:
            return remote
    if not settings.workspace and server is not None:
        settings = _settings(options, workspace=server.root)
    return _local(settings)


def _server(workspace: str, runtime_directory: str, environment: Mapping[str, str]) -> Server | None:
    if workspace and not _may_hold_servers(runtime_directory):
        return None
    from rok_jupyter.client import find_server, own_server

    own = own_server(runtime_directory, environment)
    if workspace:
        return find_server(workspace, runtime_directory) or own
    return own or _only_server(runtime_directory)


def _may_hold_servers(runtime_directory: str) -> bool:
    try:
        return any(name.startswith("jpserver-") for name in os.listdir(runtime_directory))
    except OSError:
        return False


def _settings(options: CommonOptions, *, workspace: str | None) -> RokSettings:
    return load_settings(
        {
            "workspace": _absolute(workspace),
            "repository": _absolute(options.repository),
            "password_file": _absolute(options.password_file),
        }
    )


def _absolute(path: str | None) -> str | None:
    return None if path is None else os.path.abspath(os.path.expanduser(path))


def _only_server(runtime_directory: str) -> Server:
    from rok_jupyter.client import running_servers

    servers = running_servers(runtime_directory)
    if len(servers) == 1:
        return servers[0]
    if not servers:
        raise RokError(
            ErrorKind.FAILED_PRECONDITION,
            "Nothing says which directory is the workspace, and no Jupyter Server runs.",
            "Name it: rok --workspace DIR ..., or set ROK_WORKSPACE.",
        )
    roots = ", ".join(sorted(encode_name(server.root) for server in servers))
    raise RokError(
        ErrorKind.FAILED_PRECONDITION,
        f"Nothing says which directory is the workspace, and {len(servers)} Jupyter Servers run: {roots}.",
        f"Name one of them: rok --workspace {encode_name(servers[0].root)} ...",
    )


def _may_use(settings: RokSettings, options: CommonOptions) -> bool:
    return settings.use_server and not options.no_server and options.password_file is None


def _local(settings: RokSettings) -> Door:
    from rok_jupyter.commands.local import LocalDoor
    from rok_jupyter.service.service import Service
    from rok_jupyter.tasks import TaskRunner

    return LocalDoor(Service(settings), TaskRunner(settings.locations.tasks))


def _remote(
    server: Server, settings: RokSettings, options: CommonOptions, *, notice: Notice, environment: Mapping[str, str]
) -> Door | None:
    """Return the door at a server; None where it can't be used, or is another workspace's or repository's."""
    from rok_jupyter.client import Client, ClientError, hub_token
    from rok_jupyter.commands.remote import RemoteDoor

    from_hub = hub_token(server, environment)
    client = Client(server.url, server.token, hub_token=from_hub, socket_path=server.socket_path)
    try:
        problem = _problem(client)
        workspace = "" if problem else _workspace(client)
        chosen = options.repository is not None or bool(environment.get("ROK_REPOSITORY"))
        if chosen and not problem and client.get("repository")["location"] != settings.repository_location:
            return None
    except ClientError as error:
        problem, workspace = error.message, ""
    except (KeyError, TypeError):
        problem, workspace = "The Jupyter Server's rok-jupyter answers in a way that this version doesn't know.", ""
    if problem:
        notice(f"{problem} Working in this process instead.")
        return None
    if settings.workspace and not _same(workspace, settings.workspace):
        return None
    local = _settings(options, workspace=workspace)
    return RemoteDoor(client, workspace=workspace, open_local=lambda: _local(local))


def _problem(client: Client) -> str:
    """Return why a server can't be used, as a sentence; "" where it can."""
    description: Any = client.get("openapi.json")
    version = str(description["info"]["version"])
    if _release(version) < _release(rok_jupyter.__version__):
        return f"The Jupyter Server's rok-jupyter is of version {version}, older than {rok_jupyter.__version__}."
    return ""


def _release(version: str) -> tuple[int, ...]:
    """Return a version's major and minor number."""
    numbers = version.split(".")[:2]
    return tuple(int(number) if number.isdigit() else 0 for number in numbers)


def _workspace(client: Client) -> str:
    volumes = client.get("volumes")["items"]
    return next((decode_name(volume["path"]) for volume in volumes if volume["role"] == "workspace"), "")


def _same(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except OSError:
        return False
