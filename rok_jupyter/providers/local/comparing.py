"""What differs between two snapshots, or between a snapshot and the live volumes.

Owns which member is compared with what. Doesn't own the comparison of trees (engine.difference).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import closing

from rok_jupyter.engine.difference import NodeDifference, TreeDifference, compare_trees, compare_with_live
from rok_jupyter.engine.format.tree import Node
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.restore_plan import RestorePart
from rok_jupyter.models import Difference, Entry, EntryDifference, EntryError, Member
from rok_jupyter.progress import Progress
from rok_jupyter.providers.local.members import MemberRoot, member_roots
from rok_jupyter.providers.local.restoring import hide, in_place_rules
from rok_jupyter.providers.local.rules import VolumeRules, companion_of
from rok_jupyter.providers.local.stored_snapshots import Stored
from rok_jupyter.providers.local.view import entry_of
from rok_jupyter.providers.local.volumes import Directory
from rok_jupyter.providers.paths import VolumePath, parse_volume_path


class Comparing:
    """Compares snapshots of one repository."""

    def __init__(
        self,
        repository: Callable[[], Repository],
        volumes: Callable[[], tuple[Directory, ...]],
        rules: VolumeRules,
    ) -> None:
        self._repository = repository
        self._volumes = volumes
        self._rules = rules

    def snapshots(self, before: Stored, after: Stored, paths: Sequence[str], progress: Progress) -> Difference:
        """Compare two snapshots; members are paired by their paths, else by their names.

        A volume that only one of them holds was not deleted in the other, so it is an error and not compared.
        """
        repository = self._repository()
        old, new = self._roots(before), self._roots(after)
        places = _places(paths, (*before.snapshot.members, *after.snapshot.members))
        entries: list[EntryDifference] = []
        errors: list[EntryError] = []
        for volume, pair in _pairs(old, new):
            progress.check_cancelled()
            narrowed = _of(volume, places)
            if narrowed is None:
                continue
            first, second = pair
            if first is None or second is None:
                errors.append(EntryError(volume=volume, path="", message="only one of the snapshots holds this volume"))
                continue
            found = compare_trees(repository, first.tree, second.tree, paths=narrowed, volume=volume)
            entries += self._entries(volume, found.entries, [first, second])
            errors += found.errors
        return Difference(
            before=before.snapshot.id, after=after.snapshot.id, entries=tuple(entries), errors=tuple(errors)
        )

    def with_live(self, before: Stored, paths: Sequence[str], progress: Progress) -> Difference:
        """Compare a snapshot with the live volumes that lie where its members lay; one that is gone is an error."""
        places = _places(paths, before.snapshot.members)
        entries: list[EntryDifference] = []
        errors: list[EntryError] = []
        for volume, root in self._roots(before).items():
            narrowed = _of(volume, places)
            if narrowed is None:
                continue
            live = next((each for each in self._volumes() if each.path == root.member.path and each.present), None)
            if live is None:
                message = f"the volume is gone, or elsewhere: it was at {root.member.path}"
                errors.append(EntryError(volume=volume, path="", message=message))
                continue
            found = self._compare_live(root, live, narrowed, progress)
            entries += self._entries(volume, found.entries, [root])
            errors += found.errors
        return Difference(before=before.snapshot.id, after=None, entries=tuple(entries), errors=tuple(errors))

    def _compare_live(
        self, root: MemberRoot, live: Directory, paths: tuple[str, ...], progress: Progress
    ) -> TreeDifference:
        others = [other for other in self._volumes() if other.path != live.path]
        alone = in_place_rules(root, self._rules.foreign(live.path, others))
        with closing(self._rules.kept(live.path)) as kept:
            part = RestorePart(
                name=root.member.volume,
                tree=root.tree,
                target=live.path,
                root=root.node,
                paths=paths,
                protected=alone,
                kept=kept.reason,
            )
            return compare_with_live(
                self._repository(), part, progress, left_out=kept.reason, companion_of=companion_of
            )

    def _roots(self, stored: Stored) -> Mapping[str, MemberRoot]:
        return member_roots(self._repository(), stored.file.tree, stored.snapshot.members)

    def _entries(
        self, volume: str, found: Iterable[NodeDifference], roots: Sequence[MemberRoot]
    ) -> list[EntryDifference]:
        return [
            EntryDifference(
                volume=volume,
                path=each.path,
                change=each.change,
                before=self._entry(each.before, each.path),
                after=self._entry(each.after, each.path),
            )
            for each in found
            if all(hide(root)(each.path) is None for root in roots)
        ]

    def _entry(self, node: Node | None, path: str) -> Entry | None:
        return None if node is None else entry_of(node, path, self._repository().data_length)


def _pairs(
    old: Mapping[str, MemberRoot], new: Mapping[str, MemberRoot]
) -> list[tuple[str, tuple[MemberRoot | None, MemberRoot | None]]]:
    by_path = {root.member.path: root for root in new.values()}
    pairs: list[tuple[str, tuple[MemberRoot | None, MemberRoot | None]]] = []
    paired = set()
    for volume, root in old.items():
        other = by_path.get(root.member.path) or new.get(volume)
        pairs.append((volume, (root, other)))
        if other is not None:
            paired.add(other.member.volume)
    return [*pairs, *((volume, (None, root)) for volume, root in new.items() if volume not in paired)]


def _places(paths: Sequence[str], members: Sequence[Member]) -> list[VolumePath] | None:
    return [parse_volume_path(path, members) for path in paths] or None


def _of(volume: str, places: Sequence[VolumePath] | None) -> tuple[str, ...] | None:
    """Return the paths of one volume, none of them meaning all of it; None where the volume isn't meant."""
    if places is None:
        return ()
    return tuple(place.path for place in places if place.volume == volume) or None
