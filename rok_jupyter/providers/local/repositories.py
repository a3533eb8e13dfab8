"""The repository that the settings name: opened once and kept open, made with its key on first use.

Owns where its password comes from and that a key is never overwritten nor made for a repository that has one. Doesn't
own what a repository does (engine), nor when one is made (service).

An embedded repository that was made once is not made again unless somebody asks for it: where it is gone, its disk or
its directory may come back, and a second one in its place would look like a history that was lost.

The embedded repository's password is 256 random bits in a file of mode 0600, written before the repository: killed in
between, the next try goes on with the same password.
"""

from __future__ import annotations

import codecs
import os
import re
import secrets
import threading
from contextlib import suppress
from pathlib import Path

from rok_jupyter.config import RokSettings
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.storage.backend import CONFIG_NAME, FileKind
from rok_jupyter.engine.storage.local import LocalBackend
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import CheckResult
from rok_jupyter.providers.local.damaged_packs import DamagedPacks
from rok_jupyter.state import os_errors, private_directory, sync_directory, write_durably

_OURS = re.compile("[0-9a-f]{64}")
_LONGEST_PASSWORD = 64 << 10


class RepositoryAccess:
    """Opens one repository; thread-safe. A repository that was replaced on the disk is opened anew."""

    def __init__(self, settings: RokSettings) -> None:
        self._settings = settings
        self._lock = threading.Lock()
        self._opened: tuple[tuple[int, int, int], Repository] | None = None
        self._backend: tuple[str, LocalBackend] | None = None
        self._damaged = DamagedPacks(settings.locations.damaged_packs_file)
        self._record = settings.locations.repository_record

    @property
    def location(self) -> str:
        """The repository's absolute path."""
        return self._settings.repository_location

    @property
    def password_file(self) -> Path:
        """The absolute path of the file that holds its password, whether it is there or not."""
        return Path(self._settings.password_location)

    def backend(self) -> LocalBackend:
        """Return where the repository's files live: the same one each time, as it knows what it has looked at."""
        location, known = self.location, self._backend
        if known is None or known[0] != location:
            known = self._backend = (location, LocalBackend(location))
        return known[1]

    def exists(self) -> bool:
        """Whether there is a repository."""
        return self.backend().exists(FileKind.CONFIG, CONFIG_NAME)

    def revision(self) -> str:
        """Return a text that is another one once snapshots came or went; needs no password. "" without a repository."""
        return self.backend().revision(FileKind.SNAPSHOT)

    def get(self) -> Repository:
        """Return the repository, open.

        FAILED_PRECONDITION where there is none, where its password file is missing or its version another;
        PERMISSION_DENIED for a wrong password.
        """
        with self._lock:
            stamp = self._stamp()
            if self._opened is not None and self._opened[0] == stamp:
                return self._distrusting(self._opened[1])
            if stamp is None:
                raise self.missing()
            repository = Repository.open(self.backend(), self.password())
            self._opened = (stamp, repository)
            self._note(repository.id)
            return self._distrusting(repository)

    def is_gone(self) -> bool:
        """Whether the embedded repository was there once and isn't any more."""
        return self._settings.repository_is_default and self._record.exists() and not self.exists()

    def missing(self) -> RokError:
        """Return what to say where there is no repository."""
        if self.is_gone():
            return RokError(
                ErrorKind.FAILED_PRECONDITION,
                f"The repository at {self.location} is gone: it was there before.",
                "Bring its directory or its disk back; or begin anew, without what it held: rok repo init",
            )
        return RokError(
            ErrorKind.FAILED_PRECONDITION,
            f"There is no repository yet at {self.location}.",
            "Create one with `rok repo init`.",
        )

    def remember_damage(self, result: CheckResult) -> None:
        """Keep in mind which packs a check found damaged."""
        found = [damage.id for damage in result.damages if damage.kind == "pack"]
        self._damaged.record(self.get().id, found, all_read=result.read_data)

    def create(self) -> Repository:
        """Make the repository, and its password where there is no password file; ALREADY_EXISTS where there is one."""
        if self.exists():
            raise RokError(
                ErrorKind.ALREADY_EXISTS, f"There is a repository at {self.location} already.", "See: rok repo info"
            )
        password = self._password_for_new()
        with os_errors(f"Making the directory {self.location}"):
            Path(self.location).parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        Repository.create(self.backend(), password, strong_password=_OURS.fullmatch(password) is not None)
        return self.get()

    def get_or_create(self) -> Repository:
        """Return the repository; where none is configured, the embedded one is made if it never was there."""
        if not self._settings.repository_is_default or self.exists() or self.is_gone():
            return self.get()
        try:
            return self.create()
        except RokError as error:
            if error.kind is not ErrorKind.ALREADY_EXISTS:
                raise
        return self.get()  # another process was faster

    def password(self) -> str:
        """Return the password. Never log it. FAILED_PRECONDITION where its file is missing or empty."""
        return read_password(self.password_file)

    def _note(self, repository_id: str) -> None:
        """Note that the embedded repository is there; a state directory that can't be written hinders nobody."""
        if self._settings.repository_is_default and not self._record.exists():
            with suppress(RokError):
                write_durably(self._record, f"{repository_id}\n".encode("ascii"))

    def _distrusting(self, repository: Repository) -> Repository:
        damaged = self._damaged.of(repository.id)
        if damaged != repository.distrusted:
            repository.distrust(damaged)
        return repository

    def _password_for_new(self) -> str:
        path = self.password_file
        if not path.exists():
            if self._settings.password_file:
                raise RokError(
                    ErrorKind.FAILED_PRECONDITION,
                    f"The password file {path} is not there.",
                    "Write the password into it (mode 0600), or leave RokSettings.password_file empty.",
                )
            private_directory(path.parent)
            _write_new(path, secrets.token_hex(32))
        return self.password()

    def _stamp(self) -> tuple[int, int, int] | None:
        """Tell the repository that is there from another one at the same place; None where none is."""
        try:
            status = os.stat(f"{self.location}/config".encode("utf-8", "surrogateescape"))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            with os_errors(f"Looking for the repository at {self.location}"):
                raise error
        return status.st_dev, status.st_ino, status.st_mtime_ns


def read_password(path: Path) -> str:
    """Return the password in a file, as restic's -p reads it; FAILED_PRECONDITION where it is missing or empty."""
    with os_errors(f"Reading the password file {path}"):
        try:
            with path.open("rb") as stream:
                content = stream.read(_LONGEST_PASSWORD)
        except FileNotFoundError:
            content = b""
    password = _text(content).strip()
    if not password:
        raise RokError(
            ErrorKind.FAILED_PRECONDITION,
            f"The password file {path} is missing or empty.",
            "Put the repository's password into it: what `rok repo key export` printed once.",
        )
    return password


def _text(content: bytes) -> str:
    """Return a file's text as restic reads it: a byte order mark tells that it is UTF-8 or UTF-16."""
    if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return content.decode("utf-16", "replace")
    return content.removeprefix(codecs.BOM_UTF8).decode("utf-8", "surrogateescape")


def _write_new(path: Path, password: str) -> None:
    """Write a password durably; where another process was faster, its password stays."""
    draft = path.with_name(f".{path.name}-{secrets.token_hex(8)}")
    write_durably(draft, f"{password}\n".encode("ascii"))
    with os_errors(f"Writing {path}"):
        try:
            os.link(draft, path)
        except FileExistsError:
            pass
        finally:
            draft.unlink()
        sync_directory(path.parent)
