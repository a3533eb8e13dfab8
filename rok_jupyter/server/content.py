"""A file's bytes out of a snapshot.

Owns ranges, validators and the headers that keep a browser from running what it gets (it is always an attachment of no
particular type, sandboxed). A snapshot never changes, so a validator is strong and holds for ever.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from jupyter_server.auth.decorator import authorized
from tornado import web

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Entry, EntryType
from rok_jupyter.server.base import RokHandler
from rok_jupyter.server.context import Core
from rok_jupyter.server.errors import no_such_range
from rok_jupyter.server.operation import Bytes, Operation, operation
from rok_jupyter.server.ranges import Span, requested_span
from rok_jupyter.wire import decode_name, encode_name
from rok_jupyter.wire.errors import Error
from rok_jupyter.wire.queries import ContentQuery

_HEADERS = {
    "ETag": "A strong validator of the content.",
    "Accept-Ranges": "bytes",
    "Content-Disposition": "attachment, with the file's name.",
}
_PARTIAL = {**_HEADERS, "Content-Range": "Which bytes these are, and of how many."}
_UNCHANGED = {"ETag": _HEADERS["ETag"]}
_NO_RANGE = {"Content-Range": "How many bytes there are."}
_OPERATION = Operation(
    summary="A file's bytes",
    query=ContentQuery,
    returns={200: Bytes, 206: Bytes, 304: None, 416: Error},
    headers={200: _HEADERS, 206: _PARTIAL, 304: _UNCHANGED, 416: _NO_RANGE},
    request_headers={
        "Range": "One range of bytes; several are answered with the whole.",
        "If-Range": "The range is answered only where this validator still holds.",
        "If-None-Match": "304 where one of these validators holds.",
    },
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _File:
    """Which file is asked for, and what is known of it."""

    snapshot: str
    volume: str | None
    path: str
    entry: Entry
    etag: str


class ContentHandler(RokHandler):
    """Contents of regular files."""

    @property
    def content_security_policy(self) -> str:
        """Confine whatever a browser makes of the bytes."""
        return f"{super().content_security_policy}; sandbox"

    @web.authenticated
    @authorized
    @operation(_OPERATION)
    async def get(self, id_: str) -> None:
        """Answer the whole file, the range that was asked for, or that nothing changed."""
        await self._answer(id_)

    @web.authenticated
    @authorized
    @operation(_OPERATION)
    async def head(self, id_: str) -> None:
        """Answer the headers of a GET."""
        await self._answer(id_)

    async def _answer(self, id_: str) -> None:
        self.check_xsrf_cookie()  # as Jupyter Server's own files: no other site may include these bytes
        file = await self._find(id_)
        self._describe(file)
        if self._is_known(file.etag):
            self.set_status(304)
            await self.finish()
            return
        if_range = self.request.headers.get("If-Range")
        holds = if_range is None or if_range == file.etag
        span = requested_span(self.request.headers.get("Range") if holds else None, file.entry.size)
        if span is None:
            raise no_such_range(file.entry.size)
        await self._send(file, span)

    async def _find(self, id_: str) -> _File:
        query = self.query(ContentQuery)
        path = decode_name(query.path)

        def look(core: Core) -> _File:
            if not core.is_readable(id_):
                raise RokError(
                    ErrorKind.FAILED_PRECONDITION,
                    "The snapshot can't be read file by file where it lies.",
                    "Restore or clone it, or export the file.",
                )
            snapshot = core.service.show(id_)
            entry = core.service.entry(snapshot.id, query.volume, path)
            if entry.type is not EntryType.FILE:
                raise RokError(
                    ErrorKind.INVALID_ARGUMENT,
                    f"{path!r} is no regular file.",
                    "List it at /tree, if it is a directory.",
                )
            name = entry.digest or f"{snapshot.id}\0{query.volume}\0{path}\0{entry.size}\0{entry.mtime_ns}"
            etag = hashlib.sha256(name.encode("utf-8", "surrogateescape")).hexdigest()
            return _File(snapshot=snapshot.id, volume=query.volume, path=path, entry=entry, etag=f'"{etag}"')

        return await self.context.in_thread(look)

    def _describe(self, file: _File) -> None:
        self.set_header("ETag", file.etag)
        self.set_header("Accept-Ranges", "bytes")
        self.set_header("Cache-Control", "private, no-cache")
        self.set_attachment_header(encode_name(file.path.rpartition("/")[2]))

    def _is_known(self, etag: str) -> bool:
        known = self.request.headers.get("If-None-Match", "")
        return known.strip() == "*" or etag in {item.strip().removeprefix("W/") for item in known.split(",")}

    async def _send(self, file: _File, span: Span) -> None:
        head = self.request.method == "HEAD"

        def begin(core: Core) -> tuple[Iterator[bytes], bytes | None]:
            pieces = core.service.read(file.snapshot, file.volume, file.path, offset=span.start, length=span.length)
            return pieces, None if head else next(pieces, None)

        pieces, piece = await self.context.in_thread(begin)  # the first piece tells of damage in time for a status
        self.set_status(206 if span.partial else 200)
        self.set_header("Content-Type", "application/octet-stream")
        self.set_header("Content-Length", str(span.length))
        if span.partial:
            self.set_header("Content-Range", f"bytes {span.start}-{span.start + span.length - 1}/{file.entry.size}")
        while piece is not None:
            self.write(piece)
            await self.flush()
            piece = await self.context.in_thread(lambda _: next(pieces, None))
        await self.finish(set_content_type="application/octet-stream")
