from __future__ import annotations

import ast
import gc
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from rok_jupyter import client as client_module
from rok_jupyter.client import Client, ClientError, Server, find_server, hub_token, own_server, path_of, running_servers
from tests.server.running import RunningServer

Reply = tuple[int, object]
_SECONDS = 120


@dataclass
class Script:
    """What an odd server answers, by method and path; a list is answered in turn, its last item for ever."""

    replies: dict[str, Reply | list[Reply]] = field(default_factory=dict)
    seen: list[tuple[str, str, dict[str, str], bytes]] = field(default_factory=list)
    is_asked: threading.Event = field(default_factory=threading.Event)
    """Set once something was asked for by POST."""
    withholds: bool = False
    """Whether the first POST isn't answered until its asker was interrupted, and has had a second for another one."""
    is_interrupted: threading.Event = field(default_factory=threading.Event)
    is_asked_again: threading.Event = field(default_factory=threading.Event)

    def reply(self, line: str) -> Reply:
        found = self.replies.get(line, (404, "nothing here"))
        if isinstance(found, tuple):
            return found
        return found.pop(0) if len(found) > 1 else found[0]


@pytest.fixture
def script() -> Script:
    return Script()


@pytest.fixture
def web(script: Script) -> Iterator[ThreadingHTTPServer]:
    """A real HTTP server that answers as `script` says: what no Jupyter Server does on request."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            script.seen.append((self.command, self.path, dict(self.headers), body))
            if self.command == "POST" and script.withholds:
                (script.is_asked_again if script.is_asked.is_set() else script.is_asked).set()
                script.is_interrupted.wait(_SECONDS)
                script.is_asked_again.wait(1)  # one that was just about to wait hears of the interrupt by the answer
            status, content = script.reply(f"{self.command} {self.path.partition('?')[0]}")
            if status == 0:  # hang up without an answer
                self.close_connection = True
                return
            is_json = not isinstance(content, str | bytes)
            data = (
                json.dumps(content).encode() if is_json else content if isinstance(content, bytes) else content.encode()
            )
            self.send_response(status)
            self.send_header("Content-Type", "application/json" if is_json else "text/html")
            if not self.path.startswith("/rok/"):
                self.send_header("Set-Cookie", "_xsrf=secret; Path=/")
                self.send_header("Set-Cookie", "user=ann; HttpOnly")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        do_GET = do_POST = do_DELETE = do_PUT = answer  # noqa: N815

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def client(web: ThreadingHTTPServer) -> Client:
    return Client(f"http://127.0.0.1:{web.server_port}/", "token")


def task(status: str, **more: object) -> dict[str, object]:
    return {"id": "t1", "status": status, "report": {"files_done": 1}, "result": None, "error": None, **more}


def never(report: dict[str, Any]) -> None:
    raise AssertionError(report)


# One file, the standard library


def test_it_needs_nothing_but_the_standard_library() -> None:
    tree = ast.parse(Path(client_module.__file__).read_text())
    names = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    names |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert {name.partition(".")[0] for name in names} <= set(sys.stdlib_module_names)


def test_it_works_as_one_file(tmp_path: Path) -> None:
    (tmp_path / "client.py").write_text(Path(client_module.__file__).read_text())
    code = "import client; print(client.Client('http://127.0.0.1:9/').__class__.__name__)"
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"import sys; sys.path.insert(0, {str(tmp_path)!r}); {code}"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "Client\n"


# Answers and errors


def test_an_answer_is_parsed_json(client: Client, script: Script) -> None:
    script.replies["GET /rok/v1/status"] = (200, {"a": 1})
    assert client.get("status") == {"a": 1}
    assert script.seen[0][2]["Authorization"] == "token token"


def test_an_empty_answer_is_none(client: Client, script: Script) -> None:
    script.replies["DELETE /rok/v1/repository/keys/x"] = (204, b"")
    assert client.change("DELETE", path_of("repository", "keys", "x")) is None


def test_names_in_a_path_may_hold_anything() -> None:
    assert path_of("volumes", "a/b ?%", "attach") == "volumes/a%2Fb%20%3F%25/attach"


def test_an_error_of_ours_keeps_kind_message_and_hint(client: Client, script: Script) -> None:
    script.replies["GET /rok/v1/x"] = (409, {"kind": "aborted", "message": "It is busy.", "hint": "Wait."})
    with pytest.raises(ClientError) as caught:
        client.get("x")
    error = caught.value
    assert (error.kind, error.message, error.hint, error.status) == ("aborted", "It is busy.", "Wait.", 409)
    assert str(error) == "It is busy. Wait."


@pytest.mark.parametrize(
    ("status", "content", "kind"),
    [
        (404, "<html>", "unimplemented"),
        (403, "<html>", "unauthenticated"),
        (302, "", "unauthenticated"),
        (500, {"message": "boom"}, "unknown"),
        (502, "bad gateway", "unknown"),
    ],
)
def test_an_error_of_somebody_elses_is_named(
    client: Client, script: Script, status: int, content: object, kind: str
) -> None:
    script.replies["GET /rok/v1/x"] = (status, content)
    with pytest.raises(ClientError) as caught:
        client.get("x")
    assert caught.value.kind == kind
    assert caught.value.message.endswith(".")


def test_a_server_that_isnt_there_is_unavailable() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(ClientError) as caught:
            Client(f"http://127.0.0.1:{unused.getsockname()[1]}", "token").get("x")
    assert caught.value.kind == "unavailable"
    assert "Connection refused" in caught.value.message
    assert caught.value.status is None


def test_a_socket_file_where_nobody_listens_is_unavailable_and_nothing_stays_open(tmp_path: Path) -> None:
    with pytest.raises(ClientError) as caught:
        Client("http://localhost/", "token", socket_path=str(tmp_path / "none")).get("x")
    assert caught.value.kind == "unavailable"
    del caught
    gc.collect()  # what was left open fails this test


def test_a_server_that_hangs_up_is_unavailable(client: Client, script: Script) -> None:
    script.replies["GET /rok/v1/x"] = (0, None)
    with pytest.raises(ClientError, match="doesn't answer"):
        client.get("x")


def test_content_comes_in_pieces(client: Client, script: Script) -> None:
    script.replies["GET /rok/v1/content"] = (200, b"x" * (3 << 20))
    pieces = list(client.content("content", [("path", "a b")]))
    assert len(pieces) == 3
    assert script.seen[-1][1] == "/rok/v1/content?path=a+b"


def test_content_that_isnt_there_is_an_error(client: Client, script: Script) -> None:
    script.replies["GET /rok/v1/content"] = (404, {"kind": "not_found", "message": "No file.", "hint": ""})
    with pytest.raises(ClientError, match="No file"):
        list(client.content("content"))


# The XSRF cookie


def test_without_a_token_the_cookie_is_fetched_before_a_change(web: ThreadingHTTPServer, script: Script) -> None:
    script.replies["PUT /rok/v1/policy"] = (200, {})
    client = Client(f"http://127.0.0.1:{web.server_port}/")
    client.change("PUT", "policy", {"a": 1})
    client.change("PUT", "policy", {"a": 1})
    assert [line[:2] for line in script.seen] == [
        ("GET", "/login"),
        ("PUT", "/rok/v1/policy"),
        ("PUT", "/rok/v1/policy"),
    ]
    headers = script.seen[-1][2]
    assert headers["X-XSRFToken"] == "secret"
    assert headers["Cookie"] == "_xsrf=secret; user=ann"
    assert script.seen[-1][3] == b'{"a": 1}'


def test_a_read_needs_no_cookie(web: ThreadingHTTPServer, script: Script) -> None:
    script.replies["GET /rok/v1/status"] = (200, {})
    Client(f"http://127.0.0.1:{web.server_port}/").get("status")
    assert [line[1] for line in script.seen] == ["/rok/v1/status"]


@pytest.mark.parametrize("token", ["", "given"])
def test_a_real_server_lets_changes_in_with_and_without_a_token(tmp_path: Path, token: str) -> None:
    server = RunningServer(tmp_path, arguments=("--ServerApp.base_url=/u/ann/",))
    server.token = token
    server.start()
    try:
        client = Client(f"http://127.0.0.1:{server.port}/u/ann/", token)
        assert client.change("PUT", "policy", client.get("policy")) == client.get("policy")
    finally:
        server.stop()


def test_a_hubs_token_goes_with_the_cookie(web: ThreadingHTTPServer, script: Script) -> None:
    script.replies["PUT /rok/v1/policy"] = (200, {})
    Client(f"http://127.0.0.1:{web.server_port}/", "ignored", hub_token="hub").change("PUT", "policy", {})
    assert [line[1] for line in script.seen] == ["/login", "/rok/v1/policy"]
    assert {line[2]["Authorization"] for line in script.seen} == {"token hub"}


PREFIX = {"JUPYTERHUB_SERVICE_PREFIX": "/user/ann/"}


@pytest.mark.parametrize(
    ("url", "own", "more", "sent"),
    [
        ("http://127.0.0.1:8888/user/ann/", "", PREFIX, True),
        ("http://[::1]:8888/user/ann/", "", PREFIX, True),
        ("http://localhost:8888/user/ann/", "", PREFIX, True),
        (f"http://{socket.gethostname()}:8888/user/ann/", "", PREFIX, True),
        ("http://127.0.0.1:8888/user/ann/", "its own", PREFIX, True),  # which a single-user server may ignore
        ("http://127.0.0.1:8888/user/bob/", "", PREFIX, False),
        ("http://127.0.0.1:8888/", "", PREFIX, False),
        ("http://127.0.0.1:8888/", "", {}, True),
        ("http://127.0.0.1:8888/", "its own", {}, False),
        ("http://192.0.2.1:8888/user/ann/", "", PREFIX, False),
        ("http://no-such-host.invalid:8888/user/ann/", "", PREFIX, False),
    ],
)
def test_a_hubs_token_goes_to_its_own_server_on_this_machine_only(
    url: str, own: str, more: dict[str, str], sent: bool
) -> None:
    server = Server(url=url, token=own, root="/", pid=1)
    assert hub_token(server, {"JUPYTERHUB_API_TOKEN": "secret", **more}) == ("secret" if sent else "")
    assert hub_token(server, more) == ""


# Tasks


def test_work_that_is_done_at_once_is_returned(client: Client, script: Script) -> None:
    script.replies["POST /rok/v1/plan"] = (200, {"changes": []})
    assert client.run("plan", {}, watch=never) == {"changes": []}


def test_a_task_is_followed_to_its_result(client: Client, script: Script) -> None:
    script.replies["POST /rok/v1/snapshots"] = (202, task("queued"))
    script.replies["GET /rok/v1/tasks/t1"] = [(200, task("running")), (200, task("succeeded", result={"id": "s"}))]
    reports: list[dict[str, Any]] = []
    assert client.run("snapshots", {}, watch=reports.append) == {"id": "s"}
    assert reports == [{"files_done": 1}] * 2
    assert len(script.seen[0][2]["Idempotency-Key"]) == 32


@pytest.mark.parametrize(
    ("end", "kind"),
    [
        (task("failed", error={"kind": "not_found", "message": "Gone.", "hint": ""}), "not_found"),
        (task("cancelled"), "cancelled"),
        (task("interrupted"), "aborted"),
    ],
)
def test_a_task_that_doesnt_succeed_is_an_error(
    client: Client, script: Script, end: dict[str, object], kind: str
) -> None:
    script.replies["POST /rok/v1/snapshots"] = (202, task("running"))
    script.replies["GET /rok/v1/tasks/t1"] = (200, end)
    with pytest.raises(ClientError) as caught:
        client.run("snapshots", {})
    assert caught.value.kind == kind


def interrupting(times: int) -> Callable[[dict[str, Any]], None]:
    """Return a watcher at which Ctrl-C arrives, so many times."""
    left = [times]

    def watch(_: dict[str, Any]) -> None:
        if left[0]:
            left[0] -= 1
            raise KeyboardInterrupt

    return watch


def test_an_interrupt_cancels_the_task_and_waits_for_its_end(client: Client, script: Script) -> None:
    script.replies["POST /rok/v1/snapshots"] = (202, task("running"))
    script.replies["DELETE /rok/v1/tasks/t1"] = (200, task("running"))
    script.replies["GET /rok/v1/tasks/t1"] = [(200, task("running")), (200, task("cancelled"))]
    with pytest.raises(ClientError) as caught:
        client.run("snapshots", {}, watch=interrupting(1))
    assert caught.value.kind == "cancelled"
    assert "DELETE" in [line[0] for line in script.seen]


def test_an_interrupt_before_the_task_is_known_cancels_it_too(client: Client, script: Script) -> None:
    script.replies["POST /rok/v1/snapshots"] = (202, task("running"))
    script.replies["DELETE /rok/v1/tasks/t1"] = (200, task("running"))
    script.replies["GET /rok/v1/tasks/t1"] = (200, task("cancelled"))
    script.withholds = True
    interrupt = threading.Thread(target=interrupt_once_asked, args=(script,), daemon=True)
    interrupt.start()
    with pytest.raises(ClientError) as caught:
        client.run("snapshots", {})
    interrupt.join(_SECONDS)
    assert caught.value.kind == "cancelled"
    keys = {line[2]["Idempotency-Key"] for line in script.seen if line[0] == "POST"}
    assert [line[0] for line in script.seen][:3] == ["POST", "POST", "DELETE"]
    assert len(keys) == 1


def interrupt_once_asked(script: Script) -> None:
    """Interrupt this process while its first POST waits for the answer."""
    if script.is_asked.wait(_SECONDS):
        os.kill(os.getpid(), signal.SIGINT)
        script.is_interrupted.set()


def test_a_second_interrupt_ends_the_waiting(client: Client, script: Script) -> None:
    script.replies["POST /rok/v1/snapshots"] = (202, task("running"))
    script.replies["DELETE /rok/v1/tasks/t1"] = (200, task("running"))
    with pytest.raises(KeyboardInterrupt):
        client.run("snapshots", {}, watch=interrupting(2))


def test_a_server_that_is_silent_for_a_moment_is_asked_again(client: Client, script: Script) -> None:
    script.replies["POST /rok/v1/snapshots"] = (202, task("running"))
    script.replies["GET /rok/v1/tasks/t1"] = [(0, None), (200, task("succeeded", result=5))]
    assert client.run("snapshots", {}) == 5


def test_a_server_that_stays_silent_is_given_up(
    client: Client, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(client_module, "_SILENCE_SECONDS", 0.1)
    script.replies["POST /rok/v1/snapshots"] = (202, task("running"))
    script.replies["GET /rok/v1/tasks/t1"] = (0, None)
    with pytest.raises(ClientError) as caught:
        client.run("snapshots", {})
    assert caught.value.kind == "unavailable"


# Finding servers


@pytest.fixture
def listening() -> Iterator[int]:
    """The port of something that accepts connections."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        yield server.getsockname()[1]


