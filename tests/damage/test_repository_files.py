"""Damaged, missing, swapped, foreign and extra files in a repository: a typed error or none, and never wrong bytes."""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from rok_jupyter.engine.format.ids import random_id
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.storage.local import LocalBackend
from rok_jupyter.errors import ErrorKind, RokError
from tests.engine.repositories import PASSWORD, Stored, new_repository, read_back, store

Damage = Callable[[Path, random.Random], None]


@dataclass(frozen=True)
class Sample:
    """A sound repository with three snapshots in several packs and index files, and a foreign one."""

    directory: Path
    foreign: Path
    stored: tuple[Stored, ...]

    def files(self, place: str) -> list[Path]:
        return sorted(path for path in (self.directory / place).rglob("*") if path.is_file())

    def open(self) -> Repository:
        return Repository.open(LocalBackend(str(self.directory)), PASSWORD)


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory) -> Sample:
    directory, foreign = (tmp_path_factory.mktemp("pristine") / name for name in ("repository", "foreign"))
    store(new_repository(LocalBackend(str(foreign))))
    repository = new_repository(LocalBackend(str(directory)))
    chance = random.Random(33)
    contents = [{f"{number}-{i}": chance.randbytes(2000) for i in range(5)} for number in range(3)]
    return Sample(directory, foreign, tuple(store(repository, files) for files in contents))


@pytest.fixture
def sample(pristine: Sample, tmp_path: Path) -> Sample:
    directory = shutil.copytree(pristine.directory, tmp_path / "repository")
    return Sample(directory, pristine.foreign, pristine.stored)


def truncate(path: Path, chance: random.Random) -> None:
    os.truncate(path, chance.randrange(1, path.stat().st_size))


def empty(path: Path, _: random.Random) -> None:
    os.truncate(path, 0)


def lengthen(path: Path, _: random.Random) -> None:
    with path.open("ab") as file:
        file.write(b"more")


def flip(path: Path, chance: random.Random) -> None:
    data = bytearray(path.read_bytes())
    data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
    path.write_bytes(data)


def zero(path: Path, _: random.Random) -> None:
    path.write_bytes(bytes(path.stat().st_size))


def garbage(path: Path, chance: random.Random) -> None:
    path.write_bytes(chance.randbytes(500))


DAMAGES = [truncate, empty, lengthen, flip, zero, garbage]
each_damage = pytest.mark.parametrize("damage", DAMAGES, ids=lambda damage: damage.__name__)


def readable(sample: Sample) -> list[Stored]:
    """The snapshots that come back whole; whatever else comes back is right, or a loss that is named."""
    repository = sample.open()
    listed, _ = repository.snapshot_files()
    whole = []
    for stored in sample.stored:
        if stored.snapshot not in listed:
            continue
        try:
            found = read_back(repository, stored.tree)
        except RokError as error:
            if error.kind is not ErrorKind.DATA_LOSS:
                raise
            continue
        assert found == stored.files
        whole.append(stored)
    return whole


def test_the_sample_is_sound(sample: Sample) -> None:
    assert readable(sample) == list(sample.stored)
    assert len(sample.files("data")) == 6
    assert len(sample.files("index")) == 3


@each_damage
def test_a_damaged_config_is_named(sample: Sample, damage: Damage) -> None:
    damage(sample.directory / "config", random.Random(1))
    with pytest.raises(RokError) as caught:
        sample.open()
    assert caught.value.kind is ErrorKind.DATA_LOSS
    assert "config" in caught.value.message


@each_damage
def test_a_damaged_key_is_named_and_another_key_opens(sample: Sample, damage: Damage) -> None:
    repository = sample.open()
    (key,) = sample.files("keys")
    repository.add_key("second", strong_password=True)
    damage(key, random.Random(2))
    assert Repository.open(LocalBackend(str(sample.directory)), "second").id == repository.id
    for path in sample.files("keys"):
        if path != key:
            path.unlink()
    with pytest.raises(RokError) as caught:
        sample.open()
    assert caught.value.kind is ErrorKind.DATA_LOSS


def test_a_foreign_key_beside_ours_is_passed_over_and_alone_is_named(sample: Sample) -> None:
    (ours,) = sample.files("keys")
    for key in (sample.foreign / "keys").iterdir():
        shutil.copy(key, sample.directory / "keys")
    assert readable(sample) == list(sample.stored)
    ours.unlink()
    with pytest.raises(RokError) as caught:
        sample.open()
    assert caught.value.kind is ErrorKind.DATA_LOSS


def test_a_foreign_config_is_named(sample: Sample) -> None:
    shutil.copy(sample.foreign / "config", sample.directory / "config")
    with pytest.raises(RokError) as caught:
        sample.open()
    assert caught.value.kind is ErrorKind.DATA_LOSS


def test_without_any_key_nothing_opens(sample: Sample) -> None:
    for key in sample.files("keys"):
        key.unlink()
    with pytest.raises(RokError) as caught:
        sample.open()
    assert caught.value.kind is ErrorKind.PERMISSION_DENIED


@each_damage
def test_a_damaged_snapshot_is_named_and_the_others_are_listed(sample: Sample, damage: Damage) -> None:
    damage(sample.directory / "snapshots" / sample.stored[1].snapshot, random.Random(3))
    files, damages = sample.open().snapshot_files()
    assert set(files) == {sample.stored[0].snapshot, sample.stored[2].snapshot}
    assert [(found.kind, found.id) for found in damages] == [("snapshot", sample.stored[1].snapshot)]
    assert damages[0].message.endswith(".")
    assert readable(sample) == [sample.stored[0], sample.stored[2]]


