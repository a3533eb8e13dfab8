"""Long histories and large directories in seconds: a repository as years of use leave it.

    python -m tests.many_snapshots --workspace DIR --state DIR --snapshots 10000 --files 100000

Every snapshot but a few is a document alone: it shares its tree with a real one, and is written without waiting for the
disk. A large directory is stored without there ever having been its files. Everything is as restic and rok expect it.
Owns that trick. Doesn't own what is measured on it.
"""

from __future__ import annotations

import argparse
import json
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from msgspec.structs import replace

from rok_jupyter.config import RokSettings
from rok_jupyter.engine.format.document import wrap
from rok_jupyter.engine.format.ids import Id, hash_of
from rok_jupyter.engine.format.pack import BlobType
from rok_jupyter.engine.format.snapshot_file import SnapshotFile, encode_snapshot
from rok_jupyter.engine.format.timestamp import ns_to_text
from rok_jupyter.engine.format.tree import Node, NodeType, Tree, encode_tree
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.storage.backend import FileKind
from rok_jupyter.models import Origin, OriginKind, Snapshot, SnapshotRequest
from rok_jupyter.progress import Progress
from rok_jupyter.providers.local.documents import to_fields
from rok_jupyter.providers.local.repositories import RepositoryAccess
from rok_jupyter.service.service import Service

VERSIONS = 10
"""How many versions of `notes.txt` and `notebook.ipynb` a long history holds, each in a row of snapshots."""

LARGE = "large"
"""The name, in the workspace, of a directory that was stored with many files."""

_EVERY = timedelta(minutes=30)
_KINDS = (OriginKind.SCHEDULE, OriginKind.MANUAL, OriginKind.SCHEDULE, OriginKind.CELL)


@dataclass(frozen=True)
class Made:
    """What was made: ids, newest first, and the one with the large directory."""

    snapshots: tuple[str, ...]
    large: str | None


