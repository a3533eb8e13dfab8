"""The way to the repository in the restic format: where it is, its password, opening and making it.

Owns the password file and the one open `Repository` of a process, whose index and key are kept while the repository
stays the same. Doesn't own what is done with it (upkeep, the local provider).
"""

from __future__ import annotations

import os
import re
import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rok_jupyter.config import RokSettings
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.storage.backend import CONFIG_NAME, Backend, FileKind
from rok_jupyter.engine.storage.local import LocalBackend
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.file_lock import FileLock
from rok_jupyter.state import os_errors, write_durably

_PASSWORD_BYTES = 32
_LONGEST_PASSWORD = 65_536
_CREATE_SECONDS = 30
_OURS = re.compile(r"[0-9a-f]{64}")


class RepositoryDoor:
    """Opens the repository that the settings name; thread-safe."""

    def __init__(self, settings: RokSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._open: Repository | None = None
        self._config = b""

    @property
    def location(self) -> str:
        """Where the repository is or would be, as restic's -r takes it."""
        return self._settings.repository_location

    @property
    def password_file(self) -> Path:
        """Where its password is, as restic's -p takes it."""
        return Path(self._settings.password_location)

    def exists(self) -> bool:
        """Whether there is a repository."""
        return self._backend().exists(FileKind.CONFIG, CONFIG_NAME)

    def repository(self) -> Repository:
        """Return the open repository.

        FAILED_PRECONDITION where there is none yet, or none of a version that can be read; PERMISSION_DENIED for a
        wrong password; DATA_LOSS where it can't be opened for damage.
        """
        with self._lock:
            backend = self._backend()
            try:
                config = backend.load(FileKind.CONFIG, CONFIG_NAME)
            except RokError as error:
                if error.kind is not ErrorKind.NOT_FOUND:
                    raise
                config = b""
            if self._open is None or config != self._config:  # another repository may stand there now
                self._open = self._open_now(backend)
                self._config = config
            return self._open

    def create(self) -> Repository:
        """Make the repository, and its password where there is none; ALREADY_EXISTS where there is a repository."""
        with self._creating():
            return self._create()

    def prepare(self) -> None:
        """Make the embedded repository where it isn't there yet, as the first snapshot needs it.

        FAILED_PRECONDITION where another repository is configured that isn't there: its disk may not be mounted.
        """
        if self.exists():
            return
        if not self._settings.repository_is_default:
            self.repository()
            return
        with self._creating():
            if not self.exists():
                self._create()

    def password(self) -> str:
        """Return the password; FAILED_PRECONDITION where its file is missing or empty."""
        return read_password(self.password_file)

    def made_password_file(self, key_id: str) -> Path:
        """Return where the password of a further key is kept that was made here."""
        return self._settings.locations.root / f"password-{key_id[:16]}"

    def open_other(self, location: str, password_file: Path | None) -> Repository:
        """Open the repository at another place, or make it there; without a password file by this one's password."""
        password = self.password() if password_file is None else read_password(password_file)
        backend = _backend_at(location)
        if location == self.location or backend.location == self._backend().location:
            raise RokError(ErrorKind.INVALID_ARGUMENT, "That is the repository itself.", "Name another place.")
        if backend.exists(FileKind.CONFIG, CONFIG_NAME):
            return Repository.open(backend, password)
        return Repository.create(backend, password, strong_password=is_strong(password))

    def _backend(self) -> Backend:
        return _backend_at(self.location)

    def _open_now(self, backend: Backend) -> Repository:
        # Without a config no password is looked for: what is missing is the repository, and the engine says so.
        password = self.password() if backend.exists(FileKind.CONFIG, CONFIG_NAME) else "-"
        try:
            return Repository.open(backend, password)
        except RokError as error:
            if error.kind is not ErrorKind.NOT_FOUND:
                raise
            raise missing(self.location) from error

    def _create(self) -> Repository:
        backend = self._backend()
        if backend.exists(FileKind.CONFIG, CONFIG_NAME):
            raise RokError(
                ErrorKind.ALREADY_EXISTS, f"There is a repository at {self.location} already.", "Use it as it is."
            )
        if not self.password_file.exists():
            self._make_password()
        password = self.password()
        return Repository.create(backend, password, strong_password=is_strong(password))

    def _make_password(self) -> None:
        if self._settings.password_file:
            raise RokError(
                ErrorKind.FAILED_PRECONDITION,
                f"There is no password file {self.password_file}.",
                "Write a password into it, or leave that setting out: then one is made.",
            )
        write_durably(self.password_file, new_password())

    @contextmanager
    def _creating(self) -> Iterator[None]:
        path = self._settings.locations.locks / "repository.lock"
        lock = FileLock.acquire(path, wait_seconds=_CREATE_SECONDS)
        if lock is None:
            raise RokError(ErrorKind.ABORTED, "Another process is making the repository.", "Try again.")
        with lock:
            yield


def missing(location: str) -> RokError:
    """Return the error for a repository that isn't there."""
    message = f"There is no repository yet at {location}."
    return RokError(ErrorKind.FAILED_PRECONDITION, message, "Create one with `rok repo init`.")


def is_strong(password: str) -> bool:
    """Whether it looks like one of ours, which nobody can guess, so that opening may be made fast."""
    return _OURS.fullmatch(password) is not None


def new_password() -> bytes:
    """Return the content of a new password file: 256 random bits, and a newline that readers strip."""
    return secrets.token_hex(_PASSWORD_BYTES).encode("ascii") + b"\n"


def _backend_at(location: str) -> Backend:
    if re.match(r"[a-z0-9]+:", location):
        raise RokError(
            ErrorKind.INVALID_ARGUMENT,
            f"{location!r} is no directory, and other places for repositories are not known yet.",
            "Give a directory's path.",
        )
    return LocalBackend(str(Path(location).expanduser().absolute()))


def read_password(file: Path) -> str:
    """Return the password in a file, without blanks around it, as restic reads it.

    FAILED_PRECONDITION where the file is missing or empty, INVALID_ARGUMENT where it can't be one.
    """
    with os_errors(f"Reading the password file {file}"):
        try:
            with open(file, "rb") as stream:
                content = stream.read(_LONGEST_PASSWORD + 1)
        except (FileNotFoundError, NotADirectoryError, IsADirectoryError):
            raise RokError(
                ErrorKind.FAILED_PRECONDITION,
                f"There is no password file {file}.",
                "Bring it back from where you keep it, or name another: --password-file FILE",
            ) from None
    try:
        password = content.decode("utf-8").strip()
    except UnicodeDecodeError:
        password = ""
    if not password or len(content) > _LONGEST_PASSWORD:
        raise RokError(
            ErrorKind.FAILED_PRECONDITION, f"The password file {file} holds no password.", "Check which file it is."
        )
    return password


def readable_by_others(file: Path) -> bool:
    """Whether other users may read a password file."""
    try:
        return bool(os.stat(file).st_mode & 0o077)
    except OSError:
        return False
