"""Restoring members of a snapshot to directories, and in place.

Owns which member goes where, and what of the volumes a restore leaves alone. Doesn't own the comparison nor the writing
(engine), nor the safety snapshot and the journal (service).

A member goes back in place only to a volume that lies where the member lay, or where the request says. To a directory,
one volume goes straight into it, several go into directories of their names.
"""

from __future__ import annotations

import hashlib
import secrets
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from pathlib import Path

import msgspec
from msgspec.structs import replace

from rok_jupyter.config import RokSettings
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.restore_outcome import RestoreOutcome
from rok_jupyter.engine.restore_plan import PartPlan, RestoreOptions, RestorePart, TreeRestorePlan
from rok_jupyter.engine.restore_planner import plan_restore
from rok_jupyter.engine.restorer import execute_restore
from rok_jupyter.engine.standing_plan import still_planned
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Change, Member, RestorePlan, RestoreRequest, RestoreResult, SkippedEntry
from rok_jupyter.progress import Progress
from rok_jupyter.providers.local.identity import IdentityFiles
from rok_jupyter.providers.local.left_out import LeftOut, either
from rok_jupyter.providers.local.members import MemberRoot, every_root
from rok_jupyter.providers.local.rules import VolumeRules, companion_of, is_shared_memory
from rok_jupyter.providers.local.stored_snapshots import Stored
from rok_jupyter.providers.local.volumes import Directory, lies_in, resolve
from rok_jupyter.providers.paths import VolumePath, find_member, parse_volume_path

_LOCK_SECONDS = 10.0
_ANOTHER_VOLUME = "another volume"


class _Chosen(msgspec.Struct, frozen=True):
    """What of one member is restored, and where to."""

    root: MemberRoot
    target: str
    paths: tuple[str, ...]
    only: tuple[str, ...] | None


class _Planned(msgspec.Struct, frozen=True):
    """The last plan that was made, by the fingerprint under which it was told, and the volumes it reckoned with."""

    fingerprint: str
    plan: TreeRestorePlan
    volumes: tuple[Directory, ...]


