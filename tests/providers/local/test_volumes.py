from __future__ import annotations

import os
from pathlib import Path

import pytest

from rok_jupyter.config import RokSettings
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Role
from rok_jupyter.providers.local.volumes import VolumeRegistry


@pytest.fixture
def registry(settings: RokSettings) -> VolumeRegistry:
    return VolumeRegistry(settings)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    directory = tmp_path / "data"
    directory.mkdir()
    (directory / "kept").write_text("data")
    return directory


def test_without_a_workspace_nothing_is_guessed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(RokError) as raised:
        VolumeRegistry(RokSettings(state_directory=str(tmp_path / "state"))).directories()
    assert raised.value.kind is ErrorKind.FAILED_PRECONDITION
    assert "rok --workspace DIR" in raised.value.hint


def test_a_workspace_that_is_gone_is_named(tmp_path: Path) -> None:
    with pytest.raises(RokError, match=r"gone is no directory") as raised:
        VolumeRegistry(RokSettings(workspace=str(tmp_path / "gone"))).directories()
    assert raised.value.kind is ErrorKind.FAILED_PRECONDITION


def test_a_link_to_the_workspace_names_the_same_volume(settings: RokSettings, workspace: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(workspace)
    settings.workspace = str(tmp_path / "link")
    assert VolumeRegistry(settings).directories()[0].path == str(workspace)


def test_configured_data_volumes_follow_the_workspace_by_name(settings: RokSettings, data: Path) -> None:
    settings.data_volumes = {"zoo": "/nowhere", "data": str(data)}
    found = VolumeRegistry(settings).directories()
    assert [(volume.name, volume.role) for volume in found] == [
        ("workspace", Role.WORKSPACE),
        ("data", Role.DATA),
        ("zoo", Role.DATA),
    ]
    assert [volume.present for volume in found] == [True, True, False]


@pytest.mark.parametrize(
    ("volumes", "message"),
    [
        ({"workspace": "/tmp"}, "can't be a data volume's name"),
        ({"a/b": "/tmp"}, "can't be a data volume's name"),
        ({"a:b": "/tmp"}, "can't be a data volume's name"),
        ({"": "/tmp"}, "can't be a data volume's name"),
        ({"data": "relative"}, "no absolute path"),
        ({"one": "/tmp", "two": "/tmp"}, "are the same directory"),
    ],
)
def test_settings_that_name_no_volume_are_refused(settings: RokSettings, volumes: dict[str, str], message: str) -> None:
    settings.data_volumes = volumes
    with pytest.raises(RokError, match=message) as raised:
        VolumeRegistry(settings).directories()
    assert raised.value.kind is ErrorKind.INVALID_ARGUMENT


def test_an_attached_directory_is_a_volume_also_for_the_next_process(
    registry: VolumeRegistry, settings: RokSettings, workspace: Path, data: Path
) -> None:
    registry.register("data", str(data))
    attached = registry.attach("data", "input")
    assert attached.attached_at == "input"
    assert (workspace / "input" / "kept").read_text() == "data"
    assert VolumeRegistry(settings).find("data") == attached


def test_attaching_again_changes_nothing(registry: VolumeRegistry, workspace: Path, data: Path) -> None:
    registry.register("data", str(data))
    assert registry.attach("data", "input") == registry.attach("data", "input")
    with pytest.raises(RokError, match="is attached at 'input'") as raised:
        registry.attach("data", "elsewhere")
    assert raised.value.kind is ErrorKind.FAILED_PRECONDITION
    assert not (workspace / "elsewhere").is_symlink()


def test_an_attach_that_was_killed_before_it_was_remembered_is_finished_by_the_next(
    registry: VolumeRegistry, workspace: Path, data: Path
) -> None:
    registry.register("data", str(data))
    (workspace / "input").symlink_to(data)
    assert registry.attach("data", "input").attached_at == "input"


def test_detach_removes_the_link_and_never_the_data(registry: VolumeRegistry, workspace: Path, data: Path) -> None:
    registry.register("data", str(data))
    registry.attach("data", "input")
    assert registry.detach("data").attached_at is None
    assert not (workspace / "input").is_symlink()
    assert (data / "kept").read_text() == "data"
    with pytest.raises(RokError, match="not attached"):
        registry.detach("data")


@pytest.mark.parametrize("kind", ["directory", "file", "other link"])
def test_detach_leaves_what_somebody_else_put_there(
    registry: VolumeRegistry, workspace: Path, data: Path, kind: str
) -> None:
    registry.register("data", str(data))
    registry.attach("data", "input")
    at = workspace / "input"
    at.unlink()
    {"directory": at.mkdir, "file": at.touch, "other link": lambda: at.symlink_to("/etc")}[kind]()
    with pytest.raises(RokError, match="so it stays") as raised:
        registry.detach("data")
    assert raised.value.kind is ErrorKind.FAILED_PRECONDITION
    assert os.path.lexists(at)


def test_detaching_a_link_that_is_gone_only_forgets_it(registry: VolumeRegistry, workspace: Path, data: Path) -> None:
    registry.register("data", str(data))
    registry.attach("data", "input")
    (workspace / "input").unlink()
    assert registry.detach("data").attached_at is None


def test_attach_refuses_places_that_are_taken_missing_or_behind_a_link(
    registry: VolumeRegistry, workspace: Path, data: Path, tmp_path: Path
) -> None:
    registry.register("data", str(data))
    (workspace / "taken").write_text("mine")
    (workspace / "out").symlink_to(tmp_path)
    for at, kind in [
        ("taken", ErrorKind.ALREADY_EXISTS),
        ("missing/input", ErrorKind.NOT_FOUND),
        ("out/input", ErrorKind.INVALID_ARGUMENT),
        ("", ErrorKind.INVALID_ARGUMENT),
    ]:
        with pytest.raises(RokError) as raised:
            registry.attach("data", at)
        assert raised.value.kind is kind, at
    assert not (tmp_path / "input").is_symlink()
    assert (workspace / "taken").read_text() == "mine"
    assert registry.find("data").attached_at is None


def test_the_workspace_itself_is_not_attached(registry: VolumeRegistry) -> None:
    with pytest.raises(RokError, match="Only a data volume"):
        registry.attach("workspace", "here")


def test_registering_refuses_names_and_directories_that_are_taken(
    registry: VolumeRegistry, workspace: Path, data: Path, tmp_path: Path
) -> None:
    registry.register("data", str(data))
    for name, path, kind in [
        ("data", str(tmp_path), ErrorKind.ALREADY_EXISTS),
        ("again", str(data), ErrorKind.ALREADY_EXISTS),
        ("again", str(workspace), ErrorKind.ALREADY_EXISTS),
        ("again", "data", ErrorKind.INVALID_ARGUMENT),
        ("again", str(tmp_path / "gone"), ErrorKind.FAILED_PRECONDITION),
    ]:
        with pytest.raises(RokError) as raised:
            registry.register(name, path)
        assert raised.value.kind is kind


def test_a_forgotten_volume_leaves_its_directory(registry: VolumeRegistry, data: Path) -> None:
    registry.register("data", str(data))
    registry.forget("data")
    assert [volume.name for volume in registry.directories()] == ["workspace"]
    assert (data / "kept").exists()
    with pytest.raises(RokError, match="There is no volume 'data'"):
        registry.find("data")


@pytest.mark.parametrize("content", ["", "{", "[]", '{"directories": {"a": 1}, "attached": {}}'])
def test_a_damaged_list_of_volumes_is_named(registry: VolumeRegistry, settings: RokSettings, content: str) -> None:
    settings.locations.volumes_file.parent.mkdir()
    settings.locations.volumes_file.write_text(content)
    with pytest.raises(RokError, match=r"volumes\.json") as raised:
        registry.directories()
    assert raised.value.kind is ErrorKind.DATA_LOSS


def test_directories_whose_names_are_no_utf8_are_volumes_too(registry: VolumeRegistry, tmp_path: Path) -> None:
    os.mkdir(bytes(tmp_path) + b"/\xff")
    registry.register("odd", f"{tmp_path}/\udcff")
    assert registry.find("odd").path.endswith("/\udcff")
    assert registry.find("odd").present
