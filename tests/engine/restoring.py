"""What the restorer's tests share: repositories made by the real restic, opened by ours, and one call to restore."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.tree import Node
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.restore_outcome import RestoreOutcome
from rok_jupyter.engine.restore_plan import RestoreOptions, RestorePart, TreeRestorePlan
from rok_jupyter.engine.restore_planner import plan_restore
from rok_jupyter.engine.restorer import execute_restore
from rok_jupyter.engine.storage.local import LocalBackend
from rok_jupyter.engine.tree_path import find_node
from rok_jupyter.progress import Progress
from tests.restic import Restic

IN_PLACE = RestoreOptions(in_place=True, delete=True, owners=True)
INTO_DIRECTORY = RestoreOptions(in_place=False, owners=True)


@dataclass(frozen=True)
class Saved:
    """One directory that restic saved: an open repository, its tree there, and its own node."""

    repository: Repository
    source: Path
    tree: Id
    root: Node

    def part(self, target: Path | str, *, paths: Sequence[str] = (), only: Sequence[str] | None = None) -> RestorePart:
        return RestorePart(
            name="w",
            tree=self.tree,
            target=os.fspath(target),
            root=self.root,
            paths=tuple(paths),
            only=None if only is None else tuple(only),
        )

    def plan(
        self,
        target: Path | str,
        options: RestoreOptions = INTO_DIRECTORY,
        *,
        paths: Sequence[str] = (),
        only: Sequence[str] | None = None,
    ) -> TreeRestorePlan:
        return plan_restore(self.repository, [self.part(target, paths=paths, only=only)], options, Progress())

    def restore(
        self,
        target: Path | str,
        options: RestoreOptions = INTO_DIRECTORY,
        *,
        paths: Sequence[str] = (),
        only: Sequence[str] | None = None,
    ) -> RestoreOutcome:
        return execute_restore(
            self.repository, self.plan(target, options, paths=paths, only=only), "0123456789abcdef", Progress()
        )


def save(restic: Restic, source: Path) -> Saved:
    """Save a directory by restic, and open it by ours."""
    if not Path(restic.location, "config").exists():
        restic.init()
    snapshot = restic.backup(source)
    repository = Repository.open(LocalBackend(restic.location), restic.password)
    tree = repository.snapshot_files()[0][snapshot].tree
    node = find_node(repository, tree, os.fspath(source).strip("/"))
    assert node.subtree is not None
    return Saved(repository, source, node.subtree, node)
