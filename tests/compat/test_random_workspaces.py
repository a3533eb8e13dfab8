"""Random workspaces, both ways: what we save restic checks and restores, what restic saves we restore, all equal.

Many lie in one repository, each a volume of one snapshot, so that restic starts seldom.
"""

from __future__ import annotations

import os
import secrets
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.restore_plan import RestorePart
from rok_jupyter.engine.restore_planner import plan_restore
from rok_jupyter.engine.restorer import execute_restore
from rok_jupyter.engine.storage.local import LocalBackend
from rok_jupyter.engine.tree_path import find_node
from rok_jupyter.progress import Progress
from tests.compat.equality import assert_equal
from tests.compat.random_workspaces import RandomWorkspace, random_workspaces
from tests.engine.archiving import PASSWORD, Studio
from tests.engine.restoring import INTO_DIRECTORY
from tests.restic import Restic

TOGETHER = 50
FIXED = 19


@pytest.mark.parametrize(
    "count", [12, pytest.param(1000, marks=[pytest.mark.full, pytest.mark.timeout(7200)])], ids=["short", "full"]
)
def test_random_workspaces_are_equal_both_ways(restic: Restic, tmp_path: Path, count: int) -> None:
    seed = FIXED if count < TOGETHER else secrets.randbits(32)  # the short form is the same each time
    workspaces = random_workspaces(count, seed_=seed)
    assert len(workspaces) == count
    for first in range(0, count, TOGETHER):
        directory = tmp_path / str(first)
        _assert_equal_both_ways(restic, workspaces[first : first + TOGETHER], directory)
        subprocess.run(["rm", "-rf", directory], check=True)


def _assert_equal_both_ways(restic: Restic, workspaces: Sequence[RandomWorkspace], directory: Path) -> None:
    built = {workspace.build(directory / "made" / str(n)): workspace for n, workspace in enumerate(workspaces)}
    roots = list(built)

    studio = Studio(directory / "ours")
    taken = studio.take(*roots)
    assert taken.result.errors == taken.result.skipped == taken.result.changed_while_read == ()
    judge = restic.at(studio.location, PASSWORD)
    judge.check(tidy=True)
    judge.restore(taken.snapshot, directory / "ours by restic")

    theirs = restic.at(directory / "theirs").init()
    saved = theirs.backup(*roots)
    opened = Repository.open(LocalBackend(theirs.location), theirs.password)

    _restore(studio.repository, taken.tree, roots, directory / "ours by us")
    _restore(opened, opened.snapshot_files()[0][saved].tree, roots, directory / "theirs by us")
    for root, workspace in built.items():
        try:
            assert_equal(root, Path(f"{directory}/ours by restic{root}"), by=restic)
            assert_equal(root, directory / "ours by us" / root.name)
            assert_equal(root, directory / "theirs by us" / root.name, by=restic)
        except AssertionError as error:
            error.add_note(repr(workspace))
            raise


def _restore(repository: Repository, tree: str, roots: Sequence[Path], target: Path) -> None:
    """Restore each root by ours to a directory of its name below `target`."""
    parts = []
    for root in roots:
        node = find_node(repository, tree, os.fspath(root).strip("/"))
        assert node.subtree is not None
        parts.append(RestorePart(name=root.name, tree=node.subtree, target=str(target / root.name), root=node))
    plan = plan_restore(repository, parts, INTO_DIRECTORY, Progress())
    assert execute_restore(repository, plan, "0123456789abcdef", Progress()).errors == []
