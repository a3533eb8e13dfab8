"""The one base of all handlers: who may ask, what a body is, how an answer and an error look.

Owns authentication's place (before anything else, as Jupyter Server's own), the cap on bodies, and the two crossings to
blocking code, `respond` and `start`. Doesn't own any verb. A verb carries `@web.authenticated`, `@authorized` and its
description, and no `try`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import urlencode

import msgspec
from jupyter_server.base.handlers import APIHandler
from jupyter_server.utils import url_path_join
from msgspec import Struct
from tornado import web
from tornado.iostream import StreamClosedError

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.progress import Progress
from rok_jupyter.server import errors
from rok_jupyter.server.context import Core, ServerContext
from rok_jupyter.server.follow import Follower
from rok_jupyter.server.operation import IDEMPOTENCY_KEY, LONGEST_KEY, operation_of
from rok_jupyter.server.saving import DocumentSaver
from rok_jupyter.tasks import Retry
from rok_jupyter.wire import dumps
from rok_jupyter.wire.queries import parse_query
from rok_jupyter.wire.requests import MAXIMUM_BODY, parse

Body = TypeVar("Body")
Query = TypeVar("Query", bound=Struct)

AUTH_RESOURCE = "rok"
API = "/rok/v1"
_MOST_WAITING_TASKS = 100
_MAXIMUM_READ = 16 * MAXIMUM_BODY
"""A body up to this is read and dropped before it is refused: who still writes one can't read an answer."""
_LONGEST_KEPT_BODY = 1 << 16
_METHODS = ("get", "head", "post", "put", "patch", "delete")


