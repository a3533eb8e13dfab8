"""Tar and zip: how one entry of a stored tree is written into an archive.

Owns the formats' details: names made relative and harmless, links, times, owners, attributes. Doesn't own the walk nor
the file (export). Python's own modules write both; neither is ever used to extract.
"""

from __future__ import annotations

import os
import stat
import tarfile
import time
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from io import RawIOBase
from typing import BinaryIO, Protocol

from rok_jupyter.engine.format.mode import go_mode_to_posix
from rok_jupyter.engine.format.timestamp import text_to_ns
from rok_jupyter.engine.format.tree import Node, NodeType
from rok_jupyter.errors import ErrorKind, RokError

_SECOND = 10**9
_ZIP_FIRST, _ZIP_LAST = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)
_ZIP64_FROM = 1 << 30
_TAR_TYPES = {
    NodeType.FILE: tarfile.REGTYPE,
    NodeType.DIRECTORY: tarfile.DIRTYPE,
    NodeType.SYMLINK: tarfile.SYMTYPE,
    NodeType.FIFO: tarfile.FIFOTYPE,
    NodeType.CHARACTER_DEVICE: tarfile.CHRTYPE,
    NodeType.BLOCK_DEVICE: tarfile.BLKTYPE,
}
_ZIP_TYPES = (NodeType.FILE, NodeType.DIRECTORY, NodeType.SYMLINK)


@dataclass(frozen=True, slots=True)
class Member:
    """One entry on its way into an archive: `path` is relative, `content` a file's, of exactly `size` bytes."""

    path: str
    node: Node
    size: int
    content: Iterator[bytes]
    link_to: str | None = None
    """The path of a member with the same inode that is in the archive already."""


class ArchiveWriter(Protocol):
    """An archive that is being written."""

    def add(self, member: Member) -> None:
        """Write one entry; INVALID_ARGUMENT where the format has no such entries."""

    def close(self) -> None:
        """Write the archive's end."""


class TarArchive:
    """A tar in PAX format: everything that a tree holds but sockets; holes are written as zeros."""

    def __init__(self, file: BinaryIO) -> None:
        self._tar = tarfile.open(  # noqa: SIM115 (closed by `close`, as its end must be written last)
            fileobj=file, mode="w", format=tarfile.PAX_FORMAT, encoding="utf-8", errors="surrogateescape"
        )

    def add(self, member: Member) -> None:
        """Write one entry with its owner, times to the nanosecond, and attributes."""
        node = member.node
        kind = _TAR_TYPES.get(node.type)
        if kind is None:
            raise _impossible("a tar", node)
        header = tarfile.TarInfo(member.path)
        header.type = kind
        header.mode = stat.S_IMODE(go_mode_to_posix(node.mode))
        header.uid, header.gid, header.uname, header.gname = node.uid, node.gid, node.user, node.group
        header.pax_headers = _pax_headers(node)
        if node.type is NodeType.SYMLINK:
            header.linkname = node.linktarget
        elif member.link_to is not None:
            header.type, header.linkname = tarfile.LNKTYPE, member.link_to
        elif node.type is NodeType.FILE:
            header.size = member.size
        else:
            header.devmajor, header.devminor = os.major(node.device), os.minor(node.device)
        self._tar.addfile(header, _Reader(member.content) if header.isreg() else None)

    def close(self) -> None:
        """Write the two blocks of zeros at the end."""
        self._tar.close()


class ZipArchive:
    """A zip: files, directories and symlinks. Owners and attributes have no place in it, hard links become copies."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, strict_timestamps=False, compresslevel=1)

    def add(self, member: Member) -> None:
        """Write one entry."""
        node = member.node
        if node.type not in _ZIP_TYPES:
            raise _impossible("a zip", node)
        directory = node.type is NodeType.DIRECTORY
        header = zipfile.ZipInfo(_zip_name(member.path) + ("/" if directory else ""), _zip_time(node))
        header.compress_type = zipfile.ZIP_DEFLATED
        header.create_system = 3
        header.external_attr = (go_mode_to_posix(node.mode) & 0xFFFF) << 16 | (0x10 if directory else 0)
        if node.type is not NodeType.FILE:
            target = node.linktarget.encode("utf-8", "surrogateescape")
            self._zip.writestr(header, b"" if directory else target, compress_type=zipfile.ZIP_STORED)
            return
        with self._zip.open(header, "w", force_zip64=member.size >= _ZIP64_FROM) as entry:
            for piece in member.content:
                entry.write(piece)

    def close(self) -> None:
        """Write the directory at the end."""
        self._zip.close()


class _Reader(RawIOBase):
    """What tarfile reads a file's content from."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        """Return exactly `size` bytes but at the end."""
        parts = []
        while size > 0:
            if not self._rest:
                piece = next(self._pieces, None)
                if piece is None:
                    break
                self._rest = memoryview(piece)
                continue
            parts.append(self._rest[:size])
            self._rest = self._rest[size:]
            size -= len(parts[-1])
        return b"".join(parts)


def _pax_headers(node: Node) -> dict[str, str]:
    seconds, fraction = divmod(text_to_ns(node.mtime), _SECOND)
    headers = {"mtime": _decimal(seconds, fraction)}
    for attribute in node.extended_attributes:
        value = (attribute.value or b"").decode("utf-8", "surrogateescape")
        headers[f"SCHILY.xattr.{attribute.name}"] = value
    return headers


def _decimal(seconds: int, fraction: int) -> str:
    """Write a time as decimal; one before 1970 counts down from the second after it."""
    if seconds < 0 and fraction:
        return f"-{-seconds - 1}.{_SECOND - fraction:09d}"
    return f"{seconds}.{fraction:09d}"


def _zip_name(path: str) -> str:
    """Spell a path as every unpacker takes it: what isn't plain text, backslashes, colons and % become %XX."""
    plain = []
    for character in path:
        if (
            character in "%\\:"
            or ord(character) < 0x20
            or 0x7F <= ord(character) < 0xA0
            or "\ud800" <= character <= "\udfff"
        ):
            plain += [f"%{byte:02X}" for byte in character.encode("utf-8", "surrogateescape")]
        else:
            plain.append(character)
    return "".join(plain)


def _zip_time(node: Node) -> tuple[int, int, int, int, int, int]:
    seconds = min(max(text_to_ns(node.mtime) // _SECOND, 0), 4_354_819_198)
    moment = time.gmtime(seconds)
    return min(max(moment[:6], _ZIP_FIRST), _ZIP_LAST)


def _impossible(archive: str, node: Node) -> RokError:
    return RokError(ErrorKind.INVALID_ARGUMENT, f"{archive} can't hold an entry of type {node.type.value}")
