from __future__ import annotations

import os
from pathlib import Path

import pytest

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.progress import Progress
from rok_jupyter.providers.local import first_look
from tests.providers.local.conftest import Local


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let small directories count."""
    monkeypatch.setattr(first_look, "_SMALLEST_CANDIDATE", 1)


def make(workspace: Path, *names: str) -> None:
    for name in names:
        (workspace / name).mkdir(parents=True)
        (workspace / name / "file").write_text("x")


def test_a_home_directory_is_one_by_the_environment_and_by_the_system(
    local: Local, workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert not local.provider.estimate("workspace", Progress()).is_home
    (tmp_path / "link").symlink_to(workspace)
    for home in (workspace, workspace / "ann", tmp_path / "link"):
        monkeypatch.setenv("HOME", str(home))
        estimate = local.provider.estimate("workspace", Progress())
        assert estimate.is_home
        assert estimate.is_notable


def test_a_large_volume_is_notable(local: Local, workspace: Path) -> None:
    with (workspace / "huge").open("wb") as file:
        file.truncate(10_000_000_001)
    estimate = local.provider.estimate("workspace", Progress())
    assert (estimate.size, estimate.is_home, estimate.is_notable) == (10_000_000_001, False, True)
    os.truncate(workspace / "huge", 10_000_000_000)
    assert not local.provider.estimate("workspace", Progress()).is_notable


def test_what_snapshots_leave_out_anyway_is_not_counted(local: Local, workspace: Path) -> None:
    make(workspace, "node_modules", "kept")
    (workspace / ".rokignore").write_text("node_modules\n")
    estimate = local.provider.estimate("workspace", Progress())
    assert (estimate.files, estimate.candidates) == (2, ())
    settled = local.again(excludes=["kept/"])
    assert settled.provider.estimate("workspace", Progress()).files == 1


NAMES = [
    "node_modules",
    "a b /datasets",
    "odd[1]*?\\x/.cache",
    "#not/.venv",
    "!not/.cache",
    os.fsdecode(b"\xe9/.cache"),
]


def test_exactly_what_was_offered_is_left_out_from_then_on(local: Local, workspace: Path) -> None:
    make(workspace, *NAMES, "odd1xx\\x/.cache", "sub/node_modules2", "kept")
    offered = [each.path for each in local.provider.estimate("workspace", Progress()).candidates]
    assert {name.encode("utf-8", "surrogateescape") for name in offered} == {
        name.encode("utf-8", "surrogateescape") for name in [*NAMES, "odd1xx\\x/.cache"]
    }
    offered.remove("odd1xx\\x/.cache")
    assert len(local.provider.exclude("workspace", offered)) == len(NAMES)
    estimate = local.provider.estimate("workspace", Progress())
    assert [each.path for each in estimate.candidates] == ["odd1xx\\x/.cache"]
    snapshot = local.take()
    assert "node_modules" not in local.names(snapshot)
    assert local.names(snapshot, "sub") == ["node_modules2"]
    assert local.names(snapshot, "a b ") == []
    assert local.names(snapshot, "kept") == ["file"]


def test_what_a_user_wrote_is_appended_to_and_stays(local: Local, workspace: Path) -> None:
    ignore = workspace / ".rokignore"
    ignore.write_bytes(b"# mine\n*.tmp\n/datasets/")
    ignore.chmod(0o640)
    assert local.provider.exclude("workspace", ["datasets", "a", "a"]) == ("/a/",)
    assert local.provider.exclude("workspace", ["a"]) == ()
    assert ignore.read_bytes() == b"# mine\n*.tmp\n/datasets/\n/a/\n"
    assert ignore.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in workspace.iterdir()] == [".rokignore"]


@pytest.mark.parametrize("kind", ["link", "directory", "fifo"])
def test_what_is_no_plain_file_is_left_alone(local: Local, workspace: Path, tmp_path: Path, kind: str) -> None:
    ignore, outside = workspace / ".rokignore", tmp_path / "outside"
    outside.write_text("precious")
    if kind == "link":
        ignore.symlink_to(outside)
    elif kind == "directory":
        ignore.mkdir()
    else:
        os.mkfifo(ignore)
    with pytest.raises(RokError) as raised:
        local.provider.exclude("workspace", ["a"])
    assert raised.value.kind is ErrorKind.FAILED_PRECONDITION
    assert outside.read_text() == "precious"


@pytest.mark.parametrize("path", ["..", "../x", "/etc"])
def test_a_path_outside_of_the_volume_is_refused(local: Local, workspace: Path, path: str) -> None:
    with pytest.raises(RokError) as raised:
        local.provider.exclude("workspace", [path])
    assert raised.value.kind is ErrorKind.INVALID_ARGUMENT
    assert not (workspace / ".rokignore").exists()
