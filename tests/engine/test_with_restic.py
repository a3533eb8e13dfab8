"""Repositories and locks between us and each real restic, both ways."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from rok_jupyter.engine.format.pack import BlobType
from rok_jupyter.engine.format.tree import NodeType, encode_tree
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.storage.backend import FileKind
from rok_jupyter.engine.storage.local import LocalBackend
from rok_jupyter.errors import ErrorKind, RokError
from tests.engine.repositories import PASSWORD, new_repository, read_back, reopened, store
from tests.restic import Restic
from tests.trees import build_tree

LOCKED = "already locked"


def ours(restic: Restic) -> Repository:
    """A repository of ours where that restic looks for one."""
    return new_repository(LocalBackend(restic.location))


def theirs(restic: Restic) -> Repository:
    """That restic's repository, opened by us."""
    return Repository.open(LocalBackend(restic.location), restic.password)


def reachable(repository: Repository, tree_id: str) -> int:
    """Load all that a tree needs, and compare each tree to what we would have written; how many nodes that were."""
    tree = repository.load_tree(tree_id)
    assert tree.rejected == ()
    stored = repository.load_blob(BlobType.TREE, tree_id)
    # An older restic stores no raw targets of links: what was no UTF-8 is lost in its tree.
    lossy = b"\\ufffd" in stored and b"linktarget_raw" not in stored
    assert lossy or encode_tree(tree.nodes) == stored
    nodes = len(tree.nodes)
    for node in tree.nodes:
        for blob in node.content or ():
            assert len(repository.load_blob(BlobType.DATA, blob)) == repository.data_length(blob)
        if node.type is NodeType.DIRECTORY:
            assert node.subtree is not None
            nodes += reachable(repository, node.subtree)
    return nodes


def test_restic_checks_lists_and_restores_what_we_wrote(restic: Restic, tmp_path: Path) -> None:
    assert restic.password == PASSWORD
    repository = ours(restic)
    one = store(repository)
    two = store(
        repository, {'name "with" <marks>&\n\u200b': b"x" * 3_000_000, "\udcff\udcfe": b"", "ü": os.urandom(99)}
    )
    restic.check()
    assert {snapshot["id"] for snapshot in restic.snapshots()} == {one.snapshot, two.snapshot}
    for stored in (one, two):
        target = tmp_path / stored.snapshot
        restic.restore(stored.snapshot, target)
        names = {name.encode("utf-8", "surrogateescape"): data for name, data in stored.files.items()}
        assert {name: Path(os.fsdecode(os.fsencode(target) + b"/" + name)).read_bytes() for name in names} == names


def test_a_repository_of_restic_opens_and_everything_in_it_loads(restic: Restic, tmp_path: Path) -> None:
    build_tree(tmp_path / "tree")
    restic.init()
    snapshot = restic.backup(tmp_path / "tree", tags=["a", "rok:name=x%2Cy"])
    repository = theirs(restic)
    files, damages = repository.snapshot_files()
    assert damages == ()
    assert files[snapshot].tags == ("a", "rok:name=x%2Cy")
    assert files[snapshot].paths == (str(tmp_path / "tree"),)
    assert reachable(repository, files[snapshot].tree) > 20
    assert repository.index_damages == ()
    assert repository.config.id == restic.cat("config")["id"]


def test_both_write_to_one_repository_in_turn(restic: Restic, tmp_path: Path) -> None:
    build_tree(tmp_path / "tree")
    repository = ours(restic)
    first = store(repository)
    snapshot = restic.backup(tmp_path / "tree")
    second = store(repository)
    assert reachable(repository, repository.snapshot_files()[0][snapshot].tree) > 20
    restic.forget(first.snapshot)
    restic.prune()
    restic.check()
    fresh = reopened(repository)
    assert read_back(fresh, second.tree) == second.files
    assert read_back(repository, second.tree) == second.files
    assert set(repository.snapshot_files()[0]) == {snapshot, second.snapshot}


def test_restic_reads_a_password_with_any_cost_and_keys_of_each_other_open(restic: Restic) -> None:
    repository = ours(restic)
    repository.add_key("secönd", strong_password=False)
    other = restic.at(restic.location, "secönd")
    other.check()
    other.run("key", "list")
    assert len(repository.keys()) == 2
    assert Repository.open(repository.backend, "secönd").id == repository.id


def test_a_repository_of_version_1_is_refused_with_a_hint(restic: Restic) -> None:
    restic.run("init", "--repository-version", "1")
    with pytest.raises(RokError) as caught:
        theirs(restic)
    assert caught.value.kind is ErrorKind.FAILED_PRECONDITION
    assert "migrate" in caught.value.hint


