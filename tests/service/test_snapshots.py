"""Taking, browsing, comparing, exporting and deleting through the only door."""

from __future__ import annotations

import os
import tarfile
import threading
import zipfile
from pathlib import Path

import pytest

from rok_jupyter.config import RokSettings
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Change, DifferenceCounts, Snapshot, SnapshotEdit, SnapshotFilter, SnapshotRequest
from rok_jupyter.progress import Progress
from rok_jupyter.service.service import Service


@pytest.fixture
def taken(service: Service) -> Snapshot:
    return service.take(SnapshotRequest(message="first", tags=("a",)), Progress())


def test_the_first_snapshot_makes_the_embedded_repository_with_a_private_key(
    service: Service, settings: RokSettings
) -> None:
    assert not service.repository_info().exists
    snapshot = service.take(SnapshotRequest(), Progress())
    assert [member.volume for member in snapshot.members] == ["workspace", "data"]
    assert service.repository_info().exists
    assert settings.locations.password_file.stat().st_mode & 0o777 == 0o600
    assert settings.locations.root.stat().st_mode & 0o777 == 0o700
    assert len(service.export_key()) == 64


@pytest.mark.parametrize("verb", ["take", "list", "show", "check", "keys"])
def test_a_configured_repository_that_is_missing_is_not_made_by_accident(
    settings: RokSettings, tmp_path: Path, verb: str
) -> None:
    settings.repository = str(tmp_path / "disk" / "repository")
    service = Service(settings)
    verbs = {
        "take": lambda: service.take(SnapshotRequest(), Progress()),
        "list": lambda: service.list(),
        "show": lambda: service.show("latest"),
        "check": lambda: service.check(read_data=False, progress=Progress()),
        "keys": lambda: service.keys(),
    }
    with pytest.raises(RokError) as caught:
        verbs[verb]()
    assert caught.value.kind is ErrorKind.FAILED_PRECONDITION
    assert caught.value.message == f"There is no repository yet at {settings.repository}."
    assert caught.value.hint == "Create one with `rok repo init`."
    assert not (tmp_path / "disk").exists()


