from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from rok_jupyter.engine.measure import Measure, measure
from rok_jupyter.engine.scan import Scanner, Target, stem_of
from rok_jupyter.engine.source import Descriptors
from rok_jupyter.errors import Cancelled
from rok_jupyter.progress import Progress


def measured(*targets: Target, seconds: float = 60.0, progress: Progress | None = None) -> Measure:
    with closing(Descriptors()) as descriptors:
        return measure(Scanner(descriptors), stem_of(targets), seconds=seconds, progress=progress or Progress())


def write(path: Path, size: int = 100) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"x" * size)


def test_what_a_snapshot_would_hold_is_counted(tmp_path: Path) -> None:
    write(tmp_path / "a", 10)
    write(tmp_path / "sub" / "b", 20)
    (tmp_path / "link").symlink_to("a")
    write(tmp_path / "left" / "out", 1000)
    (tmp_path / ".rokignore").write_text("left/\n")
    write(tmp_path / "log", 1000)
    found = measured(Target(volume="w", path=str(tmp_path), excludes=("log",)))
    assert (found.files, found.size, found.complete) == (4, 36, True)
    assert found.suspects == ()


def test_environments_caches_packages_and_data_sets_are_told_largest_first_and_once(tmp_path: Path) -> None:
    write(tmp_path / "env" / "pyvenv.cfg")
    write(tmp_path / "env" / "lib" / "site-packages" / "big", 5000)
    write(tmp_path / "conda" / "conda-meta" / "history")
    write(tmp_path / "sub" / "node_modules" / "a" / "node_modules" / "b", 3000)
    write(tmp_path / "datasets" / "d", 4000)
    write(tmp_path / ".cache" / "c", 2000)
    write(tmp_path / "work" / "mine", 100_000)
    found = measured(Target(volume="w", path=str(tmp_path)))
    assert [(each.path, each.files, each.size) for each in found.suspects] == [
        ("env", 2, 5100),
        ("datasets", 1, 4000),
        ("sub/node_modules", 1, 3000),
        (".cache", 1, 2000),
        ("conda", 1, 100),
    ]
    assert all(each.volume == "w" and each.reason for each in found.suspects)


def test_a_volume_is_never_worth_leaving_out_as_a_whole(tmp_path: Path) -> None:
    write(tmp_path / "datasets" / "d")
    inner = Target(volume="data", path=str(tmp_path / "datasets"))
    assert measured(inner).suspects == ()
    assert measured(Target(volume="w", path=str(tmp_path)), inner).suspects == ()


def test_the_count_ends_in_time_and_says_so(tmp_path: Path) -> None:
    write(tmp_path / "a")
    found = measured(Target(volume="w", path=str(tmp_path)), seconds=0.0)
    assert (found.files, found.complete) == (0, False)


def test_the_count_can_be_cancelled(tmp_path: Path) -> None:
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        measured(Target(volume="w", path=str(tmp_path)), progress=progress)
