"""Restoring: the target is what was saved, whatever it was before, and whatever a tree holds."""

from __future__ import annotations

import os
import shutil
import stat
import threading
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from rok_jupyter.engine.format.pack import BlobType
from rok_jupyter.engine.format.tree import Node, NodeType, encode_tree
from rok_jupyter.engine.restore_plan import RestoreOptions
from rok_jupyter.engine.restorer import execute_restore
from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.models import Change, EntryType
from rok_jupyter.progress import Progress
from tests.engine.restoring import IN_PLACE, INTO_DIRECTORY, Saved, save
from tests.restic import Restic
from tests.trees import (
    add_socket,
    allocated,
    assert_same_tree,
    build_tree,
    differences,
    fingerprint,
    posix_acl,
    tree_hash,
)

pytestmark = pytest.mark.skipif(os.geteuid() != 0, reason="owners and devices need root")


def _temporaries(root: Path) -> list[str]:
    return [name for _, directories, files in os.walk(root) for name in directories + files if ".rok-restore" in name]


def test_a_whole_restore_equals_the_original_in_everything(restic: Restic, tmp_path: Path) -> None:
    source = tmp_path / "source"
    build_tree(source)
    saved = save(restic, source)
    assert saved.plan(source, IN_PLACE).parts[0].entries == ()
    outcome = saved.restore(tmp_path / "target")
    assert outcome.errors == []
    assert outcome.skipped == []
    found = differences(fingerprint(source), fingerprint(tmp_path / "target"))
    # restic 0.14 itself loses what is no UTF-8 of a link's target.
    assert [each for each in found if "soft odd" not in each] == []
    if restic.version >= (0, 17):
        assert found == []


def test_restoring_twice_changes_nothing_the_second_time(saved: Saved, tmp_path: Path) -> None:
    saved.restore(tmp_path / "target")
    again = saved.plan(tmp_path / "target", IN_PLACE)
    assert again.parts[0].entries == ()
    assert again.parts[0].unchanged == len(fingerprint(tmp_path / "target"))


def test_an_equal_copy_needs_nothing(saved: Saved) -> None:
    assert saved.plan(saved.source, IN_PLACE).parts[0].entries == ()


def test_a_sparse_file_stays_sparse(restic_repository: Restic, tmp_path: Path) -> None:
    (tmp_path / "source").mkdir()
    with open(tmp_path / "source" / "sparse", "wb") as file:
        file.truncate(512 << 20)
        file.write(b"a")
        file.seek(300 << 20)
        file.write(b"b")
    saved = save(restic_repository, tmp_path / "source")
    assert saved.plan(tmp_path / "target").bytes_to_write < 64 << 20
    saved.restore(tmp_path / "target")
    assert allocated(tmp_path / "target" / "sparse") < 64 << 20
    assert_same_tree(tmp_path / "source", tmp_path / "target")


def test_a_partial_restore_of_one_hard_link_still_has_its_content(saved: Saved, tmp_path: Path) -> None:
    saved.restore(tmp_path / "target", paths=["links/sub/hard two"])
    assert [str(p.relative_to(tmp_path / "target")) for p in sorted((tmp_path / "target").rglob("*"))] == [
        "links",
        "links/sub",
        "links/sub/hard two",
    ]
    assert (tmp_path / "target" / "links/sub/hard two").read_bytes() == b"shared content"


def test_paths_longer_than_the_system_takes_and_a_thousand_levels_are_restored(
    saved_alone: Saved, tmp_path: Path
) -> None:
    saved = _with_deep_tree(saved_alone, levels=1000, name="d" * 40)
    outcome = saved.restore(tmp_path / "target")
    assert outcome.errors == []
    found = fingerprint(tmp_path / "target")
    assert len(found) == 1000 + len(fingerprint(saved.source))
    assert max(map(len, found)) > 40_000
    assert saved.plan(tmp_path / "target", IN_PLACE).parts[0].entries == ()


def test_an_edit_a_delete_and_a_new_file_are_undone_exactly(saved: Saved) -> None:
    before = tree_hash(saved.source)
    (saved.source / "data0" / "part0" / "file0.bin").write_bytes(b"edited")
    os.unlink(saved.source / "links" / "hard one")
    (saved.source / "new").mkdir()
    (saved.source / "new" / "file").write_bytes(b"new")
    os.chmod(saved.source / "modes" / "m644", 0o600)
    os.setxattr(saved.source / "files" / "attributed", "user.more", b"x")
    os.utime(saved.source / "files" / "large", ns=(5, 5))
    shutil.rmtree(saved.source / "names")
    outcome = saved.restore(saved.source, IN_PLACE)
    assert outcome.errors == []
    assert tree_hash(saved.source) == before
    assert outcome.changes[Change.DELETED] == 2