def register(runtime: Path, name: str, **fields: object) -> None:
    runtime.mkdir(exist_ok=True)
    known = {"url": "http://127.0.0.1:9/", "token": "t", "root_dir": str(runtime), "pid": os.getpid(), "sock": ""}
    (runtime / f"jpserver-{name}.json").write_text(json.dumps({**known, **fields}))


def test_a_running_server_is_found_by_its_root(tmp_path: Path, listening: int) -> None:
    root, link = tmp_path / "root", tmp_path / "link"
    root.mkdir()
    link.symlink_to(root)
    register(tmp_path / "rt", "1", url=f"http://127.0.0.1:{listening}/", root_dir=str(root))
    found = find_server(str(link), str(tmp_path / "rt"))
    assert found is not None
    assert (found.token, found.root) == ("t", str(root))
    assert find_server(str(tmp_path), str(tmp_path / "rt")) is None
    assert find_server("", str(tmp_path / "rt")) is None


def test_what_doesnt_run_is_no_server(tmp_path: Path, listening: int) -> None:
    runtime = tmp_path / "rt"
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    url = f"http://127.0.0.1:{listening}/"
    register(runtime, "ended", url=url, pid=ended.pid)
    register(runtime, "reused-number", url="http://127.0.0.1:9/")
    register(runtime, "zero", url=url, pid=0)
    register(runtime, "huge", url=url, pid=10**30)
    register(runtime, "incomplete", url=url, root_dir=None, pid="x")
    (runtime / "jpserver-torn.json").write_text('{"url": "http')
    (runtime / "jpserver-list.json").write_text("[]")
    (runtime / "jpserver-1-open.html").write_text("")
    (runtime / "jpserver-directory.json").mkdir()
    assert running_servers(str(runtime)) == ()
    assert running_servers(str(tmp_path / "nowhere")) == ()


