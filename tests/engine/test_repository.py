"""Repositories: made, opened, read and written; judged by themselves, and by restic in test_repository_with_restic."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec
import pytest

from rok_jupyter.engine.format.compression import compress
from rok_jupyter.engine.format.ids import Buffer, Id, hash_of, random_id
from rok_jupyter.engine.format.index_file import encode_index, index_file_of
from rok_jupyter.engine.format.pack import BlobType, PackBuilder
from rok_jupyter.engine.format.snapshot_file import SnapshotFile
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.storage.backend import CONFIG_NAME, FileKind
from rok_jupyter.engine.storage.local import LocalBackend
from rok_jupyter.engine.storage.memory import MemoryBackend
from rok_jupyter.errors import ErrorKind, RokError
from tests.engine.repositories import PASSWORD, file_node, new_repository, read_back, reopened, sample_files, store


def kind_of(caught: pytest.ExceptionInfo[RokError]) -> ErrorKind:
    assert caught.value.message.endswith(".")
    return caught.value.kind


def test_what_was_stored_is_read_by_another_process() -> None:
    repository = new_repository()
    stored = store(repository)
    other = reopened(repository)
    files, damages = other.snapshot_files()
    assert list(files) == [stored.snapshot]
    assert damages == other.index_damages == ()
    assert files[stored.snapshot].tree == stored.tree
    assert read_back(other, stored.tree) == read_back(repository, stored.tree) == stored.files
    assert (other.id, other.polynomial) == (repository.id, repository.polynomial)


def test_there_is_no_repository_where_none_was_made(tmp_path: Path) -> None:
    for backend in (MemoryBackend(), LocalBackend(str(tmp_path / "nothing")), LocalBackend(str(tmp_path))):
        with pytest.raises(RokError) as caught:
            Repository.open(backend, PASSWORD)
        assert kind_of(caught) is ErrorKind.NOT_FOUND
        assert "rok repo init" in caught.value.hint


def test_the_wrong_password_opens_nothing() -> None:
    with pytest.raises(RokError) as caught:
        Repository.open(new_repository().backend, "wrong")
    assert kind_of(caught) is ErrorKind.PERMISSION_DENIED
    assert caught.value.hint


def test_an_empty_password_makes_no_repository() -> None:
    backend = MemoryBackend()
    with pytest.raises(RokError) as caught:
        Repository.create(backend, "", strong_password=False)
    assert kind_of(caught) is ErrorKind.INVALID_ARGUMENT
    assert not backend.exists(FileKind.CONFIG, CONFIG_NAME)


def test_a_repository_is_not_made_twice() -> None:
    repository = new_repository()
    with pytest.raises(RokError) as caught:
        new_repository(repository.backend)
    assert kind_of(caught) is ErrorKind.ALREADY_EXISTS
    assert reopened(repository).id == repository.id


def test_of_many_creators_one_wins_and_nothing_of_the_others_stays() -> None:
    backend = MemoryBackend()

    def attempt(_: int) -> Repository | None:
        try:
            return new_repository(backend)
        except RokError as error:
            if error.kind is not ErrorKind.ALREADY_EXISTS:
                raise
            return None

    with ThreadPoolExecutor(8) as pool:
        winners = [made for made in pool.map(attempt, range(8)) if made is not None]
    assert len(winners) == 1
    assert Repository.open(backend, PASSWORD).id == winners[0].id
    assert len(list(backend.list(FileKind.KEY))) == 1


def test_a_creator_that_comes_too_late_leaves_the_key_that_the_faster_one_found() -> None:
    class Overtaken(MemoryBackend):
        """Another process creates the repository between this one's key and its config."""

        faster: Repository | None = None
        interrupted = False

        def save(self, kind: FileKind, file_id: Id, data: Buffer) -> None:
            if kind is FileKind.CONFIG and not self.interrupted:
                self.interrupted = True
                self.faster = new_repository(self)
            super().save(kind, file_id, data)

    backend = Overtaken()
    with pytest.raises(RokError) as caught:
        new_repository(backend)
    assert kind_of(caught) is ErrorKind.ALREADY_EXISTS
    assert backend.faster is not None
    assert Repository.open(backend, PASSWORD).id == backend.faster.id


