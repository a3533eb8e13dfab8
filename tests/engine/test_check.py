from __future__ import annotations

import shutil
import threading
from pathlib import Path

import pytest

from rok_jupyter.engine.check import check
from rok_jupyter.engine.format.lock_file import LockFile, encode_lock
from rok_jupyter.engine.format.pack import BlobType
from rok_jupyter.engine.format.snapshot_file import SnapshotFile
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.storage.backend import FileKind
from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.models import CheckResult
from rok_jupyter.progress import Progress
from tests.engine.repositories import new_repository as new_in_memory
from tests.engine.restic_made import make_files, new_repository, reopen
from tests.restic import Restic


@pytest.fixture(scope="module")
def template(current_restic_binary: str, tmp_path_factory: pytest.TempPathFactory) -> Restic:
    directory = tmp_path_factory.mktemp("template")
    restic, _ = new_repository(Restic(current_restic_binary, str(directory / "repository")))
    files = make_files(directory / "files", seed=1)
    restic.backup(files)
    make_files(files, seed=2, files=3)
    restic.backup(files)
    return restic


@pytest.fixture
def filled(template: Restic, tmp_path: Path) -> Restic:
    """A repository with two snapshots that share most of their data."""
    return template.at(shutil.copytree(template.location, tmp_path / "repository"))


def checked(restic: Restic, *, read_data: bool = False) -> CheckResult:
    return check(reopen(restic), read_data=read_data, progress=Progress())


def stored(restic: Restic, kind: str) -> list[Path]:
    return sorted(path for path in (Path(restic.location) / kind).rglob("*") if path.is_file())


