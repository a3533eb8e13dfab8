from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from rok_jupyter.engine.check import check
from rok_jupyter.engine.format.ids import Buffer, Id
from rok_jupyter.engine.format.pack import BlobType
from rok_jupyter.engine.format.snapshot_file import SnapshotFile
from rok_jupyter.engine.prune import plan_prune, prune
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.storage.backend import Backend, FileKind
from rok_jupyter.engine.storage.local import LocalBackend
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import PruneResult
from rok_jupyter.progress import Progress
from tests.engine.repositories import new_repository as new_in_memory
from tests.engine.restic_made import PASSWORD, make_files, new_repository, reopen
from tests.restic import Restic
from tests.trees import assert_same_tree


class Killed(BaseException):
    """Stands for SIGKILL: nothing catches it."""


@dataclass
class CountedBackend:
    """Passes everything on, and from the given change on kills who asks (before the change, or after it)."""

    behind: Backend
    allowed: int = 1_000_000
    after: bool = False
    changes: int = 0
    room: int = 1_000_000_000

    @property
    def location(self) -> str:
        return self.behind.location

    def create(self) -> None:
        self.behind.create()

    def exists(self, kind: FileKind, file_id: Id) -> bool:
        return self.behind.exists(kind, file_id)

    def load(self, kind: FileKind, file_id: Id, *, offset: int = 0, length: int | None = None) -> bytes:
        return self.behind.load(kind, file_id, offset=offset, length=length)

    def size(self, kind: FileKind, file_id: Id) -> int:
        return self.behind.size(kind, file_id)

    def list(self, kind: FileKind) -> Iterator[tuple[Id, int]]:
        return self.behind.list(kind)

    def ids(self, kind: FileKind) -> frozenset[Id]:
        return self.behind.ids(kind)

    def revision(self, kind: FileKind) -> str:
        return self.behind.revision(kind)

    def save(self, kind: FileKind, file_id: Id, data: Buffer) -> None:
        self._count(kind)
        if kind is not FileKind.LOCK:
            if len(data) > self.room:
                raise RokError(ErrorKind.RESOURCE_EXHAUSTED, "No room.")
            self.room -= len(data)
        self.behind.save(kind, file_id, data)
        self._count_after()

    def remove(self, kind: FileKind, file_id: Id) -> None:
        self._count(kind)
        if kind is not FileKind.LOCK:
            self.room += self.behind.size(kind, file_id)
        self.behind.remove(kind, file_id)
        self._count_after()

    def _count(self, kind: FileKind) -> None:
        if self.changes >= self.allowed:
            raise Killed
        self.changes += kind is not FileKind.LOCK

    def _count_after(self) -> None:
        if self.after and self.changes >= self.allowed:
            raise Killed


def pruned(restic: Restic, *, dry_run: bool = False) -> PruneResult:
    return prune(reopen(restic), dry_run=dry_run, progress=Progress())


def everything(restic: Restic) -> dict[str, bytes]:
    root = Path(restic.location)
    return {str(path.relative_to(root)): path.read_bytes() for path in root.rglob("*") if path.is_file()}


@pytest.fixture(scope="module")
def template(current_restic_binary: str, tmp_path_factory: pytest.TempPathFactory) -> tuple[Restic, Path]:
    directory = tmp_path_factory.mktemp("template")
    return make_forgotten(Restic(current_restic_binary, str(directory / "repository")), directory)


@pytest.fixture
def forgotten(template: tuple[Restic, Path], tmp_path: Path) -> tuple[Restic, Path]:
    """A repository whose first snapshots are forgotten, and the files of the one that is left."""
    restic, files = template
    return restic.at(copy_of(Path(restic.location), tmp_path / "repository")), files


def make_forgotten(restic: Restic, tmp_path: Path) -> tuple[Restic, Path]:
    """Make packs that are wholly, partly and not at all in use."""
    restic, _ = new_repository(restic)
    files = make_files(tmp_path / "files", seed=1)
    alone = make_files(tmp_path / "alone", seed=9)
    restic.backup(files, alone)
    restic.backup(alone)
    for path in list(files.rglob("file*"))[:5]:
        path.unlink()
    make_files(files, seed=2, files=4)
    restic.backup(files)
    for snapshot in restic.snapshots()[:2]:
        restic.run("forget", snapshot["id"])
    return restic, files


def assert_whole(restic: Restic, files: Path, target: Path) -> None:
    restic.check(tidy=True)
    assert check(reopen(restic), read_data=True, progress=Progress()).sound
    restic.restore("latest", target)
    assert_same_tree(files, Path(f"{target}{files}"), ignore=frozenset({"mtime_ns"}))


