"""Differences: what changed between two saved trees, and since one was saved."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from rok_jupyter.engine.difference import TreeDifference, compare_trees, compare_with_live
from rok_jupyter.engine.format.pack import BlobType
from rok_jupyter.engine.format.tree import encode_tree
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Change
from rok_jupyter.progress import Progress
from tests.engine.restoring import Saved, save
from tests.restic import Restic


def _edit(source: Path) -> None:
    (source / "data0" / "part0" / "file0.bin").write_bytes(b"edited")
    (source / "files" / "large").unlink()
    (source / "files" / "large").mkdir()
    os.chmod(source / "modes" / "m644", 0o600)
    shutil.rmtree(source / "names" / "dir\udcff\n")
    (source / "new").mkdir()
    (source / "new" / "file").write_bytes(b"new")
    (source / "links" / "soft").unlink()
    (source / "links" / "soft").symlink_to("elsewhere")


_EXPECTED = {
    ("data0/part0/file0.bin", Change.MODIFIED),
    ("files/large", Change.TYPE),
    ("links/soft", Change.MODIFIED),
    ("modes/m644", Change.METADATA),
    ("names/dir\udcff\n", Change.DELETED),
    ("names/dir\udcff\n/inside", Change.DELETED),
    ("new", Change.CREATED),
    ("new/file", Change.CREATED),
}


def _told(difference: TreeDifference) -> set[tuple[str, Change]]:
    assert difference.errors == ()
    assert len(difference.entries) == len({entry.path for entry in difference.entries})
    for entry in difference.entries:
        assert (entry.before is None) == (entry.change is Change.CREATED)
        assert (entry.after is None) == (entry.change is Change.DELETED)
    return {(entry.path, entry.change) for entry in difference.entries}


def test_two_trees_differ_in_exactly_what_was_edited(saved: Saved, restic_repository: Restic) -> None:
    _edit(saved.source)
    after = save(restic_repository, saved.source)
    assert _told(compare_trees(after.repository, saved.tree, after.tree)) == _EXPECTED
    assert _told(compare_trees(after.repository, after.tree, after.tree)) == set()


def test_a_live_directory_differs_in_exactly_what_was_edited(saved: Saved) -> None:
    part = saved.part(saved.source)
    assert _told(compare_with_live(saved.repository, part, Progress())) == set()
    _edit(saved.source)
    assert _told(compare_with_live(saved.repository, part, Progress())) == _EXPECTED


def test_what_snapshots_leave_out_is_no_difference(saved: Saved) -> None:
    (saved.source / "cache").mkdir()
    (saved.source / "cache" / "x").write_bytes(b"x")
    found = compare_with_live(
        saved.repository,
        saved.part(saved.source),
        Progress(),
        left_out=lambda path: "excluded" if path == "cache" else None,
    )
    assert _told(found) == set()


def test_paths_narrow_both_comparisons(saved: Saved, restic_repository: Restic) -> None:
    _edit(saved.source)
    wanted = {("new", Change.CREATED), ("new/file", Change.CREATED)}
    after = save(restic_repository, saved.source)
    assert _told(compare_trees(after.repository, saved.tree, after.tree, paths=["new"])) == wanted
    assert _told(compare_trees(after.repository, None, after.tree, paths=["new"])) == wanted


def test_a_path_that_only_the_live_directory_has_is_created(saved: Saved) -> None:
    _edit(saved.source)
    (saved.source / "other").write_bytes(b"not asked for")

    def told(*paths: str) -> set[tuple[str, Change]]:
        part = msgspec.structs.replace(saved.part(saved.source), paths=paths)
        return _told(compare_with_live(saved.repository, part, Progress()))

    assert told("new/file") == {("new/file", Change.CREATED)}
    assert told("new", "links") == {
        ("new", Change.CREATED),
        ("new/file", Change.CREATED),
        ("links/soft", Change.MODIFIED),
    }
    with pytest.raises(RokError) as caught:
        told("new/nothing")
    assert caught.value.kind is ErrorKind.NOT_FOUND


def test_a_directory_that_is_gone_lacks_everything(saved: Saved, tmp_path: Path) -> None:
    found = compare_with_live(saved.repository, saved.part(tmp_path / "nowhere"), Progress())
    assert {entry.change for entry in found.entries} == {Change.DELETED}


def test_damaged_trees_are_named_and_the_rest_is_compared(saved_alone: Saved) -> None:
    saved = saved_alone
    broken = [
        replace_subtree(node) if node.name == "names" else node for node in saved.repository.load_tree(saved.tree).nodes
    ]
    with saved.repository.lock(), saved.repository.writer() as writer:
        tree = writer.save_blob(BlobType.TREE, encode_tree(broken)).id
        writer.flush()
    found = compare_trees(saved.repository, saved.tree, tree, volume="w")
    assert [(error.volume, error.path) for error in found.errors] == [("w", "names")]
    assert found.entries == ()


def replace_subtree(node):  # type: ignore[no-untyped-def]
    import msgspec

    return msgspec.structs.replace(node, subtree="0" * 64)


@pytest.mark.parametrize("files", [5_000, pytest.param(70_000, marks=pytest.mark.full)])
def test_equal_subtrees_are_never_opened(saved_alone: Saved, files: int) -> None:
    saved = replace(saved_alone)
    loaded: list[str] = []
    load = saved.repository.load_tree

    def count(tree_id: str):  # type: ignore[no-untyped-def]
        loaded.append(tree_id)
        return load(tree_id)

    saved.repository.load_tree = count  # type: ignore[method-assign]
    nodes = [node for node in load(saved.tree).nodes if node.name != "names"]
    with saved.repository.lock(), saved.repository.writer() as writer:
        tree = writer.save_blob(BlobType.TREE, encode_tree(nodes)).id
        writer.flush()
    compare_trees(saved.repository, saved.tree, tree)
    assert len(loaded) == 4  # both roots, and what is gone: names and its directory
