"""Which entries of the live volumes belong into a snapshot, directory by directory.

Owns the rules: what is excluded, other mounts, sockets, volumes that are mounted inside others, and the way from "/"
down to the volumes. Doesn't own reading content, nor comparing with an earlier snapshot (archive).

A volume lies at an absolute path. The directories above all volumes are passed through, nothing else in them counts;
the same holds for an excluded directory inside a volume below which another volume lies.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Mapping

import msgspec

from rok_jupyter.engine.capture import NOTHING, Capture
from rok_jupyter.engine.excludes import (
    CACHE_TAG,
    IGNORE_FILE,
    Exclusions,
    identities,
    is_cache,
    read_ignore_file,
    with_patterns,
)
from rok_jupyter.engine.nodes import is_storable
from rok_jupyter.engine.source import Descriptors, Listed, LiveDirectory, list_directory, message_of
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import SkippedEntry


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """One volume to be archived: its absolute path, without links where it can be had, and what is left out of it."""

    volume: str
    path: str
    read_at: str = ""
    """Where a copy is that is read in the volume's place; "" where the volume itself is."""
    excludes: tuple[str, ...] = ()
    """Patterns as in .gitignore, relative to the volume."""
    exclude_caches: bool = True
    mount_points: frozenset[str] = frozenset()
    """Absolute paths of known mounts: one that shows the same file system again can't be told by its device."""
    included_mounts: frozenset[str] = frozenset()
    """Absolute paths of mounts that belong to the volume all the same."""

    @property
    def source(self) -> str:
        """The absolute path of what is read."""
        return self.read_at or self.path


class Stem(msgspec.Struct):
    """A directory on the way to volumes, or a volume itself, in the tree of all volumes' paths."""

    target: Target | None = None
    children: dict[str, Stem] = msgspec.field(default_factory=dict)


def stem_of(targets: Iterable[Target]) -> Stem:
    """Return the tree of the volumes' paths; INVALID_ARGUMENT for one that isn't absolute and plain, or comes twice."""
    root = Stem()
    for target in targets:
        stem = root
        if os.path.normpath(target.path) != target.path or not target.path.startswith("/"):
            raise RokError(ErrorKind.INVALID_ARGUMENT, f"The volume {target.volume} has no absolute path.")
        for name in filter(None, target.path.split("/")):
            stem = stem.children.setdefault(name, Stem())
        if stem.target is not None:
            both = f"{stem.target.volume} and {target.volume}"
            raise RokError(ErrorKind.INVALID_ARGUMENT, f"The volumes {both} are the same directory.")
        stem.target = target
    return root


class Place(msgspec.Struct, eq=False, kw_only=True):
    """A directory to be scanned, and what counts there."""

    outer: Place | None
    name: str
    status: os.stat_result
    directory: LiveDirectory | None
    """None above the volumes."""
    target: Target | None
    """The volume that it belongs to; None above the volumes."""
    is_volume: bool = False
    stem: Stem | None = None
    """The volumes below it."""
    passage: bool = False
    """Whether it is only passed through."""
    exclusions: Exclusions | None = None

    @property
    def path(self) -> str:
        """The path relative to the volume (above the volumes: to "/"), "" for its root."""
        names: list[str] = []
        place: Place | None = self
        while place is not None and place.outer is not None and not place.is_volume:
            names.append(place.name)
            place = place.outer
        return "/".join(reversed(names))

    @property
    def absolute(self) -> str:
        """The absolute path, "" for "/"."""
        base = "" if self.target is None else self.target.source.rstrip("/")
        return f"{base}/{path}" if (path := self.path) else base


class Scanned(msgspec.Struct):
    """What a directory holds for the snapshot."""

    files: list[Listed] = msgspec.field(default_factory=list)
    """Regular files."""
    others: list[Listed] = msgspec.field(default_factory=list)
    """Links, fifos and devices."""
    directories: list[Place] = msgspec.field(default_factory=list)
    unsure: frozenset[str] = frozenset()
    """Files to be read even if their own status is the parent's."""
    skipped: list[SkippedEntry] = msgspec.field(default_factory=list)
    problems: list[tuple[str, str]] = msgspec.field(default_factory=list)
    """Name, and what could not be had of it."""


