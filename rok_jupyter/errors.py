"""The tree of errors: one class, whose kind is one of gRPC's canonical status codes.

Owns what went wrong in the words of a user. Doesn't own how a surface shows it: HTTP, the command, the magics and the
pipeline hooks each keep one table from kind to their own code.

    RokError
    └── Cancelled      the user asked for the end of a task

Source of the kinds: https://github.com/grpc/grpc/blob/master/doc/statuscodes.md
"""

from __future__ import annotations

from enum import StrEnum


class ErrorKind(StrEnum):
    """What kind of thing went wrong: gRPC's canonical codes, without OK."""

    CANCELLED = "cancelled"
    UNKNOWN = "unknown"
    INVALID_ARGUMENT = "invalid_argument"
    DEADLINE_EXCEEDED = "deadline_exceeded"
    NOT_FOUND = "not_found"
    ALREADY_EXISTS = "already_exists"
    PERMISSION_DENIED = "permission_denied"
    RESOURCE_EXHAUSTED = "resource_exhausted"
    FAILED_PRECONDITION = "failed_precondition"
    ABORTED = "aborted"
    OUT_OF_RANGE = "out_of_range"
    UNIMPLEMENTED = "unimplemented"
    INTERNAL = "internal"
    UNAVAILABLE = "unavailable"
    DATA_LOSS = "data_loss"
    UNAUTHENTICATED = "unauthenticated"


class RokError(Exception):
    """Something that a user is told in one sentence, with a hint of what to do next.

    `message` says what happened and why, `hint` what to do (it may be empty where nothing can be done). Neither holds a
    password, a token or a traceback.
    """

    def __init__(self, kind: ErrorKind, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.kind = kind
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".rstrip()

    def __reduce__(self) -> tuple[type[RokError], tuple[object, ...]]:
        return type(self), (self.kind, self.message, self.hint)


class Cancelled(RokError):
    """A long operation ended because the user asked for it; nothing that it had begun is visible."""

    def __init__(
        self,
        kind: ErrorKind = ErrorKind.CANCELLED,
        message: str = "The task was cancelled.",
        hint: str = "Nothing was changed by it that is not listed above.",
    ) -> None:
        super().__init__(kind, message, hint)
