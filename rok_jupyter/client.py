"""Rok's verbs at a running Jupyter Server, over HTTP: where the servers are, how to ask one, how to follow a task.

Owns finding this user's servers, tokens, the XSRF cookie, and the polling and cancelling of tasks. What goes in and out
is parsed JSON. Doesn't own what it means (`commands.remote` turns it into values). It needs nothing but Python's
standard library, so that a pod can take it along as one file:

    client = Client("http://127.0.0.1:8888/", token="...")
    snapshot = client.run("snapshots", {"message": "before the step"})

Errors: `ClientError`, and KeyboardInterrupt where a second one comes while a cancelled task ends.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import socket
import ssl
import time
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import quote, unquote, urlencode, urlsplit

API = "rok/v1"
POLL_SECONDS = 0.25
_FIRST_POLL_SECONDS = 0.05
_POLL_GROWTH = 1.25  # most tasks end within a third of a second, and somebody waits for them
_CONNECT_SECONDS = 5.0
_READ_SECONDS = 60.0
_SILENCE_SECONDS = 10.0
_PIECE = 1 << 20
_PAGES_WITH_COOKIE = ("login", "lab", "tree", "")
_ENDED = ("succeeded", "failed", "cancelled", "interrupted")

Watch = Callable[[dict[str, Any]], None]
Query = Sequence[tuple[str, str]]


class ClientError(Exception):
    """What went wrong, as REST spells errors; `status` is HTTP's, None where there was no answer."""

    def __init__(self, kind: str, message: str, hint: str = "", *, status: int | None = None) -> None:
        super().__init__(f"{message} {hint}".rstrip())
        self.kind = kind
        self.message = message
        self.hint = hint
        self.status = status


@dataclass(frozen=True)  # pods take this file along: Python 3.9 knows no more of it
class Server:
    """A Jupyter Server of this user on this machine, as its file in the runtime directory describes it."""

    url: str
    token: str
    root: str
    pid: int
    socket_path: str = ""


def running_servers(runtime_directory: str) -> tuple[Server, ...]:
    """Return the servers whose process lives and that accept connections, newest first."""
    found = [server for server in map(_read_server, _server_files(runtime_directory)) if server is not None]
    return tuple(server for server in found if server.pid > 0 and _lives(server.pid) and _accepts(server))


def find_server(workspace: str, runtime_directory: str) -> Server | None:
    """Return the newest running server whose root is `workspace`, None where there is none."""
    servers = running_servers(runtime_directory)
    return next((server for server in servers if _same_directory(server.root, workspace)), None)


def own_server(runtime_directory: str, environment: Mapping[str, str]) -> Server | None:
    """Return the server that this kernel (JPY_PARENT_PID) or terminal (JUPYTER_SERVER_URL) belongs to, or None."""
    url = environment.get("JUPYTER_SERVER_URL", "").rstrip("/")
    for server in running_servers(runtime_directory):
        if str(server.pid) == environment.get("JPY_PARENT_PID") or (url and server.url.rstrip("/") == url):
            return server
    return None


def hub_token(server: Server, environment: Mapping[str, str]) -> str:
    """Return the JupyterHub token that opens a server; "" where none is known, or none may be sent there.

    A Hub gives it to a user's server, kernels and terminals. It goes to the server whose base URL the Hub named, which
    may ignore a token of its own, else to one that has none of its own; and never to another machine.
    """
    token = environment.get("JUPYTERHUB_API_TOKEN", "")
    prefix = environment.get("JUPYTERHUB_SERVICE_PREFIX", "")
    url = urlsplit(server.url)
    is_meant = url.path.rstrip("/") == prefix.rstrip("/") if prefix else not server.token
    is_here = server.socket_path or (token and is_meant and _is_this_machine(url.hostname or ""))
    return token if is_meant and is_here else ""


