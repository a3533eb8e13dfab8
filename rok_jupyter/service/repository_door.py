"""The repository as upkeep sees it: made when it is first needed, and others beside it.

Owns when a repository is made (one process at a time), and opening another one to copy to. Doesn't own its password nor
keeping it open (the local provider), nor what is done with it (upkeep).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rok_jupyter.config import RokSettings
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.storage.backend import CONFIG_NAME, Backend, FileKind
from rok_jupyter.engine.storage.local import LocalBackend
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.file_lock import FileLock
from rok_jupyter.models import CheckResult
from rok_jupyter.providers.local.repositories import RepositoryAccess, read_password

_CREATE_SECONDS = 30
_OURS = re.compile(r"[0-9a-f]{64}")


class RepositoryDoor:
    """The way to the repository that the settings name. Thread-safe."""

    def __init__(self, settings: RokSettings, access: RepositoryAccess) -> None:
        self._settings = settings
        self._access = access

    @property
    def location(self) -> str:
        """Where the repository is or would be, as restic's -r takes it."""
        return self._access.location

    @property
    def password_file(self) -> Path:
        """Where its password is, as restic's -p takes it."""
        return self._access.password_file

    def exists(self) -> bool:
        """Whether there is a repository."""
        return self._access.exists()

    def is_gone(self) -> bool:
        """Whether the embedded repository was there once and isn't any more."""
        return self._access.is_gone()

    def missing(self) -> RokError:
        """Return what to say where there is no repository."""
        return self._access.missing()

    def repository(self) -> Repository:
        """Return the open repository; FAILED_PRECONDITION where there is none yet."""
        return self._access.get()

    def remember_damage(self, result: CheckResult) -> None:
        """Keep in mind which packs a check found damaged: what they held is stored again where it is met."""
        self._access.remember_damage(result)

    def create(self) -> None:
        """Make the repository, and its password where there is none; ALREADY_EXISTS where there is a repository."""
        with self._creating():
            self._access.create()

    def prepare(self) -> None:
        """Make the embedded repository where it never was there, as the first snapshot needs it.

        FAILED_PRECONDITION where one is gone, and where another is configured that isn't there: its disk may not be
        mounted.
        """
        if self.exists():
            return
        if not self._settings.repository_is_default:
            self._access.get()
        with self._creating():
            self._access.get_or_create()

    def password(self) -> str:
        """Return the password; FAILED_PRECONDITION where its file is missing or empty."""
        return self._access.password()

    def made_password_file(self, key_id: str) -> Path:
        """Return where the password of a further key is kept that was made here."""
        return self._settings.locations.root / f"password-{key_id[:16]}"

    def open_other(self, location: str, password_file: Path | None) -> Repository:
        """Open the repository at another place, or make it there; without a password file by this one's password."""
        password = self.password() if password_file is None else read_password(password_file)
        backend = _backend_at(location)
        if backend.exists(FileKind.CONFIG, CONFIG_NAME):
            return Repository.open(backend, password)
        return Repository.create(backend, password, strong_password=is_strong(password))

    @contextmanager
    def _creating(self) -> Iterator[None]:
        path = self._settings.locations.locks / "repository.lock"
        lock = FileLock.acquire(path, wait_seconds=_CREATE_SECONDS)
        if lock is None:
            raise RokError(ErrorKind.ABORTED, "Another process is making the repository.", "Try again.")
        with lock:
            yield


def is_strong(password: str) -> bool:
    """Whether it looks like one of ours, which nobody can guess, so that opening may be made fast."""
    return _OURS.fullmatch(password) is not None


def readable_by_others(file: Path) -> bool:
    """Whether other users may read a password file."""
    try:
        return bool(file.stat().st_mode & 0o077)
    except OSError:
        return False


def _backend_at(location: str) -> Backend:
    if re.match(r"[a-z0-9]+:", location):
        raise RokError(
            ErrorKind.INVALID_ARGUMENT,
            f"{location!r} is no directory, and other places for repositories are not known yet.",
            "Give a directory's path.",
        )
    return LocalBackend(str(Path(location).expanduser().absolute()))