def test_nothing_is_deleted_unless_asked_for(saved: Saved) -> None:
    (saved.source / "new").write_bytes(b"new")
    saved.restore(saved.source, msgspec.structs.replace(IN_PLACE, delete=False))
    assert (saved.source / "new").read_bytes() == b"new"


def test_same_size_and_mtime_with_other_content_is_noticed(saved: Saved) -> None:
    before = tree_hash(saved.source)
    large = saved.source / "files" / "large"
    status = large.stat()
    with open(large, "r+b") as file:
        file.seek(2_000_000)
        file.write(b"torn")
    os.utime(large, ns=(status.st_atime_ns, status.st_mtime_ns))
    saved.restore(saved.source, IN_PLACE)
    assert tree_hash(saved.source) == before


def test_only_metadata_is_written_where_content_is_the_same(saved: Saved) -> None:
    inode = (saved.source / "files" / "large").stat().st_ino
    os.utime(saved.source / "files" / "large", ns=(5, 5))
    plan = saved.plan(saved.source, IN_PLACE)
    assert [(entry.path, entry.change, entry.size) for entry in plan.parts[0].entries] == [
        (b"files/large", Change.METADATA, 0)
    ]
    saved.restore(saved.source, IN_PLACE)
    assert (saved.source / "files" / "large").stat().st_ino == inode


@pytest.mark.parametrize("other", ["directory", "full directory", "symlink", "fifo", "file"])
@pytest.mark.parametrize("path", ["files/large", "links/sub", "links/soft", "files/fifo"])
def test_an_entry_of_another_type_is_replaced(saved: Saved, path: str, other: str) -> None:
    before = tree_hash(saved.source)
    place = saved.source / path
    shutil.rmtree(place) if place.is_dir() and not place.is_symlink() else place.unlink()
    if other == "symlink":
        place.symlink_to("/etc")
    elif other == "fifo":
        os.mkfifo(place)
    elif other == "file":
        place.write_bytes(b"other")
    else:
        place.mkdir()
        if other == "full directory":
            (place / "deep").mkdir()
            (place / "deep" / "er").write_bytes(b"gone")
    outcome = saved.restore(saved.source, IN_PLACE)
    assert outcome.errors == []
    assert tree_hash(saved.source) == before
    assert _temporaries(saved.source) == []


def test_a_full_directory_in_a_files_place_stays_unless_deleting_was_asked_for(saved: Saved) -> None:
    place = saved.source / "files" / "large"
    place.unlink()
    place.mkdir()
    (place / "mine").write_bytes(b"mine")
    outcome = saved.restore(saved.source, msgspec.structs.replace(IN_PLACE, delete=False))
    assert (place / "mine").read_bytes() == b"mine"
    assert "directory" in {s.path: s.reason for s in outcome.skipped}["files/large"]


def test_links_are_made_and_broken_as_they_were(saved: Saved, tmp_path: Path) -> None:
    before = tree_hash(saved.source)
    one, two = saved.source / "links" / "hard one", saved.source / "links" / "sub" / "hard two"
    status = two.stat()
    two.unlink()
    shutil.copy2(one, two)
    os.utime(two, ns=(status.st_atime_ns, status.st_mtime_ns))
    stranger = saved.source / "data1" / "part1" / "file1.bin"
    outside = tmp_path / "outside"
    os.link(stranger, outside)
    os.chmod(outside, 0o400)
    saved.restore(saved.source, IN_PLACE)
    assert tree_hash(saved.source) == before
    assert stat.S_IMODE(outside.stat().st_mode) == 0o400


def test_two_files_that_became_one_inode_are_two_again(restic_repository: Restic, tmp_path: Path) -> None:
    source = _small(tmp_path)
    (source / "a").write_bytes(b"same")
    (source / "b").write_bytes(b"same")
    os.utime(source / "a", ns=(7, 7))
    os.utime(source / "b", ns=(7, 7))
    saved = save(restic_repository, source)
    before = tree_hash(source)
    (source / "b").unlink()
    os.link(source / "a", source / "b")
    saved.restore(source, IN_PLACE)
    assert tree_hash(source) == before


