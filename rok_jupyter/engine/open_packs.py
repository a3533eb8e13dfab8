"""Packs that are being filled, by several threads at once.

Owns their buffers, which are used again and again since fresh memory costs more than what is written into it, and which
thread fills which part. Doesn't own what follows a full pack (writer, pack_upload). Thread-safe.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass

from rok_jupyter.engine.format.pack import BlobType, PackBuilder, Part

PACK_BYTES = 16 << 20
"""How large a pack grows before it is stored; restic's default."""

_BUFFER_BYTES = PACK_BYTES + (9 << 20)
"""Room for the blob that fills a pack, and for the pack's header; what isn't touched takes no memory."""
_SPARE = 4


@dataclass(slots=True, eq=False)
class _Filling:
    builder: PackBuilder
    unfilled: int = 0
    closed: bool = False


@dataclass(slots=True)
class Slot:
    """The place of blobs in a pack: `view` is to be written and released, then `OpenPacks.filled` called."""

    view: memoryview
    pack: _Filling


class OpenPacks:
    """One open pack for each type of blob."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._open: dict[BlobType, _Filling] = {}
        self._spare: list[bytearray] = []
        self._given_up = False

    def reserve(self, blob_type: BlobType, parts: Sequence[Part]) -> Slot:
        """Take a place for blobs, one behind the other, in the open pack of this type."""
        with self._changed:
            pack = self._pack_for(blob_type, sum(part.length for part in parts))
            view = pack.builder.reserve(blob_type, parts)
            pack.unfilled += 1
            if pack.builder.size >= PACK_BYTES or pack.builder.is_full:
                pack.closed = True
                if self._open.get(blob_type) is pack:
                    del self._open[blob_type]
            return Slot(view, pack)

    def filled(self, slot: Slot) -> PackBuilder | None:
        """Say that a slot is written; return the pack where it is full and this was the last slot of it."""
        with self._changed:
            slot.pack.unfilled -= 1
            self._changed.notify_all()
            return slot.pack.builder if slot.pack.closed and not slot.pack.unfilled else None

    def close_all(self) -> list[PackBuilder]:
        """Take the packs that are open, once their slots are written; none where the work was given up."""
        with self._changed:
            taken = list(self._open.values())
            self._open.clear()
            self._changed.wait_for(lambda: self._given_up or not any(pack.unfilled for pack in taken))
            return [] if self._given_up else [pack.builder for pack in taken]

    def recycle(self, buffer: bytearray) -> None:
        """Take back the buffer of a pack that is stored."""
        with self._changed:
            if len(self._spare) < _SPARE and len(buffer) == _BUFFER_BYTES:
                self._spare.append(buffer)

    def give_up(self) -> None:
        """Let nobody wait for slots that will never be written."""
        with self._changed:
            self._given_up = True
            self._changed.notify_all()

    def _pack_for(self, blob_type: BlobType, length: int) -> _Filling:
        """Return the open pack, or one of its own for a blob that is larger than any pack has room for."""
        pack = self._open.get(blob_type)
        if length > _BUFFER_BYTES - PACK_BYTES:
            return _Filling(PackBuilder(bytearray(length)), closed=True)
        if pack is None:
            buffer = self._spare.pop() if self._spare else bytearray(_BUFFER_BYTES)
            pack = self._open[blob_type] = _Filling(PackBuilder(buffer))
        return pack
