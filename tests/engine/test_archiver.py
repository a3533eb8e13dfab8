"""The archiver against real directories, judged by both restics."""

from __future__ import annotations

import os
import random
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from rok_jupyter.engine.archiver import Archiver, Expected, Target
from rok_jupyter.engine.format.chunker import Chunker
from rok_jupyter.engine.format.pack import BlobType
from rok_jupyter.engine.format.tree import NodeType
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.progress import Progress
from tests.engine.archiving import Studio, write_tree
from tests.restic import Restic
from tests.trees import assert_same_tree, build_tree, fingerprint

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root makes devices and foreign owners")


def test_restic_restores_everything_that_a_file_system_holds(
    restic: Restic, studio: Studio, work: Path, tmp_path: Path
) -> None:
    build_tree(work)
    before = fingerprint(work)

    taken = studio.take(work)

    assert taken.result.errors == ()
    assert taken.result.changed_while_read == ()
    after = fingerprint(studio.restored(restic, taken, tmp_path / "restored", work))
    if restic.version < (0, 17):  # it doesn't know `linktarget_raw`, by which a target that is no UTF-8 survives
        del before[b"links/soft odd"], after[b"links/soft odd"]
    assert_same_tree(before, after)


def test_what_restic_saves_of_the_same_directory_adds_no_data(restic: Restic, studio: Studio, work: Path) -> None:
    (work / "large").write_bytes(random.Random(7).randbytes(20 << 20))
    build_tree(work)
    studio.take(work)
    judge = restic.at(studio.location)
    before = data_blobs(judge)
    assert len(before) > 20

    judge.backup(work)

    assert data_blobs(judge) == before
    snapshot = judge.snapshots()[-1]
    assert {node["path"]: node["type"] for node in judge.ls(snapshot["id"])}.keys() >= {str(work), f"{work}/large"}


def data_blobs(judge: Restic) -> set[str]:
    words = judge.list("blobs")
    return {blob_id for kind, blob_id in zip(words[::2], words[1::2], strict=True) if kind == "data"}


def test_data_that_restic_saved_is_not_saved_again(current_restic: Restic, work: Path, tmp_path: Path) -> None:
    (work / "large").write_bytes(random.Random(8).randbytes(20 << 20))
    studio = Studio(tmp_path / "ours")
    judge = current_restic.at(studio.location)
    judge.backup(work)

    taken = studio.take(work)

    assert taken.result.statistics.bytes_added < 20_000


def test_a_second_snapshot_of_an_unchanged_volume_writes_only_its_document(studio: Studio, work: Path) -> None:
    build_tree(work)
    first = studio.take(work)
    before = studio.stored_files()

    second = studio.take(work, parents=[first.tree])

    assert second.tree == first.tree
    assert not second.result.changed
    assert second.result.statistics.bytes_added == 0
    assert second.result.statistics.files_unmodified == first.result.volumes[0].files
    assert len(studio.stored_files() - before) == 1


def test_what_happens_beside_a_volume_is_no_change(studio: Studio, work: Path) -> None:
    write_tree(work, "file")
    first = studio.take(work)
    write_tree(work.parent, "beside")

    second = studio.take(work, parents=[first.tree])
    work.parent.chmod(0o711)
    third = studio.take(work, parents=[first.tree])

    assert second.tree == first.tree
    assert third.tree != first.tree
    assert not third.result.changed


def test_restic_snapshots_serve_as_parents(restic: Restic, studio: Studio, work: Path) -> None:
    write_tree(work, "a", "b/c")
    judge = restic.at(studio.location)
    judge.backup(work)
    parent = judge.snapshots()[-1]["tree"]

    taken = studio.take(work, parents=[parent])

    assert taken.result.statistics.files_unmodified == 2
    assert not taken.result.changed


def test_a_parent_of_another_time_zone_serves_as_well(current_restic: Restic, studio: Studio, work: Path) -> None:
    write_tree(work, "a")
    judge = replace(current_restic.at(studio.location), time_zone="Asia/Kolkata")
    judge.backup(work)
    assert studio.node(parent := judge.snapshots()[-1]["tree"], work / "a").mtime.endswith("+05:30")

    assert studio.take(work, parents=[parent]).result.statistics.files_unmodified == 1


