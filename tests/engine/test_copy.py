from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from rok_jupyter.engine.copy import CopiedSnapshots, copy_snapshots
from rok_jupyter.engine.format.pack import BlobType
from rok_jupyter.engine.reachable import used_blobs, visit_trees
from rok_jupyter.engine.repository import Repository
from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.progress import Progress
from tests.engine.restic_made import make_files, new_repository, reopen
from tests.restic import Restic
from tests.trees import assert_same_tree


@pytest.fixture(scope="module")
def template(current_restic_binary: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Restic, Path]:
    directory = tmp_path_factory.mktemp("template")
    source, _ = new_repository(Restic(current_restic_binary, str(directory / "repository")))
    files = make_files(directory / "files", seed=1)
    source.backup(files, tags=["rok:id=" + "a" * 64, "experiment"])
    make_files(files, seed=2, files=3)
    source.backup(files)
    return source, files


@pytest.fixture
def files(template: tuple[Restic, Path]) -> Path:
    """The directory that the newest snapshot was taken of."""
    return template[1]


@pytest.fixture
def pair(template: tuple[Restic, Path], tmp_path: Path) -> tuple[Restic, Restic]:
    """A filled repository and an empty one."""
    shutil.copytree(template[0].location, tmp_path / "source")
    target, _ = new_repository(template[0].at(tmp_path / "target"))
    return template[0].at(tmp_path / "source"), target


def copied(source: Restic, target: Restic, *ids: str) -> CopiedSnapshots:
    return copy_snapshots(reopen(source), reopen(target), ids, Progress())


def ids_of(restic: Restic) -> list[str]:
    return [snapshot["id"] for snapshot in restic.snapshots()]


def test_copied_snapshots_are_whole_and_restore_equal(pair: tuple[Restic, Restic], files: Path, tmp_path: Path) -> None:
    source, target = pair
    result = copied(source, target, *ids_of(source))
    assert list(result.copied) == ids_of(source)
    assert list(result.copied.values()) == ids_of(target)
    assert result.bytes_added > 0
    target.check()
    target.restore("latest", tmp_path / "restored")
    assert_same_tree(files, Path(f"{tmp_path}/restored{files}"), ignore=frozenset({"mtime_ns"}))


def test_tags_our_field_and_the_origin_last(pair: tuple[Restic, Restic]) -> None:
    source, target = pair
    repository = reopen(source)
    files, _ = repository.snapshot_files()
    first_id, first = next((id_, file) for id_, file in files.items() if file.tags)
    own_id = repository.save_snapshot(msgspec.structs.replace(first, rok={"message": "kept"}, tags=("mine",)))
    result = copied(source, target, first_id, own_id)
    there, _ = reopen(target).snapshot_files()
    assert there[result.copied[first_id]].tags == first.tags
    assert there[result.copied[first_id]].original == first_id
    assert there[result.copied[own_id]].rok == {"message": "kept"}
    assert there[result.copied[own_id]].tree == first.tree


def test_a_second_copy_copies_nothing(pair: tuple[Restic, Restic]) -> None:
    source, target = pair
    first = copied(source, target, *ids_of(source))
    again = copied(source, target, *ids_of(source))
    assert again == CopiedSnapshots(copied={}, already_there=first.copied, bytes_added=0)
    assert len(ids_of(target)) == 2


def test_an_edited_snapshot_is_recognised_by_its_own_id(pair: tuple[Restic, Restic]) -> None:
    source, target = pair
    first = ids_of(source)[0]
    copied(source, target, first)
    source.run("tag", "--add", "edited", first)
    edited = next(snapshot["id"] for snapshot in source.snapshots() if "edited" in snapshot.get("tags", []))
    assert list(copied(source, target, edited).already_there) == [edited]


def test_only_what_is_lacking_is_copied(pair: tuple[Restic, Restic]) -> None:
    source, target = pair
    older, newer = ids_of(source)
    first = copied(source, target, older)
    second = copied(source, target, newer)
    assert 0 < second.bytes_added < first.bytes_added
    target.check()


