"""Upkeep of a repository: make, describe, check, prune, copy, unlock, keys.

Owns these verbs where a provider keeps a repository of ours, and their refusal where it doesn't. Doesn't own the work
on packs (engine), nor which snapshots go (forgetting). The engine's parts are imported by the verbs that need them.
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Sequence
from pathlib import Path

from msgspec.structs import replace

from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.storage.backend import FileKind
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import CheckResult, CopyResult, KeyInfo, PruneResult, RepositoryInfo, SnapshotError
from rok_jupyter.progress import Progress
from rok_jupyter.providers.local.repositories import read_password
from rok_jupyter.providers.protocol import Provider
from rok_jupyter.service.repository_door import RepositoryDoor, is_strong, readable_by_others
from rok_jupyter.state import write_durably

_PASSWORD_BYTES = 32


class Upkeep:
    """The verbs on the repository; `door` is None where the provider keeps none."""

    def __init__(self, provider: Provider, door: RepositoryDoor | None) -> None:
        self._provider = provider
        self._door = door

    def info(self) -> RepositoryInfo:
        """Describe the repository, even where there is none yet or it can't be opened (then as a warning)."""
        if self._door is None:
            return RepositoryInfo(location="", exists=False, warnings=(self._none().message,))
        shared = self._sharing_the_disk(self._door.location)
        warnings = [_disk_warning(shared)] if shared else []
        info = RepositoryInfo(
            location=self._door.location,
            exists=False,
            password_file=str(self._door.password_file),
            protects_against_disk_loss=not shared,
        )
        try:
            if self._door.exists():
                info = replace(info, exists=True)
                info = _described(info, self._door.repository())
            elif self._door.is_gone():
                info = replace(info, gone=True)
                warnings.append(str(self._door.missing()))
            if readable_by_others(self._door.password_file):
                warnings.append(f"Other users can read the password file: chmod 600 {self._door.password_file}")
        except RokError as error:
            warnings.append(str(error))
        return replace(info, warnings=tuple(warnings))

    def create(self) -> RepositoryInfo:
        """Make the repository."""
        self._known_door().create()
        return self.info()

    def prepare(self) -> None:
        """Make the embedded repository where the first snapshot finds none."""
        if self._door is not None:
            self._door.prepare()

    def check(self, *, read_data: bool, progress: Progress) -> CheckResult:
        """Check the repository, and remember which packs are damaged."""
        from rok_jupyter.engine.check import check

        result = check(self._repository(), read_data=read_data, progress=progress, names=self._names())
        try:
            self._known_door().remember_damage(result)
        except RokError as error:
            return replace(result, hints=(*result.hints, f"The damage could not be remembered. {error.message}"))
        return result

    def prune(self, *, dry_run: bool, without: Sequence[str] = (), progress: Progress) -> PruneResult:
        """Remove data that no snapshot needs; on a dry run as if the snapshots `without` (storage ids) were gone."""
        from rok_jupyter.engine.prune import prune

        return prune(self._repository(), dry_run=dry_run, without=frozenset(without), progress=progress)

    def unlock(self, *, remove_all: bool) -> int:
        """Remove stale locks, or all."""
        return self._repository().unlock(live_too=remove_all)

    def copy(
        self, target: str, *, target_password_file: str | Path | None, refs: Sequence[str], progress: Progress
    ) -> CopyResult:
        """Copy snapshots to another repository; those that damage keeps back are named in the result."""
        from rok_jupyter.engine.copy import copy_snapshots

        door = self._known_door()
        source = self._repository()
        chosen = [self._provider.find(ref) for ref in refs] if refs else self._provider.snapshots()
        there = door.open_other(target, None if target_password_file is None else Path(target_password_file))
        ids = {snapshot.storage_id: snapshot.id for snapshot in chosen}
        done = copy_snapshots(source, there, ids, progress)
        errors = [SnapshotError(snapshot=ids[stored], message=why) for stored, why in done.failed.items()]
        if not refs:
            _, damages = source.snapshot_files()
            errors += [SnapshotError(snapshot=damage.id, message=damage.message) for damage in damages]
        return CopyResult(
            copied=tuple(ids[stored] for stored in done.copied),
            already_there=tuple(ids[stored] for stored in done.already_there),
            bytes_added=done.bytes_added,
            errors=tuple(errors),
        )

    def keys(self) -> tuple[KeyInfo, ...]:
        """Return the repository's keys."""
        return self._repository().keys()

    def add_key(self, new_password_file: str | Path | None) -> KeyInfo:
        """Add a key; without a file a password is made, and kept beside the first one as `password-KEY`."""
        repository = self._repository()
        if new_password_file is not None:
            password = read_password(Path(new_password_file))
            return repository.add_key(password, strong_password=is_strong(password))
        password = secrets.token_hex(_PASSWORD_BYTES)
        key = repository.add_key(password, strong_password=True)
        try:
            write_durably(self._known_door().made_password_file(key.id), f"{password}\n".encode("ascii"))
        except RokError:
            repository.remove_key(key.id)  # nobody could ever use it
            raise
        return key

    def remove_key(self, key_id: str) -> None:
        """Remove a key by its id or a unique prefix."""
        repository = self._repository()
        found = [key.id for key in self.keys() if key_id and key.id.startswith(key_id)]
        if len(found) != 1:
            kind = ErrorKind.INVALID_ARGUMENT if found else ErrorKind.NOT_FOUND
            which = "Several keys start" if found else "No key starts"
            raise RokError(kind, f"{which} with {key_id!r}.", "List the keys: rok repo key list")
        repository.remove_key(found[0])
        self._known_door().made_password_file(found[0]).unlink(missing_ok=True)

    def export_key(self) -> str:
        """Return the password."""
        return self._known_door().password()

    def size(self) -> int | None:
        """Return the bytes that the repository's files take, None where there is none."""
        if self._door is None or not self._door.exists():
            return None
        return _size(self._door.repository())

    def free(self) -> int | None:
        """Return the bytes that are free on the repository's disk, None where that can't be told."""
        if self._door is None:
            return None
        try:
            status = os.statvfs(_nearest(self._door.location))
        except OSError:
            return None
        return status.f_bavail * status.f_frsize

    def _names(self) -> dict[str, str]:
        """Return the snapshots' ids by those of their documents; nothing where they can't be listed."""
        try:
            return {snapshot.storage_id: snapshot.id for snapshot in self._provider.snapshots(all_owners=True)}
        except RokError:
            return {}  # a check must work without a workspace, and be the one to name what is damaged

    def _sharing_the_disk(self, location: str) -> list[str]:
        """Return the names of the volumes that are on the repository's disk."""
        try:
            disk = _nearest(location).stat().st_dev
            volumes = [volume for volume in self._provider.volumes() if volume.path]
            return [volume.name for volume in volumes if _nearest(volume.path).stat().st_dev == disk]
        except (OSError, RokError):
            return []

    def _repository(self) -> Repository:
        return self._known_door().repository()

    def _known_door(self) -> RepositoryDoor:
        if self._door is None:
            raise self._none()
        return self._door

    def _none(self) -> RokError:
        name = self._provider.name
        return RokError(
            ErrorKind.UNIMPLEMENTED,
            f"The provider {name!r} keeps its snapshots itself, and has no repository to look after.",
            "Use the storage's own tools.",
        )


def _described(info: RepositoryInfo, repository: Repository) -> RepositoryInfo:
    return replace(
        info,
        id=repository.id,
        version=repository.config.version,
        snapshots=repository.size_of(FileKind.SNAPSHOT)[0],
        packs=repository.size_of(FileKind.DATA)[0],
        size=_size(repository),
    )


def _size(repository: Repository) -> int:
    return sum(repository.size_of(kind)[1] for kind in FileKind if kind is not FileKind.CONFIG)


def _disk_warning(volumes: Sequence[str]) -> str:
    return f"The repository does not protect against losing this disk: {', '.join(volumes)} and it share one."


def _nearest(path: str) -> Path:
    """Return the path itself, or what there is above it."""
    return next(place for place in (Path(path), *Path(path).parents) if place.exists())
