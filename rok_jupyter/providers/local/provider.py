"""The local provider: volumes are directories of this machine.

Owns what its parts have in common: which volumes there are and what can be done with each. Doesn't own the parts' work:
volumes, mounts, taking, catalogue, view, comparing, restoring, clones. A part is imported when it is first needed: all
of them together take longer to import than a list of snapshots takes otherwise.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import TYPE_CHECKING

from rok_jupyter.config import RokSettings
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import (
    Capabilities,
    Capability,
    CopyBackResult,
    Difference,
    Mount,
    RestorePlan,
    RestoreRequest,
    RestoreResult,
    Role,
    Snapshot,
    SnapshotEdit,
    SnapshotRequest,
    Volume,
    VolumeEstimate,
)
from rok_jupyter.progress import Progress
from rok_jupyter.providers.local.catalogue import Catalogue
from rok_jupyter.providers.local.documents import PROVIDER
from rok_jupyter.providers.local.mounts import all_mounts, mount_of, mounts_below
from rok_jupyter.providers.local.owner import owner_of
from rok_jupyter.providers.local.repositories import RepositoryAccess
from rok_jupyter.providers.local.volumes import Directory, VolumeRegistry
from rok_jupyter.providers.paths import clean_path, find_member
from rok_jupyter.providers.protocol import Announce
from rok_jupyter.save_gate import SaveGate

if TYPE_CHECKING:
    from rok_jupyter.providers.local.clones import Clones
    from rok_jupyter.providers.local.comparing import Comparing
    from rok_jupyter.providers.local.copying_back import CopyingBack
    from rok_jupyter.providers.local.restoring import Restoring
    from rok_jupyter.providers.local.rules import VolumeRules
    from rok_jupyter.providers.local.taking import Chosen, Taking
    from rok_jupyter.providers.local.view import LocalView

_CAN = Capability(available=True)


class LocalProvider:
    """Directories as volumes, a repository in the restic format for their snapshots. Thread-safe.

    `save_gate` tells which files this process is saving itself, where it is a server.
    """

    name = PROVIDER

    def __init__(
        self, settings: RokSettings, repository: RepositoryAccess, *, save_gate: SaveGate | None = None
    ) -> None:
        self._save_gate = save_gate or SaveGate()
        self._settings = settings
        self._repository = repository.get
        self._revision = repository.revision
        self._registry = VolumeRegistry(settings)
        self._catalogue = Catalogue(repository.get, self._registry.directories, self.owner)

    def volumes(self) -> tuple[Volume, ...]:
        """Return the volumes, workspace first; FAILED_PRECONDITION without a workspace."""
        mounts = all_mounts()
        return tuple(_volume(directory, mounts) for directory in self._registry.directories())

    def mounts(self) -> tuple[Mount, ...]:
        """Return mounts below the workspace that are neither volumes nor chosen by the settings."""
        workspace, *data = self._registry.directories()
        covered = {directory.path for directory in data} | self._rules.included_mounts()
        return tuple(mount for mount in mounts_below(workspace.path, all_mounts()) if mount.path not in covered)

    def owner(self) -> str:
        """Return whose snapshots this one takes."""
        return owner_of(self._settings)

    def snapshot(self, request: SnapshotRequest, progress: Progress) -> Snapshot:
        """Take a snapshot of the named volumes, as one."""
        return self._taking.take(request, self._choose(request.volumes), self.owner(), progress)

    def snapshots(self, *, all_owners: bool = False) -> tuple[Snapshot, ...]:
        """Return this owner's snapshots of these volumes, or everybody's, newest first."""
        found = self._catalogue.stored() if all_owners else self._catalogue.own()
        return tuple(stored.snapshot for stored in found)

    def revision(self) -> str:
        """Return a text that is another one once the repository's snapshots changed."""
        return self._revision()

    def find(self, reference: str) -> Snapshot:
        """Return the snapshot that `reference` names, whoever's it is; "latest" is this owner's newest."""
        return self._catalogue.find(reference).snapshot

    def edit(self, snapshot: Snapshot, edit: SnapshotEdit) -> Snapshot:
        """Change message, tags or pin; the id stays."""
        return self._catalogue.edit(snapshot, edit)

    def delete(
        self, snapshots: Sequence[Snapshot], progress: Progress, *, announce: Announce | None = None
    ) -> Mapping[str, str]:
        """Delete snapshots; the tokens hold their documents."""
        return self._catalogue.delete(snapshots, progress, announce=announce)

    def undelete(self, tokens: Mapping[str, str]) -> tuple[Snapshot, ...]:
        """Put deleted documents back; FAILED_PRECONDITION where a prune has removed what they need."""
        return self._catalogue.undelete(tokens)

    @contextmanager
    def open(self, snapshot: Snapshot, progress: Progress) -> Iterator[LocalView]:
        """Open a snapshot for reading; at once, since trees are read where they lie."""
        from rok_jupyter.providers.local.members import member_roots
        from rok_jupyter.providers.local.view import LocalView

        progress.check_cancelled()
        repository = self._repository()
        stored = self._catalogue.of(snapshot)
        roots = member_roots(repository, stored.file.tree, stored.snapshot.members)
        yield LocalView(repository, stored.snapshot, roots)

    def difference(
        self, before: Snapshot, after: Snapshot | None, paths: Sequence[str], progress: Progress
    ) -> Difference:
        """Compare two snapshots, or one with the live volumes."""
        old = self._catalogue.of(before)
        if after is None:
            return self._comparing.with_live(old, paths, progress)
        return self._comparing.snapshots(old, self._catalogue.of(after), paths, progress)

    def estimate(self, volume: str, progress: Progress) -> VolumeEstimate:
        """Count for some seconds what a snapshot of the volume would read; FAILED_PRECONDITION where it isn't there."""
        from rok_jupyter.providers.local.first_look import estimate

        (directory,) = self._choose([volume]).directories
        others = [each for each in self._registry.directories() if each != directory]
        (target,) = self._rules.targets([directory])
        found = estimate(directory, target, self._rules.left_out(others), progress)
        self._taking.expect(found)
        return found

    def exclude(self, volume: str, paths: Sequence[str]) -> tuple[str, ...]:
        """Leave directories out of the volume's snapshots: patterns for them are added to its `.rokignore`."""
        from rok_jupyter.providers.local.first_look import exclude

        (directory,) = self._choose([volume]).directories
        return exclude(directory, [clean_path(path) for path in paths])

    def plan_restore(self, request: RestoreRequest, progress: Progress) -> RestorePlan:
        """Say what a restore would do; changes nothing."""
        return self._restoring.plan(request, progress)

    def restore(self, plan: RestorePlan, progress: Progress) -> RestoreResult:
        """Execute a plan; ABORTED where the target changed since it was made."""
        return self._restoring.execute(plan, progress)

    def copy_back(self, snapshot: Snapshot, paths: Sequence[str], progress: Progress) -> CopyBackResult:
        """Restore entries next to where they were, under names that are free."""
        return self._copying_back.copy(self._catalogue.of(snapshot), paths, progress)

    def clone(self, snapshot: Snapshot, volume: str, new_name: str, progress: Progress) -> Volume:
        """Make a new directory, and data volume, from a member."""
        stored = self._catalogue.of(snapshot)
        find_member(stored.snapshot.members, volume)
        made = self._clones.make(
            new_name, lambda target: self._restoring.to_new_directory(stored, volume, target, progress)
        )
        return _volume(made, all_mounts())

    def attach(self, volume: str, at: str, *, read_only: bool = False, directory: str | None = None) -> Volume:
        """Make a link to a data volume at a path of the workspace; `directory` registers the volume first."""
        if read_only:
            raise RokError(
                ErrorKind.FAILED_PRECONDITION,
                "A directory can't be attached read-only: a link can't keep anybody from writing.",
                "Attach it without --read-only, or mount it read-only yourself.",
            )
        place = clean_path(at)
        if directory is not None:
            self._registry.register(volume, directory)
        try:
            attached = self._registry.attach(volume, place)
        except BaseException:
            if directory is not None:
                self._registry.forget(volume)
            raise
        return _volume(attached, all_mounts())

    def detach(self, volume: str) -> Volume:
        """Remove the link that attach made; the data stays."""
        return _volume(self._registry.detach(volume), all_mounts())

    @cached_property
    def _rules(self) -> VolumeRules:
        from rok_jupyter.providers.local.rules import VolumeRules

        return VolumeRules(self._settings)

    @cached_property
    def _taking(self) -> Taking:
        from rok_jupyter.providers.local.taking import Taking

        return Taking(self._settings, self._repository, self._catalogue, gate=self._save_gate)

    @cached_property
    def _restoring(self) -> Restoring:
        from rok_jupyter.providers.local.restoring import Restoring

        return Restoring(self._settings, self._repository, self._catalogue.find, self._registry.directories)

    @cached_property
    def _copying_back(self) -> CopyingBack:
        from rok_jupyter.providers.local.copying_back import CopyingBack

        return CopyingBack(self._repository, self._registry.directories, self._rules)

    @cached_property
    def _comparing(self) -> Comparing:
        from rok_jupyter.providers.local.comparing import Comparing

        return Comparing(self._repository, self._registry.directories, self._rules)

    @cached_property
    def _clones(self) -> Clones:
        from rok_jupyter.providers.local.clones import Clones

        return Clones(self._settings, self._registry)

    def _choose(self, names: Sequence[str]) -> Chosen:
        """Return the volumes that a request means: those named, or all that are there."""
        from rok_jupyter.providers.local.taking import Chosen

        directories = self._registry.directories()
        for name in names:
            self._registry.find(name)
        chosen = [each for each in directories if (each.name in names if names else each.present)]
        for directory in chosen:
            if not directory.present:
                raise RokError(
                    ErrorKind.FAILED_PRECONDITION,
                    f"The directory {directory.path} of the volume {directory.name!r} is not there.",
                    "Mount it, or leave the volume out.",
                )
        others = tuple(each for each in directories if each not in chosen)
        return Chosen(directories=tuple(chosen), others=others)


