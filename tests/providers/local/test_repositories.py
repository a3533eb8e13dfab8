from __future__ import annotations

import os
import shutil
import subprocess
import threading
from pathlib import Path

import pytest

from rok_jupyter.config import RokSettings
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.progress import Progress
from rok_jupyter.providers.local.repositories import RepositoryAccess
from tests.providers.local.conftest import Local
from tests.restic import Restic


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o777


def test_the_embedded_repository_is_made_with_its_key(settings: RokSettings) -> None:
    access = RepositoryAccess(settings)
    assert not access.exists()
    made = access.get_or_create()
    assert access.exists()
    assert access.get() is made
    assert access.get_or_create() is made
    assert mode_of(access.password_file) == 0o600
    assert mode_of(settings.locations.root) == 0o700
    assert len(access.password()) == 64
    assert RepositoryAccess(settings).get().id == made.id


def test_restic_opens_it_with_the_file(settings: RokSettings, restic: Restic) -> None:
    access = RepositoryAccess(settings)
    access.create()
    restic.at(access.location, "not used").run("cat", "config", "-p", str(access.password_file), allowed=(0, 1, 10, 12))
    restic.at(access.location, access.password()).check()


def test_making_it_twice_is_refused(settings: RokSettings) -> None:
    access = RepositoryAccess(settings)
    access.create()
    password = access.password()
    with pytest.raises(RokError) as raised:
        access.create()
    assert raised.value.kind is ErrorKind.ALREADY_EXISTS
    assert access.password() == password


