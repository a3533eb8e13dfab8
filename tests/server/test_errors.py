"""One table from errors to HTTP, which covers every kind, and lets nothing of a foreign exception out."""

from __future__ import annotations

import pytest
from tornado.web import HTTPError

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.server import errors
from rok_jupyter.server.errors import ERROR_STATUSES, STATUS, describe


@pytest.mark.parametrize("kind", list(ErrorKind))
def test_every_kind_has_a_status(kind: ErrorKind) -> None:
    status, error = describe(RokError(kind, "m", "h"), 500, authenticated=True)
    assert status == STATUS[kind]
    assert error.kind is kind


def test_only_storage_and_our_own_faults_have_a_status_of_5xx() -> None:
    server_errors = {kind for kind, status in STATUS.items() if status >= 500}
    storage = {ErrorKind.UNAVAILABLE, ErrorKind.DEADLINE_EXCEEDED, ErrorKind.RESOURCE_EXHAUSTED}
    assert server_errors == storage | {ErrorKind.INTERNAL, ErrorKind.UNKNOWN}
    assert {STATUS[kind] for kind in storage} == {503, 507}


def test_every_status_but_that_of_our_own_faults_is_documented() -> None:
    assert set(STATUS.values()) - {500} <= set(ERROR_STATUSES)


@pytest.mark.parametrize("status", [400, 403, 404, 405, 500])
def test_a_status_of_tornado_becomes_an_error_with_a_hint(status: int) -> None:
    found, error = describe(HTTPError(status, "a secret in /home/user"), 500, authenticated=True)
    assert found == status
    assert error.hint
    assert "secret" not in str(error)


def test_whoever_is_not_known_is_told_so() -> None:
    _, error = describe(HTTPError(403), 500, authenticated=False)
    assert error.kind is ErrorKind.UNAUTHENTICATED


def test_a_fault_of_ours_says_nothing_about_itself() -> None:
    status, error = describe(ZeroDivisionError("/home/user/token=abc"), 500, authenticated=True)
    assert (status, error.kind) == (500, ErrorKind.INTERNAL)
    assert "token" not in str(error)


@pytest.mark.parametrize(
    ("refused", "status"),
    [
        (errors.too_large(5), 413),
        (errors.not_json(), 415),
        (errors.no_such_range(5), 416),
        (errors.too_many_tasks(), 429),
    ],
    ids=lambda value: str(value)[:20],
)
def test_what_only_http_knows_has_its_own_status(refused: errors.Refused, status: int) -> None:
    assert describe(refused, 500, authenticated=True) == (status, refused)
    assert refused.hint