def _volume(directory: Directory, mounts: Sequence[Mount]) -> Volume:
    present = directory.present
    mount = mount_of(directory.path, mounts) if present else None
    space = _space(directory.path) if present else None
    read_only = space is not None and bool(space.f_flag & os.ST_RDONLY)
    return Volume(
        name=directory.name,
        role=directory.role,
        path=directory.path if present else "",
        provider=PROVIDER,
        capabilities=_capabilities(directory, present=present, read_only=read_only),
        read_only=read_only,
        attached_at=directory.attached_at,
        size=None if space is None else space.f_frsize * space.f_blocks,
        used=None if space is None else space.f_frsize * (space.f_blocks - space.f_bfree),
        available=None if space is None else space.f_frsize * space.f_bavail,
        file_system=None if mount is None else mount.file_system,
    )


def _space(path: str) -> os.statvfs_result | None:
    try:
        return os.statvfs(path.encode("utf-8", "surrogateescape"))
    except OSError:
        return None


def _capabilities(directory: Directory, *, present: bool, read_only: bool) -> Capabilities:
    there = _CAN if present else _cannot(f"the directory {directory.path} is not there")
    if directory.role is Role.WORKSPACE:
        attach = detach = _cannot("the workspace is where data volumes are attached")
    else:
        attach = _cannot(f"it is attached at {directory.attached_at}") if directory.attached_at else there
        detach = _CAN if directory.attached_at else _cannot("it is not attached")
    return Capabilities(
        snapshot=there,
        browse=_CAN,
        restore_in_place=_cannot("it is on a read-only file system") if read_only else there,
        restore_to_directory=_CAN,
        clone=_CAN,
        attach=attach,
        detach=detach,
    )


def _cannot(reason: str) -> Capability:
    return Capability(available=False, reason=reason)