def test_the_newest_server_comes_first(tmp_path: Path, listening: int) -> None:
    url = f"http://127.0.0.1:{listening}/"
    for age, name in enumerate(["a", "b", "c"]):
        register(tmp_path / "rt", name, url=url, token=name)
        os.utime(tmp_path / "rt" / f"jpserver-{name}.json", (1000 - age, 1000 - age))
    assert [server.token for server in running_servers(str(tmp_path / "rt"))] == ["a", "b", "c"]


def test_a_kernel_and_a_terminal_know_their_own_server(tmp_path: Path, listening: int) -> None:
    url = f"http://127.0.0.1:{listening}/base/"
    register(tmp_path / "rt", "1", url=url)
    runtime = str(tmp_path / "rt")
    assert own_server(runtime, {"JPY_PARENT_PID": str(os.getpid())}) is not None
    assert own_server(runtime, {"JUPYTER_SERVER_URL": url.rstrip("/")}) is not None
    assert own_server(runtime, {"JUPYTER_SERVER_URL": "http://other/", "JPY_PARENT_PID": "1"}) is None
    assert own_server(runtime, {}) is None


def test_a_server_on_a_socket_file_is_found_and_asked(tmp_path: Path, web: ThreadingHTTPServer, script: Script) -> None:
    script.replies["GET /rok/v1/status"] = (200, {"ok": True})
    path = str(tmp_path / "s")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        relay = threading.Thread(target=_relay, args=(listener, web.server_port), daemon=True)
        relay.start()
        register(tmp_path / "rt", "1", url="http+unix://%2Fs/", sock=path)
        (server,) = running_servers(str(tmp_path / "rt"))
        assert Client(server.url, server.token, socket_path=server.socket_path).get("status") == {"ok": True}
        relay.join(_SECONDS)


def _relay(listener: socket.socket, port: int) -> None:
    """Carry one request from a socket file to a port; the first connection only looks whether somebody is there."""
    listener.accept()[0].close()
    inside = listener.accept()[0]
    with inside, socket.create_connection(("127.0.0.1", port)) as outside:
        outside.sendall(inside.recv(65536))
        while data := outside.recv(65536):
            inside.sendall(data)