def test_what_no_snapshot_needs_goes_and_the_rest_restores(restic: Restic, tmp_path: Path) -> None:
    restic, files = make_forgotten(restic, tmp_path)
    before = sum(len(content) for content in everything(restic).values())
    plan = pruned(restic).plan
    after = sum(len(content) for content in everything(restic).values())
    assert plan.packs_to_delete > 0
    assert plan.packs_to_repack > 0
    assert abs((before - after) - plan.bytes_freed) < 5000  # headers and index files aren't counted
    assert_whole(restic, files, tmp_path / "restored")


def test_restic_finds_nothing_left_to_prune(forgotten: tuple[Restic, Path], tmp_path: Path) -> None:
    restic, _ = forgotten
    pruned(restic)
    before = everything(restic)
    restic.prune("--max-unused", "0")
    assert everything(restic) == before


def test_a_second_prune_changes_nothing(forgotten: tuple[Restic, Path], tmp_path: Path) -> None:
    restic, _ = forgotten
    pruned(restic)
    before = everything(restic)
    plan = pruned(restic).plan
    assert (plan.packs_to_delete, plan.packs_to_repack, plan.bytes_freed) == (0, 0, 0)
    assert everything(restic) == before


def test_a_dry_run_plans_the_same_and_changes_nothing(forgotten: tuple[Restic, Path], tmp_path: Path) -> None:
    restic, _ = forgotten
    before = everything(restic)
    dry = pruned(restic, dry_run=True)
    assert everything(restic) == before
    assert dry.dry_run
    assert pruned(restic).plan == dry.plan


def test_without_snapshots_everything_goes(forgotten: tuple[Restic, Path], tmp_path: Path) -> None:
    restic, _ = forgotten
    restic.run("forget", restic.snapshots()[0]["id"])
    pruned(restic)
    assert restic.list("packs") == restic.list("index") == ()
    restic.check()


def test_a_new_snapshot_after_a_prune_is_whole(forgotten: tuple[Restic, Path], tmp_path: Path) -> None:
    restic, files = forgotten
    pruned(restic)
    new = shutil.copytree(files, tmp_path / "new")
    make_files(new, seed=3, files=5)
    restic.backup(new)
    assert_whole(restic, new, tmp_path / "restored")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_kill_at_any_change_leaves_a_whole_repository(
    forgotten: tuple[Restic, Path], tmp_path: Path, after: bool
) -> None:
    restic, files = forgotten
    original = Path(restic.location)
    counted = CountedBackend(LocalBackend(copy_of(original, tmp_path / "counted")))
    prune(Repository.open(counted, PASSWORD), dry_run=False, progress=Progress())
    assert counted.changes > 6
    for allowed in range(counted.changes):
        place = restic.at(copy_of(original, tmp_path / f"killed{allowed}"))
        backend = CountedBackend(LocalBackend(place.location), allowed=allowed + after, after=after)
        with pytest.raises(Killed):
            prune(Repository.open(backend, PASSWORD), dry_run=False, progress=Progress())
        place.run("unlock", "--remove-all")
        place.check()
        pruned(place)
        assert check(reopen(place), read_data=True, progress=Progress()).sound
    assert_whole(place, files, tmp_path / "restored")


def copy_of(template: Path, target: Path) -> str:
    shutil.copytree(template, target)
    return str(target)


def damage_tree(restic: Restic) -> str:
    repository = reopen(restic)
    tree = next(iter(repository.snapshot_files()[0].values())).tree
    pack_id = next(pack_id for pack_id, blob in repository.index.blobs() if blob.id == tree)
    pack = Path(restic.location) / "data" / pack_id[:2] / pack_id
    pack.chmod(0o600)
    pack.write_bytes(bytes(pack.stat().st_size))
    return f"tree {tree[:8]}"


def damage_snapshot(restic: Restic) -> str:
    (Path(restic.location) / "snapshots" / ("0" * 64)).write_bytes(b"")
    return "snapshot 00000000"


def damage_file(path: Path) -> None:
    path.chmod(0o600)
    path.write_bytes(path.read_bytes()[:-1])


def lose_data(restic: Restic) -> str:
    packs = [path for path in (Path(restic.location) / "data").rglob("*") if path.is_file()]
    repository = reopen(restic)
    needed = {blob for node in contents(repository) for blob in node}
    lost = next(
        pack
        for pack in packs
        if any(pack.name == pack_id and b.id in needed for pack_id, b in repository.index.blobs())
    )
    lost.unlink()
    return f"pack {lost.name[:8]}"


def contents(repository: Repository) -> Iterator[tuple[Id, ...]]:
    waiting = [next(iter(repository.snapshot_files()[0].values())).tree]
    while waiting:
        for node in repository.load_tree(waiting.pop()).nodes:
            if node.subtree:
                waiting.append(node.subtree)
            if node.content:
                yield node.content


