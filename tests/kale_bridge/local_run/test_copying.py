"""The workspace's copy: all of it, with links that stay in it, and nothing that is ours."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kale_bridge.local_run import copying
from kale_bridge.local_run.copying import CopyResult, copy_workspace
from rok_jupyter.errors import RokError
from rok_jupyter.progress import Progress


def copied(source: Path, target: Path, *leave_out: Path) -> CopyResult:
    return copy_workspace(
        source, target, leave_out=[str(path) for path in leave_out], progress=Progress(), tick=lambda: None
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    root = tmp_path / "work"
    (root / "deep" / "er").mkdir(parents=True)
    (root / "deep" / "er" / "data.bin").write_bytes(os.urandom(20 << 20))
    (root / "run.sh").write_text("#!/bin/sh\n")
    (root / "run.sh").chmod(0o750)
    (root / "empty").mkdir()
    os.utime(root / "run.sh", ns=(10**18, 10**18 + 123456789))
    os.utime(root / "empty", ns=(10**18, 10**18))
    (root / os.fsdecode(b"odd-\xff\n")).write_text("odd")
    os.mkfifo(root / "pipe")
    return root


def test_files_modes_and_times_are_the_same(workspace: Path, tmp_path: Path) -> None:
    result = copied(workspace, tmp_path / "copy")
    assert (result.files, result.failed) == (3, ())
    copy = tmp_path / "copy"
    assert (copy / "deep/er/data.bin").read_bytes() == (workspace / "deep/er/data.bin").read_bytes()
    for name in ("run.sh", "empty", "deep", os.fsdecode(b"odd-\xff\n")):
        old, new = (workspace / name).stat(), (copy / name).stat()
        assert (old.st_mode, old.st_mtime_ns) == (new.st_mode, new.st_mtime_ns)
    assert not (copy / "pipe").exists()


def test_a_write_to_the_copy_never_reaches_the_workspace(workspace: Path, tmp_path: Path) -> None:
    (workspace / "absolute").symlink_to(workspace / "run.sh")
    (workspace / "whole").symlink_to(workspace)
    (workspace / "relative").symlink_to("run.sh")
    (workspace / "outside").symlink_to(tmp_path / "elsewhere")
    copied(workspace, tmp_path / "copy")
    copy = tmp_path / "copy"
    for way in ("absolute", "relative", "whole/run.sh"):
        (copy / way).write_text(f"by {way}")
        assert (copy / "run.sh").read_text() == f"by {way}"
    assert (workspace / "run.sh").read_text() == "#!/bin/sh\n"
    assert os.readlink(copy / "outside") == str(tmp_path / "elsewhere")


def test_links_lead_where_they_did_and_what_they_lead_out_to_is_named(workspace: Path, tmp_path: Path) -> None:
    data, program = tmp_path / "data", tmp_path / "program"
    data.mkdir()
    program.write_text("#!/bin/sh\n")
    program.chmod(0o755)
    (workspace / "deep" / "up").symlink_to("../../data")
    (workspace / "deep" / "whole").symlink_to(workspace / "deep" / "er")
    (workspace / "python").symlink_to(program)
    (workspace / "nowhere").symlink_to(tmp_path / "gone")
    copy = tmp_path / "elsewhere" / "copy"
    copy.parent.mkdir()
    result = copied(workspace, copy)
    assert result.outside == {"deep/up": str(data)}
    assert (copy / "deep" / "up").resolve() == data
    assert os.readlink(copy / "deep" / "whole") == "../deep/er"
    assert (copy / "python").resolve() == program


def test_what_is_ours_stays_out(workspace: Path, tmp_path: Path) -> None:
    (workspace / "state" / "repository").mkdir(parents=True)
    (workspace / "state" / "password").write_text("secret")
    copied(workspace, tmp_path / "copy", workspace / "state")
    assert not (tmp_path / "copy" / "state").exists()


def test_a_copy_can_lie_in_the_workspace_without_holding_itself(workspace: Path) -> None:
    run = workspace / "tmp" / "run"
    run.mkdir(parents=True)
    copied(workspace, run / "copy", run)
    assert not (run / "copy" / "tmp" / "run").exists()
    assert (run / "copy" / "run.sh").exists()


def test_what_goes_while_it_is_looked_at_is_left_out(workspace: Path, tmp_path: Path) -> None:
    looks = 0

    def remove_some() -> None:
        nonlocal looks
        looks += 1
        if looks == 2:  # the root is listed, and nothing below it
            (workspace / "empty").rmdir()
        if looks == 5:  # everything is listed, and nothing is copied
            (workspace / "run.sh").unlink()
            (workspace / "deep" / "er" / "data.bin").unlink()
            (workspace / "deep" / "er").rmdir()

    result = copy_workspace(workspace, tmp_path / "copy", leave_out=[], progress=Progress(), tick=remove_some)

    assert looks > 5
    assert (result.files, result.failed) == (1, ())


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_cannot_be_read_is_named(workspace: Path, tmp_path: Path) -> None:
    (workspace / "run.sh").chmod(0)
    assert copied(workspace, tmp_path / "copy").failed == ("run.sh",)


def test_a_disk_that_is_too_small_is_told_before_anything_is_copied(
    workspace: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "_SPARE", 1 << 60)
    monkeypatch.setattr(copying, "_CLONE", 0)  # a file system that shares blocks needs no room
    with pytest.raises(RokError, match="TMPDIR=DIR") as raised:
        copied(workspace, tmp_path / "copy")
    assert raised.value.kind.value == "resource_exhausted"
    assert not (tmp_path / "copy").exists()
