"""A file's bytes: out of a snapshot, which never changes, and of a volume as it is now.

Owns which file is meant, and that no other site's page may include its bytes. Doesn't own how they are answered
(sending).
"""

from __future__ import annotations

from functools import partial

from jupyter_server.auth.decorator import authorized
from tornado import web

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import EntryType
from rok_jupyter.server.base import RokHandler
from rok_jupyter.server.context import Core
from rok_jupyter.server.operation import Bytes, Operation, operation
from rok_jupyter.server.sending import SentFile, send_file
from rok_jupyter.wire import decode_name
from rok_jupyter.wire.errors import Error
from rok_jupyter.wire.queries import ContentQuery, LiveContentQuery

_HEADERS = {
    "ETag": "A strong validator of the content.",
    "Accept-Ranges": "bytes",
    "Content-Disposition": "attachment, with the file's name.",
}
_PARTIAL = {**_HEADERS, "Content-Range": "Which bytes these are, and of how many."}
_UNCHANGED = {"ETag": _HEADERS["ETag"]}
_NO_RANGE = {"Content-Range": "How many bytes there are."}
_DESCRIBED = partial(
    Operation,
    returns={200: Bytes, 206: Bytes, 304: None, 416: Error},
    headers={200: _HEADERS, 206: _PARTIAL, 304: _UNCHANGED, 416: _NO_RANGE},
    request_headers={
        "Range": "One range of bytes; several are answered with the whole.",
        "If-Range": "The range is answered only where this validator still holds.",
        "If-None-Match": "304 where one of these validators holds.",
    },
)
_STORED = _DESCRIBED(summary="A file's bytes", query=ContentQuery)
_LIVE = _DESCRIBED(summary="The bytes of a volume's file as it is now", query=LiveContentQuery)


class ContentHandler(RokHandler):
    """Contents of regular files in a snapshot."""

    @property
    def content_security_policy(self) -> str:
        """Confine whatever a browser makes of the bytes."""
        return f"{super().content_security_policy}; sandbox"

    @web.authenticated
    @authorized
    @operation(_STORED)
    async def get(self, id_: str) -> None:
        """Answer the whole file, the range that was asked for, or that nothing changed."""
        await self._answer(id_)

    @web.authenticated
    @authorized
    @operation(_STORED)
    async def head(self, id_: str) -> None:
        """Answer the headers of a GET."""
        await self._answer(id_)

    async def _answer(self, id_: str) -> None:
        self.check_xsrf_cookie()  # as Jupyter Server's own files: no other site may include these bytes
        query = self.query(ContentQuery)
        path = decode_name(query.path)
        await send_file(self, await self.context.in_thread(lambda core: _stored(core, id_, query.volume, path)))


class LiveContentHandler(RokHandler):
    """Contents of regular files as they are now."""

    @property
    def content_security_policy(self) -> str:
        """Confine whatever a browser makes of the bytes."""
        return f"{super().content_security_policy}; sandbox"

    @web.authenticated
    @authorized
    @operation(_LIVE)
    async def get(self, name: str) -> None:
        """Answer the whole file, the range that was asked for, or that nothing changed."""
        await self._answer(name)

    @web.authenticated
    @authorized
    @operation(_LIVE)
    async def head(self, name: str) -> None:
        """Answer the headers of a GET."""
        await self._answer(name)

    async def _answer(self, name: str) -> None:
        self.check_xsrf_cookie()  # as above
        path = decode_name(self.query(LiveContentQuery).path)
        with await self.context.in_thread(lambda core: core.service.open_live(name, path)) as file:
            await send_file(self, SentFile(path=file.path, size=file.size, version=file.version, read=file.read))


def _stored(core: Core, id_: str, volume: str | None, path: str) -> SentFile:
    if not core.is_readable(id_):
        raise RokError(
            ErrorKind.FAILED_PRECONDITION,
            "The snapshot can't be read file by file where it lies.",
            "Restore or clone it, or export the file.",
        )
    snapshot = core.service.show(id_)
    entry = core.service.entry(snapshot.id, volume, path)
    if entry.type is not EntryType.FILE:
        raise RokError(
            ErrorKind.INVALID_ARGUMENT, f"{path!r} is no regular file.", "List it at /tree, if it is a directory."
        )
    version = entry.digest or f"{snapshot.id}\0{volume}\0{path}\0{entry.size}\0{entry.mtime_ns}"
    return SentFile(
        path=path,
        size=entry.size,
        version=version,
        read=lambda offset, length: core.service.read(snapshot.id, volume, path, offset=offset, length=length),
    )
