"""Files of a repository that are cut off, empty, swapped, doubled, foreign or too many: told, never a traceback."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from rok_jupyter.engine.check import check
from rok_jupyter.engine.format.ids import hash_of
from rok_jupyter.engine.storage.backend import FileKind
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.progress import Progress
from tests.damage.damaged import DIRECTORIES, Subject, finds_damage, make_subject, restores_wrongly
from tests.restic import Restic

NAMED = [kind for kind in FileKind if kind is not FileKind.CONFIG]


def cut_off(path: Path, _: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def without_last_byte(path: Path, _: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def emptied(path: Path, _: Path) -> None:
    path.write_bytes(b"")


def one_byte(path: Path, _: Path) -> None:
    path.write_bytes(b"\x02")


def zeroed(path: Path, _: Path) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def longer(path: Path, _: Path) -> None:
    path.write_bytes(path.read_bytes() + b"{}")


def with_content_of_another_kind(path: Path, other: Path) -> None:
    path.write_bytes(other.read_bytes())


@pytest.mark.parametrize("kind", FileKind)
@pytest.mark.parametrize(
    "harm", [cut_off, without_last_byte, emptied, one_byte, zeroed, longer, with_content_of_another_kind]
)
def test_a_harmed_file_is_told_and_nothing_wrong_is_restored(
    subject: Subject, quick_path: Path, kind: FileKind, harm: Callable[[Path, Path], None]
) -> None:
    other = subject.files(FileKind.SNAPSHOT if kind is not FileKind.SNAPSHOT else FileKind.INDEX)[0]
    harm(subject.files(kind)[0], other)
    assert finds_damage(subject)
    assert restores_wrongly(subject, quick_path / "target") == ""


@pytest.mark.parametrize("kind", [kind for kind in NAMED if kind is not FileKind.LOCK])
def test_two_files_that_are_swapped_are_told(subject: Subject, quick_path: Path, kind: FileKind) -> None:
    first, second = subject.files(kind)[:2]
    first_content, second_content = first.read_bytes(), second.read_bytes()
    first.write_bytes(second_content)
    second.write_bytes(first_content)
    assert finds_damage(subject)
    assert restores_wrongly(subject, quick_path / "target") == ""


@pytest.mark.parametrize("kind", NAMED)
def test_a_file_that_is_there_twice_is_told(subject: Subject, kind: FileKind) -> None:
    original = subject.files(kind)[0]
    shutil.copy(original, original.with_name("0" * 64))
    assert finds_damage(subject)


@pytest.mark.parametrize("kind", [FileKind.SNAPSHOT, FileKind.INDEX, FileKind.LOCK, FileKind.CONFIG])
def test_a_file_of_another_repository_is_told(
    subject: Subject, tmp_path: Path, quick_path: Path, kind: FileKind
) -> None:
    foreign = make_subject(tmp_path / "foreign", seed=50).files(kind)[0]
    place = subject.location / DIRECTORIES[kind]
    shutil.copy(foreign, place if kind is FileKind.CONFIG else place / foreign.name)
    assert finds_damage(subject)
    assert restores_wrongly(subject, quick_path / "target") == ""


def test_a_pack_of_another_repository_is_untidy_and_no_more(subject: Subject, tmp_path: Path) -> None:
    foreign = make_subject(tmp_path / "foreign", seed=50).files(FileKind.DATA)[0]
    place = subject.location / "data" / foreign.name[:2]
    place.mkdir(exist_ok=True)
    shutil.copy(foreign, place)
    result = check(subject.open(), read_data=False, progress=Progress())
    assert result.sound
    assert any(foreign.name[:8] in hint for hint in result.hints)


@pytest.mark.parametrize("kind", NAMED)
@pytest.mark.parametrize(
    "name", ["notes.txt", ".nfs0000000000000001", "F" * 64, "ab" * 31, "a" * 64 + ".tmp", "\udcff"]
)
def test_a_file_that_is_none_of_a_repository_disturbs_nothing(
    subject: Subject, quick_path: Path, kind: FileKind, name: str
) -> None:
    (subject.location / DIRECTORIES[kind] / name).write_bytes(b"extra")
    assert check(subject.open(), read_data=True, progress=Progress()).sound
    assert restores_wrongly(subject, quick_path / "target") == ""


@pytest.mark.parametrize("kind", NAMED)
def test_a_directory_in_the_place_of_a_file_brings_no_traceback(
    subject: Subject, quick_path: Path, kind: FileKind
) -> None:
    path = subject.files(kind)[0]
    path.unlink()
    path.mkdir()
    finds_damage(subject)
    assert restores_wrongly(subject, quick_path / "target") == ""


def test_a_repository_that_has_lost_its_keys_says_so(subject: Subject) -> None:
    for key in subject.files(FileKind.KEY):
        key.unlink()
    with pytest.raises(RokError):
        subject.open()


@pytest.mark.parametrize("emptied_kind", [FileKind.SNAPSHOT])
def test_an_empty_snapshot_leaves_the_others_usable(subject: Subject, quick_path: Path, emptied_kind: FileKind) -> None:
    first, second = subject.files(emptied_kind)
    first.write_bytes(b"")
    files, damages = subject.open().snapshot_files()
    assert list(files) == [second.name]
    assert [(damage.kind, damage.id) for damage in damages] == [("snapshot", first.name)]
    assert restores_wrongly(subject, quick_path / "target") == ""


def test_a_lost_config_is_no_missing_repository(subject: Subject) -> None:
    (subject.location / "config").unlink()
    with pytest.raises(RokError) as lost:
        subject.open()
    assert lost.value.kind is ErrorKind.DATA_LOSS


def test_without_any_index_file_everything_is_restored(subject: Subject, quick_path: Path) -> None:
    for index in subject.files(FileKind.INDEX):
        index.unlink()
    repository = subject.open()
    assert len(repository.index) > 0
    assert [damage.kind for damage in repository.index_damages] == ["index"]
    assert restores_wrongly(subject, quick_path / "target") == ""
    assert all(hash_of(path.read_bytes()) == path.name for path in subject.files(FileKind.DATA))


def test_the_next_snapshot_after_a_lost_index_makes_restic_content(subject: Subject, current_restic: Restic) -> None:
    for index in subject.files(FileKind.INDEX):
        index.unlink()
    repository = subject.open()
    with repository.lock(), repository.writer():
        pass
    judge = current_restic.at(subject.location)
    judge.run("unlock", "--remove-all")
    judge.check()
    assert not finds_damage(subject)