def test_only_what_changed_is_read_again(studio: Studio, work: Path) -> None:
    write_tree(work, "same", "edited", "gone/one", "gone/two", "deep/er/same")
    first = studio.take(work)
    (work / "edited").write_text("another")
    (work / "new").write_text("new")
    for name in ("one", "two"):
        (work / "gone" / name).unlink()
    (work / "gone").rmdir()

    second = studio.take(work, parents=[first.tree])

    statistics = second.result.statistics
    assert (statistics.files_new, statistics.files_changed, statistics.files_unmodified) == (1, 1, 2)
    assert statistics.files_removed == 2
    assert second.result.changed
    assert second.result.volumes[0].changed
    before, after = studio.volume(first), studio.volume(second)
    assert after["deep/"] == before["deep/"]
    assert after.keys() == {"same", "edited", "new", "deep/", "deep/er/", "deep/er/same"}


def test_another_content_of_the_same_size_and_mtime_is_noticed(studio: Studio, work: Path) -> None:
    file = work / "file"
    file.write_text("before")
    os.utime(file, ns=(10**18, 10**18))
    first = studio.take(work)
    file.write_text("after!")
    os.utime(file, ns=(10**18, 10**18))

    second = studio.take(work, parents=[first.tree])

    assert studio.volume(second)["file"].content != studio.volume(first)["file"].content


def test_another_file_of_the_same_size_and_times_is_noticed_by_its_inode(studio: Studio, work: Path) -> None:
    write_tree(work, "file")
    first = studio.take(work)
    (work / "other").write_text("CONTENT of file")
    (work / "other").rename(work / "file")

    second = studio.take(work, parents=[first.tree])

    assert second.result.statistics.files_changed == 1


def test_a_change_of_mode_or_attribute_alone_reaches_the_snapshot(studio: Studio, work: Path) -> None:
    write_tree(work, "mode", "attribute", "directory/file")
    first = studio.take(work)
    (work / "mode").chmod(0o640)
    os.setxattr(work / "attribute", "user.note", b"n")
    (work / "directory").chmod(0o700)

    second = studio.take(work, parents=[first.tree])

    nodes = studio.volume(second)
    assert nodes["mode"].mode == 0o640
    assert [(a.name, a.value) for a in nodes["attribute"].extended_attributes] == [("user.note", b"n")]
    assert nodes["directory/"].mode & 0o777 == 0o700
    assert nodes["directory/"].subtree == studio.volume(first)["directory/"].subtree
    assert second.result.statistics.bytes_added < 5_000


def test_a_file_whose_data_the_repository_lacks_is_read_again(studio: Studio, work: Path, tmp_path: Path) -> None:
    write_tree(work, "file")
    first = studio.take(work)
    other = Studio(tmp_path / "other")
    with other.repository.writer() as writer:
        for tree_id in _trees_of(studio, first.tree):
            writer.save_blob(BlobType.TREE, studio.repository.load_blob(BlobType.TREE, tree_id))

    second = other.take(work, parents=[first.tree])

    assert not second.result.changed
    content = other.volume(second)["file"].content
    assert content is not None
    assert other.repository.load_blob(BlobType.DATA, content[0]) == b"content of file"


def _trees_of(studio: Studio, root: str) -> list[str]:
    found = [root]
    for tree_id in found:
        found += [node.subtree for node in studio.repository.load_tree(tree_id).nodes if node.subtree]
    return found


def test_a_parent_that_is_gone_only_costs_reading(studio: Studio, work: Path) -> None:
    write_tree(work, "file")

    taken = studio.take(work, parents=["0" * 64])

    assert studio.volume(taken).keys() == {"file"}


def test_volumes_lie_at_their_absolute_paths_below_one_root(
    current_restic: Restic, studio: Studio, tmp_path: Path
) -> None:
    work, data = tmp_path / "home" / "work", tmp_path / "mnt" / "data"
    write_tree(work, "notebook")
    write_tree(data, "table")
    write_tree(tmp_path, "home/not in a volume")

    taken = studio.take(work, data)

    assert taken.result.paths == (str(work), str(data))
    listed = {node["path"] for node in current_restic.at(studio.location).ls(taken.snapshot)}
    assert {f"{work}/notebook", f"{data}/table"} <= listed
    assert str(tmp_path / "home" / "not in a volume") not in listed
    home = studio.node(taken.tree, tmp_path / "home")
    assert home.inode == (tmp_path / "home").stat().st_ino
    assert studio.node(taken.tree, work).subtree == taken.result.volumes[0].tree
    assert [volume.files for volume in taken.result.volumes] == [1, 1]


