"""Who may ask: every route by every method by everybody who may not, against real servers with real tokens.

Jupyter Server's own handlers are the measure: 403 for whoever isn't known or isn't allowed, 404 for a foreign origin.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from rok_jupyter.server.operation import operation_of
from rok_jupyter.server.routes import ROUTES
from tests.server.running import Answer, Cookies, RunningServer

METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE")
CHANGES = ("POST", "PUT", "PATCH", "DELETE")
PATHS = [template.replace("{id}", "latest").replace("{name}", "data") for template, _ in ROUTES]
PLACES = [(method, path) for path in [*PATHS, "/rok/v1/nothing", "/rok", "/rok/v2/status"] for method in METHODS]
TAKEN = [
    (method.upper(), path)
    for (template, handler), path in zip(ROUTES, PATHS, strict=True)
    for method in ("get", "head", "post", "put", "patch", "delete")
    if operation_of(handler, method) is not None
]
READ_ONLY = """
from jupyter_server.auth import Authorizer

class ReadOnly(Authorizer):
    def is_authorized(self, handler, user, action, resource):
        with open("asked.txt", "a") as asked:
            asked.write(f"{action} {resource}\\n")
        return action == "read"

c.ServerApp.authorizer_class = ReadOnly
c.ServerApp.allow_unauthenticated_access = False
"""


def _is_refused(answer: Answer, method: str, *, status: tuple[int, ...] = (403,)) -> None:
    assert answer.status in status, (answer.status, answer.content)
    assert answer.headers.get_content_type() == "application/json"
    if method != "HEAD":
        error = json.loads(answer.content)
        assert set(error) == {"kind", "message", "hint"}
        assert error["kind"] in ("unauthenticated", "permission_denied", "not_found")


@pytest.fixture(scope="module")
def browser(server: RunningServer) -> Cookies:
    """A browser that is logged in."""
    return server.log_in()


@pytest.fixture(scope="module")
def read_only(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server whose authorizer allows reading only, and which refuses handlers without an authentication rule."""
    running = RunningServer(tmp_path_factory.mktemp("read-only"), config=READ_ONLY)
    running.start()
    yield running
    running.stop()


@pytest.mark.parametrize(("method", "path"), PLACES)
def test_without_a_token_nothing_answers(server: RunningServer, method: str, path: str) -> None:
    _is_refused(server.ask_bare(method, path), method)


@pytest.mark.parametrize(("method", "path"), PLACES)
def test_with_a_wrong_token_nothing_answers(server: RunningServer, method: str, path: str) -> None:
    _is_refused(server.ask_bare(method, path, headers={"Authorization": "token wrong"}), method)


@pytest.mark.parametrize(("method", "path"), PLACES)
def test_a_browser_without_a_cookie_gets_nothing(server: RunningServer, method: str, path: str) -> None:
    headers = {"Referer": f"http://127.0.0.1:{server.port}/lab", "Origin": f"http://127.0.0.1:{server.port}"}
    _is_refused(server.ask_bare(method, path, headers=headers), method)


@pytest.mark.parametrize(("method", "path"), [place for place in PLACES if place[0] in CHANGES])
def test_a_cookie_without_its_xsrf_token_changes_nothing(
    server: RunningServer, browser: Cookies, method: str, path: str
) -> None:
    _is_refused(server.ask_bare(method, path, headers={"Cookie": browser.header}), method)


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data"])
@pytest.mark.parametrize(("method", "path"), [place for place in TAKEN if place[0] == "POST"])
def test_a_simple_request_of_another_page_changes_nothing(
    server: RunningServer, browser: Cookies, path: str, method: str, content_type: str
) -> None:
    headers = {"Cookie": browser.header, "Content-Type": content_type}
    _is_refused(server.ask_bare(method, path, headers=headers, body=b"{}"), method)


@pytest.mark.parametrize(("method", "path"), PLACES)
def test_a_foreign_origin_gets_nothing(server: RunningServer, browser: Cookies, method: str, path: str) -> None:
    headers = {"Cookie": browser.header, "X-XSRFToken": browser.xsrf, "Origin": "http://evil.example"}
    _is_refused(server.ask_bare(method, path, headers=headers), method, status=(403, 404))


