"""Files of the volumes as they are now, read where the volumes are mounted.

Owns that a path leads neither out of its volume nor through a link, and that what no snapshot holds (the repository,
its password, the state) isn't given out here either. Doesn't own which volumes there are (provider).
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Sequence
from types import TracebackType

from rok_jupyter.engine.confined import ConfinedTree, encode_path
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Volume
from rok_jupyter.providers.paths import clean_path
from rok_jupyter.providers.protocol import Provider
from rok_jupyter.state import os_errors

_PIECE = 1 << 18
_NOTHING_THERE = frozenset({errno.ENOENT, errno.ENOTDIR, errno.ELOOP, errno.ENAMETOOLONG})


class LiveFile:
    """One open file. `size` is in bytes; `version` differs once the file was changed. Use it in a `with`."""

    def __init__(self, path: str, descriptor: int) -> None:
        status = os.fstat(descriptor)
        self.path = path
        self.size = status.st_size
        self.version = f"{status.st_dev} {status.st_ino} {status.st_size} {status.st_mtime_ns} {status.st_ctime_ns}"
        self._descriptor = descriptor

    def __enter__(self) -> LiveFile:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        os.close(self._descriptor)

    def read(self, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        """Yield bytes of the `size` that the file had when it was opened; ABORTED where it got shorter since."""
        end = self.size if length is None else min(self.size, offset + length)
        while offset < end:
            with os_errors("Reading a file"):
                piece = os.pread(self._descriptor, min(_PIECE, end - offset), offset)
            if not piece:
                raise RokError(ErrorKind.ABORTED, "The file got shorter while it was read.", "Read it again.")
            offset += len(piece)
            yield piece


class LiveFiles:
    """Opens files of a provider's volumes. `private` are absolute paths of what is never given out."""

    def __init__(self, provider: Provider, private: Sequence[str]) -> None:
        self._provider = provider
        self._private = private

    def open(self, volume: str, path: str) -> LiveFile:
        """Open the regular file at `path` of a volume.

        NOT_FOUND for an unknown volume and where nothing is there, or a link stands above it; INVALID_ARGUMENT for a
        path outside the volume and where no regular file is there; PERMISSION_DENIED for this project's own files;
        FAILED_PRECONDITION where the volume isn't mounted here.
        """
        root = self._mounted(volume)
        clean = clean_path(path)
        if not clean:
            raise _no_file(clean)
        try:
            with ConfinedTree(encode_path(root)) as tree:
                self._refuse_private(tree, encode_path(clean))
                return LiveFile(clean, tree.open_file(encode_path(clean)))
        except OSError as error:
            raise _explained(clean, error) from error

    def _mounted(self, name: str) -> str:
        volume = _find(self._provider.volumes(), name)
        if not volume.path:
            raise RokError(
                ErrorKind.FAILED_PRECONDITION, f"The volume {name!r} isn't mounted here.", "Mount it, then try again."
            )
        return volume.path

    def _refuse_private(self, tree: ConfinedTree, path: bytes) -> None:
        """Raise where the entry or a directory above it is private, by whatever name it is reached."""
        private = {found for place in self._private if (found := _identity(place)) is not None}
        names = path.split(b"/")
        above = [b"/".join(names[:count]) for count in range(len(names) + 1)]
        for place in above:
            status = tree.status(place)
            if status is not None and (status.st_dev, status.st_ino) in private:
                raise RokError(
                    ErrorKind.PERMISSION_DENIED,
                    "This file belongs to rok-jupyter itself, and isn't given out.",
                    "Choose another.",
                )


def _find(volumes: Sequence[Volume], name: str) -> Volume:
    for volume in volumes:
        if volume.name == name:
            return volume
    names = ", ".join(volume.name for volume in volumes)
    raise RokError(ErrorKind.NOT_FOUND, f"There is no volume {name!r}.", f"The volumes are: {names}.")


def _identity(path: str) -> tuple[int, int] | None:
    try:
        status = os.stat(encode_path(path))
    except OSError:
        return None
    return status.st_dev, status.st_ino


def _explained(path: str, error: OSError) -> RokError:
    if error.errno in _NOTHING_THERE:
        return RokError(
            ErrorKind.NOT_FOUND, f"There is no file {path!r} in the volume.", "A path doesn't lead through links."
        )
    if error.errno == errno.EINVAL:
        return _no_file(path)
    if error.errno in (errno.EACCES, errno.EPERM):
        return RokError(ErrorKind.PERMISSION_DENIED, f"The file {path!r} can't be read.", "Check its owner and mode.")
    return RokError(ErrorKind.UNAVAILABLE, f"The file {path!r} can't be read: {error.strerror}.", "Check its disk.")


def _no_file(path: str) -> RokError:
    return RokError(ErrorKind.INVALID_ARGUMENT, f"{path!r} is no regular file.", "Choose a file.")