def test_a_volume_inside_another_appears_once_and_counts_for_itself(studio: Studio, work: Path) -> None:
    write_tree(work, "a", "sets/data/table", "sets/other", "ignored/deep/volume/kept", "ignored/dropped")
    workspace = Target(volume="work", path=str(work), excludes=("/ignored/", "table"))
    data = Target(volume="data", path=str(work / "sets" / "data"))
    deep = Target(volume="deep", path=str(work / "ignored" / "deep" / "volume"))

    taken = studio.take(workspace, data, deep)

    names = studio.volume(taken).keys()
    assert names == {
        "a", "sets/", "sets/other", "sets/data/", "sets/data/table",
        "ignored/", "ignored/deep/", "ignored/deep/volume/", "ignored/deep/volume/kept",
    }  # fmt: skip
    assert [(volume.volume, volume.files) for volume in taken.result.volumes] == [("work", 2), ("data", 1), ("deep", 1)]


def test_each_volume_is_compared_with_the_newest_parent_that_has_it(studio: Studio, tmp_path: Path) -> None:
    one, two = write_tree(tmp_path / "home" / "one", "a"), write_tree(tmp_path / "home" / "two", "b")
    first = studio.take(one)
    second = studio.take(Target(volume="two", path=str(two)))

    both = studio.take(one, two, parents=[second.tree, first.tree])

    assert both.result.statistics.files_unmodified == 2
    assert not both.result.changed


def test_a_volume_can_be_an_empty_directory(restic: Restic, studio: Studio, work: Path, tmp_path: Path) -> None:
    taken = studio.take(work)

    assert studio.volume(taken) == {}
    assert list(studio.restored(restic, taken, tmp_path / "restored", work).iterdir()) == []


@pytest.mark.parametrize("path", ["relative", "/a/../b", "/a/", ""])
def test_a_volume_needs_a_plain_absolute_path(studio: Studio, path: str) -> None:
    with pytest.raises(RokError) as caught:
        studio.take(Target(volume="v", path=path))
    assert caught.value.kind is ErrorKind.INVALID_ARGUMENT


def test_two_volumes_cannot_be_the_same_directory(studio: Studio, work: Path) -> None:
    with pytest.raises(RokError, match="one and two are the same directory"):
        studio.take(Target(volume="one", path=str(work)), Target(volume="two", path=str(work)))


@pytest.mark.parametrize("kind", ["missing", "file"])
def test_a_volume_that_is_no_directory_ends_the_snapshot(studio: Studio, work: Path, kind: str) -> None:
    if kind == "file":
        (work / "volume").write_text("x")
    with pytest.raises(RokError, match="The volume v can't be read") as caught:
        studio.take(Target(volume="v", path=str(work / "volume")))
    assert caught.value.kind is ErrorKind.FAILED_PRECONDITION
    assert studio.repository.snapshot_files()[0] == {}


def test_hard_links_carry_what_a_restore_needs_to_link_them_again(studio: Studio, work: Path) -> None:
    write_tree(work, "one", "single")
    os.link(work / "one", work / "two")

    nodes = studio.volume(studio.take(work))

    assert nodes["one"].links == nodes["two"].links == 2
    assert (nodes["one"].inode, nodes["one"].device_id) == (nodes["two"].inode, nodes["two"].device_id)
    assert nodes["one"].device_id == (work / "one").stat().st_dev
    assert nodes["single"].device_id == 0