class Scanner:
    """Applies the rules to one directory after another; holds nothing of them. Thread-safe."""

    def __init__(
        self, descriptors: Descriptors, *, left_out: Mapping[str, str] | None = None, capture: Capture | None = None
    ) -> None:
        self._descriptors = descriptors
        self._capture = capture
        self._left_out = identities(left_out or {})
        self._left_out_inodes = frozenset(inode for _, inode in self._left_out)

    def root(self, stem: Stem) -> Place:
        """Return where a scan begins: "/"."""
        return self._enter_stem(None, "", stem)

    def scan(self, place: Place) -> Scanned:
        """Scan one directory; raises OSError where it can't be opened or listed, RokError where a volume can't."""
        scanned = Scanned()
        if place.directory is None:
            stem = place.stem or Stem()
            scanned.directories = [self._enter_stem(place, name, child) for name, child in stem.children.items()]
            return scanned
        with self._descriptors.of(place.directory) as descriptor:
            listed, failed = list_directory(descriptor)
            if failed and not listed and all(isinstance(error, PermissionError) for _, error in failed):
                raise failed[0][1]  # it is the directory that may not be entered
            names = {entry.name for entry in listed}
            self._read_rules(place, descriptor, names, scanned)
            selection = NOTHING
            if self._capture is not None and not place.passage:
                selection = self._capture.select(descriptor, names)
        scanned.unsure = selection.unsure
        rules = _DirectoryRules(place)
        self._sort_failed(failed, rules, scanned)
        for entry in listed:
            if entry.name not in selection.parts:
                self._sort(entry, rules, scanned)
        return scanned

    @staticmethod
    def _sort_failed(failed: Iterable[tuple[str, OSError]], rules: _DirectoryRules, scanned: Scanned) -> None:
        """Tell of entries that can't be looked at, but for those that are left out whatever they are."""
        for name, error in failed:
            if rules.is_mount_point(name):
                scanned.skipped.append(
                    SkippedEntry(volume=rules.volume, path=rules.prefix + name, reason="other mount")
                )
            elif not rules.passes(name) and not rules.excluded(name, directory=True):
                scanned.problems.append((name, message_of(error)))

    def _enter_stem(self, outer: Place | None, name: str, stem: Stem) -> Place:
        """Enter a directory above all volumes, or a volume: links on the way are followed, as the user named it."""
        path = "/" if outer is None else f"{outer.absolute}/{name}"
        if stem.target is not None:
            path = stem.target.source
        raw = path.encode("utf-8", "surrogateescape")
        try:
            status = os.stat(raw)
        except OSError as error:
            raise volume_error(_first_volume(stem), path, error.strerror or "unknown error") from error
        if not stat.S_ISDIR(status.st_mode):
            raise volume_error(_first_volume(stem), path, "it is no directory")
        place = Place(outer=outer, name=name, status=status, directory=None, target=stem.target, stem=stem)
        if stem.target is not None:
            place.directory = LiveDirectory(None, raw, status)
            place.is_volume = True
            place.exclusions = with_patterns(stem.target.excludes, 0, None)
        return place

    def _read_rules(self, place: Place, descriptor: int, names: set[str], scanned: Scanned) -> None:
        if IGNORE_FILE in names and not place.passage:
            path = place.path
            try:
                lines = read_ignore_file(descriptor)
            except OSError as error:
                scanned.problems.append((IGNORE_FILE, f"It can't be obeyed: {message_of(error)}"))
            else:
                place.exclusions = with_patterns(lines, len(path) + 1 if path else 0, place.exclusions)
        if place.target is not None and place.target.exclude_caches and CACHE_TAG in names and is_cache(descriptor):
            place.passage = True
            reason = f"content of a cache ({CACHE_TAG})"
            scanned.skipped.append(SkippedEntry(volume=place.target.volume, path=place.path, reason=reason))

    def _sort(self, entry: Listed, rules: _DirectoryRules, scanned: Scanned) -> None:
        """Put one entry where it belongs."""
        status = entry.status
        is_directory = stat.S_ISDIR(status.st_mode)
        stem = rules.stems.get(entry.name) if is_directory else None
        if stem is not None and stem.target is not None:
            scanned.directories.append(self._enter_volume(entry, rules.place, stem, stem.target))
            return
        reason = self._reason(entry, rules, directory=is_directory)
        if reason:
            scanned.skipped.append(SkippedEntry(volume=rules.volume, path=rules.prefix + entry.name, reason=reason))
        left_out = reason is not None or rules.passes(entry.name)
        if is_directory and (stem is not None or not left_out):
            scanned.directories.append(_enter(entry, rules.place, stem, passage=left_out))
        elif not left_out:
            (scanned.files if stat.S_ISREG(status.st_mode) else scanned.others).append(entry)

    def _reason(self, entry: Listed, rules: _DirectoryRules, *, directory: bool) -> str | None:
        """Say why an entry is left out; "" where that needn't be listed, None where it isn't left out."""
        status = entry.status
        if rules.excluded(entry.name, directory=directory):
            return ""
        if status.st_ino in self._left_out_inodes and (status.st_dev, status.st_ino) in self._left_out:
            return self._left_out[status.st_dev, status.st_ino]
        if rules.is_other_mount(entry, directory=directory):
            return "other mount"
        if not is_storable(status):
            return "socket" if stat.S_ISSOCK(status.st_mode) else "unknown type"
        return None

    def _enter_volume(self, entry: Listed, outer: Place, stem: Stem, target: Target) -> Place:
        return Place(
            outer=outer,
            name=entry.name,
            status=entry.status,
            directory=LiveDirectory(outer.directory, entry.raw, entry.status),
            target=target,
            is_volume=True,
            stem=stem,
            exclusions=with_patterns(target.excludes, 0, None),
        )


