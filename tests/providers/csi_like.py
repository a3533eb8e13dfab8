"""A provider that behaves as one over a CSI driver would, for the tests: it has no repository of ours.

Snapshots become ready by and by and can't be read without a clone; there is no restore in place and no undelete;
attaching needs a new pod. The seam between service and storage must serve this as well as directories.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import stat
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec.structs import replace

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import (
    Capabilities,
    Capability,
    Change,
    Consistency,
    CopyBackResult,
    Difference,
    Entry,
    EntryDifference,
    EntryType,
    Member,
    Mount,
    PlannedChange,
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
from rok_jupyter.providers.paths import VolumePath, clean_path, find_member, parse_volume_path
from rok_jupyter.providers.protocol import Announce, SnapshotView
from tests.providers.csi_driver import DriverError, FakeDriver

Result = TypeVar("Result")

CAN = Capability(available=True)
NO_IN_PLACE = "a volume in use can't be set back by its driver: clone the snapshot to a new volume"
NO_ATTACH = "a running pod's volumes can't be changed: start the notebook anew with the volume"
NO_BROWSE = "the driver's snapshots can't be read: a clone is made first"
_TYPES = {stat.S_IFREG: EntryType.FILE, stat.S_IFDIR: EntryType.DIRECTORY, stat.S_IFLNK: EntryType.SYMLINK}


def cannot(reason: str) -> Capability:
    return Capability(available=False, reason=reason)


class CsiLikeProvider:
    """Volumes of a `FakeDriver`; the first is the workspace."""

    name = "csi-like"

    def __init__(self, driver: FakeDriver, *, owner: str = "tester", workspace: str = "workspace") -> None:
        self._driver = driver
        self._owner = owner
        self._workspace = workspace
        self._until_ready(lambda: driver.make_volume(workspace), lambda: driver.volume_ready(workspace), Progress())

    def volumes(self) -> tuple[Volume, ...]:
        found = [self._volume(name, path) for name, path in self._driver.volumes().items() if "tmp-" not in name]
        return tuple(sorted(found, key=lambda volume: (volume.role is Role.DATA, volume.name)))

    def mounts(self) -> tuple[Mount, ...]:
        return ()

    def owner(self) -> str:
        return self._owner

    def estimate(self, volume: str, progress: Progress) -> VolumeEstimate:
        (chosen,) = self._choose((volume,))
        files = [path for path in Path(chosen.path).rglob("*") if path.is_file()]
        size = sum(path.stat().st_size for path in files)
        return VolumeEstimate(volume=chosen.name, path=chosen.path, files=len(files), size=size, complete=True)

    def exclude(self, volume: str, paths: Sequence[str]) -> tuple[str, ...]:
        raise RokError(ErrorKind.UNIMPLEMENTED, "A driver's snapshot holds a volume whole.", "Keep them elsewhere.")

    def snapshot(self, request: SnapshotRequest, progress: Progress) -> Snapshot:
        for tag in request.tags:
            if not tag or "," in tag or tag.startswith("rok:"):
                raise RokError(ErrorKind.INVALID_ARGUMENT, f"{tag!r} can't be a tag.", "Leave it out.")
        chosen = self._choose(request.volumes)
        existing = self._existing(request, chosen)
        if existing is not None:
            return existing
        snapshot = Snapshot(
            id=secrets.token_hex(32),
            storage_id=secrets.token_hex(32),
            created=datetime.now(UTC),
            members=tuple(Member(volume=each.name, role=each.role, path=each.path) for each in chosen),
            message=request.message,
            name=request.name,
            tags=request.tags,
            origin=request.origin,
            consistency=Consistency.ATOMIC,
            owner=self._owner,
            provider=self.name,
            unsaved_documents=request.unsaved_documents,
        )
        sources = {volume.name: Path(volume.path) for volume in chosen}
        progress.begin("cutting", files_total=1)
        progress.check_cancelled()
        try:
            self._until_ready(
                lambda: self._driver.make_snapshot(snapshot.storage_id, sources, {"snapshot": _record(snapshot)}),
                lambda: self._driver.snapshot_ready(snapshot.storage_id),
                progress,
            )
        except BaseException:
            self._retry(lambda: self._withdraw(snapshot), Progress())
            raise
        self._driver.annotate(snapshot.storage_id, {"snapshot": _record(snapshot), "complete": True})
        progress.advance(files=1)
        return snapshot

    def snapshots(self, *, all_owners: bool = False) -> tuple[Snapshot, ...]:
        found = [
            msgspec.convert(record["snapshot"], Snapshot)
            for record in self._driver.snapshots().values()
            if record.get("complete")
        ]
        own = [each for each in found if all_owners or each.owner == self._owner]
        return tuple(sorted(own, key=lambda each: (each.created, each.id), reverse=True))

    def revision(self) -> str:
        records = self._driver.snapshots()
        return hashlib.sha256(json.dumps(records, sort_keys=True).encode()).hexdigest() if records else ""

    def find(self, reference: str) -> Snapshot:
        if reference == "latest":
            found = self.snapshots()[:1]
        elif not 0 < len(reference) <= 64 or set(reference) - set("0123456789abcdefABCDEF"):
            raise RokError(ErrorKind.INVALID_ARGUMENT, f"{reference!r} is no id.", "See `rok list`.")
        else:
            wanted = reference.lower()
            found = tuple(
                each
                for each in self.snapshots(all_owners=True)
                if each.id.startswith(wanted) or each.storage_id.startswith(wanted)
            )
        if not found:
            raise RokError(ErrorKind.NOT_FOUND, f"There is no snapshot {reference}.", "See `rok list`.")
        if len(found) > 1:
            names = ", ".join(each.id[:12] for each in found)
            raise RokError(ErrorKind.INVALID_ARGUMENT, f"{reference} could be: {names}.", "Give more digits.")
        return found[0]

    def edit(self, snapshot: Snapshot, edit: SnapshotEdit) -> Snapshot:
        kept = [tag for tag in snapshot.tags if tag not in edit.remove_tags]
        edited = replace(
            self.find(snapshot.id),
            message=snapshot.message if edit.message is None else edit.message,
            pinned=snapshot.pinned if edit.pinned is None else edit.pinned,
            tags=(*kept, *(tag for tag in edit.add_tags if tag not in kept)),
        )
        self._driver.annotate(snapshot.storage_id, {"snapshot": _record(edited), "complete": True})
        return edited

    def delete(
        self, snapshots: Sequence[Snapshot], progress: Progress, *, announce: Announce | None = None
    ) -> Mapping[str, str]:
        present = [self.find(snapshot.id) for snapshot in snapshots]
        tokens = {snapshot.id: "" for snapshot in present}
        if announce is not None:
            announce(tokens)
        for snapshot in present:
            self._retry(lambda doomed=snapshot: self._driver.remove_snapshot(doomed.storage_id), progress)
        return tokens

    def undelete(self, tokens: Mapping[str, str]) -> tuple[Snapshot, ...]:
        raise RokError(ErrorKind.FAILED_PRECONDITION, "The driver has removed the snapshot's data.", "")

    @contextmanager
    def open(self, snapshot: Snapshot, progress: Progress) -> Iterator[SnapshotView]:
        clones: dict[str, str] = {}
        try:
            for member in self.find(snapshot.id).members:
                clones[member.volume] = f"tmp-{secrets.token_hex(8)}"
                self._make_volume(clones[member.volume], snapshot, member.volume, progress)
            volumes = self._driver.volumes()
            yield DirectoryView({volume: volumes[clone] for volume, clone in clones.items()})
        finally:
            for clone in clones.values():
                self._driver.remove_volume(clone)

    def difference(
        self, before: Snapshot, after: Snapshot | None, paths: Sequence[str], progress: Progress
    ) -> Difference:
        places = [parse_volume_path(path, before.members) for path in paths]
        with self.open(before, progress) as old:
            if after is None:
                live = DirectoryView({volume.name: Path(volume.path) for volume in self.volumes()})
                entries = self._compare(before, (old, live), places)
            else:
                with self.open(after, progress) as new:
                    entries = self._compare(before, (old, new), places)
        return Difference(before=before.id, after=None if after is None else after.id, entries=tuple(entries))

    def plan_restore(self, request: RestoreRequest, progress: Progress) -> RestorePlan:
        snapshot = self.find(request.snapshot)
        places = [parse_volume_path(path, snapshot.members) for path in request.paths]
        for volume in request.volumes:
            find_member(snapshot.members, volume)
        if request.directory is None:
            raise RokError(ErrorKind.FAILED_PRECONDITION, f"Not in place: {NO_IN_PLACE}.", "rok clone ID --as NEW")
        target = Path(request.directory)
        if not target.is_absolute():
            raise RokError(ErrorKind.INVALID_ARGUMENT, f"{target} is no absolute path.", "Give a whole path.")
        if target.exists() and any(target.iterdir()):
            raise RokError(ErrorKind.FAILED_PRECONDITION, f"{target} is not empty.", "Choose another.")
        meant = {place.volume for place in places} or {member.volume for member in snapshot.members}
        targets = {volume: str(target if len(meant) == 1 else target / volume) for volume in meant}
        with self.open(snapshot, progress) as view:
            changes = tuple(self._planned(view, sorted(meant), places))
        digest = hashlib.sha256(repr((snapshot.id, sorted(targets.items()), changes)).encode("utf-8", "replace"))
        return RestorePlan(
            request=request,
            snapshot=snapshot.id,
            targets=targets,
            changes=changes,
            unchanged=0,
            bytes_to_write=sum(change.size for change in changes),
            bytes_available=shutil.disk_usage(target.anchor).free,
            fingerprint=digest.hexdigest(),
        )

    def restore(self, plan: RestorePlan, progress: Progress) -> RestoreResult:
        try:
            again = self.plan_restore(plan.request, progress)
        except RokError as error:
            raise RokError(ErrorKind.ABORTED, f"The target changed. {error.message}", error.hint) from error
        if again.fingerprint != plan.fingerprint:
            raise RokError(ErrorKind.ABORTED, "The target changed.", "Plan again.")
        with self.open(self.find(plan.snapshot), progress) as view:
            assert isinstance(view, DirectoryView)
            for change in plan.changes:
                source = view.path(change.volume, change.path)
                target = Path(plan.targets[change.volume]) / change.path
                target.parent.mkdir(parents=True, exist_ok=True)
                if change.type is EntryType.DIRECTORY:
                    target.mkdir(exist_ok=True)
                else:
                    shutil.copy2(source, target, follow_symlinks=False)
        return RestoreResult(snapshot=plan.snapshot, targets=plan.targets, created=len(plan.changes))

    def copy_back(self, snapshot: Snapshot, paths: Sequence[str], progress: Progress) -> CopyBackResult:
        raise RokError(ErrorKind.UNIMPLEMENTED, f"Not beside the originals: {NO_IN_PLACE}.", "rok clone ID --as NEW")

    def clone(self, snapshot: Snapshot, volume: str, new_name: str, progress: Progress) -> Volume:
        if any(existing.name == new_name for existing in self.volumes()):
            raise RokError(ErrorKind.ALREADY_EXISTS, f"There is a volume {new_name!r}.", "Choose another name.")
        present = self.find(snapshot.id)
        self._make_volume(new_name, present, find_member(present.members, volume).volume, progress)
        return next(made for made in self.volumes() if made.name == new_name)

    def attach(self, volume: str, at: str, *, read_only: bool = False, directory: str | None = None) -> Volume:
        clean_path(at)
        raise RokError(ErrorKind.FAILED_PRECONDITION, f"Can't attach: {NO_ATTACH}.", "Start it anew.")

    def detach(self, volume: str) -> Volume:
        raise RokError(ErrorKind.FAILED_PRECONDITION, f"Can't detach: {NO_ATTACH}.", "Start it anew.")

    def _volume(self, name: str, path: Path) -> Volume:
        return Volume(
            name=name,
            role=Role.WORKSPACE if name == self._workspace else Role.DATA,
            path=str(path),
            provider=self.name,
            capabilities=Capabilities(
                snapshot=CAN,
                browse=cannot(NO_BROWSE),
                restore_in_place=cannot(NO_IN_PLACE),
                restore_to_directory=CAN,
                clone=CAN,
                attach=cannot(NO_ATTACH),
                detach=cannot(NO_ATTACH),
            ),
        )

    def _choose(self, names: Sequence[str]) -> list[Volume]:
        volumes = {volume.name: volume for volume in self.volumes()}
        for name in names:
            if name not in volumes:
                raise RokError(ErrorKind.NOT_FOUND, f"There is no volume {name!r}.", f"There are: {', '.join(volumes)}")
        return [volume for volume in volumes.values() if not names or volume.name in names]

    def _existing(self, request: SnapshotRequest, chosen: Sequence[Volume]) -> Snapshot | None:
        names = {volume.name for volume in chosen}
        same = [each for each in self.snapshots() if {member.volume for member in each.members} == names]
        if request.name is not None:
            return min((each for each in same if each.name == request.name), key=lambda each: each.id, default=None)
        if request.only_if_changed and same and not self.difference(same[0], None, (), Progress()).entries:
            return same[0]
        return None

    def _withdraw(self, snapshot: Snapshot) -> None:
        if snapshot.storage_id in self._driver.snapshots():
            self._driver.remove_snapshot(snapshot.storage_id)

    def _make_volume(self, name: str, snapshot: Snapshot, member: str, progress: Progress) -> None:
        self._until_ready(
            lambda: self._driver.make_volume(name, snapshot=snapshot.storage_id, member=member),
            lambda: self._driver.volume_ready(name),
            progress,
        )

    def _until_ready(self, make: Callable[[], None], ready: Callable[[], bool], progress: Progress) -> None:
        self._retry(make, progress)
        while not self._retry(ready, progress):
            progress.wait(0.01)

    @staticmethod
    def _retry(call: Callable[[], Result], progress: Progress) -> Result:
        for _ in range(20):
            try:
                return call()
            except DriverError as error:
                if not error.transient:
                    raise RokError(ErrorKind.NOT_FOUND, f"The driver says: {error}.", "") from error
                progress.wait(0.005)
        raise RokError(ErrorKind.UNAVAILABLE, "The driver stays busy.", "Try again later.")

    @staticmethod
    def _planned(view: SnapshotView, volumes: Sequence[str], places: Sequence[VolumePath]) -> Iterator[PlannedChange]:
        for volume in volumes:
            for place in [each for each in places if each.volume == volume] or [VolumePath(volume, "")]:
                found = [view.entry(volume, place.path)] if place.path else []
                if not found or found[0].type is EntryType.DIRECTORY:
                    found += walk(view, volume, place.path)
                for entry in found:
                    yield PlannedChange(
                        volume=volume, path=entry.path, change=Change.CREATED, type=entry.type, size=entry.size
                    )

    @staticmethod
    def _compare(
        snapshot: Snapshot, views: tuple[SnapshotView, SnapshotView], places: Sequence[VolumePath]
    ) -> list[EntryDifference]:
        found = []
        for member in snapshot.members:
            wanted = [place for place in places if place.volume == member.volume]
            if places and not wanted:
                continue
            old, new = ({e.path: e for e in walk(view, member.volume, "")} for view in views)
            for path in sorted(old.keys() | new.keys()):
                change = _change(old.get(path), new.get(path))
                if change is not None and (not wanted or any(place.contains(path) for place in wanted)):
                    found.append(
                        EntryDifference(
                            volume=member.volume, path=path, change=change, before=old.get(path), after=new.get(path)
                        )
                    )
        return found


class DirectoryView:
    """Reads a mounted clone."""

    def __init__(self, directories: Mapping[str, Path]) -> None:
        self._directories = directories

    def path(self, volume: str, path: str) -> Path:
        if volume not in self._directories:
            raise RokError(ErrorKind.NOT_FOUND, f"There is no volume {volume!r}.", "")
        return self._directories[volume] / path

    def entry(self, volume: str, path: str) -> Entry:
        place = self.path(volume, path)
        try:
            status = place.lstat()
        except (FileNotFoundError, NotADirectoryError):
            raise RokError(ErrorKind.NOT_FOUND, f"There is nothing at {path!r}.", "") from None
        kind = _TYPES.get(stat.S_IFMT(status.st_mode), EntryType.OTHER)
        is_file = kind is EntryType.FILE
        return Entry(
            path=path,
            type=kind,
            size=status.st_size if is_file else 0,
            mode=status.st_mode,
            mtime_ns=status.st_mtime_ns,
            target=os.readlink(place) if kind is EntryType.SYMLINK else None,
            digest=hashlib.sha256(place.read_bytes()).hexdigest() if is_file else None,
        )

    def children(self, volume: str, path: str, *, after: str | None = None) -> Iterator[Entry]:
        if self.entry(volume, path).type is not EntryType.DIRECTORY:
            raise RokError(ErrorKind.INVALID_ARGUMENT, f"{path!r} is no directory.", "")
        names = sorted(os.listdir(self.path(volume, path)), key=os.fsencode)
        for name in names if after is None else [name for name in names if os.fsencode(name) > os.fsencode(after)]:
            yield self.entry(volume, f"{path}/{name}" if path else name)

    def read(self, volume: str, path: str, *, offset: int = 0, length: int | None = None) -> Iterator[bytes]:
        if self.entry(volume, path).type is not EntryType.FILE:
            raise RokError(ErrorKind.INVALID_ARGUMENT, f"{path!r} is no regular file.", "")
        content = self.path(volume, path).read_bytes()
        yield content[offset:] if length is None else content[offset : offset + length]


def walk(view: SnapshotView, volume: str, path: str) -> list[Entry]:
    """Every entry below a directory."""
    found = []
    for entry in view.children(volume, path):
        found.append(entry)
        if entry.type is EntryType.DIRECTORY:
            found += walk(view, volume, entry.path)
    return found


def _change(old: Entry | None, new: Entry | None) -> Change | None:
    if old is None or new is None:
        return Change.CREATED if old is None else Change.DELETED
    if old.type is not new.type:
        return Change.TYPE
    if (old.digest, old.target) != (new.digest, new.target):
        return Change.MODIFIED
    return Change.METADATA if old.mode != new.mode else None


def _record(snapshot: Snapshot) -> object:
    return msgspec.to_builtins(snapshot)