def damage_index_and_header(restic: Restic) -> str:
    """Damage every index file, and the end of a pack that the snapshot needs."""
    (tree,) = {file.tree for file in reopen(restic).snapshot_files()[0].values()}
    pack_id = next(pack_id for pack_id, blob in reopen(restic).index.blobs() if blob.id == tree)
    for path in index_files(restic):
        damage_file(path)
    pack = Path(restic.location) / "data" / pack_id[:2] / pack_id
    pack.chmod(0o600)
    pack.write_bytes(pack.read_bytes()[:-5])
    return f"pack {pack_id[:8]}"


@pytest.mark.parametrize("damage", [damage_tree, damage_snapshot, damage_index_and_header, lose_data])
@pytest.mark.parametrize("dry_run", [False, True], ids=["real", "dry"])
def test_a_damaged_repository_is_not_pruned(
    forgotten: tuple[Restic, Path], tmp_path: Path, damage: object, dry_run: bool
) -> None:
    restic, _ = forgotten
    name = damage(restic)  # type: ignore[operator]
    before = everything(restic)
    with pytest.raises(RokError) as refused:
        pruned(restic, dry_run=dry_run)
    assert refused.value.kind is ErrorKind.FAILED_PRECONDITION
    assert name in refused.value.message
    assert "rok check" in refused.value.hint
    assert everything(restic) == before


def test_a_blob_damaged_in_a_pack_to_rewrite_ends_the_prune_before_it_is_lost(
    forgotten: tuple[Restic, Path], tmp_path: Path
) -> None:
    restic, _ = forgotten
    job = plan_prune(reopen(restic), Progress())
    pack_id, blobs = next(iter(job.selection.repack.items()))
    pack = Path(restic.location) / "data" / pack_id[:2] / pack_id
    content = bytearray(pack.read_bytes())
    content[blobs[0].offset + 20] ^= 1
    pack.chmod(0o600)
    pack.write_bytes(content)
    with pytest.raises(RokError) as refused:
        pruned(restic)
    assert refused.value.kind is ErrorKind.FAILED_PRECONDITION
    assert pack_id[:8] in refused.value.message
    assert pack.exists()


def test_packs_whose_index_was_lost_stay_where_a_snapshot_needs_them(
    forgotten: tuple[Restic, Path], tmp_path: Path
) -> None:
    restic, files = forgotten
    for index in (Path(restic.location) / "index").iterdir():
        index.unlink()
    pruned(restic)
    assert_whole(restic, files, tmp_path / "restored")


def index_files(restic: Restic) -> list[Path]:
    return sorted((Path(restic.location) / "index").iterdir())


def cut_off(path: Path) -> None:
    damage_file(path)


def delete(path: Path) -> None:
    path.unlink()


@pytest.mark.parametrize("damage", [cut_off, delete])
@pytest.mark.parametrize("which", [slice(0, 1), slice(1, 2), slice(None)], ids=["first", "second", "all"])
def test_a_prune_makes_damaged_and_missing_index_files_anew(
    forgotten: tuple[Restic, Path], tmp_path: Path, damage: Callable[[Path], None], which: slice
) -> None:
    restic, files = forgotten
    hit = index_files(restic)[which]
    for path in hit:
        damage(path)
    dry = pruned(restic, dry_run=True).plan
    assert dry.indexes_to_replace == (len(hit) if damage is cut_off else 0)
    assert pruned(restic).plan == dry
    assert not set(hit) & set(index_files(restic))
    assert_whole(restic, files, tmp_path / "restored")
    assert reopen(restic).index_damages == ()


def test_a_prune_of_nothing_but_a_damaged_index_file_replaces_it(
    forgotten: tuple[Restic, Path], tmp_path: Path
) -> None:
    restic, files = forgotten
    pruned(restic)
    packs = set(restic.list("packs"))
    for path in index_files(restic):
        damage_file(path)
    pruned(restic)
    assert set(restic.list("packs")) == packs
    assert_whole(restic, files, tmp_path / "restored")


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_a_kill_while_index_files_are_made_anew_loses_nothing(
    forgotten: tuple[Restic, Path], tmp_path: Path, after: bool
) -> None:
    restic, files = forgotten
    for path in index_files(restic):
        damage_file(path)
    damaged = Path(restic.location)
    for allowed in range(100):
        place = restic.at(copy_of(damaged, tmp_path / f"{allowed}"))
        counted = CountedBackend(LocalBackend(place.location), allowed=allowed, after=after)
        repository = reopen(place)
        repository.backend = counted
        try:
            prune(repository, dry_run=False, progress=Progress())
        except Killed:
            reopen(place).unlock(live_too=True)
            pruned(place)
            assert check(reopen(place), read_data=True, progress=Progress()).sound
            continue
        break
    else:
        pytest.fail("The prune never ended.")
    assert allowed > 3
    assert_whole(place, files, tmp_path / "restored")