def test_a_path_longer_than_path_max_is_saved(restic: Restic, studio: Studio, work: Path) -> None:
    descriptor = os.open(work, os.O_RDONLY)
    for _ in range(20):
        os.mkdir("n" * 250, dir_fd=descriptor)
        inner = os.open("n" * 250, os.O_RDONLY, dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    leaf = os.open("leaf", os.O_WRONLY | os.O_CREAT, dir_fd=descriptor)
    os.write(leaf, b"deep")
    os.close(leaf)
    os.close(descriptor)

    taken = studio.take(work)

    assert taken.result.errors == ()
    path = "/".join(["n" * 250] * 20 + ["leaf"])
    assert studio.volume(taken)[path].size == 4
    assert path in {
        str(node["path"]).removeprefix(f"{work}/") for node in restic.at(studio.location).ls(taken.snapshot)
    }


def test_a_thousand_levels_are_saved_with_few_descriptors(studio: Studio, work: Path) -> None:
    descriptor = os.open(work, os.O_RDONLY)
    for _ in range(1000):
        os.mkdir("d", dir_fd=descriptor)
        inner = os.open("d", os.O_RDONLY, dir_fd=descriptor)
        os.close(os.open("file", os.O_WRONLY | os.O_CREAT, dir_fd=descriptor))
        os.mkdir("z", dir_fd=descriptor)
        os.close(descriptor)
        descriptor = inner
    os.close(descriptor)

    taken = studio.take(work)

    assert taken.result.errors == ()
    assert taken.result.statistics.directories == 2001
    assert taken.result.volumes[0].files == 1000
    subprocess.run(["rm", "-rf", str(work)], check=True)  # shutil.rmtree recurses


def test_twenty_thousand_files_in_one_directory_are_saved(studio: Studio, work: Path) -> None:
    for number in range(20_000):
        (work / f"{number:05d}").touch()

    taken = studio.take(work)
    again = studio.take(work, parents=[taken.tree])

    assert taken.result.volumes[0].files == again.result.statistics.files_unmodified == 20_000


def test_holes_are_stored_as_the_zeros_that_restic_would_read(restic: Restic, studio: Studio, work: Path) -> None:
    with (work / "sparse").open("wb") as file:
        for position, data in ((3 << 20, b"a" * 700_000), (40 << 20, b"data"), ((90 << 20) + 17, b"end")):
            file.seek(position)
            file.write(data)
    with (work / "trailing").open("wb") as file:
        file.write(b"x")
        file.truncate((8 << 20) + 3)

    nodes = studio.volume(studio.take(work))

    chunker = Chunker(studio.repository.polynomial)
    for name in ("sparse", "trailing"):
        content = (work / name).read_bytes()
        assert len(nodes[name].content or ()) == len(chunker.lengths(content, final=True))
        assert nodes[name].size == len(content)
    judge = restic.at(studio.location)
    before = judge.list("blobs").count("data")
    judge.backup(work)
    assert judge.list("blobs").count("data") == before


def test_a_huge_hole_costs_nearly_nothing(studio: Studio, work: Path) -> None:
    with (work / "huge").open("wb") as file:
        file.truncate(64 << 30)
        file.seek(512 << 20)
        file.write(b"ab")

    taken = studio.take(work)

    assert taken.result.statistics.bytes_processed == 64 << 30
    assert taken.result.statistics.seconds < 20
    assert taken.result.statistics.bytes_added < 50_000_000


def test_progress_counts_what_was_read_against_what_there_is(studio: Studio, work: Path) -> None:
    write_tree(work, *(f"d{number % 7}/f{number}" for number in range(50)))
    progress = Progress()
    taken = studio.take(work, progress=progress)
    report = progress.report()
    assert (report.files_done, report.bytes_done) == (50, taken.result.statistics.bytes_processed)
    assert report.phase == "reading"
    assert report.bytes_added == taken.result.statistics.bytes_added


def test_an_earlier_count_stands_in_for_counting(studio: Studio, work: Path) -> None:
    write_tree(work, "a")
    progress = Progress()
    with studio.repository.writer() as writer:
        archiver = Archiver(studio.repository, writer)
        archiver.run([Target(volume="v", path=str(work))], (), progress, expected=Expected(files=3, size=99))
    report = progress.report()
    assert (report.files_total, report.bytes_total) == (3, 99)


def test_names_of_another_locale_are_the_same_bytes(studio: Studio, work: Path) -> None:
    (work / "é").touch()
    code = (
        "import sys; from pathlib import Path; from tests.engine.archiving import Studio;"
        "s = Studio(Path(sys.argv[1])); t = s.take(Path(sys.argv[2]));"
        "print(ascii(sorted(s.volume(t))), sys.getfilesystemencoding())"
    )
    environment = {**os.environ, "LC_ALL": "POSIX", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(work.parent / "other"), str(work)],
        env=environment, capture_output=True, check=True, text=True, cwd=Path(__file__).parents[2],
    )  # fmt: skip
    assert done.stdout.split()[0] == "['\\xe9']"


def test_fifos_and_devices_are_saved_without_opening_them(studio: Studio, work: Path) -> None:
    os.mkfifo(work / "fifo")

    nodes = studio.volume(studio.take(work))

    assert nodes["fifo"].type is NodeType.FIFO


@needs_root
def test_devices_keep_their_numbers(studio: Studio, work: Path) -> None:
    os.mknod(work / "null", 0o600 | 0o020000, os.makedev(1, 3))

    node = studio.volume(studio.take(work))["null"]

    assert node.type is NodeType.CHARACTER_DEVICE
    assert node.device == os.makedev(1, 3)