class Client:
    """REST of one server. Thread-safe: each request has its own connection.

    `url` is the server's base URL. With an empty `token`, as on Kubeflow, the XSRF cookie is fetched before the first
    request that changes something; a `hub_token` is sent in the token's place. `headers` are sent with every request.
    `read_seconds` is how long a quick answer may take.
    """

    def __init__(
        self,
        url: str,
        token: str = "",
        *,
        hub_token: str = "",
        socket_path: str = "",
        headers: Mapping[str, str] | None = None,
        read_seconds: float = _READ_SECONDS,
    ) -> None:
        self._url = urlsplit(url if url.endswith("/") else url + "/")
        self._token = "" if hub_token else token
        self._socket_path = socket_path
        self._read_seconds = read_seconds
        self._headers = {"Authorization": f"token {known}"} if (known := hub_token or token) else {}
        self._headers.update(headers or {})
        self._cookies: dict[str, str] = {}

    def get(self, path: str, query: Query = (), *, patient: bool = False) -> Any:
        """Return what GET answers; `patient` waits for as long as it takes."""
        return self._ask("GET", path, query, None, read_seconds=None if patient else self._read_seconds)[1]

    def change(self, method: str, path: str, body: object = None) -> Any:
        """Return what POST, PUT, PATCH or DELETE answers; None for an empty answer."""
        return self._ask(method, path, (), body, read_seconds=None)[1]

    def run(
        self,
        path: str,
        body: object = None,
        *,
        method: str = "POST",
        query: Query = (),
        watch: Watch | None = None,
        seconds: float | None = None,
    ) -> Any:
        """Ask for work and return its result; `watch` gets the reports of a task until it ends.

        The first KeyboardInterrupt cancels the task and waits for its end, the second one is raised. What isn't done
        after `seconds` is cancelled: "deadline_exceeded".
        """
        headers = {"Prefer": "respond-async", "Idempotency-Key": uuid.uuid4().hex}
        until = None if seconds is None else time.monotonic() + seconds
        interrupts = 0
        try:
            status, answer = self._ask(method, path, query, body, read_seconds=seconds, headers=headers)
        except KeyboardInterrupt:  # the server may have started the task: the same key finds it, so that it can end
            interrupts = 1
            status, answer = self._ask(method, path, query, body, read_seconds=None, headers=headers)
        if status == 202:
            return self._follow(answer, watch, interrupts=interrupts, until=until)
        if interrupts:
            raise KeyboardInterrupt
        return answer

    def content(self, path: str, query: Query = ()) -> Iterator[bytes]:
        """Yield the bytes that GET answers, in pieces."""
        self._fetch_xsrf()
        with contextlib.closing(self._connect(None)) as connection:
            response = self._send(connection, "GET", path, query, None, {})
            if response.status != 200:
                self._value(response, response.read())
            try:
                while piece := response.read(_PIECE):
                    yield piece
            except (OSError, http.client.HTTPException) as error:
                raise self._unavailable(error) from error

    def _follow(self, task: dict[str, Any], watch: Watch | None, *, interrupts: int, until: float | None = None) -> Any:
        pause = _FIRST_POLL_SECONDS
        if interrupts:
            self.change("DELETE", f"tasks/{task['id']}")
        while task["status"] not in _ENDED:
            if until is not None and time.monotonic() > until:
                return self._give_up(task)
            try:
                if watch is not None and task.get("report"):
                    watch(task["report"])
                time.sleep(pause)
                pause = min(POLL_SECONDS, pause * _POLL_GROWTH)
                task = self._look(task["id"])
            except KeyboardInterrupt:
                interrupts += 1
                if interrupts > 1:
                    raise
                self.change("DELETE", f"tasks/{task['id']}")
        return _result(task)

    def _give_up(self, task: dict[str, Any]) -> Any:
        """Cancel a task that takes too long; its result where it was done all the same."""
        with contextlib.suppress(ClientError):
            self._ask("DELETE", f"tasks/{task['id']}", (), None, read_seconds=_SILENCE_SECONDS)
        until = time.monotonic() + _SILENCE_SECONDS
        while task["status"] not in _ENDED and time.monotonic() < until:
            time.sleep(POLL_SECONDS)
            task = self._look(task["id"])
        if task["status"] == "succeeded":
            return _result(task)
        raise ClientError("deadline_exceeded", "It took too long, and was cancelled.", "Allow it more seconds.")

    def _look(self, task_id: str) -> dict[str, Any]:
        """Return a task; a server that is silent for a moment is asked again."""
        until = time.monotonic() + _SILENCE_SECONDS
        while True:
            try:
                task: dict[str, Any] = self.get(f"tasks/{task_id}")
            except ClientError as error:
                if error.status is not None or time.monotonic() > until:
                    raise
                time.sleep(POLL_SECONDS)
            else:
                return task

    def _ask(
        self,
        method: str,
        path: str,
        query: Query,
        body: object,
        *,
        read_seconds: float | None,
        headers: Mapping[str, str] | None = None,
    ) -> tuple[int, Any]:
        if method != "GET":
            self._fetch_xsrf()
        with contextlib.closing(self._connect(read_seconds)) as connection:
            response = self._send(connection, method, path, query, body, headers or {})
            try:
                content = response.read()
            except (OSError, http.client.HTTPException) as error:
                raise self._unavailable(error) from error
            return response.status, self._value(response, content)

    def _send(
        self,
        connection: http.client.HTTPConnection,
        method: str,
        path: str,
        query: Query,
        body: object,
        headers: Mapping[str, str],
    ) -> http.client.HTTPResponse:
        sent = {"Accept": "application/json, */*", **self._headers, **headers}
        if self._cookies:
            sent["Cookie"] = "; ".join(f"{name}={value}" for name, value in self._cookies.items())
        if "_xsrf" in self._cookies:
            sent["X-XSRFToken"] = self._cookies["_xsrf"]
        data = None
        if body is not None:
            data = json.dumps(body).encode()
            sent["Content-Type"] = "application/json"
        target = f"{self._url.path}{API}/{path}" + (f"?{urlencode(query)}" if query else "")
        try:
            connection.request(method, target, body=data, headers=sent)
            return connection.getresponse()
        except (OSError, http.client.HTTPException) as error:
            raise self._unavailable(error) from error

    def _fetch_xsrf(self) -> None:
        """Get the cookie that a change needs where no token does; pages set it, even the one that says 404."""
        if self._token or "_xsrf" in self._cookies:
            return
        for page in _PAGES_WITH_COOKIE:
            with contextlib.closing(self._connect(self._read_seconds)) as connection:
                try:
                    connection.request("GET", self._url.path + page, headers=self._headers)
                    response = connection.getresponse()
                    response.read()
                except (OSError, http.client.HTTPException) as error:
                    raise self._unavailable(error) from error
                self._keep_cookies(response)
            if "_xsrf" in self._cookies:
                return

    def _keep_cookies(self, response: http.client.HTTPResponse) -> None:
        for line in response.headers.get_all("Set-Cookie", []):
            with contextlib.suppress(CookieError):
                self._cookies.update({name: morsel.coded_value for name, morsel in SimpleCookie(line).items()})

    def _connect(self, read_seconds: float | None) -> http.client.HTTPConnection:
        connection = _connection(self._url.scheme, self._url.hostname or "", self._url.port, self._socket_path)
        try:
            connection.connect()
        except OSError as error:
            connection.close()
            raise self._unavailable(error) from error
        connection.sock.settimeout(read_seconds)
        return connection

    def _unavailable(self, error: Exception) -> ClientError:
        reason = (getattr(error, "strerror", None) or str(error) or type(error).__name__).rstrip(".")
        return ClientError(
            "unavailable",
            f"The Jupyter Server at {self._url.netloc.rpartition('@')[2]} doesn't answer: {reason}.",
            "Check that it runs, or work without it: --no-server.",
        )

    def _value(self, response: http.client.HTTPResponse, content: bytes) -> Any:
        """Return an answer's JSON, or raise the error that it is."""
        is_json = response.headers.get_content_type() == "application/json"
        try:
            value = json.loads(content) if content and is_json else None
        except ValueError:
            value = None
        if 200 <= response.status < 300:
            return value
        if isinstance(value, dict) and isinstance(value.get("kind"), str):
            raise ClientError(
                value["kind"], str(value.get("message")), str(value.get("hint") or ""), status=response.status
            )
        raise _foreign_error(response.status)


