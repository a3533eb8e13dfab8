"""Entries of a snapshot restored next to their originals.

Owns which volume an entry goes back to, and where it may not go. Doesn't own the writing (engine.beside) nor the names
(copy_names).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Sequence

from rok_jupyter.engine.beside import Beside, restore_beside
from rok_jupyter.engine.comparison import entry_reason
from rok_jupyter.engine.format.tree import Node, NodeType
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.tree_path import find_node
from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.models import BesideCopy, CopyBackResult, EntryError, SkippedEntry, Snapshot
from rok_jupyter.progress import Progress
from rok_jupyter.providers.copy_names import copy_names
from rok_jupyter.providers.local.members import MemberRoot, every_root
from rok_jupyter.providers.local.restoring import hide, in_place_rules
from rok_jupyter.providers.local.rules import VolumeRules
from rok_jupyter.providers.local.stored_snapshots import Stored
from rok_jupyter.providers.local.volumes import Directory
from rok_jupyter.providers.paths import VolumePath, parse_volume_path

_LOCK_SECONDS = 10.0


class CopyingBack:
    """Copies entries back from one repository."""

    def __init__(
        self,
        repository: Callable[[], Repository],
        volumes: Callable[[], tuple[Directory, ...]],
        rules: VolumeRules,
    ) -> None:
        self._repository = repository
        self._volumes = volumes
        self._rules = rules

    def copy(self, stored: Stored, paths: Sequence[str], progress: Progress) -> CopyBackResult:
        """Restore each entry beside itself; one that can't be is an error of its path."""
        snapshot, repository = stored.snapshot, self._repository()
        roots = every_root(repository, stored.file.tree, snapshot.members)
        places = dict.fromkeys(parse_volume_path(path, snapshot.members) for path in paths)
        chosen = [(place, roots[place.volume], self._node(place, roots[place.volume])) for place in places]
        for _, root, _ in chosen:
            self._live(root)
        copies: list[BesideCopy] = []
        errors: list[EntryError] = []
        skipped: list[SkippedEntry] = []
        with repository.lock(reading=True, wait_seconds=_LOCK_SECONDS):
            for place, root, node in chosen:
                progress.check_cancelled()
                try:
                    what = self._what(snapshot, place, root, node)
                    made = restore_beside(repository, what, secrets.token_hex(8), progress)
                except Cancelled:
                    raise
                except (OSError, RokError) as error:
                    errors.append(EntryError(volume=place.volume, path=place.path, message=entry_reason(error)))
                else:
                    copies.append(BesideCopy(volume=place.volume, path=place.path, copy=made.path))
                    errors += made.errors
                    skipped += made.skipped
        return CopyBackResult(copies=tuple(copies), errors=tuple(errors), skipped=tuple(skipped))

    def _node(self, place: VolumePath, root: MemberRoot) -> Node:
        if not place.path:
            raise RokError(
                ErrorKind.INVALID_ARGUMENT,
                "A whole volume has no place beside itself.",
                "Clone it, or restore it to a directory.",
            )
        if not root.holds(place.path):
            raise RokError(
                ErrorKind.NOT_FOUND,
                f"{place.path!r} belongs to another volume of the snapshot.",
                "Name that volume: VOLUME:PATH",
            )
        return find_node(self._repository(), root.tree, place.path)

    def _live(self, root: MemberRoot) -> Directory:
        """Return the volume that lies where a member lay; FAILED_PRECONDITION where none does."""
        for directory in self._volumes():
            if directory.path == root.member.path and directory.present:
                return directory
        raise RokError(
            ErrorKind.FAILED_PRECONDITION,
            f"The volume {root.member.volume!r} is gone, or elsewhere: it was at {root.member.path}.",
            "Restore to a new directory: --to DIR",
        )

    def _what(self, snapshot: Snapshot, place: VolumePath, root: MemberRoot, node: Node) -> Beside:
        live = self._live(root)
        others = [other for other in self._volumes() if other.path != live.path]
        above, _, name = place.path.rpartition("/")
        reason = in_place_rules(root, self._rules.foreign(live.path, others))(above)
        if reason is not None:
            message = f"The directory above it isn't this volume's any more: {reason}."
            raise RokError(ErrorKind.FAILED_PRECONDITION, message, "Restore to a new directory: --to DIR")
        return Beside(
            volume=place.volume,
            tree=root.tree,
            path=place.path,
            target=live.path,
            names=copy_names(name, snapshot.created, directory=node.type is NodeType.DIRECTORY),
            protected=hide(root),
        )