def test_several_that_make_it_at_once_share_it(settings: RokSettings) -> None:
    ids = []

    def make() -> None:
        ids.append(RepositoryAccess(settings).get_or_create().id)

    threads = [threading.Thread(target=make) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(ids) == 4
    assert len(set(ids)) == 1


def test_a_key_that_was_written_before_a_kill_is_used(settings: RokSettings) -> None:
    settings.locations.root.mkdir()
    settings.locations.password_file.write_text("f" * 64 + "\n")
    access = RepositoryAccess(settings)
    access.create()
    assert access.password() == "f" * 64


def test_an_embedded_repository_that_is_gone_is_not_made_again_until_somebody_asks(settings: RokSettings) -> None:
    access = RepositoryAccess(settings)
    made = access.get_or_create()
    Path(access.location).rename(Path(access.location).with_name("moved"))
    for again in (access, RepositoryAccess(settings)):
        assert again.is_gone()
        with pytest.raises(RokError, match="is gone: it was there before") as raised:
            again.get_or_create()
        assert raised.value.kind is ErrorKind.FAILED_PRECONDITION
        assert not Path(access.location).exists()
    Path(access.location).with_name("moved").rename(access.location)
    assert access.get_or_create().id == made.id
    shutil.rmtree(access.location)
    assert access.create().id != made.id
    assert not access.is_gone()


def test_a_configured_repository_that_is_missing_is_not_made_by_a_first_use(
    settings: RokSettings, tmp_path: Path
) -> None:
    settings.repository = str(tmp_path / "unmounted" / "repository")
    with pytest.raises(RokError) as raised:
        RepositoryAccess(settings).get_or_create()
    assert raised.value.kind is ErrorKind.FAILED_PRECONDITION
    assert "rok repo init" in raised.value.hint
    assert not (tmp_path / "unmounted").exists()
    assert RepositoryAccess(settings).create().id


def test_a_missing_password_file_is_named_and_never_replaced(settings: RokSettings, tmp_path: Path) -> None:
    settings.password_file = str(tmp_path / "key")
    with pytest.raises(RokError, match="key") as raised:
        RepositoryAccess(settings).create()
    assert raised.value.kind is ErrorKind.FAILED_PRECONDITION
    settings.password_file = ""
    RepositoryAccess(settings).create()
    settings.locations.password_file.unlink()
    for attempt in (RepositoryAccess(settings).get, RepositoryAccess(settings).get_or_create):
        with pytest.raises(RokError, match="password") as raised:
            attempt()
        assert raised.value.kind is ErrorKind.FAILED_PRECONDITION
    assert not settings.locations.password_file.exists()


@pytest.mark.parametrize("content", [b"", b" \n", b"canary\n", b"\xff\xfa"])
def test_a_wrong_password_opens_nothing(settings: RokSettings, content: bytes) -> None:
    RepositoryAccess(settings).create()
    settings.locations.password_file.write_bytes(content)
    with pytest.raises(RokError) as raised:
        RepositoryAccess(settings).get()
    expected = ErrorKind.PERMISSION_DENIED if content.strip() else ErrorKind.FAILED_PRECONDITION
    assert raised.value.kind is expected
    assert "canary" not in raised.value.message


@pytest.mark.parametrize(
    "content",
    [b"own\r\n", b"\xef\xbb\xbfown\n", "\ufeffown é\n".encode("utf-16-le"), "\ufeffown".encode("utf-16-be"), b"\xe9\n"],
)
def test_a_password_file_of_any_editor_is_read_as_restic_reads_it(
    settings: RokSettings, tmp_path: Path, current_restic: Restic, content: bytes
) -> None:
    own = tmp_path / "own"
    own.write_bytes(content)
    settings.password_file = str(own)
    access = RepositoryAccess(settings)
    access.create()
    command = [current_restic.binary, "--no-cache", "-r", access.location, "-p", str(own), "snapshots"]
    assert subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_a_password_of_a_users_own_makes_opening_costly(settings: RokSettings, tmp_path: Path) -> None:
    (tmp_path / "key").write_text("correct horse\n")
    settings.password_file = str(tmp_path / "key")
    made = RepositoryAccess(settings).create()
    assert RepositoryAccess(settings).get().id == made.id


def test_a_repository_that_was_replaced_is_opened_anew(local: Local, tmp_path: Path) -> None:
    local.take()
    shutil.rmtree(local.access.location)
    with pytest.raises(RokError) as raised:
        local.provider.snapshots()
    assert raised.value.kind is ErrorKind.FAILED_PRECONDITION
    local.access.create()
    assert local.provider.snapshots() == ()
    assert local.take().complete


def test_a_repository_of_version_1_is_refused(settings: RokSettings, current_restic: Restic, tmp_path: Path) -> None:
    (tmp_path / "key").write_text(current_restic.password)
    current_restic.run("init", "--repository-version", "1")
    settings.repository, settings.password_file = current_restic.location, str(tmp_path / "key")
    with pytest.raises(RokError) as raised:
        RepositoryAccess(settings).get()
    assert raised.value.kind is ErrorKind.FAILED_PRECONDITION


def test_a_repository_that_restic_made_is_used(settings: RokSettings, restic: Restic, tmp_path: Path) -> None:
    restic.init()
    (tmp_path / "key").write_text(restic.password + "\n")
    settings.repository, settings.password_file = restic.location, str(tmp_path / "key")
    local = Local.make(settings)
    (local.workspace / "a").write_text("a")
    snapshot = local.take()
    restic.check()
    assert [each["id"] for each in restic.snapshots()] == [snapshot.storage_id]


def test_what_is_no_directory_is_no_repository(settings: RokSettings, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    settings.repository = str(tmp_path / "file")
    with pytest.raises(RokError) as raised:
        RepositoryAccess(settings).get()
    assert raised.value.kind is ErrorKind.FAILED_PRECONDITION


@pytest.mark.skipif(os.geteuid() == 0, reason="root may write anywhere")
def test_a_place_that_cannot_be_written_is_named(settings: RokSettings, tmp_path: Path) -> None:
    (tmp_path / "closed").mkdir(mode=0o500)
    settings.repository = str(tmp_path / "closed" / "repository")
    with pytest.raises(RokError) as raised:
        RepositoryAccess(settings).create()
    assert raised.value.kind is ErrorKind.PERMISSION_DENIED


def test_a_deleted_snapshot_is_not_browsed_any_more(local: Local) -> None:
    (local.workspace / "a").write_text("a")
    snapshot = local.take()
    assert local.read(local.provider.find(snapshot.id), "a") == b"a"
    local.again().provider.delete([snapshot], Progress())
    with pytest.raises(RokError) as raised:
        local.read(snapshot, "a")
    assert raised.value.kind is ErrorKind.NOT_FOUND