def path_of(*names: str) -> str:
    """Return a path below the API of names that may hold anything."""
    return "/".join(quote(name, safe="") for name in names)


def _result(task: Mapping[str, Any]) -> Any:
    if task["status"] == "succeeded":
        return task.get("result")
    error = task.get("error")
    if isinstance(error, dict):
        raise ClientError(str(error.get("kind")), str(error.get("message")), str(error.get("hint") or ""), status=200)
    if task["status"] == "cancelled":
        raise ClientError("cancelled", "The task was cancelled.", status=200)
    raise ClientError(
        "aborted",
        "The server ended before the task did.",
        "Start the server again and look at `rok status`.",
        status=200,
    )


def _foreign_error(status: int) -> ClientError:
    """Return the error of an answer that isn't one of ours."""
    if status == 404:
        message = "The Jupyter Server doesn't know rok-jupyter."
        return ClientError("unimplemented", message, "Install it in the server's environment.", status=status)
    if status in (301, 302, 401, 403):
        message = "The Jupyter Server refuses this user."
        return ClientError(
            "unauthenticated", message, "Give it a token, or work without it: --no-server.", status=status
        )
    return ClientError("unknown", f"The Jupyter Server answered with HTTP status {status}.", status=status)


class _UnixConnection(http.client.HTTPConnection):
    """HTTP over the socket file of a server that was started with --sock."""

    def __init__(self, socket_path: str) -> None:
        super().__init__("localhost", timeout=_CONNECT_SECONDS)
        self._socket_path = socket_path

    def connect(self) -> None:
        """Connect to the socket file."""
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(_CONNECT_SECONDS)
        self.sock.connect(self._socket_path)