def flip(path: Path, offset: int = -1) -> None:
    content = bytearray(path.read_bytes())
    content[offset if offset >= 0 else len(content) // 2] ^= 1
    path.chmod(0o600)
    path.write_bytes(content)


def kinds(result: CheckResult) -> set[str]:
    return {damage.kind for damage in result.damages}


@pytest.mark.parametrize("read_data", [False, True])
def test_what_restic_made_is_sound(restic: Restic, tmp_path: Path, read_data: bool) -> None:
    restic, _ = new_repository(restic)
    restic.backup(make_files(tmp_path / "files", seed=1))
    result = checked(restic, read_data=read_data)
    assert result.sound
    assert not result.hints
    assert (result.snapshots, result.packs, result.read_data) == (1, len(restic.list("packs")), read_data)
    assert result.blobs == len(stored_blobs(restic))
    assert (result.bytes_read > 0) is read_data


def stored_blobs(restic: Restic) -> set[str]:
    return {line for line in restic.run("list", "--no-lock", "blobs").stdout.decode().splitlines() if line}


def test_a_new_repository_is_sound(current_restic: Restic) -> None:
    restic, _ = new_repository(current_restic)
    assert checked(restic, read_data=True) == CheckResult(damages=(), read_data=True)


def test_a_missing_pack_is_named_with_the_entries_it_hits(filled: Restic) -> None:
    largest = max(stored(filled, "data"), key=lambda path: path.stat().st_size)
    largest.unlink()
    result = checked(filled)
    assert ("pack", largest.name) in {(damage.kind, damage.id) for damage in result.damages}
    paths = [path for damage in result.damages for path in damage.paths]
    assert any("/files/directory" in path for path in paths)


def test_what_damage_hits_is_told_by_the_names_that_users_know(filled: Restic) -> None:
    max(stored(filled, "data"), key=lambda path: path.stat().st_size).unlink()
    repository = reopen(filled)
    first, second = sorted(repository.snapshot_files()[0])

    def labels(names: dict[str, str]) -> set[str]:
        result = check(repository, read_data=False, progress=Progress(), names=names)
        return {path.partition(":")[0] for damage in result.damages for path in damage.paths}

    assert labels({first: "a" * 64, second: "b" * 64}) == {"a" * 8, "b" * 8}
    assert labels({first: "a" * 64}) == {"a" * 8, second[:8]}
    assert labels({first: "a" * 64, second: "a" * 64}) == labels({first: second}) == {first[:8], second[:8]}


def test_a_pack_of_another_length_is_damaged(filled: Restic) -> None:
    pack = stored(filled, "data")[0]
    pack.chmod(0o600)
    with pack.open("ab") as file:
        file.write(b"x")
    damages = checked(filled).damages
    assert ("pack", pack.name) in {(damage.kind, damage.id) for damage in damages}


def test_a_damaged_blob_is_found_only_by_reading_data(filled: Restic) -> None:
    pack = max(stored(filled, "data"), key=lambda path: path.stat().st_size)
    flip(pack, 40)
    assert checked(filled).sound
    (damage,) = checked(filled, read_data=True).damages
    assert (damage.kind, damage.id) == ("pack", pack.name)
    assert "1 of its" in damage.message
    assert damage.paths
    assert all("/file" in path for path in damage.paths)


def test_a_damaged_pack_header_is_found(filled: Restic) -> None:
    pack = stored(filled, "data")[0]
    flip(pack, pack.stat().st_size - 10)
    assert pack.name in {damage.id for damage in checked(filled).damages}


def test_swapped_packs_are_found(filled: Restic) -> None:
    first, second = stored(filled, "data")[:2]
    first_content, second_content = first.read_bytes(), second.read_bytes()
    for path, content in ((first, second_content), (second, first_content)):
        path.chmod(0o600)
        path.write_bytes(content)
    assert {first.name, second.name} <= {damage.id for damage in checked(filled, read_data=True).damages}


@pytest.mark.parametrize(("directory", "kind"), [("snapshots", "snapshot"), ("index", "index"), ("keys", "key")])
def test_a_damaged_document_is_named(filled: Restic, directory: str, kind: str) -> None:
    repository = reopen(filled)
    document = stored(filled, directory)[0]
    flip(document)
    result = check(repository, read_data=False, progress=Progress())
    assert (kind, document.name) in {(damage.kind, damage.id) for damage in result.damages}


def test_what_was_read_before_its_damage_is_read_again(filled: Restic) -> None:
    repository = reopen(filled)
    for file in repository.snapshot_files()[0].values():
        repository.load_tree(file.tree)
    document = stored(filled, "snapshots")[0]
    flip(document)
    result = check(repository, read_data=False, progress=Progress())
    assert [(damage.kind, damage.id) for damage in result.damages] == [("snapshot", document.name)]


def test_a_damaged_config_is_named(filled: Restic) -> None:
    repository = reopen(filled)
    flip(Path(filled.location) / "config")
    assert "config" in kinds(check(repository, read_data=False, progress=Progress()))


@pytest.mark.parametrize("content", [b"", b"\x00" * 100, b"x"])
def test_an_empty_or_foreign_snapshot_file_is_a_damage(filled: Restic, content: bytes) -> None:
    (Path(filled.location) / "snapshots" / ("0" * 64)).write_bytes(content)
    assert [(damage.kind, damage.id) for damage in checked(filled).damages] == [("snapshot", "0" * 64)]


def test_a_damaged_lock_is_a_damage_and_hinders_no_check(filled: Restic) -> None:
    (Path(filled.location) / "locks" / ("1" * 64)).write_bytes(b"no lock")
    assert [(damage.kind, damage.id) for damage in checked(filled).damages] == [("lock", "1" * 64)]


def test_a_check_waits_for_nobody_who_works_exclusively(filled: Restic) -> None:
    repository = reopen(filled)
    with repository.lock(exclusive=True), pytest.raises(RokError) as refused:
        checked(filled)
    assert refused.value.kind is ErrorKind.ABORTED


def test_a_missing_index_is_a_damage_that_hits_nothing_else(filled: Restic) -> None:
    for index in stored(filled, "index"):
        index.unlink()
    result = checked(filled, read_data=True)
    assert [(damage.kind, damage.id) for damage in result.damages] == [("index", "")]
    assert f"names {len(stored(filled, 'data'))} of the packs that snapshots need" in result.damages[0].message
    assert not [hint for hint in result.hints if "in no index" in hint]
    assert not filled.accepts(read_data=False)


def test_beside_packs_that_need_an_index_the_one_that_nothing_needs_is_told(filled: Restic, tmp_path: Path) -> None:
    for index in stored(filled, "index"):
        index.unlink()
    repository = reopen(filled)
    needed = {path.name[:8] for path in stored(filled, "data")}
    with repository.lock(), repository.writer() as writer:
        writer.save_blob(BlobType.DATA, b"nobody needs this")
    for index in stored(filled, "index"):
        index.unlink()
    result = checked(filled)
    (hint,) = [hint for hint in result.hints if "nothing needs it" in hint]
    assert not any(pack in hint for pack in needed)


def test_a_pack_that_no_index_names_is_a_hint(filled: Restic, tmp_path: Path) -> None:
    other, _ = new_repository(filled.at(tmp_path / "other"))
    other.backup(make_files(tmp_path / "more", seed=5))
    foreign = stored(other, "data")[0]
    target = Path(filled.location) / "data" / foreign.parent.name
    target.mkdir(exist_ok=True)
    shutil.copy(foreign, target / foreign.name)
    result = checked(filled)
    assert result.sound
    assert any(foreign.name[:8] in hint for hint in result.hints)


def test_a_duplicated_index_is_a_hint(filled: Restic) -> None:
    repository = reopen(filled)
    content = repository.load_document(FileKind.INDEX, stored(filled, "index")[0].name)
    repository.save_document(FileKind.INDEX, content)
    result = checked(filled)
    assert result.sound
    assert any("several index files" in hint for hint in result.hints)
    assert filled.accepts()


def test_a_cancelled_check_ends(filled: Restic) -> None:
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        check(reopen(filled), read_data=True, progress=progress)


def test_a_check_changes_nothing(filled: Restic) -> None:
    def everything() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in Path(filled.location).rglob("*") if path.is_file()}

    before = everything()
    checked(filled, read_data=True)
    assert everything() == before
    assert threading.active_count() < 10


