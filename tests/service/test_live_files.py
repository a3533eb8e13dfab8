"""Reading the volumes' files as they are now: whole or in part, and nothing else of the machine."""

from __future__ import annotations

import os
import socket
import tempfile
from pathlib import Path

import pytest

from rok_jupyter.config import RokSettings
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import SnapshotRequest
from rok_jupyter.progress import Progress
from rok_jupyter.service.service import Service


def read(service: Service, path: str, volume: str = "workspace") -> bytes:
    with service.open_live(volume, path) as file:
        return b"".join(file.read())


def refused(service: Service, path: str, volume: str = "workspace") -> ErrorKind:
    with pytest.raises(RokError) as caught:
        service.open_live(volume, path)
    return caught.value.kind


def test_files_of_every_volume_are_read_as_they_are_now(service: Service, workspace: Path) -> None:
    assert read(service, "notes.txt") == b"first\n"
    assert read(service, "./notebooks//a.ipynb") == b'{"cells": []}'
    assert read(service, "table.csv", "data") == b"1,2\n"
    (workspace / "notes.txt").write_text("second\n")
    assert read(service, "notes.txt") == b"second\n"


def test_any_part_is_read_and_nothing_beyond_the_end(service: Service, workspace: Path) -> None:
    content = os.urandom(700_000)
    (workspace / "big").write_bytes(content)
    with service.open_live("workspace", "big") as file:
        assert file.size == 700_000
        for offset, length in [(0, 10), (262_140, 10), (300_000, 390_000), (699_999, 50), (700_000, 1), (9_000_000, 1)]:
            assert b"".join(file.read(offset, length)) == content[offset : offset + length]


def test_names_of_any_bytes_are_found(service: Service, workspace: Path) -> None:
    Path(os.fsdecode(os.fsencode(workspace) + b"/caf\xe9")).write_bytes(b"odd")
    assert read(service, "caf\udce9") == b"odd"


def test_another_content_is_another_version(service: Service, workspace: Path) -> None:
    def version() -> str:
        with service.open_live("workspace", "notes.txt") as file:
            return file.version

    first, status = version(), (workspace / "notes.txt").stat()
    assert version() == first
    (workspace / "notes.txt").write_text("FIRST\n")
    os.utime(workspace / "notes.txt", ns=(status.st_atime_ns, status.st_mtime_ns))
    assert version() != first


def test_a_file_that_gets_shorter_meanwhile_is_an_error_and_one_that_grows_is_not(
    service: Service, workspace: Path
) -> None:
    (workspace / "log").write_bytes(b"x" * 600_000)
    with service.open_live("workspace", "log") as file:
        with (workspace / "log").open("ab") as more:
            more.write(b"y" * 100)
        assert b"".join(file.read()) == b"x" * 600_000
        pieces = file.read()
        next(pieces)
        os.truncate(workspace / "log", 10)
        with pytest.raises(RokError) as caught:
            list(pieces)
    assert caught.value.kind is ErrorKind.ABORTED


def test_no_link_is_followed_and_nothing_outside_is_read(service: Service, workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("secret")
    (workspace / "out").symlink_to(tmp_path)
    (workspace / "file").symlink_to(tmp_path / "secret")
    (workspace / "inner").symlink_to("notebooks")
    assert refused(service, "file") is ErrorKind.INVALID_ARGUMENT
    assert refused(service, "link") is ErrorKind.INVALID_ARGUMENT
    for path in ("out/secret", "inner/a.ipynb"):
        assert refused(service, path) is ErrorKind.NOT_FOUND
    for path in ("../secret", "notebooks/../../secret", str(tmp_path / "secret"), "/etc/passwd", "a\0b"):
        assert refused(service, path) is ErrorKind.INVALID_ARGUMENT


def test_what_is_no_regular_file_is_refused_without_being_opened(service: Service, workspace: Path) -> None:
    os.mkfifo(workspace / "fifo")  # opening one for reading would wait for a writer
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(workspace / "socket"))
    for path in ("fifo", "socket", "notebooks", "", "."):
        assert refused(service, path) is ErrorKind.INVALID_ARGUMENT


@pytest.mark.parametrize("path", ["nothing", "notes.txt/below", "x" * 300, "a/" * 2000 + "b"])
def test_where_nothing_is_nothing_is_found(service: Service, path: str) -> None:
    assert refused(service, path) is ErrorKind.NOT_FOUND


def test_an_unknown_volume_is_not_found_and_one_that_is_gone_is_told(service: Service, data: Path) -> None:
    assert refused(service, "a", "nowhere") is ErrorKind.NOT_FOUND
    data.rename(data.with_name("elsewhere"))
    assert refused(service, "table.csv", "data") is ErrorKind.FAILED_PRECONDITION


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root, to become somebody else")
def test_what_this_user_may_not_read_is_told(settings: RokSettings) -> None:
    with tempfile.TemporaryDirectory(prefix="rok-test-") as directory:  # pytest's own are closed to others
        Path(directory).chmod(0o755)
        for name, mode in {"open": 0o644, "closed": 0o600}.items():
            (Path(directory) / name).write_text(name)
            (Path(directory) / name).chmod(mode)
        settings.workspace, settings.state_directory, settings.data_volumes = directory, f"{directory}/state", {}
        service = Service(settings)
        os.seteuid(65_534)
        try:
            assert read(service, "open") == b"open"
            assert refused(service, "closed") is ErrorKind.PERMISSION_DENIED
        finally:
            os.seteuid(0)


def test_the_password_the_state_and_the_repository_are_never_given_out(settings: RokSettings, workspace: Path) -> None:
    settings.state_directory = str(workspace / "home" / "rok")
    settings.password_file = str(workspace / "my-password")
    (workspace / "my-password").write_text("a canary of a password")
    os.link(workspace / "my-password", workspace / "notebooks" / "other-name")
    service = Service(settings)
    service.take(SnapshotRequest(), Progress())
    private = [path for path in (workspace / "home" / "rok").rglob("*") if path.is_file()]
    assert len(private) > 3
    for path in (*private, workspace / "my-password", workspace / "notebooks" / "other-name"):
        assert refused(service, str(path.relative_to(workspace))) is ErrorKind.PERMISSION_DENIED
    assert read(service, "notes.txt") == b"first\n"


def test_a_clones_files_are_read_though_clones_lie_beside_the_state(service: Service) -> None:
    taken = service.take(SnapshotRequest(), Progress())
    service.clone(taken.id, "workspace", "copy", Progress())
    assert read(service, "notes.txt", "copy") == b"first\n"
