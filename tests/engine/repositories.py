"""Small repositories for the engine's tests, and what was put into them.

Owns their content only; independent of archiver and restorer.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass

from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.pack import BlobType
from rok_jupyter.engine.format.snapshot_file import SnapshotFile
from rok_jupyter.engine.format.timestamp import ns_to_text
from rok_jupyter.engine.format.tree import Node, NodeType, encode_tree
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.storage.backend import Backend
from rok_jupyter.engine.storage.memory import MemoryBackend

PASSWORD = "correct horse"


@dataclass(frozen=True)
class Stored:
    """A snapshot and the contents of its files by name."""

    snapshot: Id
    tree: Id
    files: dict[str, bytes]


def new_repository(backend: Backend | None = None) -> Repository:
    """A repository whose opening is fast."""
    return Repository.create(backend or MemoryBackend(), PASSWORD, strong_password=True)


def reopened(repository: Repository) -> Repository:
    """The same repository as a process that knows nothing yet sees it."""
    return Repository.open(repository.backend, PASSWORD)


def sample_files(count: int = 6) -> dict[str, bytes]:
    """Files of which half can be compressed."""
    return {f"file-{i}": os.urandom(3000) if i % 2 else b"line %d\n" % i * 900 for i in range(count)}


def file_node(name: str, content: tuple[Id, ...] = (), size: int = 0) -> Node:
    """A plain file."""
    now = ns_to_text(time.time_ns())
    return Node(
        name=name, type=NodeType.FILE, mode=0o644, mtime=now, atime=now, ctime=now, size=size, links=1, content=content
    )


def store(repository: Repository, files: dict[str, bytes] | None = None) -> Stored:
    """Put files into one directory and that into a snapshot, under a lock."""
    contents = sample_files() if files is None else files
    with repository.lock():
        with repository.writer() as writer:
            nodes = [
                file_node(name, (writer.save_blob(BlobType.DATA, data).id,), len(data))
                for name, data in contents.items()
            ]
            tree = writer.save_blob(BlobType.TREE, encode_tree(nodes)).id
        snapshot = repository.save_snapshot(SnapshotFile(time=ns_to_text(time.time_ns()), tree=tree, paths=("/data",)))
    return Stored(snapshot, tree, contents)


def read_back(repository: Repository, tree: Id) -> dict[str, bytes]:
    """The contents of a directory's files."""
    return {
        node.name: b"".join(repository.load_blob(BlobType.DATA, blob) for blob in node.content or ())
        for node in repository.load_tree(tree).nodes
    }
