"""The same both ways by `rok` in a process of its own, as a user types it."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.compat.equality import assert_equal
from tests.compat.generated_tree import GeneratedTree
from tests.restic import Restic
from tests.rok_command import Rok


@pytest.fixture(scope="module")
def rok(generated: GeneratedTree, tmp_path_factory: pytest.TempPathFactory) -> Rok:
    """The command, whose workspace is the generated tree."""
    command = Rok(tmp_path_factory.mktemp("rok"))
    command.workspace.rmdir()
    command.workspace.symlink_to(generated.root)
    return command


@pytest.fixture(scope="module")
def snapshot(rok: Rok) -> str:
    """Our snapshot of the generated tree."""
    taken = rok.json("snapshot", "-m", "everything")
    assert not taken["errors"]
    assert [entry["path"] for entry in taken["skipped"]] == ["special/socket"]
    return str(taken["id"])


def referee(restic: Restic, rok: Rok) -> Restic:
    info = rok.json("repo", "info")
    return restic.at(info["location"], Path(info["password_file"]).read_text().strip())


def test_a_snapshot_is_clean_and_restored_equal_by_restic(
    restic: Restic, rok: Rok, snapshot: str, generated: GeneratedTree, tmp_path: Path
) -> None:
    judge = referee(restic, rok)
    judge.check(tidy=True)
    judge.restore(rok.json("show", snapshot)["storage_id"], tmp_path)
    assert_equal(generated.root, Path(f"{tmp_path}{generated.root}"), by=restic)


def test_a_snapshot_is_restored_equal_by_rok(rok: Rok, snapshot: str, generated: GeneratedTree, tmp_path: Path) -> None:
    done = rok.json("restore", snapshot, "--to", str(tmp_path / "restored"), "--owners")
    assert not done["errors"]
    assert_equal(generated.root, tmp_path / "restored")


def test_the_check_of_rok_finds_it_sound(rok: Rok, snapshot: str) -> None:
    result = rok.json("check", "--read-data")
    assert (result["damages"], result["hints"], result["snapshots"]) == ([], [], 1)
    assert rok.json("show", snapshot)["id"] == snapshot


def test_restics_backup_is_restored_equal_by_rok(
    restic: Restic, generated: GeneratedTree, rok: Rok, tmp_path: Path
) -> None:
    saved = restic.init().backup(generated.root)
    password = tmp_path / "password"
    password.write_text(restic.password + "\n")
    options = ("--repository", restic.location, "--password-file", str(password))
    done = rok.json(*options, "restore", saved, "--to", str(tmp_path / "restored"), "--owners")
    assert not done["errors"]
    assert_equal(generated.root, tmp_path / "restored", by=restic)
