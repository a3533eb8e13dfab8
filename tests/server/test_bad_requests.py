"""Whatever a client sends that isn't right gets one sentence in JSON, no status of 5xx, and changes nothing."""

from __future__ import annotations

import http.client
import itertools
import json
import socket
from pathlib import Path
from urllib.parse import quote

import pytest

from rok_jupyter.server.operation import operation_of
from rok_jupyter.server.routes import ROUTES
from rok_jupyter.wire.requests import MAXIMUM_BODY
from tests.server.running import Answer, RunningServer

SECRET = "what lies outside the workspace"
BODIES = [
    (method.upper(), template.replace("{id}", "latest").replace("{name}", "data"))
    for template, handler in ROUTES
    for method in ("post", "put", "patch")
    if (operation := operation_of(handler, method)) is not None and operation.body is not None
]


@pytest.fixture(scope="module")
def filled(server: RunningServer) -> RunningServer:
    """The shared server, with a snapshot of a workspace that has links out of it."""
    (server.directory / "secret.txt").write_text(SECRET)
    (server.directory / "workspace2").mkdir()
    (server.directory / "workspace2" / "secret.txt").write_text(SECRET)
    (server.workspace / "notes").mkdir()
    (server.workspace / "notes" / "a.txt").write_text("one")
    (server.workspace / "link").symlink_to(server.directory / "secret.txt")
    (server.workspace / "up").symlink_to(server.directory)
    server.snapshot(message="filled")
    return server


def _refused(answer: Answer, *statuses: int, kind: str | None = None) -> dict[str, str]:
    assert answer.status in statuses, (answer.status, answer.content)
    assert answer.headers.get_content_type() == "application/json"
    error: dict[str, str] = answer.json
    assert set(error) == {"kind", "message", "hint"}
    assert error["message"]
    assert "Traceback" not in error["message"]
    assert kind in (None, error["kind"])
    return error


@pytest.mark.parametrize("path", ["/rok", "/rok/", "/rok/v1", "/rok/v1/", "/rok/v1/nothing", "/rok/v2/status"])
@pytest.mark.parametrize("method", ["GET", "POST", "PUT", "PATCH", "DELETE"])
def test_an_unknown_route_is_a_404_in_json(server: RunningServer, method: str, path: str) -> None:
    _refused(server.ask(method, path), 404, kind="not_found")


@pytest.mark.parametrize(("template", "handler"), ROUTES)
def test_a_method_that_a_route_does_not_take_is_a_405_with_those_it_takes(
    server: RunningServer, template: str, handler: type
) -> None:
    path = template.replace("{id}", "latest").replace("{name}", "data")
    taken = {method.upper() for method in ("get", "head", "post", "put", "patch", "delete") if method in vars(handler)}
    for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND"} - taken:
        answer = server.ask(method, path)
        _refused(answer, 405, kind="unimplemented")
        assert set(answer.headers["Allow"].split(", ")) == taken | {"OPTIONS"}


@pytest.mark.parametrize(("method", "path"), BODIES)
@pytest.mark.parametrize(
    "body",
    [b"{", b"[]", b"3", b"\xff", b'{"colour": "red"}', b'{"message": ["x"]}', b"[" * 200_000, b'{"a":' * 100_000],
    ids=lambda body: repr(body[:12]),
)
def test_a_body_that_is_no_json_or_has_unknown_or_wrong_fields_is_a_400(
    server: RunningServer, method: str, path: str, body: bytes
) -> None:
    _refused(server.ask(method, path, body=body), 400, kind="invalid_argument")


@pytest.mark.parametrize(("method", "path"), BODIES)
@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded", "", "application/xml"])
def test_a_body_that_is_not_declared_as_json_is_a_415(
    server: RunningServer, method: str, path: str, content_type: str
) -> None:
    _refused(server.ask(method, path, body=b"{}", headers={"Content-Type": content_type}), 415)


def test_a_body_with_a_character_set_is_json(server: RunningServer) -> None:
    headers = {"Content-Type": "application/json; charset=utf-8"}
    assert server.ask("PUT", "policy", body={}, headers=headers).status == 200


@pytest.mark.parametrize(("method", "path"), BODIES)
def test_a_huge_body_is_a_413(server: RunningServer, method: str, path: str) -> None:
    body = b'{"message": "' + b"x" * MAXIMUM_BODY + b'"}'
    _refused(server.ask(method, path, body=body), 413)


