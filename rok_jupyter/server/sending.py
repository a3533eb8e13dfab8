"""How the bytes of one file are answered.

Owns ranges, validators and the headers that keep a browser from running what it gets (it is always an attachment of no
particular type; the handler adds the sandbox). Doesn't own where the bytes come from (content).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rok_jupyter.server.base import RokHandler
from rok_jupyter.server.context import Core
from rok_jupyter.server.errors import no_such_range
from rok_jupyter.server.ranges import Span, requested_span
from rok_jupyter.wire import encode_name


@dataclass(frozen=True, slots=True, kw_only=True)
class SentFile:
    """A file to answer. `version` names its content: another content has another. `read` takes offset and length."""

    path: str
    size: int
    version: str
    read: Callable[[int, int], Iterator[bytes]]

    @property
    def etag(self) -> str:
        """Its strong validator."""
        return f'"{hashlib.sha256(self.version.encode("utf-8", "surrogateescape")).hexdigest()}"'


async def send_file(handler: RokHandler, file: SentFile) -> None:
    """Answer the whole file, the range that was asked for, or that nothing changed."""
    handler.set_header("ETag", file.etag)
    handler.set_header("Accept-Ranges", "bytes")
    handler.set_header("Cache-Control", "private, no-cache")
    handler.set_attachment_header(encode_name(file.path.rpartition("/")[2]))
    asked = handler.request.headers
    if _is_known(file.etag, asked.get("If-None-Match", "")):
        handler.set_status(304)
        await handler.finish()
        return
    holds = asked.get("If-Range") in (None, file.etag)
    span = requested_span(asked.get("Range") if holds else None, file.size)
    if span is None:
        raise no_such_range(file.size)
    await _send(handler, file, span)


def _is_known(etag: str, known: str) -> bool:
    return known.strip() == "*" or etag in {item.strip().removeprefix("W/") for item in known.split(",")}


async def _send(handler: RokHandler, file: SentFile, span: Span) -> None:
    head = handler.request.method == "HEAD"

    def begin(_: Core) -> tuple[Iterator[bytes], bytes | None]:
        pieces = file.read(span.start, span.length)
        return pieces, None if head else next(pieces, None)

    pieces, piece = await handler.context.in_thread(begin)  # the first piece tells of damage in time for a status
    handler.set_status(206 if span.partial else 200)
    handler.set_header("Content-Type", "application/octet-stream")
    handler.set_header("Content-Length", str(span.length))
    if span.partial:
        handler.set_header("Content-Range", f"bytes {span.start}-{span.start + span.length - 1}/{file.size}")
    while piece is not None:
        handler.write(piece)
        await handler.flush()
        piece = await handler.context.in_thread(lambda _: next(pieces, None))
    await handler.finish(set_content_type="application/octet-stream")