class Restoring:
    """Plans and executes restores from one repository."""

    def __init__(
        self,
        settings: RokSettings,
        repository: Callable[[], Repository],
        find: Callable[[str], Stored],
        volumes: Callable[[], tuple[Directory, ...]],
    ) -> None:
        self._settings = settings
        self._repository = repository
        self._find = find
        self._volumes = volumes
        self._rules = VolumeRules(settings)
        self._planned: _Planned | None = None

    def plan(self, request: RestoreRequest, progress: Progress) -> RestorePlan:
        """Say what a restore would do; changes nothing."""
        stored = self._find(request.snapshot)
        made = self._plan(request, stored, progress)
        plan = _to_model(request, stored, made)
        self._planned = _Planned(plan.fingerprint, made, self._volumes())
        return plan

    def execute(self, plan: RestorePlan, progress: Progress) -> RestoreResult:
        """Do what a plan says, if planning again gives the same plan; ABORTED where it doesn't."""
        started = time.monotonic()
        stored = self._find(plan.request.snapshot)
        repository = self._repository()
        with repository.lock(reading=True, wait_seconds=_LOCK_SECONDS):
            now = self._as_planned(plan, progress) or self._plan_again(plan, stored, progress)
            outcome = execute_restore(repository, now, secrets.token_hex(8), progress)
        return _result(plan, outcome, time.monotonic() - started)

    def _as_planned(self, plan: RestorePlan, progress: Progress) -> TreeRestorePlan | None:
        """Return the plan as it was made, where it was the last one and nothing has changed since; else None."""
        planned, self._planned = self._planned, None
        if planned is None or planned.fingerprint != plan.fingerprint or planned.volumes != self._volumes():
            return None
        return still_planned(planned.plan, progress)

    def _plan_again(self, plan: RestorePlan, stored: Stored, progress: Progress) -> TreeRestorePlan:
        hint = "Nothing was restored. Look at what it would do now, and try again."
        try:
            now = self._plan(plan.request, stored, progress)
        except RokError as error:
            if error.kind is not ErrorKind.FAILED_PRECONDITION:
                raise
            message = f"The target changed since the restore was planned. {error.message}"
            raise RokError(ErrorKind.ABORTED, message, hint) from error
        if _to_model(plan.request, stored, now).fingerprint != plan.fingerprint:
            raise RokError(ErrorKind.ABORTED, "Files changed since the restore was planned.", hint)
        return now

    def to_new_directory(self, stored: Stored, volume: str, target: Path, progress: Progress) -> RestoreOutcome:
        """Restore a whole member to a directory that doesn't exist yet."""
        repository = self._repository()
        root = self._roots(stored)[find_member(stored.snapshot.members, volume).volume]
        part = RestorePart(name=volume, tree=root.tree, target=str(target), root=root.node, protected=hide(root))
        with repository.lock(reading=True, wait_seconds=_LOCK_SECONDS):
            plan = plan_restore(repository, [part], RestoreOptions(in_place=False), progress)
            return execute_restore(repository, plan, secrets.token_hex(8), progress)

    def _plan(self, request: RestoreRequest, stored: Stored, progress: Progress) -> TreeRestorePlan:
        chosen = self._choose(request, stored)
        in_place = request.directory is None
        options = RestoreOptions(
            in_place=in_place,
            delete=in_place and request.delete,
            owners=request.owners,
            companion_of=companion_of,
            is_passing=is_shared_memory,
        )
        with self._parts(request, stored, chosen) as parts:
            return plan_restore(self._repository(), parts, options, progress)

    @contextmanager
    def _parts(self, request: RestoreRequest, stored: Stored, chosen: Sequence[_Chosen]) -> Iterator[list[RestorePart]]:
        """Make the engine's parts, each with the rules of its target."""
        with ExitStack() as stack:
            parts = []
            for each in chosen:
                root = each.root
                part = RestorePart(
                    name=root.member.volume,
                    tree=root.tree,
                    target=each.target,
                    root=root.node,
                    paths=each.paths,
                    only=each.only,
                    protected=hide(root),
                )
                if request.directory is None:
                    others = [other for other in self._volumes() if other.path != each.target]
                    kept = stack.enter_context(closing(self._rules.kept(each.target)))
                    identity = None if request.identity_files else self._identity()
                    alone = in_place_rules(root, self._rules.foreign(each.target, others), identity)
                    then = stack.enter_context(closing(LeftOut(self._repository(), stored, root, each.target)))
                    part = replace(part, protected=alone, kept=either(kept.reason, then.reason))
                parts.append(part)
            yield parts

    def _identity(self) -> IdentityFiles:
        return IdentityFiles(self._settings.protected_patterns)

    def _roots(self, stored: Stored) -> dict[str, MemberRoot]:
        return every_root(self._repository(), stored.file.tree, stored.snapshot.members)

    def _choose(self, request: RestoreRequest, stored: Stored) -> list[_Chosen]:
        """Say for each member that is meant what of it goes where."""
        members = stored.snapshot.members
        paths = [parse_volume_path(path, members) for path in request.paths]
        only = None if request.only is None else [parse_volume_path(path, members) for path in request.only]
        for name in request.volumes:
            find_member(members, name)
        meant = [member for member in members if _is_meant(member, paths, only)]
        roots = self._roots(stored)
        targets = self._targets(request, meant)
        return [
            _Chosen(
                root=roots[member.volume],
                target=target,
                paths=tuple(place.path for place in paths if place.volume == member.volume),
                only=None if only is None else tuple(place.path for place in only if place.volume == member.volume),
            )
            for member, target in zip(meant, targets, strict=True)
        ]

    def _targets(self, request: RestoreRequest, meant: Sequence[Member]) -> list[str]:
        if request.directory is None:
            return [self._live_target(request, member) for member in meant]
        directory = self._outside_state(request.directory)
        if len(meant) == 1:
            return [directory]
        if Path(directory).is_dir() and any(Path(directory).iterdir()):
            raise RokError(
                ErrorKind.FAILED_PRECONDITION,
                f"The directory {directory} is not empty.",
                "Restore to an empty or a new directory, or in place.",
            )
        return [f"{directory}/{member.volume}" for member in meant]

    def _live_target(self, request: RestoreRequest, member: Member) -> str:
        """Return the volume that a member goes back to."""
        mapped = request.volumes.get(member.volume)
        if mapped is not None:
            path = self._outside_state(mapped)
            if not Path(path).is_dir():
                raise RokError(
                    ErrorKind.FAILED_PRECONDITION,
                    f"The directory {mapped} for the volume {member.volume!r} is not there.",
                    "Make it first, or name another.",
                )
            return path
        if any(directory.path == member.path and directory.present for directory in self._volumes()):
            return member.path
        raise RokError(
            ErrorKind.FAILED_PRECONDITION,
            f"The volume {member.volume!r} is gone, or elsewhere: it was at {member.path}.",
            f"Say where it goes: --volume-at {member.volume}=DIR; or restore to a new directory: --to DIR",
        )

    def _outside_state(self, directory: str) -> str:
        if not Path(directory).is_absolute():
            raise RokError(
                ErrorKind.INVALID_ARGUMENT, f"{directory!r} is no absolute path.", "Give the directory's whole path."
            )
        path = resolve(directory)
        ours = (resolve(self._settings.repository_location), resolve(str(self._settings.locations.root)))
        _, *data = self._volumes()
        is_clone = any(volume.holds(path) for volume in data)  # clones lie in the state directory by default
        if any(lies_in(path, place) for place in ours) and not is_clone:
            raise RokError(
                ErrorKind.INVALID_ARGUMENT,
                f"The directory {directory} lies in the repository or the state of rok-jupyter itself.",
                "Choose another.",
            )
        return path