def test_a_creation_that_was_killed_is_finished_by_the_next_with_the_same_key() -> None:
    repository = new_repository()
    repository.backend.remove(FileKind.CONFIG, CONFIG_NAME)
    again = new_repository(repository.backend)
    assert again.key_id == repository.key_id
    assert len(again.keys()) == 1


def test_a_repository_that_lost_its_config_is_told_so_and_not_made_anew() -> None:
    repository = new_repository()
    store(repository)
    repository.backend.remove(FileKind.CONFIG, CONFIG_NAME)
    with pytest.raises(RokError) as caught:
        reopened(repository)
    assert kind_of(caught) is ErrorKind.DATA_LOSS
    with pytest.raises(RokError) as caught:
        new_repository(repository.backend)
    assert kind_of(caught) is ErrorKind.FAILED_PRECONDITION


def test_known_blobs_are_not_stored_again() -> None:
    repository = new_repository()
    data = os.urandom(1000)
    with repository.writer() as writer:
        first = writer.save_blob(BlobType.DATA, data)
        assert first.id == hash_of(data)
        assert first.added_bytes > 1000
        assert writer.save_blob(BlobType.DATA, data) == (first.id, 0)
        assert writer.save_blob(BlobType.TREE, data).added_bytes > 0
    with reopened(repository).writer() as writer:
        assert writer.save_blob(BlobType.DATA, bytearray(data), id=first.id).added_bytes == 0
    assert len(list(repository.backend.list(FileKind.DATA))) == 2
    assert len(list(repository.backend.list(FileKind.INDEX))) == 1


def test_trees_and_data_lie_in_packs_of_their_own() -> None:
    repository = new_repository()
    store(repository)
    kinds = [{blob.type for blob in blobs} for blobs in repository.index.packs().values()]
    assert sorted(map(len, kinds)) == [1, 1]


@pytest.mark.parametrize("level", [None, 1, 9])
def test_blobs_come_back_whatever_their_compression(level: int | None) -> None:
    repository = new_repository()
    contents = [b"", b"x", b"same " * 5000, os.urandom(200_000), bytes(1 << 20)]
    with repository.writer(level=level) as writer:
        ids = [writer.save_blob(BlobType.DATA, content).id for content in contents]
    other = reopened(repository)
    assert [other.load_blob(BlobType.DATA, blob) for blob in ids] == contents
    assert [other.data_length(blob) for blob in ids] == [len(content) for content in contents]
    assert other.data_length(random_id()) is None
    smaller = sum(size for _, size in repository.backend.list(FileKind.DATA)) < 300_000
    assert smaller is (level is not None)


def test_many_threads_fill_packs_of_bounded_size() -> None:
    repository = new_repository()
    contents = [os.urandom(700_000) for _ in range(60)]
    with repository.writer() as writer, ThreadPoolExecutor(6) as pool:
        saved = list(pool.map(lambda data: writer.save_blob(BlobType.DATA, data), contents * 2))
    assert sum(1 for blob in saved if blob.added_bytes) == 60
    sizes = [size for _, size in repository.backend.list(FileKind.DATA)]
    assert len(sizes) == 3
    assert max(sizes) < (16 << 20) + 800_000
    other = reopened(repository)
    assert all(other.load_blob(BlobType.DATA, hash_of(data)) == data for data in contents)


def test_an_error_in_the_block_publishes_nothing() -> None:
    repository = new_repository()
    data = os.urandom(17 << 20)

    def interrupted() -> None:
        with repository.writer() as writer:
            writer.save_blob(BlobType.DATA, data)
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
    assert list(repository.backend.list(FileKind.INDEX)) == []
    assert not repository.index.has(BlobType.DATA, hash_of(data))
    with repository.writer() as writer:
        assert writer.save_blob(BlobType.DATA, b"works again").added_bytes