@web.stream_request_body
class RokHandler(APIHandler):
    """A handler of one noun. `auth_resource` is what a server's Authorizer is asked about."""

    auth_resource = AUTH_RESOURCE

    def initialize(self, context: ServerContext, follower: Follower, documents: DocumentSaver) -> None:
        """Take what the handlers of this server share."""
        self.context = context
        self.follower = follower
        self.documents = documents
        self._received = bytearray()
        self._progress = Progress()

    async def prepare(self) -> None:  # type: ignore[override]
        """Refuse whoever is not known, a malformed key, and, before it is read, a body far too large."""
        await super().prepare()
        if self.request.method != "OPTIONS" and not self.current_user:
            raise web.HTTPError(403)
        self._idempotency_key()
        declared = self.request.headers.get("Content-Length", "0")
        if declared.isdigit() and int(declared) > _MAXIMUM_READ:
            raise errors.too_large(MAXIMUM_BODY)

    def data_received(self, chunk: bytes) -> None:
        """Keep a piece of the body; what is beyond the cap is read and dropped, and `body` refuses it."""
        if len(self._received) <= MAXIMUM_BODY:
            self._received += chunk

    def on_connection_close(self) -> None:
        """Stop work for a client that is gone."""
        self._progress.cancel()
        super().on_connection_close()

    # What was asked

    def body(self, type_: Any) -> Any:
        """Return the request's body as the Struct (or union of Structs) `type_`."""
        if len(self._received) > MAXIMUM_BODY:
            raise errors.too_large(MAXIMUM_BODY)
        content_type = self.request.headers.get("Content-Type", "").partition(";")[0].strip().lower()
        if self._received and content_type != "application/json":
            raise errors.not_json()
        return parse(type_, bytes(self._received))

    def query(self, type_: type[Query]) -> Query:
        """Return the request's query as the Struct `type_`."""
        return parse_query(type_, self.request.query_arguments)

    # What is answered

    async def respond(self, work: Callable[[Core, Progress], object], *, status: int = 200) -> None:
        """Answer with what `work`, a short call, returns; it and its JSON are made in a thread."""
        content = await self.context.in_thread(lambda core: dumps(work(core, self._progress)))
        self.set_status(status)
        await self.finish(content)

    async def start(self, verb: str, work: Callable[[Core, Progress], object]) -> None:
        """Start a task, and answer 202 with it and its address."""
        if self.follower.following >= _MOST_WAITING_TASKS:
            raise errors.too_many_tasks()
        key, retry = self._idempotency_key(), self._retry()

        def begin(core: Core) -> Any:
            return core.runner.start(verb, lambda progress: work(core, progress), idempotency_key=key, retry=retry)

        task = await self.context.in_thread(begin)
        self.follower.follow(task)
        self.set_status(202)
        self.set_header("Location", self.address("tasks", task.id))
        await self.finish(await self.context.in_thread(lambda _: dumps(task)))

    async def no_content(self) -> None:
        """Answer 204."""
        self.set_status(204)
        await self.finish()

    async def confine(self, *paths: str | None) -> None:
        """Refuse a path of the server that lies where clients may not read and write."""
        given = [path for path in paths if path is not None]
        if given:
            await self.context.in_thread(lambda core: [core.confine(path) for path in given])

    async def save_documents(self, *, wanted: bool) -> int | None:
        """Have open documents saved, where that is wanted; return how many stay unsaved, None where nobody knows."""
        if not wanted:
            return None
        settings = await self.context.in_thread(lambda core: core.settings)
        return await self.documents.save(settings.save_wait_seconds)

    def prefers_task(self) -> bool:
        """Whether the client asks for a task where an answer may take long (RFC 7240)."""
        return "respond-async" in self.request.headers.get("Prefer", "").lower()

    async def takes_long(self, snapshot: str) -> bool:
        """Whether reading a snapshot is a task: by the client's wish, or since it must be made readable first."""
        return self.prefers_task() or not await self.context.in_thread(lambda core: core.is_readable(snapshot))

    def address(self, *names: str) -> str:
        """Return the path of something of ours on this server."""
        return str(url_path_join(self.base_url, API, *names))

    def _retry(self) -> Retry | None:
        """Return this request, for who wants the same again; None where its body is too long to be kept."""
        method = str(self.request.method)
        described = operation_of(type(self), method.lower())
        if described is None or len(self._received) > _LONGEST_KEPT_BODY:
            return None
        known = () if described.query is None else described.query.__struct_fields__
        # only what the operation knows: a token may stand in a query too
        arguments = {name: values for name, values in self.request.query_arguments.items() if name in known}
        query = f"?{urlencode(arguments, doseq=True)}" if arguments else ""
        body = msgspec.json.decode(self._received) if self._received and described.body is not None else None
        return Retry(method=method, path=self.request.path.partition(f"{API}/")[2] + query, body=body)

    def _idempotency_key(self) -> str | None:
        key = self.request.headers.get(IDEMPOTENCY_KEY)
        if key is not None and not 0 < len(key) <= LONGEST_KEY:
            raise RokError(
                ErrorKind.INVALID_ARGUMENT,
                f"The header {IDEMPOTENCY_KEY} has {len(key)} characters.",
                f"Send 1 to {LONGEST_KEY}.",
            )
        return key

    # How errors look

    def send_error(self, status_code: int = 500, **kwargs: Any) -> None:
        """Answer an error with the status that its kind has."""
        exc_info = kwargs.get("exc_info")
        status, error = errors.describe(
            exc_info[1] if exc_info else None,
            status_code,
            authenticated=bool(getattr(self, "_jupyter_current_user", None)),
        )
        super().send_error(status, error=error, exc_info=exc_info)

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """Write {"kind", "message", "hint"}, and what a method may be where it was none of them."""
        error = kwargs["error"]
        if isinstance(error, errors.Refused):
            for name, value in error.headers.items():
                self.set_header(name, value)
        if status_code == 405:
            self.set_header("Allow", ", ".join([*self._allowed(), "OPTIONS"]))
        self.finish(dumps(error))

    def log_exception(self, typ: Any, value: BaseException | None, tb: Any) -> None:
        """Log a fault of ours with its traceback, and any other error in a line; never a query, header or body."""
        line = f"{self.request.method} {self.request.path}"
        if isinstance(value, RokError):
            self.log.info("%s: %s %s", line, value.kind.value, value.message)
        elif isinstance(value, web.HTTPError | StreamClosedError):
            self.log.info("%s: %s", line, getattr(value, "status_code", "the client is gone"))
        else:
            self.log.error("%s failed", line, exc_info=(typ, value, tb) if typ and value else None)

    def update_api_activity(self) -> None:
        """Record activity, without decoding a query that may hold anything."""
        if "no_track_activity" not in self.request.query_arguments:
            super().update_api_activity()

    def compute_etag(self) -> str | None:
        """Leave validators to the handler of contents."""
        return None

    def _allowed(self) -> list[str]:
        return [method.upper() for method in _METHODS if operation_of(type(self), method)]


class UnknownHandler(RokHandler):
    """Answers whatever no route matches, in JSON too."""

    async def prepare(self) -> None:  # type: ignore[override]
        """Say that nothing is here, to those who may know."""
        await super().prepare()
        raise web.HTTPError(404)