@pytest.mark.parametrize(("method", "path"), PLACES)
def test_a_foreign_host_gets_nothing_even_with_the_token(server: RunningServer, method: str, path: str) -> None:
    _is_refused(server.ask(method, path, headers={"Host": "evil.example"}), method)


WEB_SOCKET = {
    "Connection": "Upgrade",
    "Upgrade": "websocket",
    "Sec-WebSocket-Version": "13",
    "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
}


def test_the_bus_on_which_tasks_are_told_opens_for_neither_strangers_nor_other_pages(
    server: RunningServer, browser: Cookies
) -> None:
    origin = f"http://127.0.0.1:{server.port}"
    for headers in (
        {"Origin": origin},
        {"Origin": origin, "Authorization": "token wrong"},
        {"Origin": "http://evil.example", "Cookie": browser.header},
        {"Origin": f"{origin}.evil.example", "Cookie": browser.header},
    ):
        assert server.ask_bare("GET", "/api/events/subscribe", headers=WEB_SOCKET | headers).status == 403


def test_contents_are_not_included_by_other_pages(server: RunningServer, browser: Cookies) -> None:
    for headers in ({}, {"Referer": "http://evil.example/"}):
        for content in ("snapshots/latest/content?path=a", "volumes/workspace/content?path=a"):
            _is_refused(server.ask_bare("GET", content, headers={"Cookie": browser.header, **headers}), "GET")


def test_a_cookie_with_its_xsrf_token_may_change(server: RunningServer, browser: Cookies) -> None:
    headers = {"Cookie": browser.header, "X-XSRFToken": browser.xsrf}
    policy = server.ask_bare("GET", "policy", headers=headers)
    assert policy.status == 200
    assert server.ask_bare("PUT", "policy", headers=headers, body=policy.json).status == 200


def test_a_get_changes_nothing(server: RunningServer) -> None:
    def get_everything() -> None:
        for method, path in TAKEN:
            if method in ("GET", "HEAD"):
                assert server.ask(method, path, query={"path": ""}).status < 500

    get_everything()  # the first one makes this user's identity
    before = _listing(server.state)
    get_everything()
    assert _listing(server.state) == before


@pytest.mark.parametrize(("method", "path"), TAKEN)
def test_who_may_read_only_changes_nothing(read_only: RunningServer, method: str, path: str) -> None:
    answer = read_only.ask(method, path)
    if method in CHANGES:
        _is_refused(answer, method)
    else:
        assert answer.status in (200, 400, 404, 409), answer


def test_the_authorizer_is_asked_about_rok(read_only: RunningServer) -> None:
    read_only.ask("GET", "status")
    read_only.ask("POST", "undo")
    asked = (read_only.directory / "asked.txt").read_text().splitlines()
    assert set(asked) == {"read rok", "write rok"}


def test_refused_changes_leave_no_trace(read_only: RunningServer) -> None:
    (read_only.workspace / "precious.txt").write_text("keep")
    for method, path in TAKEN:
        if method in CHANGES:
            read_only.ask(method, path, body={"message": "x"})
    assert [entry.name for entry in read_only.workspace.iterdir()] == ["precious.txt"]
    assert read_only.ask("GET", "tasks").json["items"] == []
    assert read_only.ask("GET", "repository").json["exists"] is False


def test_a_strict_server_finds_every_handler_with_an_authentication_rule(read_only: RunningServer) -> None:
    assert read_only.ask("GET", "status").status == 200
    assert "endpoints without @allow_unauthenticated" not in read_only.log
    assert "rok_jupyter | extension was successfully loaded" in read_only.log


def test_tokens_and_cookies_are_not_logged(server: RunningServer, browser: Cookies) -> None:
    server.ask_bare("GET", f"/rok/v1/nothing?token={server.token}")
    server.ask("GET", "snapshots/none-of-this-name")
    server.ask("POST", "snapshots", body=b"{", headers={"Cookie": browser.header})
    log = server.log.replace(f"?token={server.token}\n", "")  # Jupyter prints its own address at the start
    assert browser.xsrf not in log
    assert not [line for line in log.splitlines() if server.token in line and "/rok/" in line]


def _listing(directory: Path) -> dict[str, int]:
    return {str(path): path.stat().st_mtime_ns for path in directory.rglob("*") if path.is_file()}