def in_place_rules(
    root: MemberRoot, foreign: Mapping[str, str], identity: IdentityFiles | None = None
) -> Callable[[str], str | None]:
    """Return what says why a live entry isn't touched: it is somebody else's, or says who somebody is.

    `foreign` gives the reason for paths that stand for all below them too.
    """

    def reason(path: str) -> str | None:
        if not path:
            return None
        if not root.holds(path):
            return _ANOTHER_VOLUME
        place = path if foreign else ""
        while place:
            if place in foreign:
                return foreign[place]
            place = place.rpartition("/")[0]
        return None if identity is None else identity.reason(path)

    return reason


def hide(root: MemberRoot) -> Callable[[str], str | None]:
    """Keep members that lie inside another one out of it: each is restored, and compared, by itself."""
    return lambda path: None if root.holds(path) else _ANOTHER_VOLUME


def _is_meant(member: Member, paths: Sequence[VolumePath], only: Sequence[VolumePath] | None) -> bool:
    return all(any(place.volume == member.volume for place in places) for places in (paths, only) if places)


def _to_model(request: RestoreRequest, stored: Stored, plan: TreeRestorePlan) -> RestorePlan:
    return RestorePlan(
        request=request,
        snapshot=stored.snapshot.id,
        targets={part.part.name: part.part.target for part in plan.parts},
        changes=tuple(change for part in plan.parts for change in part.changes()),
        unchanged=sum(part.unchanged for part in plan.parts),
        bytes_to_write=plan.bytes_to_write,
        bytes_available=plan.bytes_available,
        skipped=tuple(entry for part in plan.parts for entry in _skipped(part)),
        problems=plan.problems,
        fingerprint=hashlib.sha256(f"{stored.snapshot.id}{plan.fingerprint}".encode()).hexdigest(),
    )


def _skipped(part: PartPlan) -> list[SkippedEntry]:
    """Return what a plan leaves out; what it can't look at is left out too, and an error of the execution."""
    failed = [SkippedEntry(volume=each.volume, path=each.path, reason=each.message) for each in part.errors]
    return [*part.skipped, *failed]


def _result(plan: RestorePlan, outcome: RestoreOutcome, seconds: float) -> RestoreResult:
    changes = outcome.changes
    return RestoreResult(
        snapshot=plan.snapshot,
        targets=plan.targets,
        created=changes[Change.CREATED],
        modified=changes[Change.MODIFIED] + changes[Change.TYPE],
        deleted=changes[Change.DELETED],
        metadata=changes[Change.METADATA],
        unchanged=plan.unchanged,
        bytes_written=outcome.bytes_written,
        seconds=seconds,
        errors=tuple(outcome.errors),
        skipped=tuple(outcome.skipped),
    )
