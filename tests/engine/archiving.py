"""Archive real directories into a real repository, and publish snapshots that restic can judge.

Owns how a test calls the archiver. Doesn't own restic (tests/restic) nor how trees are compared (tests/trees).
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rok_jupyter.engine.archiver import Archiver, ArchiveResult, ArchiverSettings, Target
from rok_jupyter.engine.capture import Capture
from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.snapshot_file import SnapshotFile
from rok_jupyter.engine.format.timestamp import ns_to_text
from rok_jupyter.engine.format.tree import Node
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.storage.local import LocalBackend
from rok_jupyter.progress import Progress
from tests.restic import Restic

PASSWORD = "correct horse"


@dataclass
class Taken:
    """One archived state, and the snapshot that was published of it."""

    result: ArchiveResult
    snapshot: Id

    @property
    def tree(self) -> Id:
        return self.result.tree


class Studio:
    """One repository, and the snapshots taken into it."""

    def __init__(self, location: Path) -> None:
        self.location = location
        self.repository = Repository.create(LocalBackend(str(location)), PASSWORD, strong_password=True)

    def take(
        self,
        *targets: Target | Path,
        parents: Sequence[Id] = (),
        capture: Capture | None = None,
        settings: ArchiverSettings | None = None,
        progress: Progress | None = None,
    ) -> Taken:
        """Archive directories (each a volume "work", "work1"... where no target is given) and publish the snapshot."""
        volumes = [
            target if isinstance(target, Target) else Target(volume=f"work{number or ''}", path=str(target))
            for number, target in enumerate(targets)
        ]
        with self.repository.lock(), self.repository.writer() as writer:
            archiver = Archiver(self.repository, writer, capture=capture, settings=settings)
            result = archiver.run(volumes, parents, progress or Progress())
        file = SnapshotFile(time=ns_to_text(time.time_ns()), tree=result.tree, paths=result.paths, hostname="test")
        return Taken(result, self.repository.save_snapshot(file))

    def restored(self, restic: Restic, taken: Taken, target: Path, source: Path) -> Path:
        """Let restic check the repository and restore the snapshot; where `source` lies in it."""
        judge = restic.at(self.location, PASSWORD)
        judge.check()
        judge.restore(taken.snapshot, target)
        return target / str(source).lstrip("/")

    def node(self, tree: Id, path: str | Path) -> Node:
        """The node at an absolute path below a root tree; KeyError where there is none."""
        node: Node | None = None
        for name in str(path).strip("/").split("/"):
            node = self.repository.load_tree(tree).find(name)
            if node is None:
                raise KeyError(path)
            tree = node.subtree or ""
        assert node is not None
        return node

    def names(self, tree: Id) -> dict[str, Node]:
        """A volume's entries by path relative to it, directories with a slash at their end."""
        found: dict[str, Node] = {}
        waiting = [("", tree)]
        while waiting:
            prefix, tree_id = waiting.pop()
            for node in self.repository.load_tree(tree_id).nodes:
                if node.subtree is not None:
                    found[f"{prefix}{node.name}/"] = node
                    waiting.append((f"{prefix}{node.name}/", node.subtree))
                else:
                    found[prefix + node.name] = node
        return found

    def volume(self, taken: Taken, number: int = 0) -> dict[str, Node]:
        """What was saved of one volume."""
        return self.names(taken.result.volumes[number].tree)

    def stored_files(self) -> set[str]:
        """Every file of the repository."""
        return {os.path.join(top, name) for top, _, names in os.walk(self.location) for name in names}


def write_tree(root: Path, *paths: str, content: str = "content") -> Path:
    """Make files (or, with a slash at the end, directories) below `root`."""
    for path in paths:
        where = root / path
        if path.endswith("/"):
            where.mkdir(parents=True, exist_ok=True)
        else:
            where.parent.mkdir(parents=True, exist_ok=True)
            where.write_text(f"{content} of {path}")
    return root