def test_swapped_and_foreign_snapshots_are_named(sample: Sample) -> None:
    one, two = (sample.directory / "snapshots" / stored.snapshot for stored in sample.stored[:2])
    shutil.move(one, one.with_name("aside"))
    shutil.move(two, one)
    shutil.move(one.with_name("aside"), two)
    for foreign in (sample.foreign / "snapshots").iterdir():
        shutil.copy(foreign, sample.directory / "snapshots")
    files, damages = sample.open().snapshot_files()
    assert set(files) == {sample.stored[2].snapshot}
    assert len(damages) == 3


@each_damage
def test_a_damaged_index_is_made_up_for_from_the_packs(sample: Sample, damage: Damage) -> None:
    broken = sample.files("index")[1]
    damage(broken, random.Random(4))
    assert readable(sample) == list(sample.stored)
    damages = sample.open().index_damages
    assert broken.name in [found.id for found in damages]


def test_a_foreign_index_changes_nothing(sample: Sample) -> None:
    for foreign in (sample.foreign / "index").iterdir():
        shutil.copy(foreign, sample.directory / "index")
    assert readable(sample) == list(sample.stored)
    assert len(sample.open().index_damages) == 1


def test_all_index_files_deleted_are_made_up_for_and_written_again(sample: Sample) -> None:
    for path in sample.files("index"):
        path.unlink()
    assert readable(sample) == list(sample.stored)
    repository = sample.open()
    assert repository.index_damages
    store(repository)
    fresh = sample.open()
    assert readable(sample) == list(sample.stored)
    assert fresh.index.recovered == set()
    assert fresh.index_damages == ()


def test_one_index_file_deleted_is_noticed_when_its_blobs_are_needed(sample: Sample) -> None:
    sample.files("index")[0].unlink()
    assert readable(sample) == list(sample.stored)
    repository = sample.open()
    assert repository.index_damages == ()
    for stored in sample.stored:
        read_back(repository, stored.tree)
    assert repository.index_damages


@each_damage
def test_a_damaged_pack_hits_what_lies_in_it_and_nothing_else(sample: Sample, damage: Damage) -> None:
    for number, pack in enumerate(sample.files("data")):
        content = pack.read_bytes()
        damage(pack, random.Random(number))
        assert len(readable(sample)) >= 2
        pack.write_bytes(content)
    assert readable(sample) == list(sample.stored)


@each_damage
def test_a_damaged_pack_without_any_index_is_named(sample: Sample, damage: Damage) -> None:
    for path in sample.files("index"):
        path.unlink()
    damage(sample.files("data")[0], random.Random(6))
    assert len(readable(sample)) >= 2


def test_swapped_foreign_and_deleted_packs_are_losses_of_what_they_held(sample: Sample) -> None:
    packs = sample.files("data")
    for foreign in (path for path in (sample.foreign / "data").rglob("*") if path.is_file()):
        shutil.copy(foreign, sample.directory / "data" / foreign.parent.name / foreign.name)
    assert readable(sample) == list(sample.stored)
    one, two = packs[0].read_bytes(), packs[1].read_bytes()
    packs[0].write_bytes(two)
    packs[1].write_bytes(one)
    assert 1 <= len(readable(sample)) < 3
    packs[0].unlink()
    assert 1 <= len(readable(sample)) < 3


def test_extra_files_everywhere_hinder_nothing(sample: Sample) -> None:
    for place in ("", "data", "data/00", "index", "keys", "locks", "snapshots", "tmp"):
        (sample.directory / place / "README.txt").write_text("extra")
        (sample.directory / place / f"{random_id()}.bak").write_bytes(b"")
    for place in ("index", "keys", "snapshots"):
        (sample.directory / place / random_id()).mkdir()
        (sample.directory / place / random_id()).symlink_to("nowhere")
    shutil.copy(sample.files("data")[0], sample.directory / "data" / "00" / random_id())
    assert readable(sample) == list(sample.stored)
    repository = sample.open()
    assert repository.index_damages == ()
    with repository.lock(exclusive=True):
        assert len(repository.snapshot_files()[0]) == 3


def flip_somewhere(sample: Sample, chance: random.Random, trials: int) -> int:
    """Flip one bit, read all, put it back; how often everything could still be read."""
    paths = [path for place in ("data", "index", "snapshots", "keys") for path in sample.files(place)]
    paths.append(sample.directory / "config")
    unharmed = 0
    for _ in range(trials):
        path = chance.choice(paths)
        content = path.read_bytes()
        flip(path, chance)
        try:
            unharmed += len(readable(sample)) == 3
        except RokError as error:
            assert error.kind in (ErrorKind.DATA_LOSS, ErrorKind.PERMISSION_DENIED)  # noqa: PT017
        path.write_bytes(content)
    return unharmed


def test_a_flipped_bit_never_gives_wrong_bytes(sample: Sample) -> None:
    unharmed = flip_somewhere(sample, random.Random(33), 300)
    assert 0 < unharmed < 300  # headers of packs and index files are made up for, the rest is a loss


@pytest.mark.full
@pytest.mark.timeout(7200)
def test_ten_thousand_flipped_bits_never_give_wrong_bytes(sample: Sample) -> None:
    assert flip_somewhere(sample, random.Random(10_000), 10_000) < 10_000