def test_restic_reads_where_a_copy_comes_from(pair: tuple[Restic, Restic]) -> None:
    source, target = pair
    copied(source, target, *ids_of(source))
    assert {snapshot["original"] for snapshot in target.snapshots()} == set(ids_of(source))


@pytest.mark.parametrize("kind", list(BlobType))
def test_what_damage_keeps_back_is_named_and_all_else_is_copied(
    pair: tuple[Restic, Restic], files: Path, tmp_path: Path, kind: BlobType
) -> None:
    source, target = pair
    sound = ids_of(source)
    hit = source.backup(make_files(tmp_path / "others", seed=3))
    newest = source.backup(make_files(tmp_path / "more", seed=4))
    (pack,) = packs_of_snapshot(source, hit, kind)
    pack.unlink()
    result = copied(source, target, *ids_of(source))
    assert list(result.failed) == [hit]
    assert pack.name[:8] in result.failed[hit]
    assert list(result.copied) == [*sound, newest]
    assert ids_of(target) == list(result.copied.values())
    target.check()
    target.restore(result.copied[sound[-1]], tmp_path / "restored")
    assert_same_tree(files, Path(f"{tmp_path}/restored{files}"), ignore=frozenset({"mtime_ns"}))


def test_a_damaged_source_copies_no_half_snapshot(pair: tuple[Restic, Restic]) -> None:
    source, target = pair
    max(packs_of(source), key=size).unlink()
    result = copied(source, target, *ids_of(source))
    assert set(result.failed) == set(ids_of(source))
    assert result.copied == {}
    assert ids_of(target) == []
    target.check()


def test_a_full_target_is_no_fault_of_the_source(pair: tuple[Restic, Restic], monkeypatch: pytest.MonkeyPatch) -> None:
    source, target = pair
    there = reopen(target)

    def refuse(*_: object) -> None:
        raise RokError(ErrorKind.RESOURCE_EXHAUSTED, "The disk is full.")

    monkeypatch.setattr(there.backend, "save", refuse)
    with pytest.raises(RokError) as full:
        copy_snapshots(reopen(source), there, ids_of(source), Progress())
    assert full.value.kind is ErrorKind.RESOURCE_EXHAUSTED


def packs_of(restic: Restic) -> set[Path]:
    return {path for path in (Path(restic.location) / "data").rglob("*") if path.is_file()}


def packs_of_snapshot(restic: Restic, snapshot: str, kind: BlobType) -> set[Path]:
    """The packs with a snapshot's data, or with its trees."""
    repository = reopen(restic)
    tree = repository.snapshot_files()[0][snapshot].tree
    needed = used_blobs(visit_trees(repository, {"": tree}, Progress()))
    found = [repository.index.find(*key) for key in needed if key[0] is kind]
    return {Path(restic.location, "data", place[0][:2], place[0]) for place in found if place is not None}


def size(path: Path) -> int:
    return path.stat().st_size


def test_an_unknown_snapshot_is_refused(pair: tuple[Restic, Restic]) -> None:
    with pytest.raises(RokError) as refused:
        copied(*pair, "f" * 64)
    assert refused.value.kind is ErrorKind.NOT_FOUND


def test_a_repository_is_not_copied_onto_itself(pair: tuple[Restic, Restic]) -> None:
    source, _ = pair
    with pytest.raises(RokError) as refused:
        copied(source, source, *ids_of(source))
    assert refused.value.kind is ErrorKind.FAILED_PRECONDITION


def test_a_cancelled_copy_publishes_nothing(pair: tuple[Restic, Restic]) -> None:
    source, target = pair
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        copy_snapshots(reopen(source), reopen(target), ids_of(source), progress)
    assert ids_of(target) == []
    assert isinstance(reopen(target), Repository)