def test_restic_accepts_packs_that_nobody_indexed(restic: Restic) -> None:
    repository = ours(restic)
    store(repository)
    writer = repository.writer()
    writer.save_blob(BlobType.DATA, os.urandom(17 << 20))
    writer._uploader.wait()
    writer.__exit__(KeyboardInterrupt, KeyboardInterrupt(), None)
    assert len(restic.list("packs")) == 3
    restic.check()


def test_an_index_that_we_recovered_is_whole_again_for_restic(restic: Restic) -> None:
    repository = ours(restic)
    stored = store(repository)
    for name, _ in repository.backend.list(FileKind.INDEX):
        repository.backend.remove(FileKind.INDEX, name)
    assert not restic.accepts()
    fresh = reopened(repository)
    assert read_back(fresh, stored.tree) == stored.files
    again = store(fresh)
    restic.check()
    assert read_back(reopened(fresh), again.tree) == again.files


@contextmanager
def started(restic: Restic, *arguments: str) -> Iterator[subprocess.Popen[bytes]]:
    """A restic that runs until the block ends."""
    with subprocess.Popen(
        [restic.binary, "--no-cache", *arguments],
        env=restic._environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    ) as process:  # fmt: skip
        try:
            yield process
        finally:
            if process.poll() is None:
                process.kill()


def await_lock(repository: Repository, process: subprocess.Popen[bytes]) -> None:
    while not repository.locks():
        assert process.poll() is None
        time.sleep(0.01)


@pytest.mark.parametrize("exclusive", [True, False])
def test_a_live_restic_respects_our_locks(restic: Restic, exclusive: bool, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("content")
    repository = ours(restic)
    store(repository)
    with repository.lock(exclusive=exclusive) as lock:
        pruned = restic.run("prune", allowed=range(256))
        saved = restic.run("backup", str(tmp_path / "file"), allowed=range(256))
        assert LOCKED in (pruned.stdout + pruned.stderr).decode()
        assert pruned.returncode != 0
        assert (saved.returncode == 0) is not exclusive
        # What restic calls stale goes by `unlock`: ours must not.
        restic.run("unlock")
        lock.check()
        assert len(repository.locks()) == 1
    restic.prune()
    restic.check()


def test_we_respect_a_live_backup(restic: Restic) -> None:
    repository = ours(restic)
    with started(restic, "backup", "--stdin") as process:
        await_lock(repository, process)
        with pytest.raises(RokError) as caught, repository.lock(exclusive=True):
            pass
        assert caught.value.kind is ErrorKind.ABORTED
        assert str(process.pid) in caught.value.message
        assert repository.unlock() == 0
        stored = store(repository)
        output, _ = process.communicate(b"from standard input")
        assert process.returncode == 0, output
    assert len(repository.snapshot_files()[0]) == 2
    with repository.lock(exclusive=True):
        assert read_back(repository, stored.tree) == stored.files
    restic.check()


def test_we_respect_a_live_prune(restic: Restic) -> None:
    repository = ours(restic)
    store(repository)
    (index,) = Path(restic.location, "index").iterdir()
    aside = index.rename(Path(restic.location).with_name("aside"))
    os.mkfifo(index)  # where restic waits, however quick it is, with its lock held
    with started(restic, "prune") as process:
        await_lock(repository, process)
        for exclusive in (False, True):
            with pytest.raises(RokError) as caught, repository.lock(exclusive=exclusive):
                pass
            assert caught.value.kind is ErrorKind.ABORTED
        with index.open("wb") as waiting:
            aside.rename(index)
            waiting.write(index.read_bytes())
        output, _ = process.communicate()
        assert process.returncode == 0, output
    store(repository)
    restic.check()


WRITE = """
import os, sys
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.storage.local import LocalBackend
from tests.engine.repositories import PASSWORD, store
repository = Repository.open(LocalBackend(sys.argv[1]), PASSWORD)
for number in range(3):
    store(repository, {"shared": b"%d" % number * 5000, "own": os.urandom(5000)})
"""


def test_snapshots_of_several_processes_at_once_all_succeed(restic: Restic) -> None:
    repository = ours(restic)
    command = [sys.executable, "-c", WRITE, restic.location]
    writers = [subprocess.Popen(command, stderr=subprocess.PIPE) for _ in range(4)]
    assert [writer.communicate()[1] for writer in writers] == [b""] * 4
    files, damages = repository.snapshot_files()
    assert (len(files), damages) == (12, ())
    assert all(len(read_back(repository, file.tree)) == 2 for file in files.values())
    restic.check()