def test_a_process_keeps_the_file_that_it_has_open(saved: Saved) -> None:
    path = saved.source / "data0" / "part0" / "file0.bin"
    path.write_bytes(b"what the kernel sees")
    with open(path, "rb") as held:
        saved.restore(saved.source, IN_PLACE)
        assert held.read() == b"what the kernel sees"
        assert path.stat().st_ino != os.fstat(held.fileno()).st_ino


def test_what_is_not_selected_is_left_alone_with_its_times(saved: Saved) -> None:
    (saved.source / "files" / "large").write_bytes(b"edited")
    (saved.source / "files" / "attributed").write_bytes(b"edited too")
    (saved.source / "files" / "new").write_bytes(b"new")
    os.utime(saved.source / "files", ns=(3, 3))
    before = fingerprint(saved.source)
    saved.restore(saved.source, IN_PLACE, paths=["files/large"])
    found = differences(before, fingerprint(saved.source))
    assert {each.split(":")[0] for each in found} == {"b'files/large'"}


def test_exact_entries_leave_what_lies_below_them(saved: Saved) -> None:
    (saved.source / "files" / "large").write_bytes(b"edited")
    (saved.source / "files" / "new").mkdir()
    (saved.source / "files" / "new" / "a").write_bytes(b"a")
    (saved.source / "files" / "new" / "b").write_bytes(b"b")
    saved.restore(saved.source, IN_PLACE, only=["files", "files/new", "files/new/a"])
    assert (saved.source / "files" / "large").read_bytes() == b"edited"
    assert sorted(os.listdir(saved.source / "files" / "new")) == ["b"]


def test_protected_and_excluded_entries_stay(saved: Saved) -> None:
    (saved.source / "files" / "large").write_bytes(b"secret now")
    (saved.source / "cache").mkdir()
    (saved.source / "cache" / "x").write_bytes(b"x")
    add_socket(saved.source / "socket")
    options = msgspec.structs.replace(
        IN_PLACE,
        protected=lambda path: "an identity file" if path == "files/large" else None,
        kept=lambda path: "excluded" if path == "cache" else None,
    )
    outcome = saved.restore(saved.source, options)
    assert (saved.source / "files" / "large").read_bytes() == b"secret now"
    assert (saved.source / "cache" / "x").exists()
    assert (saved.source / "socket").exists()
    reasons = {skipped.path: skipped.reason for skipped in outcome.skipped}
    assert reasons == {"files/large": "an identity file", "cache": "excluded", "socket": "socket"}


def test_the_live_log_of_a_database_goes_with_the_file_that_is_replaced(
    restic_repository: Restic, tmp_path: Path
) -> None:
    source = _small(tmp_path)
    (source / "a.db").write_bytes(b"main file")
    saved = save(restic_repository, source)
    (source / "a.db-wal").write_bytes(b"commits that the main file lacks")
    (source / "b.db-wal").write_bytes(b"of nobody")
    options = RestoreOptions(
        in_place=True, companion_of=lambda name: name.removesuffix("-wal") if name.endswith("-wal") else None
    )
    plan = saved.plan(source, options)
    assert {(e.path, e.change) for e in plan.parts[0].entries if e.path} == {
        (b"a.db", Change.MODIFIED),
        (b"a.db-wal", Change.DELETED),
    }
    saved.restore(source, options)
    assert sorted(os.listdir(source)) == ["a.db", "b.db-wal", "file"]