def _connection(scheme: str, host: str, port: int | None, socket_path: str) -> http.client.HTTPConnection:
    if socket_path:
        return _UnixConnection(socket_path)
    if scheme == "https":
        context = ssl.create_default_context()
        return http.client.HTTPSConnection(host, port, timeout=_CONNECT_SECONDS, context=context)
    return http.client.HTTPConnection(host, port, timeout=_CONNECT_SECONDS)


def _server_files(runtime_directory: str) -> list[str]:
    try:
        names = [name for name in os.listdir(runtime_directory) if name.startswith("jpserver-")]
    except OSError:
        return []
    paths = [os.path.join(runtime_directory, name) for name in names if name.endswith(".json")]
    return sorted(paths, key=_modified, reverse=True)


def _modified(path: str) -> float:
    try:
        return os.stat(path).st_mtime
    except OSError:
        return 0.0


def _read_server(path: str) -> Server | None:
    try:
        with open(path, encoding="utf-8") as file:
            fields = json.load(file)
        return Server(
            url=str(fields["url"]),
            token=str(fields.get("token") or ""),
            root=str(fields["root_dir"]),
            pid=int(fields["pid"]),
            socket_path=str(fields.get("sock") or ""),
        )
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None  # it is being written, or isn't a server's


def _lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except PermissionError:
        return True
    except (OSError, OverflowError):
        return False
    return True


def _accepts(server: Server) -> bool:
    """Whether something listens: a process may have got the number of a server that was killed."""
    url = urlsplit(server.url)
    plain = _connection("http", unquote(url.hostname or ""), url.port or 443, server.socket_path)
    try:
        plain.connect()
    except OSError:
        return False
    finally:
        plain.close()
    return True


def _is_this_machine(host: str) -> bool:
    """Whether a name or address is one of this machine's own: only those can be listened on."""
    try:
        places = socket.getaddrinfo(unquote(host), 0, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return False
    return bool(places) and all(map(_is_own_address, places))


def _is_own_address(place: tuple[Any, ...]) -> bool:
    family, kind, protocol, _, address = place
    if address[0] == "::1" or address[0].startswith("127."):
        return True  # even where the network of a container lacks it, while its hosts file names it
    try:
        with socket.socket(family, kind, protocol) as trial:
            trial.bind(address)
    except OSError:
        return False
    return True


def _same_directory(one: str, other: str) -> bool:
    try:
        return os.path.samefile(one, other)
    except (OSError, ValueError):
        return False
