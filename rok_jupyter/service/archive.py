"""Archives of two formats behind one small protocol.

Owns how an entry looks in a .tar (PAX, names of any bytes, times to the nanosecond) and in a .zip (UTF-8, two seconds).
Doesn't own which entries there are, nor the file.
"""

from __future__ import annotations

import shutil
import stat
import tarfile
import zipfile
from datetime import UTC, datetime
from types import TracebackType
from typing import IO, BinaryIO, Literal, Protocol, Self

from rok_jupyter.models import Entry, EntryType

_TAR_TYPES = {
    EntryType.FILE: tarfile.REGTYPE,
    EntryType.DIRECTORY: tarfile.DIRTYPE,
    EntryType.SYMLINK: tarfile.SYMTYPE,
    EntryType.FIFO: tarfile.FIFOTYPE,
}
_ZIP_TYPES = (EntryType.FILE, EntryType.DIRECTORY, EntryType.SYMLINK)
_ZIP_FIRST, _ZIP_LAST = (1980, 1, 1, 0, 0, 0), (2107, 12, 31, 23, 59, 58)
_ZIP_DIRECTORY = 0x10
_UNIX = 3


class Archive(Protocol):
    """An archive that is being written. Leave its context for it to be whole."""

    def holds(self, type_: EntryType) -> bool:
        """Whether the format holds such entries."""

    def add(self, name: str, entry: Entry, content: IO[bytes]) -> None:
        """Add an entry; `content` holds a file's bytes, as many as the entry says."""

    def __enter__(self) -> Self: ...

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None: ...


class TarArchive:
    """A tar archive."""

    def __init__(self, file: BinaryIO, *, compressed: bool) -> None:
        mode: Literal["w|gz", "w|"] = "w|gz" if compressed else "w|"
        self._tar = tarfile.TarFile.open(
            fileobj=file, mode=mode, format=tarfile.PAX_FORMAT, encoding="utf-8", errors="surrogateescape"
        )

    def holds(self, type_: EntryType) -> bool:
        """Whether tar holds such entries and we know all of them: a listing doesn't tell a device's numbers."""
        return type_ in _TAR_TYPES

    def add(self, name: str, entry: Entry, content: IO[bytes]) -> None:
        """Add an entry."""
        info = tarfile.TarInfo(name)
        info.type = _TAR_TYPES[entry.type]
        info.mode = stat.S_IMODE(entry.mode)
        info.uid, info.gid, info.uname, info.gname = entry.uid, entry.gid, entry.user, entry.group
        info.linkname = entry.target or ""
        info.mtime = entry.mtime_ns // 1_000_000_000
        if entry.mtime_ns % 1_000_000_000:
            info.pax_headers = {"mtime": _seconds(entry.mtime_ns)}
        if entry.type is EntryType.FILE:
            info.size = entry.size
            self._tar.addfile(info, content)
        else:
            self._tar.addfile(info)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self._tar.close()


class ZipArchive:
    """A zip archive; what unpackers can't take of a name is percent-encoded."""

    def __init__(self, file: BinaryIO) -> None:
        self._zip = zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True)

    def holds(self, type_: EntryType) -> bool:
        """Whether zip holds such entries."""
        return type_ in _ZIP_TYPES

    def add(self, name: str, entry: Entry, content: IO[bytes]) -> None:
        """Add an entry."""
        directory = entry.type is EntryType.DIRECTORY
        info = zipfile.ZipInfo(_zip_name(name) + "/" * directory, _zip_time(entry.mtime_ns))
        info.compress_type = zipfile.ZIP_STORED if directory else zipfile.ZIP_DEFLATED
        info.create_system = _UNIX
        info.external_attr = (entry.mode & 0xFFFF) << 16 | (_ZIP_DIRECTORY if directory else 0)
        with self._zip.open(info, "w", force_zip64=entry.size >= 1 << 31) as file:
            if entry.target is not None:
                file.write(entry.target.encode("utf-8", "surrogateescape"))
            shutil.copyfileobj(content, file)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if kind is None:
            self._zip.close()


def _seconds(nanoseconds: int) -> str:
    sign = "-" if nanoseconds < 0 else ""
    whole, rest = divmod(abs(nanoseconds), 1_000_000_000)
    return f"{sign}{whole}.{rest:09d}"


def _zip_name(name: str) -> str:
    """Spell a name as every unpacker takes it: what isn't plain text, backslashes, colons and % become %XX."""
    return "".join(letter if _is_plain(letter) else _percent(letter) for letter in name)


def _is_plain(letter: str) -> bool:
    return letter.isprintable() and letter not in "%\\:"


def _percent(letter: str) -> str:
    return "".join(f"%{byte:02X}" for byte in letter.encode("utf-8", "surrogateescape"))


def _zip_time(mtime_ns: int) -> tuple[int, int, int, int, int, int]:
    try:
        time = datetime.fromtimestamp(mtime_ns // 1_000_000_000, UTC)
    except (ValueError, OverflowError):
        return _ZIP_FIRST
    found = (time.year, time.month, time.day, time.hour, time.minute, time.second)
    return min(max(found, _ZIP_FIRST), _ZIP_LAST)