class BrokenBackend(MemoryBackend):
    """Can't save files of one kind."""

    def __init__(self) -> None:
        super().__init__()
        self.broken: FileKind | None = None

    def save(self, kind: FileKind, file_id: str, data: bytes | bytearray | memoryview) -> None:
        if kind is self.broken:
            raise RokError(ErrorKind.RESOURCE_EXHAUSTED, "The repository has no room.")
        super().save(kind, file_id, data)


@pytest.mark.parametrize("broken", [FileKind.DATA, FileKind.INDEX])
def test_after_a_failure_a_writer_never_claims_that_all_is_well(broken: FileKind) -> None:
    backend = BrokenBackend()
    repository = new_repository(backend)
    backend.broken = broken
    writer = repository.writer()
    writer.save_blob(BlobType.DATA, b"lost")
    with pytest.raises(RokError) as caught:
        writer.flush()
    assert kind_of(caught) is ErrorKind.RESOURCE_EXHAUSTED
    backend.broken = None
    with pytest.raises(RokError) as caught:
        writer.flush()
    assert kind_of(caught) is ErrorKind.ABORTED
    with pytest.raises(RokError):
        writer.save_blob(BlobType.DATA, b"more")
    with pytest.raises(RokError):
        writer.__exit__(None, None, None)
    assert list(backend.list(FileKind.INDEX)) == []
    with repository.writer() as another:
        saved = another.save_blob(BlobType.DATA, b"lost")
    assert reopened(repository).load_blob(BlobType.DATA, saved.id) == b"lost"


def test_a_failed_upload_stops_the_threads_that_save() -> None:
    backend = BrokenBackend()
    repository = new_repository(backend)
    backend.broken = FileKind.DATA

    def fill() -> None:
        with repository.writer() as writer:
            for _ in range(10):
                writer.save_blob(BlobType.DATA, os.urandom(9 << 20))

    with pytest.raises(RokError) as caught:
        fill()
    assert caught.value.kind in (ErrorKind.RESOURCE_EXHAUSTED, ErrorKind.ABORTED)
    assert not [thread for thread in threading.enumerate() if thread.name.startswith("rok-upload")]


