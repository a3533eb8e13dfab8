"""Errors to HTTP: one table, and the words for what only HTTP knows.

Owns the status of each kind. Doesn't own the errors. No kind but three has a status of 5xx: UNAVAILABLE and
RESOURCE_EXHAUSTED say that storage is at fault, INTERNAL and UNKNOWN are faults of our own.
"""

from __future__ import annotations

from collections.abc import Mapping

from tornado.web import HTTPError

from rok_jupyter.errors import ErrorKind, RokError

STATUS: Mapping[ErrorKind, int] = {
    ErrorKind.CANCELLED: 409,
    ErrorKind.UNKNOWN: 500,
    ErrorKind.INVALID_ARGUMENT: 400,
    ErrorKind.DEADLINE_EXCEEDED: 503,
    ErrorKind.NOT_FOUND: 404,
    ErrorKind.ALREADY_EXISTS: 409,
    ErrorKind.PERMISSION_DENIED: 403,
    ErrorKind.RESOURCE_EXHAUSTED: 507,
    ErrorKind.FAILED_PRECONDITION: 409,
    ErrorKind.ABORTED: 409,
    ErrorKind.OUT_OF_RANGE: 400,
    ErrorKind.UNIMPLEMENTED: 422,
    ErrorKind.INTERNAL: 500,
    ErrorKind.UNAVAILABLE: 503,
    # The request is right and the server works; what is stored is damaged. WebDAV's Failed Dependency says it best.
    ErrorKind.DATA_LOSS: 424,
    ErrorKind.UNAUTHENTICATED: 403,
}

ERROR_STATUSES = tuple(sorted({status for status in STATUS.values() if status != 500} | {413, 415, 429}))
"""What any operation may answer, documented for each."""


class Refused(RokError):
    """A request that is refused for a reason that only HTTP knows; carries its status and headers."""

    def __init__(self, status: int, error: RokError, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(error.kind, error.message, error.hint)
        self.status = status
        self.headers = headers or {}


def too_large(limit: int) -> Refused:
    """Return the error for a body beyond `limit` bytes."""
    message = f"The request's body is larger than {limit} bytes."
    return Refused(413, RokError(ErrorKind.INVALID_ARGUMENT, message, "Send less at a time."))


def not_json() -> Refused:
    """Return the error for a body of another type than JSON."""
    hint = "Send it with the header Content-Type: application/json."
    return Refused(415, RokError(ErrorKind.INVALID_ARGUMENT, "The request's body isn't declared as JSON.", hint))


def no_such_range(size: int) -> Refused:
    """Return the error for a range beyond a file's `size` bytes."""
    message = f"The file has {size} bytes, and none of those that were asked for."
    error = RokError(ErrorKind.OUT_OF_RANGE, message, "Ask for a range within it.")
    return Refused(416, error, {"Content-Range": f"bytes */{size}"})


def too_many_tasks() -> Refused:
    """Return the error for one task more than may wait."""
    hint = "Wait for some of them to end, or cancel them at /rok/v1/tasks."
    return Refused(429, RokError(ErrorKind.FAILED_PRECONDITION, "Too many tasks are waiting to run.", hint))


def describe(exception: BaseException | None, status: int, *, authenticated: bool) -> tuple[int, RokError]:
    """Return the status and the error that a client is told; nothing of a foreign exception's text gets out."""
    if isinstance(exception, Refused):
        return exception.status, exception
    if isinstance(exception, RokError):
        return STATUS[exception.kind], exception
    if isinstance(exception, HTTPError):
        status = exception.status_code
    if status == 403 and not authenticated:
        return status, RokError(ErrorKind.UNAUTHENTICATED, "The request isn't authenticated.", _AUTHENTICATE)
    kind, message, hint = _WORDS.get(status, _WORDS[500])
    return status if status in _WORDS else 500, RokError(kind, message, hint)


_AUTHENTICATE = "Send the server's token in the header Authorization: token TOKEN, or log in."
_WORDS: Mapping[int, tuple[ErrorKind, str, str]] = {
    400: (ErrorKind.INVALID_ARGUMENT, "The request is malformed.", "Check its URL and headers."),
    403: (
        ErrorKind.PERMISSION_DENIED,
        "The request isn't allowed.",
        "The server's Authorizer must allow it for the resource rok; a browser must send its XSRF token.",
    ),
    404: (
        ErrorKind.NOT_FOUND,
        "There is nothing at this address for this origin.",
        "See /rok/v1/openapi.json for what there is.",
    ),
    405: (ErrorKind.UNIMPLEMENTED, "This address doesn't take that method.", "The header Allow names those it takes."),
    500: (ErrorKind.INTERNAL, "The request failed by a fault of rok-jupyter's own.", "The server's log says more."),
}