def test_an_index_file_that_can_not_be_read_now_is_not_replaced(forgotten: tuple[Restic, Path]) -> None:
    restic, _ = forgotten
    repository = reopen(restic)

    class Failing(LocalBackend):
        def load(self, kind: FileKind, file_id: Id, *, offset: int = 0, length: int | None = None) -> bytes:
            if kind is FileKind.INDEX:
                raise RokError(ErrorKind.UNAVAILABLE, "The disk doesn't answer.")
            return super().load(kind, file_id, offset=offset, length=length)

    repository.backend = Failing(restic.location)
    before = everything(restic)
    with pytest.raises(RokError) as refused:
        prune(repository, dry_run=False, progress=Progress())
    assert "The disk doesn't answer." in refused.value.message
    assert everything(restic) == before


def test_a_prune_waits_for_nobody_and_removes_nothing_beside_a_live_lock(
    forgotten: tuple[Restic, Path], tmp_path: Path
) -> None:
    restic, _ = forgotten
    repository = reopen(restic)
    with repository.lock(), pytest.raises(RokError) as refused:
        pruned(restic)
    assert refused.value.kind is ErrorKind.ABORTED


def test_a_prune_whose_lock_vanishes_removes_nothing_more(forgotten: tuple[Restic, Path], tmp_path: Path) -> None:
    restic, files = forgotten
    repository = reopen(restic)
    removals: list[Id] = []

    class Unlocking(LocalBackend):
        def remove(self, kind: FileKind, file_id: Id) -> None:
            super().remove(kind, file_id)
            if kind is FileKind.DATA:
                removals.append(file_id)
                reopen(restic).unlock(live_too=True)

    repository.backend = Unlocking(restic.location)
    with pytest.raises(RokError) as refused:
        prune(repository, dry_run=False, progress=Progress())
    assert refused.value.kind is ErrorKind.ABORTED
    assert len(removals) == 1
    assert_whole(restic, files, tmp_path / "restored")


def test_on_a_full_disk_a_prune_makes_room(current_restic: Restic, tmp_path: Path) -> None:
    restic, _ = new_repository(current_restic)
    kept, dropped = make_files(tmp_path / "kept", seed=1), make_files(tmp_path / "dropped", seed=2)
    restic.backup(kept)
    gone = restic.backup(dropped)
    restic.run("forget", gone)
    backend = CountedBackend(LocalBackend(restic.location), room=0)
    prune(Repository.open(backend, PASSWORD), dry_run=False, progress=Progress())
    assert backend.room > 100_000
    assert_whole(restic, kept, tmp_path / "restored")


def test_many_small_index_files_become_one(current_restic: Restic, tmp_path: Path) -> None:
    restic, repository = new_repository(current_restic)
    files = tmp_path / "files"
    for number in range(12):
        make_files(files, seed=number, files=1)
        with repository.lock(), repository.writer() as writer:
            writer.save_blob(BlobType.DATA, b"%d" % number)
    restic.backup(files)
    pruned(restic)
    assert len(restic.list("index")) == 1
    assert_whole(restic, files, tmp_path / "restored")


def test_rewritten_packs_and_index_files_are_closed_when_full(
    forgotten: tuple[Restic, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    restic, files = forgotten
    monkeypatch.setattr("rok_jupyter.engine.repacking.PACK_BYTES", 20_000)
    monkeypatch.setattr("rok_jupyter.engine.repacking.MAX_BLOBS", 3)
    before = len(restic.list("packs"))
    pruned(restic)
    assert len(restic.list("packs")) > before
    assert len(restic.list("index")) > 1
    assert_whole(restic, files, tmp_path / "restored")


def test_a_tree_with_a_hostile_entry_is_not_pruned() -> None:
    repository = new_in_memory()
    with repository.lock():
        with repository.writer() as writer:
            tree = writer.save_blob(BlobType.TREE, b'{"nodes":[{"name":"..","type":"file","content":[]}]}\n').id
        repository.save_snapshot(SnapshotFile(time="2026-01-01T00:00:00Z", tree=tree, paths=("/x",)))
    with pytest.raises(RokError) as refused:
        prune(repository, dry_run=False, progress=Progress())
    assert refused.value.kind is ErrorKind.FAILED_PRECONDITION
    assert tree[:8] in refused.value.message