def test_a_huge_body_is_refused_before_it_is_sent(server: RunningServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as connection:
        connection.sendall(
            b"POST /rok/v1/snapshots HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n"
            b"Content-Length: 400000000\r\nAuthorization: token " + server.token.encode() + b"\r\n\r\n"
        )
        response = http.client.HTTPResponse(connection)
        response.begin()
        assert response.status == 413
        assert json.loads(response.read())["kind"] == "invalid_argument"


def test_a_huge_body_of_unknown_length_is_a_413_too(server: RunningServer) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {"Authorization": f"token {server.token}", "Content-Type": "application/json"}
    pieces = itertools.repeat(b" " * 65_536, 64)
    connection.request("POST", "/rok/v1/snapshots", body=pieces, headers=headers, encode_chunked=True)
    response = connection.getresponse()
    assert response.status == 413
    connection.close()


def test_a_message_of_a_megabyte_is_refused(server: RunningServer) -> None:
    _refused(server.ask("POST", "snapshots", body={"message": "x" * 1_000_000}), 400, kind="invalid_argument")


@pytest.mark.parametrize(
    "query",
    ["limit=0", "limit=x", "limit=1001", "limit=%FF", "cursor=%FF", "cursor=none%20of%20ours", "origin=boredom"],
)
def test_a_query_that_is_wrong_is_a_400(filled: RunningServer, query: str) -> None:
    _refused(filled.ask("GET", f"/rok/v1/snapshots?{query}"), 400, kind="invalid_argument")


@pytest.mark.parametrize("query", ["token=%FF", "no_track_activity=%FF", "_xsrf=%FF", "%FF=%FF", "a=" * 3000, "&&&;;"])
def test_a_query_of_odd_bytes_fails_no_request(server: RunningServer, query: str) -> None:
    answer = server.ask("GET", f"/rok/v1/policy?{query}")
    assert answer.status in (200, 400)
    assert answer.headers.get_content_type() == "application/json"


@pytest.mark.parametrize(
    "reference", ["zzz", "..", "a" * 65, "0" * 64, "%00", "%FF", "-", "a%20b", "%2e%2e%2f", "LATEST"]
)
@pytest.mark.parametrize("what", ["", "/tree", "/content?path=a", "/diff"])
def test_a_reference_that_names_no_snapshot_is_a_400_or_404(filled: RunningServer, reference: str, what: str) -> None:
    _refused(filled.ask("GET", f"/rok/v1/snapshots/{reference}{what}"), 400, 404)


def _escapes() -> list[str]:
    ups = ["..", "%2e%2e", "%252e%252e", ".%2e", "..%00", "up", "link/..", "notes/../..", "./..", "..;"]
    slashes = ["/", "%2f", "//", "%252f", "\\", "/./"]
    targets = ["secret.txt", "workspace2/secret.txt", "etc/passwd", ""]
    roots = ["", "/", "notes/", "//", "file:///", "home:", "home:/"]
    variants = [
        f"{root}{slash.join([up] * depth)}{slash}{target}"
        for root, up, slash, target, depth in itertools.product(roots, ups, slashes, targets, (1, 3))
    ]
    return variants[:: max(1, len(variants) // 1000)]


PLACES = ["snapshots/latest/content", "snapshots/latest/tree", "volumes/workspace/content"]


@pytest.mark.parametrize("what", PLACES)
def test_no_path_leads_out_of_a_snapshot_or_a_volume(filled: RunningServer, what: str) -> None:
    escapes = _escapes()
    assert len(set(escapes)) >= 1000
    for path in escapes:
        answer = filled.ask("GET", f"/rok/v1/{what}?path={path}")
        assert SECRET.encode() not in answer.content
        assert b"root:" not in answer.content
        assert answer.status in (200, 400, 403, 404), (path, answer.content)


@pytest.mark.parametrize("path", ["a%00b", "a\x00b"])
def test_a_nul_in_a_path_is_a_400(filled: RunningServer, path: str) -> None:
    for what in ("content", "tree", "diff"):
        answer = filled.ask("GET", f"snapshots/latest/{what}", query={"path": path})
        _refused(answer, 400, kind="invalid_argument")
    answer = filled.ask("GET", "volumes/workspace/content", query={"path": path})
    _refused(answer, 400, kind="invalid_argument")
    _refused(filled.ask("POST", "snapshots/latest/restore-plan", body={"paths": [path]}), 400)


def test_a_link_out_of_the_workspace_is_not_followed(filled: RunningServer) -> None:
    for path in ("link", "up/secret.txt", "up"):
        for place in ("snapshots/latest/content", "volumes/workspace/content"):
            answer = filled.ask("GET", place, query={"path": path})
            assert SECRET.encode() not in answer.content
            _refused(answer, 400, 404)


@pytest.mark.parametrize("name", ["..", "%2e%2e", "no such volume", "%FF", "%00", "a" * 5000])
def test_a_volume_that_is_none_is_an_error_of_its_task_or_request(server: RunningServer, name: str) -> None:
    spelled = name if "%" in name else quote(name)
    answer = server.ask("POST", f"/rok/v1/volumes/{spelled}/detach")
    if answer.status == 202:
        assert server.wait(answer.json["id"])["error"]["kind"] in ("not_found", "invalid_argument")
    else:
        _refused(answer, 400, 404)


def test_no_address_of_the_machine_is_in_an_error(filled: RunningServer) -> None:
    for path in ("snapshots/latest/content?path=nothing", "tasks/none", "snapshots/none", "repository/keys/none"):
        error = filled.ask("DELETE" if "keys" in path else "GET", f"/rok/v1/{path}").content.decode()
        assert str(Path.cwd()) not in error
        assert str(filled.directory) not in error


def test_a_repository_whose_storage_is_at_fault_is_a_503(tmp_path: Path) -> None:
    running = RunningServer(tmp_path / "server", config="c.RokSettings.repository = '/proc/self/mem/repository'\n")
    running.start()
    try:
        assert running.ask("GET", "status").status == 200
        _refused(running.ask("GET", "snapshots"), 404, 409, 503)
        assert "Traceback" not in running.log
    finally:
        running.stop()


def test_settings_that_are_wrong_are_told_and_not_a_5xx(tmp_path: Path) -> None:
    running = RunningServer(tmp_path / "server", config="c.RokSettings.read_threads = 'many'\n")
    running.start()
    try:
        error = _refused(running.ask("GET", "status"), 400)
        assert "read_threads" in error["message"]
    finally:
        running.stop()


def test_nothing_was_a_fault_of_ours(filled: RunningServer) -> None:
    assert "Traceback" not in filled.log
