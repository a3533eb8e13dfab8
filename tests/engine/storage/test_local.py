"""The local backend keeps the rules of all backends, and those of files."""

from __future__ import annotations

import errno
import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from rok_jupyter.engine.format.ids import random_id
from rok_jupyter.engine.storage import local
from rok_jupyter.engine.storage.backend import CONFIG_NAME, FileKind, storage_error
from rok_jupyter.engine.storage.local import LocalBackend
from rok_jupyter.errors import ErrorKind, RokError
from tests.engine.storage.conformance import BackendConformance

SAVE = """
import sys
from rok_jupyter.engine.storage.backend import FileKind
from rok_jupyter.engine.storage.local import LocalBackend
backend = LocalBackend(sys.argv[1])
backend.save(FileKind.DATA, "ab" * 32, b"the content")
"""


def saved_under_strace(directory: Path, *options: str) -> subprocess.CompletedProcess[str]:
    calls = "fsync,rename,link,openat,write,unlink,mkdir"
    command = ["strace", "-f", "-y", "-e", f"trace={calls}", *options, sys.executable, "-c", SAVE, str(directory)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


class TestLocalBackend(BackendConformance):
    @pytest.fixture
    def backend(self, tmp_path: Path) -> LocalBackend:
        backend = LocalBackend(str(tmp_path / "repository"))
        backend.create()
        return backend

    def test_nobody_else_may_read_anything(self, backend: LocalBackend) -> None:
        backend.save(FileKind.DATA, random_id(), b"secret")
        backend.save(FileKind.CONFIG, CONFIG_NAME, b"secret")
        for directory, _, files in os.walk(backend.location):
            assert stat.S_IMODE(os.stat(directory).st_mode) == 0o700
            assert {stat.S_IMODE(os.stat(os.path.join(directory, name)).st_mode) for name in files} <= {0o600}

    def test_foreign_names_are_not_listed(self, backend: LocalBackend) -> None:
        for place in ("snapshots", "data", "data/ab", "keys", "locks", "index"):
            Path(backend.location, place, "README").write_text("not ours")
            Path(backend.location, place, "ab" * 31 + "zz").write_text("not ours")
            Path(backend.location, place, "cd" * 32 + "-tmp-1").write_text("not ours")
            os.mkdir(os.fsencode(backend.location) + b"/" + place.encode() + b"/\xff" + b"ef" * 31)
        Path(backend.location, "snapshots", "ab" * 32).mkdir()
        assert [found for kind in FileKind for found in backend.list(kind)] == []

    def test_a_directory_that_is_gone_is_an_empty_list_and_comes_back(self, backend: LocalBackend) -> None:
        for name in ("data/ab", "locks", "tmp"):
            os.rmdir(os.path.join(backend.location, name))
        assert list(backend.list(FileKind.LOCK)) == []
        backend.save(FileKind.DATA, "ab" * 32, b"data")
        backend.save(FileKind.LOCK, "ab" * 32, b"lock")
        assert backend.load(FileKind.DATA, "ab" * 32) == b"data"

    @pytest.mark.parametrize("name", ["", "../../etc/passwd", "A" * 64, "a" * 63 + "/"])
    def test_a_name_that_is_no_id_reaches_no_file(self, backend: LocalBackend, name: str) -> None:
        with pytest.raises(RokError) as caught:
            backend.load(FileKind.DATA, name)
        assert caught.value.kind is ErrorKind.INVALID_ARGUMENT

    def test_what_killed_writers_left_is_collected_when_it_is_old(self, backend: LocalBackend) -> None:
        old, new = (Path(backend.location, "tmp", name) for name in ("old", "new"))
        for path in (old, new):
            path.write_bytes(b"half a pack")
        os.utime(old, (1, 1))
        LocalBackend(backend.location).save(FileKind.DATA, random_id(), b"data")
        assert not old.exists()
        assert new.exists()

    def test_no_temporary_file_is_left_by_saves_and_refusals(self, backend: LocalBackend) -> None:
        backend.save(FileKind.CONFIG, CONFIG_NAME, b"config")
        backend.save(FileKind.DATA, "ab" * 32, b"data")
        with pytest.raises(RokError):
            backend.save(FileKind.DATA, "ab" * 32, b"other")
        assert os.listdir(os.path.join(backend.location, "tmp")) == ["reserve"]

    def test_the_config_is_saved_where_the_file_system_knows_no_links(
        self, backend: LocalBackend, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def refuse(*_: object) -> None:
            raise OSError(errno.EPERM, "Operation not permitted")

        monkeypatch.setattr(local.os, "link", refuse)
        backend.save(FileKind.CONFIG, CONFIG_NAME, b"config")
        assert backend.load(FileKind.CONFIG, CONFIG_NAME) == b"config"

    def test_a_file_is_synced_before_it_has_its_name_and_the_directory_after(self, backend: LocalBackend) -> None:
        done = saved_under_strace(Path(backend.location))
        root = re.escape(backend.location)
        steps = [
            rf"write\(\d+<{root}/tmp/\w+>, \"the content\"",
            rf"fsync\(\d+<{root}/tmp/\w+>\)",
            rf"rename\(\"{root}/tmp/\w+\", \"{root}/data/ab/(ab){{32}}\"\)",
            rf"fsync\(\d+<{root}/data/ab>\)",
        ]
        found = [re.search(step, done.stderr) for step in steps]
        assert all(found), done.stderr[-2000:]
        places = [match.start() for match in found if match]
        assert places == sorted(places)

    @pytest.mark.parametrize(
        ("error", "kind"), [("ENOSPC", ErrorKind.RESOURCE_EXHAUSTED), ("EIO", ErrorKind.UNAVAILABLE)]
    )
    def test_a_failed_sync_is_an_error_and_leaves_nothing(
        self, backend: LocalBackend, error: str, kind: ErrorKind
    ) -> None:
        done = saved_under_strace(Path(backend.location), "-e", f"inject=fsync:error={error}:when=1")
        assert done.returncode == 1
        assert "RokError" in done.stderr
        assert list(backend.list(FileKind.DATA)) == []
        assert os.listdir(os.path.join(backend.location, "tmp")) == ["reserve"]
        assert storage_error(OSError(getattr(errno, error), "why"), "save").kind is kind


@pytest.mark.parametrize(
    ("number", "kind"),
    [
        (errno.ENOSPC, ErrorKind.RESOURCE_EXHAUSTED),
        (errno.EDQUOT, ErrorKind.RESOURCE_EXHAUSTED),
        (errno.EFBIG, ErrorKind.RESOURCE_EXHAUSTED),
        (errno.EROFS, ErrorKind.PERMISSION_DENIED),
        (errno.EACCES, ErrorKind.PERMISSION_DENIED),
        (errno.EPERM, ErrorKind.PERMISSION_DENIED),
        (errno.ENOENT, ErrorKind.NOT_FOUND),
        (errno.EIO, ErrorKind.UNAVAILABLE),
        (errno.ESTALE, ErrorKind.UNAVAILABLE),
    ],
)
def test_every_error_of_the_system_becomes_one_with_a_sentence(number: int, kind: ErrorKind) -> None:
    error = storage_error(OSError(number, os.strerror(number)), "save a snapshot")
    assert error.kind is kind
    assert error.message.endswith(".")


def test_a_file_in_the_place_of_the_directory_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no directory")
    with pytest.raises(RokError):
        LocalBackend(str(tmp_path / "file" / "below")).create()
    with pytest.raises(RokError):
        LocalBackend(str(tmp_path / "file")).load(FileKind.CONFIG, CONFIG_NAME)
    assert not LocalBackend(str(tmp_path / "file")).exists(FileKind.CONFIG, CONFIG_NAME)


def test_the_reserve_is_kept_given_up_and_made_again(tmp_path: Path) -> None:
    location = str(tmp_path / "repository")
    backend = LocalBackend(location)
    backend.create()
    assert not backend.free_reserve()
    backend.save(FileKind.LOCK, "ab" * 32, b"lock")
    reserve = Path(location, "tmp", "reserve")
    os.utime(reserve, (0, 0))
    LocalBackend(location).save(FileKind.LOCK, "cd" * 32, b"lock")
    assert reserve.stat().st_blocks * 512 >= 128 << 10
    assert backend.free_reserve()
    assert not reserve.exists()
    LocalBackend(location).save(FileKind.LOCK, "ef" * 32, b"lock")
    assert reserve.exists()