def make(workspace: Path, state: Path, *, snapshots: int = 10_000, files: int = 0) -> Made:
    """Fill the repository of a workspace; `state` is the state directory of the server or command that will use it.

    The newest snapshot is that of the workspace as it is; with `files`, one more has that many files in `LARGE`.
    """
    settings = RokSettings(workspace=str(workspace), state_directory=str(state), disk_margin=0)
    service = Service(settings)
    now = datetime.now(UTC)
    versions = [_version(service, workspace, number) for number in range(min(VERSIONS, snapshots))][::-1]
    newest = versions[0]
    repository = RepositoryAccess(settings).get()
    stored = {each.id: repository.snapshot_files()[0][each.storage_id] for each in versions}
    for each in versions[1:]:  # they are models only: what is older repeats them
        repository.remove_document(FileKind.SNAPSHOT, each.storage_id)
    ids = [newest.id]
    for number in range(1, snapshots):
        base = versions[number * len(versions) // snapshots]
        ids.append(_repeat(repository, base, stored[base.id], number=number, now=now))
    return Made(tuple(ids), _with_large(repository, newest, stored[newest.id], files) if files else None)


def _version(service: Service, workspace: Path, number: int) -> Snapshot:
    cell = {"cell_type": "code", "id": "a", "metadata": {}, "execution_count": None, "outputs": []}
    cells = [{**cell, "source": f"print({number})"}]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (workspace / "notes.txt").write_text(f"version {number}\n")
    (workspace / "notebook.ipynb").write_text(json.dumps(notebook, indent=1))
    return service.take(SnapshotRequest(message=f"Version {number}"), Progress())


def _repeat(repository: Repository, base: Snapshot, file: SnapshotFile, *, number: int, now: datetime) -> Id:
    """Store a snapshot's document again, as one that was taken long ago."""
    created = now - number * _EVERY
    snapshot = replace(
        base,
        id=secrets.token_hex(32),
        created=created,
        message=f"Number {number}" if number % 3 else "",
        tags=(f"tag-{number % 7}",) if number % 5 == 0 else (),
        origin=Origin(kind=_KINDS[number % len(_KINDS)]),
        pinned=number % 500 == 0,
    )
    time = ns_to_text(int(created.timestamp()) * 1_000_000_000 + created.microsecond * 1_000)
    _write(repository, replace(file, time=time, **to_fields(snapshot)))
    return snapshot.id


def _write(repository: Repository, file: SnapshotFile) -> None:
    """Write a document as the repository does, but without syncing: what a power cut takes is made again."""
    sealed = repository.key.seal(wrap(encode_snapshot(file)))
    Path(repository.backend.location, "snapshots", hash_of(sealed)).write_bytes(sealed)


def _with_large(repository: Repository, base: Snapshot, file: SnapshotFile, count: int) -> Id:
    """Store the newest state with a directory of so many files beside the rest, and return the snapshot's id."""
    (member,) = base.members
    with repository.lock():
        with repository.writer() as writer:
            content = writer.save_blob(BlobType.DATA, b"small\n").id
            nodes = [_file(f"file-{number:06d}.txt", content, number) for number in range(count)]
            large = writer.save_blob(BlobType.TREE, encode_tree(nodes)).id

            def save(tree: Tree, node: Node) -> Id:
                kept = [each for each in tree.nodes if each.name != node.name]
                return writer.save_blob(BlobType.TREE, encode_tree([*kept, node])).id

            root = _insert(repository, file.tree, [*member.path.strip("/").split("/"), LARGE], large, save)
        handle = _tree_at(repository, root, member.path)
        snapshot = replace(
            base,
            id=secrets.token_hex(32),
            message=f"{count} files in one directory",
            members=(replace(member, handle=handle),),
            created=base.created + timedelta(seconds=1),
        )
        time = ns_to_text(int(snapshot.created.timestamp()) * 1_000_000_000)
        repository.save_snapshot(replace(file, tree=root, time=time, **to_fields(snapshot)))
    return snapshot.id


def _insert(repository: Repository, tree_id: Id, names: list[str], subtree: Id, save: Callable[[Tree, Node], Id]) -> Id:
    """Return a tree like another, but with a directory at the end of a path."""
    tree = repository.load_tree(tree_id)
    name, *rest = names
    node = tree.find(name)
    if not rest:
        model = next((each for each in tree.nodes if each.type is NodeType.DIRECTORY), None)
        mode = model.mode if model is not None else 0o20000000000 | 0o755
        time = tree.nodes[0].mtime
        made = Node(name=name, type=NodeType.DIRECTORY, mode=mode, mtime=time, atime=time, ctime=time, subtree=subtree)
        return save(tree, made)
    assert node is not None
    assert node.subtree is not None
    return save(tree, replace(node, subtree=_insert(repository, node.subtree, rest, subtree, save)))


def _tree_at(repository: Repository, tree: Id, path: str) -> Id:
    for name in path.strip("/").split("/"):
        node = repository.load_tree(tree).find(name)
        assert node is not None
        assert node.subtree is not None
        tree = node.subtree
    return tree


def _file(name: str, content: Id, number: int) -> Node:
    time = ns_to_text(1_700_000_000_000_000_000 + number * 1_000_000_123)
    return Node(
        name=name,
        type=NodeType.FILE,
        mode=0o644,
        mtime=time,
        atime=time,
        ctime=time,
        uid=1000,
        gid=100,
        user="jovyan",
        group="users",
        inode=number + 1,
        size=6,
        links=1,
        content=(content,),
    )


def main() -> None:
    """Make what the command line says, and print the ids as JSON."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--workspace", type=Path, required=True)
    parser.add_argument("--state", type=Path, required=True)
    parser.add_argument("--snapshots", type=int, default=10_000)
    parser.add_argument("--files", type=int, default=0)
    given = parser.parse_args()
    made = make(given.workspace, given.state, snapshots=given.snapshots, files=given.files)
    print(json.dumps({"snapshots": made.snapshots, "large": made.large}))


if __name__ == "__main__":
    main()
