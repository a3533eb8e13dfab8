"""What we save restic checks and restores; what restic saves we restore: equal in everything, both ways."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from rok_jupyter.engine.check import check
from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.pack import BlobType
from rok_jupyter.engine.prune import prune
from rok_jupyter.engine.repository import Repository
from rok_jupyter.progress import Progress
from tests.compat.equality import assert_equal
from tests.compat.generated_tree import GeneratedTree
from tests.engine.archiving import PASSWORD, Studio, Taken
from tests.engine.restoring import Saved, save
from tests.restic import Restic


@pytest.fixture(scope="module")
def ours(generated: GeneratedTree, tmp_path_factory: pytest.TempPathFactory) -> tuple[Studio, Taken]:
    """Our snapshot of the generated tree."""
    studio = Studio(tmp_path_factory.mktemp("ours") / "repository")
    taken = studio.take(generated.root)
    assert not taken.result.errors
    assert [entry.path for entry in taken.result.skipped] == ["special/socket"]
    return studio, taken


class ResticsStudio(Studio):
    """Takes snapshots into a repository that restic made."""

    def __init__(self, repository: Repository) -> None:
        self.location = Path(repository.backend.location)
        self.repository = repository


def as_saved(studio: Studio, taken: Taken, source: Path) -> Saved:
    node = studio.node(taken.tree, source)
    assert node.subtree is not None
    return Saved(studio.repository, source, node.subtree, node)


def test_our_snapshot_is_clean_and_restored_equal_by_restic(
    restic: Restic, generated: GeneratedTree, ours: tuple[Studio, Taken], tmp_path: Path
) -> None:
    studio, taken = ours
    restic.at(studio.location, PASSWORD).check(tidy=True)
    restored = studio.restored(restic, taken, tmp_path, generated.root)
    assert_equal(generated.root, restored, by=restic)


def test_our_snapshot_is_restored_equal_by_us(
    generated: GeneratedTree, ours: tuple[Studio, Taken], tmp_path: Path
) -> None:
    outcome = as_saved(*ours, generated.root).restore(tmp_path / "restored")
    assert not outcome.errors
    assert_equal(generated.root, tmp_path / "restored")


def test_restics_backup_is_sound_and_restored_equal_by_us(
    restic: Restic, generated: GeneratedTree, tmp_path: Path
) -> None:
    saved = save(restic, generated.root)
    result = check(saved.repository, read_data=True, progress=Progress())
    assert result.sound
    assert not result.hints
    outcome = saved.restore(tmp_path / "restored")
    assert not outcome.errors
    assert_equal(generated.root, tmp_path / "restored", by=restic)


def test_restic_finds_all_our_data_there(restic: Restic, generated: GeneratedTree, tmp_path: Path) -> None:
    studio = Studio(tmp_path / "repository")
    studio.take(generated.root)
    before = data_blobs(studio.repository)
    judge = restic.at(studio.location, PASSWORD)
    judge.backup(generated.root)
    assert data_blobs(studio.repository) == before
    judge.check(read_data=False, tidy=True)


def test_we_find_all_of_restics_data_there_and_nothing_changed(
    restic: Restic, generated: GeneratedTree, tmp_path: Path
) -> None:
    saved = save(restic, generated.root)
    before = data_blobs(saved.repository)
    roots = [file.tree for file in saved.repository.snapshot_files()[0].values()]
    taken = ResticsStudio(saved.repository).take(generated.root, parents=roots)
    assert data_blobs(saved.repository) == before
    assert taken.result.statistics.files_new == 0
    restic.check(read_data=False, tidy=True)


def test_both_programs_prune_the_others_repository(restic: Restic, generated: GeneratedTree, tmp_path: Path) -> None:
    studio = Studio(tmp_path / "repository")
    first = studio.take(generated.root / "sizes")
    studio.take(generated.root / "names")
    judge = restic.at(studio.location, PASSWORD)
    third = judge.backup(generated.root / "shapes")
    judge.run("forget", first.snapshot)
    judge.prune()
    assert check(studio.repository, read_data=True, progress=Progress()).sound
    judge.run("forget", third)
    prune(studio.repository, dry_run=False, progress=Progress())
    judge.check(tidy=True)
    judge.restore("latest", tmp_path / "restored")
    names = generated.root / "names"
    assert_equal(names, Path(f"{tmp_path}/restored{names}"), by=restic)


def test_the_comparison_sees_what_it_should(generated: GeneratedTree, tmp_path: Path) -> None:
    copy = tmp_path / "copy"
    subprocess.run(["cp", "-a", generated.root, copy], check=True)
    assert_equal(generated.root, copy)
    (copy / "shapes" / "crowd" / "00007").chmod(0o600)
    with pytest.raises(AssertionError, match="mode was"):
        assert_equal(generated.root, copy)


def data_blobs(repository: Repository) -> set[Id]:
    """Every data blob that a process which opens the repository now sees."""
    fresh = Repository.open(repository.backend, PASSWORD)
    return {blob.id for _, blob in fresh.index.blobs() if blob.type is BlobType.DATA}