def _enter(entry: Listed, outer: Place, stem: Stem | None, *, passage: bool) -> Place:
    return Place(
        outer=outer,
        name=entry.name,
        status=entry.status,
        directory=LiveDirectory(outer.directory, entry.raw, entry.status),
        target=outer.target,
        stem=stem,
        passage=passage,
        exclusions=outer.exclusions,
    )


def volume_error(volume: str, path: str, reason: str) -> RokError:
    """Return the error that a volume can't be read at all, which ends a snapshot."""
    return RokError(
        ErrorKind.FAILED_PRECONDITION,
        f"The volume {volume} can't be read: {path}: {reason}.",
        "Check that it is mounted and that you may read it.",
    )


def _first_volume(stem: Stem) -> str:
    while stem.target is None:
        stem = next(iter(stem.children.values()))
    return stem.target.volume


class _DirectoryRules:
    """The rules as they are in one directory, made ready for its many entries."""

    def __init__(self, place: Place) -> None:
        target = place.target
        assert target is not None
        self.place = place
        self.volume = target.volume
        path = place.path
        self.prefix = f"{path}/" if path else ""
        self.stems = place.stem.children if place.stem is not None else {}
        self._exclusions = place.exclusions
        self._device = place.status.st_dev
        self._mount_points = target.mount_points
        self._included = target.included_mounts
        self._absolute = f"{target.source.rstrip('/')}/{self.prefix}"

    def passes(self, name: str) -> bool:
        """Whether an entry is left out because its directory is only passed through."""
        return self.place.passage and name != CACHE_TAG

    def excluded(self, name: str, *, directory: bool) -> bool:
        """Whether a pattern leaves the entry out."""
        if self._exclusions is None:
            return False
        return self._exclusions.leave_out(self.prefix + name, name, directory=directory)

    def is_mount_point(self, name: str) -> bool:
        """Whether a mount that doesn't belong to the volume is known there."""
        path = self._absolute + name
        return path in self._mount_points and path not in self._included

    def is_other_mount(self, entry: Listed, *, directory: bool) -> bool:
        """Whether something else is mounted there. Files in an overlay may have other devices than its directories."""
        crossed = directory and entry.status.st_dev != self._device
        if not crossed and not self._mount_points:
            return False
        path = self._absolute + entry.name
        return (crossed or path in self._mount_points) and path not in self._included