def test_an_index_is_written_on_the_way_when_it_is_full(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rok_jupyter.engine.writer.MAX_BLOBS", 10)
    monkeypatch.setattr("rok_jupyter.engine.open_packs.PACK_BYTES", 20_000)
    repository = new_repository()
    stored = store(repository, {f"{number}": os.urandom(3000) for number in range(60)})
    assert len(list(repository.backend.list(FileKind.INDEX))) > 2
    assert read_back(reopened(repository), stored.tree) == stored.files


def test_an_open_repository_sees_what_others_add_and_move() -> None:
    repository = new_repository()
    first = store(repository)
    other = reopened(repository)
    assert len(other.index) == 7
    second = store(repository, {"new": b"new content"})
    assert read_back(other, second.tree) == second.files
    third = store(repository, {"newer": b"newer content"})
    assert other.reload_index().has(BlobType.TREE, third.tree)
    # A prune elsewhere: everything lies in new packs, named by one new index.
    move_all_blobs(repository)
    other._trees.clear()
    assert read_back(other, first.tree) == first.files
    assert other.index_damages == ()


@pytest.mark.parametrize("indexed", [False, True])
def test_an_open_repository_stores_again_what_a_killed_writer_left_and_a_prune_elsewhere_removed(
    indexed: bool,
) -> None:
    repository = new_repository()
    if indexed:
        store(repository, {"other": b"other content"})
    lost = b"what a killed writer left" * 100
    pack = PackBuilder()
    pack.add(BlobType.DATA, hash_of(lost), repository.key.seal(lost))
    content = bytes(pack.finish(repository.key))
    repository.backend.save(FileKind.DATA, hash_of(content), content)
    other = reopened(repository)
    assert other.load_blob(BlobType.DATA, hash_of(lost)) == lost
    repository.backend.remove(FileKind.DATA, hash_of(content))
    stored = store(other, {"new": lost})
    assert read_back(reopened(repository), stored.tree) == stored.files


def move_all_blobs(repository: Repository) -> None:
    """Do what a prune does to packs and index files."""
    old_packs = list(repository.backend.list(FileKind.DATA))
    old_files = list(repository.backend.list(FileKind.INDEX))
    contents = [(blob.type, repository.load_blob(blob.type, blob.id)) for _, blob in list(repository.index.blobs())]
    fresh = reopened(repository)
    fresh._load_index().index = type(fresh.index)()
    fresh.index.file_ids = set(repository.index.file_ids) | {name for name, _ in old_files}
    with fresh.writer() as writer:
        for blob_type, content in contents:
            writer.save_blob(blob_type, content)
    for name, _ in old_files:
        repository.remove_document(FileKind.INDEX, name)
    for name, _ in old_packs:
        repository.backend.remove(FileKind.DATA, name)


def test_a_blob_in_two_packs_is_read_from_the_one_that_is_sound() -> None:
    repository = new_repository()
    stored = store(repository)
    old = dict(repository.backend.list(FileKind.DATA))
    old_files = {
        name: repository.backend.load(FileKind.INDEX, name) for name, _ in repository.backend.list(FileKind.INDEX)
    }
    packs = {name: repository.backend.load(FileKind.DATA, name) for name in old}
    move_all_blobs(repository)
    for name, data in old_files.items():
        repository.backend.save(FileKind.INDEX, name, data)
    for name, data in packs.items():
        repository.backend.save(FileKind.DATA, name, bytes(len(data)))
    other = reopened(repository)
    assert read_back(other, stored.tree) == stored.files
    assert len(other.index.find_all(BlobType.TREE, stored.tree)) == 2


def test_a_missing_blob_is_a_loss_that_is_named() -> None:
    repository = new_repository()
    store(repository)
    for missing in (random_id(), "no id", ""):
        with pytest.raises(RokError) as caught:
            repository.load_blob(BlobType.DATA, missing)
        assert kind_of(caught) is ErrorKind.DATA_LOSS


def test_snapshots_are_listed_as_they_come_and_go() -> None:
    repository = new_repository()
    one, two = store(repository), store(repository)
    files, _ = repository.snapshot_files()
    assert set(files) == {one.snapshot, two.snapshot}
    reopened(repository).remove_document(FileKind.SNAPSHOT, one.snapshot)
    files, _ = repository.snapshot_files()
    assert set(files) == {two.snapshot}


def test_a_snapshot_keeps_our_own_field() -> None:
    repository = new_repository()
    tree = store(repository).tree
    file = SnapshotFile(time="2024-01-01T00:00:00Z", tree=tree, paths=("/a",), rok={"name": "x", "list": [1, None]})
    snapshot_id = repository.save_snapshot(file)
    read, _ = reopened(repository).snapshot_files()
    assert read[snapshot_id] == file
    assert msgspec.convert(read[snapshot_id].rok, dict[str, object])["name"] == "x"


def test_a_tree_is_kept_for_the_next_reader_unless_it_is_huge() -> None:
    repository = new_repository()
    small = store(repository).tree
    assert repository.load_tree(small) is repository.load_tree(small)
    huge = store(repository, {f"{number}": b"" for number in range(2001)}).tree
    assert repository.load_tree(huge) is not repository.load_tree(huge)


def test_a_blob_that_claims_to_be_huge_is_refused_without_its_memory() -> None:
    repository = new_repository()
    builder = PackBuilder()
    builder.add(BlobType.DATA, "ab" * 32, repository.key.seal(compress(bytes(1000))), raw_length=0xFFFFFFFF)
    pack = builder.finish(repository.key)
    repository.backend.save(FileKind.DATA, hash_of(pack), pack)
    repository.save_document(FileKind.INDEX, encode_index(index_file_of({hash_of(pack): builder.blobs})))
    with pytest.raises(RokError) as caught:
        repository.load_blob(BlobType.DATA, "ab" * 32)
    assert kind_of(caught) is ErrorKind.DATA_LOSS


def test_a_repository_on_a_read_only_mount_is_read(tmp_path: Path) -> None:
    backend = BrokenBackend()
    repository = new_repository(backend)
    stored = store(repository)

    class ReadOnly(MemoryBackend):
        def save(self, kind: FileKind, file_id: str, data: bytes | bytearray | memoryview) -> None:
            raise RokError(ErrorKind.PERMISSION_DENIED, "The repository is mounted read-only.")

    read_only = ReadOnly()
    read_only._files = backend._files
    other = Repository.open(read_only, PASSWORD)
    with other.lock(reading=True) as lock:
        lock.check()
        assert read_back(other, stored.tree) == stored.files
    with pytest.raises(RokError) as caught, other.lock():
        pass
    assert kind_of(caught) is ErrorKind.PERMISSION_DENIED


def test_keys_are_added_listed_and_removed() -> None:
    repository = new_repository()
    added = repository.add_key("another password", strong_password=True)
    assert not added.current
    keys = repository.keys()
    assert [key.current for key in keys] == [True, False]
    other = Repository.open(repository.backend, "another password")
    assert other.key_id == added.id
    assert other.id == repository.id
    other.remove_key(repository.key_id)
    keys = other.keys()
    assert [key.id for key in keys] == [added.id]
    with pytest.raises(RokError) as caught:
        reopened(repository)
    assert kind_of(caught) is ErrorKind.PERMISSION_DENIED


def test_the_last_key_and_the_one_in_use_stay() -> None:
    repository = new_repository()
    with pytest.raises(RokError) as caught:
        repository.remove_key(repository.key_id)
    assert kind_of(caught) is ErrorKind.FAILED_PRECONDITION
    repository.add_key("another password", strong_password=True)
    with pytest.raises(RokError) as caught:
        repository.remove_key(repository.key_id)
    assert kind_of(caught) is ErrorKind.FAILED_PRECONDITION
    with pytest.raises(RokError) as caught:
        repository.remove_key(random_id())
    assert kind_of(caught) is ErrorKind.NOT_FOUND
    assert len(repository.keys()) == 2


def test_files_and_their_nodes_agree() -> None:
    files = sample_files(3)
    repository = new_repository()
    nodes = repository.load_tree(store(repository, files).tree).nodes
    assert [node.name for node in nodes] == sorted(files)
    assert all(node.size == len(files[node.name]) for node in nodes)
    assert file_node("x").content == ()


READ = """
import sys
from rok_jupyter.engine.storage.local import LocalBackend
from rok_jupyter.engine.repository import Repository
from rok_jupyter.errors import RokError
from tests.engine.repositories import PASSWORD, read_back, store
repository = Repository.open(LocalBackend(sys.argv[1]), PASSWORD)
with repository.lock(reading=True) as lock:
    lock.check()
    (file,) = repository.snapshot_files()[0].values()
    assert len(read_back(repository, file.tree)) == 6
try:
    store(repository)
except RokError as error:
    print(error.kind)
"""


def test_a_real_read_only_mount_is_read_and_refuses_a_snapshot_at_once(tmp_path: Path) -> None:
    probe = subprocess.run(
        ["unshare", "--mount", "mount", "--bind", tmp_path, tmp_path], capture_output=True, check=False
    )
    if probe.returncode:
        pytest.skip("mounting needs a privilege that is missing here")
    directory = tmp_path / "repository"
    store(new_repository(LocalBackend(str(directory))))
    mount = 'mount --bind "$0" "$0" && mount -o remount,ro,bind "$0" && exec "$1" -c "$2" "$0"'
    done = subprocess.run(
        ["unshare", "--mount", "sh", "-c", mount, directory, sys.executable, READ],
        capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert (done.returncode, done.stdout) == (0, "permission_denied\n"), done.stderr