def test_restic_and_check_agree_on_a_missing_tree(filled: Restic) -> None:
    repository = reopen(filled)
    tree = next(iter(repository.snapshot_files()[0].values())).tree
    pack_id = next(pack_id for pack_id, blob in repository.index.blobs() if blob.id == tree)
    (Path(filled.location) / "data" / pack_id[:2] / pack_id).unlink()
    result = checked(filled)
    assert {"pack", "tree"} <= kinds(result)
    assert not filled.accepts(read_data=False)
    assert isinstance(reopen(filled), Repository)


def hostile(content: bytes) -> Repository:
    """A repository in memory whose only snapshot has this for a tree."""
    repository = new_in_memory()
    with repository.lock():
        with repository.writer() as writer:
            tree = writer.save_blob(BlobType.TREE, content).id
        repository.save_snapshot(SnapshotFile(time="2026-01-01T00:00:00Z", tree=tree, paths=("/x",)))
    return repository


LINE = b'{"name":"%s","type":"%s","mtime":"2026-01-01T00:00:00Z","size":5%s}'


@pytest.mark.parametrize(
    ("node", "told"),
    [
        (LINE % (b"..", b"file", b',"content":[]'), "was left out"),
        (LINE % (b"directory", b"dir", b""), "has no content"),
        (LINE % (b"file", b"file", b',"content":null'), "has no content"),
    ],
)
def test_a_hostile_or_hollow_entry_is_a_damage(node: bytes, told: str) -> None:
    result = check(hostile(b'{"nodes":[' + node + b"]}\n"), read_data=True, progress=Progress())
    (damage,) = result.damages
    assert damage.kind == "tree"
    assert told in damage.message


def test_a_tree_that_is_no_tree_is_a_damage() -> None:
    (damage,) = check(hostile(b"not JSON"), read_data=True, progress=Progress()).damages
    assert damage.kind == "tree"
    assert damage.paths


def test_very_many_missing_blobs_are_counted_not_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rok_jupyter.engine.check.MOST_BLOBS_NAMED", 3)
    content = b",".join(b'"%064x"' % number for number in range(10))
    repository = hostile(b'{"nodes":[' + LINE % (b"file", b"file", b',"content":[' + content + b"]") + b"]}\n")
    result = check(repository, read_data=False, progress=Progress())
    assert [damage.kind for damage in result.damages] == ["blob"] * 3
    assert result.damages[0].paths[0].endswith(":/file")
    assert any(hint.startswith("7 more blobs") for hint in result.hints)


def test_a_stale_lock_is_a_hint(filled: Restic) -> None:
    repository = reopen(filled)
    lock = LockFile(time="2020-01-01T00:00:00Z", hostname="elsewhere", pid=1)
    repository.save_document(FileKind.LOCK, encode_lock(lock))
    result = check(repository, read_data=False, progress=Progress())
    assert result.sound
    assert any("stale" in hint for hint in result.hints)
