"""A run's directory: its own, new, and the only kind that KFP is ever given; what others made is never touched."""

from __future__ import annotations

import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from kale_bridge.local_run.places import RunPlace, for_kfp, remove_abandoned
from rok_jupyter.errors import RokError


def listing(directory: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in directory.iterdir()}


def test_a_place_is_private_and_gone_when_it_is_removed(tmp_path: Path) -> None:
    place = RunPlace.make(tmp_path)
    assert place.root.stat().st_mode & 0o077 == 0
    (place.scratch / "closed").mkdir()
    (place.scratch / "closed" / "file").write_text("x")
    (place.scratch / "closed").chmod(0o500)
    place.remove()
    place.remove()
    assert list(tmp_path.iterdir()) == []


def test_removing_a_place_follows_no_link(tmp_path: Path) -> None:
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "canary").write_text("alive")
    place = RunPlace.make(tmp_path)
    (place.scratch / "link").symlink_to(mine)
    (place.home / "file").symlink_to(mine / "canary")
    place.remove()
    assert listing(mine) == {"canary": b"alive"}


def test_kfp_gets_new_directories_of_the_run_only(tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    workspace.mkdir()
    (workspace / "canary").write_text("alive")
    place = RunPlace.make(tmp_path)
    given = Path(for_kfp(place.root, "outputs"))
    assert given.parent == place.root
    assert list(given.iterdir()) == []
    with pytest.raises(FileExistsError):
        for_kfp(place.root, "outputs")
    with pytest.raises(FileExistsError):
        for_kfp(place.root, "home")
    for root, name in (
        (workspace, "new"),  # no run's directory
        (tmp_path, "workspace"),
        (place.root, "../workspace"),
        (place.root, str(workspace)),
        (place.root, ""),
    ):
        with pytest.raises(RokError, match="no directory of a local run"):
            for_kfp(root, name)
    link = tmp_path / "link"
    link.symlink_to(place.root)
    with pytest.raises(RokError, match="no directory of a local run"):
        for_kfp(link, "more")
    place.remove()
    assert listing(workspace) == {"canary": b"alive"}


def test_what_kfp_does_to_what_it_gets_leaves_the_rest(tmp_path: Path) -> None:
    place = RunPlace.make(tmp_path)
    place.workspace.mkdir()
    (place.workspace / "canary").write_text("alive")
    shutil.rmtree(for_kfp(place.root, "kfp-workspace"))  # as its `finally` does
    assert listing(place.workspace) == {"canary": b"alive"}
    place.remove()


def test_only_directories_of_runs_that_died_are_cleared_away(tmp_path: Path) -> None:
    living = RunPlace.make(tmp_path)
    for name in ("rok-kale-no-mark", "rok-kale-file", "something-else"):
        (tmp_path / name).mkdir() if "file" not in name else (tmp_path / name).write_text("x")
    script = (
        "import os, sys; from pathlib import Path; from kale_bridge.local_run.places import RunPlace;"
        " place = RunPlace.make(Path(sys.argv[1])); (place.home / 'left').write_text('x'); os._exit(9)"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False, cwd=Path(__file__).parents[3])
    assert len(list(tmp_path.iterdir())) == 5
    assert remove_abandoned(tmp_path) == 1
    assert {path.name for path in tmp_path.iterdir()} == {
        living.root.name,
        "rok-kale-no-mark",
        "rok-kale-file",
        "something-else",
    }
    living.remove()


def test_a_run_that_begins_is_not_cleared_away_by_one_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = fcntl.flock

    def lock(descriptor: int, how: int) -> None:
        if how == fcntl.LOCK_EX:  # the other one looks right before it is locked
            assert remove_abandoned(tmp_path) == 0
        locked(descriptor, how)

    monkeypatch.setattr(fcntl, "flock", lock)
    place = RunPlace.make(tmp_path)
    assert place.scratch.is_dir()
    assert remove_abandoned(tmp_path) == 0
    place.remove()
    assert list(tmp_path.iterdir()) == []


def test_a_link_in_the_place_of_a_dead_runs_directory_is_left_alone(tmp_path: Path) -> None:
    mine = RunPlace.make(tmp_path / "mine" if (tmp_path / "mine").mkdir() is None else tmp_path)
    os.close(mine._lock or -1)
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "rok-kale-link").symlink_to(mine.root)
    assert remove_abandoned(shared) == 0
    assert mine.root.is_dir()


def test_a_path_that_kfp_would_rewrite_is_refused(tmp_path: Path) -> None:
    odd = tmp_path / "my-python3-things"
    odd.mkdir()
    with pytest.raises(RokError, match="replaces the word python3"):
        RunPlace.make(odd)