def test_first_snapshots_of_two_services_at_once_make_one_repository(settings: RokSettings) -> None:
    errors: list[BaseException] = []

    def take() -> None:
        try:
            Service(settings).take(SnapshotRequest(), Progress())
        except BaseException as error:  # noqa: BLE001  the assertion below shows it
            errors.append(error)

    threads = [threading.Thread(target=take) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert len(Service(settings).list().items) == 4


def test_one_name_is_one_snapshot(service: Service) -> None:
    first = service.take(SnapshotRequest(name="step-1"), Progress())
    assert service.take(SnapshotRequest(name="step-1"), Progress()).id == first.id
    assert len(service.list().items) == 1


def test_lists_are_filtered_and_paged(service: Service, taken: Snapshot, workspace: Path) -> None:
    (workspace / "notes.txt").write_text("second\n")
    second = service.take(SnapshotRequest(message="second", tags=("b",)), Progress())
    third = service.take(SnapshotRequest(message="third"), Progress())
    page = service.list(limit=2)
    assert [found.id for found in page.items] == [third.id, second.id]
    rest = service.list(cursor=page.next_cursor, limit=2)
    assert [found.id for found in rest.items] == [taken.id]
    assert rest.next_cursor is None
    assert [found.id for found in service.list(SnapshotFilter(tag="b")).items] == [second.id]
    versions = service.list(SnapshotFilter(path="notes.txt"))
    assert [found.id for found in versions.items] == [second.id, taken.id]
    assert service.list(SnapshotFilter(path="data:table.csv")).items[-1].id == taken.id
    assert service.list(SnapshotFilter(path="nowhere")).items == ()
    with pytest.raises(RokError):
        service.list(SnapshotFilter(path="../x"))


def test_trees_are_paged_by_name(service: Service, taken: Snapshot) -> None:
    names: list[str] = []
    cursor: str | None = None
    while True:
        page = service.tree(taken.id, None, "", cursor=cursor, limit=2)
        names += [entry.path for entry in page.items]
        cursor = page.next_cursor
        if cursor is None:
            break
    assert names == ["empty", "keep.txt", "link", "notebooks", "notes.txt"]
    assert [entry.path for entry in service.tree(taken.id, "workspace", "notebooks").items] == ["notebooks/a.ipynb"]
    assert [entry.path for entry in service.tree(taken.id, "data").items] == ["table.csv"]


@pytest.mark.parametrize(
    ("volume", "path", "kind"),
    [
        (None, "nowhere", ErrorKind.NOT_FOUND),
        ("nothing", "", ErrorKind.NOT_FOUND),
        (None, "../work", ErrorKind.INVALID_ARGUMENT),
        (None, "/etc/passwd", ErrorKind.INVALID_ARGUMENT),
        (None, "notes.txt", ErrorKind.INVALID_ARGUMENT),
        (None, "a\0b", ErrorKind.INVALID_ARGUMENT),
    ],
)
def test_a_tree_that_is_none_is_refused(
    service: Service, taken: Snapshot, volume: str | None, path: str, kind: ErrorKind
) -> None:
    with pytest.raises(RokError) as caught:
        service.tree(taken.id, volume, path)
    assert caught.value.kind is kind


def test_content_is_read_in_part(service: Service, taken: Snapshot) -> None:
    assert b"".join(service.read("latest", None, "notes.txt")) == b"first\n"
    assert b"".join(service.read("latest", "data", "table.csv", offset=1, length=2)) == b",2"
    with pytest.raises(RokError) as caught:
        list(service.read(taken.id, None, "notebooks"))
    assert caught.value.kind is ErrorKind.INVALID_ARGUMENT
    with service.open_view(taken.id[:8], Progress()) as view:
        assert view.entry("workspace", "link").target == "notes.txt"


@pytest.mark.parametrize(
    ("reference", "kind"),
    [("feed" * 16, ErrorKind.NOT_FOUND), ("", ErrorKind.INVALID_ARGUMENT), ("../x", ErrorKind.INVALID_ARGUMENT)],
)
def test_an_unknown_or_malformed_reference_is_refused(
    service: Service, taken: Snapshot, reference: str, kind: ErrorKind
) -> None:
    with pytest.raises(RokError) as caught:
        service.show(reference)
    assert caught.value.kind is kind


def test_snapshots_and_the_live_volumes_are_compared(service: Service, taken: Snapshot, workspace: Path) -> None:
    (workspace / "notes.txt").write_text("second\n")
    live = service.diff(taken.id, None, (), Progress())
    assert (live.counts.modified, live.counts.created, live.counts.bytes_before, live.counts.bytes_after) == (
        1,
        0,
        6,
        7,
    )
    second = service.take(SnapshotRequest(), Progress())
    between = service.diff(taken.id, second.id, ["notes.txt"], Progress())
    assert [(entry.path, entry.change) for entry in between.entries] == [("notes.txt", Change.MODIFIED)]


def test_a_difference_is_told_by_volume_and_path_with_its_counts(
    service: Service, taken: Snapshot, workspace: Path, data: Path
) -> None:
    (data / "table.csv").write_text("1,2\n3,4\n")
    (workspace / "notes.txt").unlink()
    (workspace / "keep.txt").chmod(0o600)
    (workspace / "link").unlink()
    (workspace / "link").write_text("file")
    (workspace / "empty" / "a").mkdir()
    (workspace / "empty" / "a" / "b").write_text("bee")
    (workspace / "empty" / "a.txt").write_text("x")
    difference = service.diff(taken.id, None, (), Progress())
    assert [f"{entry.volume}:{entry.path} {entry.change}" for entry in difference.entries] == [
        "workspace:empty/a created",
        "workspace:empty/a/b created",
        "workspace:empty/a.txt created",
        "workspace:keep.txt metadata",
        "workspace:link type",
        "workspace:notes.txt deleted",
        "data:table.csv modified",
    ]
    expected = DifferenceCounts(
        created=3, deleted=1, modified=1, metadata=1, type=1, bytes_before=6 + 4, bytes_after=3 + 1 + 4 + 8
    )
    assert difference.counts == expected


def test_an_edit_keeps_the_id(service: Service, taken: Snapshot) -> None:
    edited = service.edit("latest", SnapshotEdit(message="better", add_tags=("new",), remove_tags=("a",), pinned=True))
    assert (edited.id, edited.message, edited.tags, edited.pinned) == (taken.id, "better", ("new",), True)
    assert service.show(taken.id) == edited
    for tag in ("", "a,b", "rok:id=1"):
        with pytest.raises(RokError) as caught:
            service.edit(taken.id, SnapshotEdit(add_tags=(tag,)))
        assert caught.value.kind is ErrorKind.INVALID_ARGUMENT


def test_a_pinned_snapshot_is_not_deleted_and_none_of_several_is_where_one_is_missing(
    service: Service, taken: Snapshot
) -> None:
    service.edit(taken.id, SnapshotEdit(pinned=True))
    second = service.take(SnapshotRequest(), Progress())
    for references in ([second.id, taken.id], [second.id, "feed" * 16]):
        with pytest.raises(RokError):
            service.delete(references, Progress())
    assert len(service.list().items) == 2


@pytest.mark.parametrize("name", ["out.tar", "out.tar.gz", "out.zip"])
def test_an_export_holds_what_was_asked_for(service: Service, taken: Snapshot, tmp_path: Path, name: str) -> None:
    target = tmp_path / name
    result = service.export(taken.id, (), str(target), Progress())
    assert result.errors == ()
    assert result.size == target.stat().st_size
    wanted = {
        "workspace/notebooks",
        "workspace/notebooks/a.ipynb",
        "workspace/notes.txt",
        "workspace/keep.txt",
        "workspace/link",
        "workspace/empty",
        "data/table.csv",
    }
    if target.suffix == ".zip":
        with zipfile.ZipFile(target) as archive:
            names = {found.rstrip("/") for found in archive.namelist()}
            assert archive.read("workspace/notes.txt") == b"first\n"
    else:
        with tarfile.open(target) as opened:
            names = set(opened.getnames())
            member = opened.extractfile("workspace/notes.txt")
            assert member is not None
            assert member.read() == b"first\n"
            assert opened.getmember("workspace/link").linkname == "notes.txt"
    assert {found for found in names if found not in ("workspace", "data")} == wanted
    with pytest.raises(RokError) as caught:
        service.export(taken.id, (), str(target), Progress())
    assert caught.value.kind is ErrorKind.ALREADY_EXISTS
    assert {path.name for path in tmp_path.iterdir() if path.is_file()} == {name}


@pytest.mark.parametrize(
    ("target", "kind"),
    [
        ("out.tar", ErrorKind.INVALID_ARGUMENT),
        ("/nowhere/out.tar", ErrorKind.NOT_FOUND),
        ("/tmp/out.rar", ErrorKind.INVALID_ARGUMENT),
    ],
)
def test_an_export_to_a_place_that_makes_no_sense_is_refused(
    service: Service, taken: Snapshot, target: str, kind: ErrorKind
) -> None:
    with pytest.raises(RokError) as caught:
        service.export(taken.id, (), target, Progress())
    assert caught.value.kind is kind


def test_an_export_of_a_missing_path_leaves_nothing_behind(service: Service, taken: Snapshot, tmp_path: Path) -> None:
    with pytest.raises(RokError) as caught:
        service.export(taken.id, ("nowhere",), str(tmp_path / "out.tar"), Progress())
    assert caught.value.kind is ErrorKind.NOT_FOUND
    assert not list(tmp_path.glob("*.tar"))
    assert not list(tmp_path.glob(".rok-*"))


def test_a_snapshot_beyond_the_repositorys_limit_is_refused_and_nothing_of_it_is_seen(
    settings: RokSettings, workspace: Path
) -> None:
    Service(settings).take(SnapshotRequest(), Progress())
    size = Service(settings).repository_info().size
    assert size is not None
    (workspace / "large.bin").write_bytes(os.urandom(40_000_000))
    settings.repository_size_limit = size + 20_000_000
    with pytest.raises(RokError) as caught:
        Service(settings).take(SnapshotRequest(), Progress())
    assert caught.value.kind is ErrorKind.RESOURCE_EXHAUSTED
    assert len(Service(settings).list().items) == 1
    settings.repository_size_limit = size
    with pytest.raises(RokError) as caught:
        Service(settings).take(SnapshotRequest(), Progress())
    assert caught.value.kind is ErrorKind.RESOURCE_EXHAUSTED