def test_a_target_that_holds_something_is_refused(saved: Saved, tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    (tmp_path / "target" / "x").touch()
    with pytest.raises(RokError) as caught:
        saved.plan(tmp_path / "target")
    assert caught.value.kind is ErrorKind.FAILED_PRECONDITION
    with pytest.raises(RokError, match="no directory"):
        saved.plan(tmp_path / "target" / "x")


@pytest.mark.parametrize("path", ["../x", "/etc", "a//b", "files/../..", "."])
def test_paths_outside_are_refused(saved: Saved, tmp_path: Path, path: str) -> None:
    with pytest.raises(RokError) as caught:
        saved.plan(tmp_path / "target", paths=[path])
    assert caught.value.kind is ErrorKind.INVALID_ARGUMENT


def test_a_path_that_the_snapshot_lacks_is_not_found(saved: Saved, tmp_path: Path) -> None:
    with pytest.raises(RokError) as caught:
        saved.plan(tmp_path / "target", paths=["files/none"])
    assert caught.value.kind is ErrorKind.NOT_FOUND


def test_the_fingerprint_names_the_plan_and_the_state(saved: Saved) -> None:
    (saved.source / "files" / "large").write_bytes(b"edited")
    first = saved.plan(saved.source, IN_PLACE).fingerprint
    assert saved.plan(saved.source, IN_PLACE).fingerprint == first
    assert saved.plan(saved.source, msgspec.structs.replace(IN_PLACE, delete=False)).fingerprint != first
    (saved.source / "files" / "large").write_bytes(b"Edited")
    assert saved.plan(saved.source, IN_PLACE).fingerprint != first


def test_what_changes_after_the_plan_is_left_and_named(saved: Saved) -> None:
    edited, doomed = saved.source / "files" / "large", saved.source / "new"
    edited.write_bytes(b"edited")
    doomed.write_bytes(b"new")
    plan = saved.plan(saved.source, IN_PLACE)
    edited.write_bytes(b"edited once more")
    doomed.write_bytes(b"newer")
    outcome = execute_restore(saved.repository, plan, "aa", Progress())
    assert {error.path for error in outcome.errors} == {"files/large", "new"}
    assert edited.read_bytes() == b"edited once more"
    assert doomed.read_bytes() == b"newer"
    assert _temporaries(saved.source) == []


def test_a_cancelled_restore_leaves_no_temporary_files(saved: Saved, tmp_path: Path) -> None:
    progress = Progress()
    plan = saved.plan(tmp_path / "target")
    progress.cancel()
    with pytest.raises(Cancelled):
        execute_restore(saved.repository, plan, "aa", progress)
    assert _temporaries(tmp_path / "target") == []
    saved.restore(tmp_path / "target", IN_PLACE)
    assert_same_tree(saved.source, tmp_path / "target")


@pytest.mark.parametrize("when", [40, 90, 150])
def test_a_restore_that_is_cancelled_half_way_leaves_whole_files_only(saved: Saved, tmp_path: Path, when: int) -> None:
    class Impatient(Progress):
        def check_cancelled(self) -> None:
            self.checks = getattr(self, "checks", 0) + 1
            if self.checks > when:
                self.cancel()
            super().check_cancelled()

    plan = saved.plan(tmp_path / "target")
    descriptors = len(os.listdir("/proc/self/fd"))
    with pytest.raises(Cancelled):
        execute_restore(saved.repository, plan, "aa", Impatient())
    assert len(os.listdir("/proc/self/fd")) == descriptors
    assert threading.active_count() == 1
    assert _temporaries(tmp_path / "target") == []
    saved.restore(tmp_path / "target", IN_PLACE)
    assert_same_tree(saved.source, tmp_path / "target")


def test_damaged_content_is_named_and_the_rest_restored(saved_alone: Saved, tmp_path: Path) -> None:
    large = next(n for n in _nodes(saved_alone, "files") if n.name == "large")
    assert large.content
    place = saved_alone.repository.index.find(BlobType.DATA, large.content[-1])
    assert place is not None
    pack = Path(saved_alone.repository.backend.location, "data", place[0][:2], place[0])
    damaged = bytearray(pack.read_bytes())
    damaged[place[1].offset + 40] ^= 1
    os.chmod(pack, 0o600)
    pack.write_bytes(damaged)
    outcome = saved_alone.restore(tmp_path / "target")
    assert [error.path for error in outcome.errors] == ["files/large"]
    before = fingerprint(saved_alone.source)
    after = fingerprint(tmp_path / "target")
    assert before.keys() - after.keys() == {b"files/large"}
    assert _temporaries(tmp_path / "target") == []


def test_hostile_names_are_rejected_and_the_rest_restored(saved_alone: Saved, tmp_path: Path) -> None:
    content = (
        b'{"nodes":['
        + b",".join(
            b'{"name":"%s","type":"file","mode":420,"mtime":"2020-01-01T00:00:00Z","atime":"2020-01-01T00:00:00Z",'
            b'"ctime":"2020-01-01T00:00:00Z","uid":0,"gid":0,"content":[]}' % name
            for name in (b"..", b"/", b"a/b", b"", b"x\\\\u0000", b"/etc/passwd", b"good", b"twice", b"twice")
        )
        + b"]}\n"
    )
    with saved_alone.repository.lock(), saved_alone.repository.writer() as writer:
        tree = writer.save_blob(BlobType.TREE, content).id
        writer.flush()
    hostile = replace(saved_alone, tree=tree)
    outcome = hostile.restore(tmp_path / "inner" / "target")
    assert sorted(os.listdir(tmp_path / "inner" / "target")) == ["good", "twice"]
    assert sorted(os.listdir(tmp_path / "inner")) == ["target"]
    assert len(outcome.errors) == 7


def test_without_owners_nothing_privileged_comes_back(saved: Saved, tmp_path: Path) -> None:
    outcome = saved.restore(tmp_path / "target", msgspec.structs.replace(INTO_DIRECTORY, owners=False))
    special = tmp_path / "target" / "root only"
    assert outcome.errors == []
    assert not (special / "null").exists()
    assert not (special / "block").exists()
    assert stat.S_IMODE((special / "setuid").stat().st_mode) == 0o755
    assert (special / "setuid").stat().st_uid == 0
    assert os.listxattr(special / "capable") == []
    named = {skipped.path for skipped in outcome.skipped}
    assert {f"root only/{name}" for name in ("null", "block", "setuid", "setgid", "capable")} <= named
    assert any("owner" in skipped.reason for skipped in outcome.skipped if not skipped.path)
    assert saved.plan(tmp_path / "target", msgspec.structs.replace(IN_PLACE, owners=False)).parts[0].entries == ()


def test_a_replaced_file_keeps_its_owner_without_owners(saved: Saved) -> None:
    path = saved.source / "root only" / "setuid"
    os.chmod(path, 0o644)
    path.write_bytes(b"edited")
    os.chown(path, 777, 888)
    saved.restore(saved.source, msgspec.structs.replace(IN_PLACE, owners=False))
    assert (path.stat().st_uid, path.stat().st_gid, path.read_bytes()) == (777, 888, b"#!")


def test_inherited_acls_do_not_stay_where_the_snapshot_has_none(saved: Saved, tmp_path: Path) -> None:
    (tmp_path / "target").mkdir()
    os.setxattr(tmp_path / "target", *posix_acl(4711, default=True))
    saved.restore(tmp_path / "target")
    assert_same_tree(saved.source, tmp_path / "target")


def test_another_mount_is_never_emptied(saved: Saved) -> None:
    (saved.source / "mnt").mkdir()
    if os.system(f"mount -t tmpfs none {saved.source / 'mnt'} 2>/dev/null") != 0:
        pytest.skip("no right to mount")
    try:
        (saved.source / "mnt" / "precious").write_bytes(b"p")
        outcome = saved.restore(saved.source, IN_PLACE)
        assert (saved.source / "mnt" / "precious").read_bytes() == b"p"
        assert [(s.path, s.reason) for s in outcome.skipped] == [("mnt", "another mount")]
    finally:
        os.system(f"umount {saved.source / 'mnt'}")


def test_progress_ends_at_its_totals(saved: Saved, tmp_path: Path) -> None:
    progress = Progress()
    plan = saved.plan(tmp_path / "target")
    execute_restore(saved.repository, plan, "aa", progress)
    report = progress.report()
    assert report.files_done == report.files_total
    assert report.bytes_done == report.bytes_total == plan.bytes_to_write
    assert threading.active_count() == 1


def _small(tmp_path: Path) -> Path:
    source = tmp_path / "small"
    source.mkdir()
    (source / "file").write_bytes(b"x")
    return source


def _nodes(saved: Saved, path: str) -> tuple[Node, ...]:
    tree = saved.tree
    for name in path.split("/"):
        node = saved.repository.load_tree(tree).find(name)
        assert node is not None
        assert node.subtree is not None
        tree = node.subtree
    return saved.repository.load_tree(tree).nodes


def _with_deep_tree(saved: Saved, *, levels: int, name: str) -> Saved:
    """Put the saved tree's file below so many directories."""
    tree = saved.tree
    with saved.repository.lock(), saved.repository.writer() as writer:
        for _ in range(levels):
            node = Node(
                name=name,
                type=NodeType.DIRECTORY,
                mode=0o700 | 1 << 31,
                mtime="2020-01-01T00:00:00.5Z",
                ctime="2020-01-01T00:00:00Z",
                subtree=tree,
            )
            tree = writer.save_blob(BlobType.TREE, encode_tree([node])).id
        writer.flush()
    return replace(saved, tree=tree)


def test_planned_changes_are_told_in_the_models_words(saved: Saved, tmp_path: Path) -> None:
    changes = saved.plan(tmp_path / "target", paths=["files/large"]).parts[0].changes()
    assert [(c.volume, c.path, c.change, c.type, c.size) for c in changes] == [
        ("w", "files", Change.CREATED, EntryType.DIRECTORY, 0),
        ("w", "files/large", Change.CREATED, EntryType.FILE, 3_000_000),
    ]
