from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest

from rok_jupyter.engine.copy import CopiedSnapshots, copy_snapshots
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


def test_a_damaged_source_copies_no_half_snapshot(pair: tuple[Restic, Restic]) -> None:
    source, target = pair
    packs = sorted((path for path in (Path(source.location) / "data").rglob("*") if path.is_file()), key=size)
    packs[-1].unlink()
    with pytest.raises(RokError) as lost:
        copied(source, target, *ids_of(source))
    assert lost.value.kind is ErrorKind.DATA_LOSS
    assert ids_of(target) == []
    target.check()


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
