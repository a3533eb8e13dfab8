"""A small repository to be damaged, and what reading it must then show: the truth, or an error."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rok_jupyter.engine.check import check
from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.restore_plan import RestoreOptions, RestorePart
from rok_jupyter.engine.restore_planner import plan_restore
from rok_jupyter.engine.restorer import execute_restore
from rok_jupyter.engine.storage.backend import FileKind
from rok_jupyter.engine.storage.local import LocalBackend
from rok_jupyter.errors import RokError
from rok_jupyter.progress import Progress
from tests.engine.archiving import PASSWORD, Studio
from tests.engine.restic_made import make_files

DIRECTORIES = {
    FileKind.CONFIG: "config",
    FileKind.KEY: "keys",
    FileKind.LOCK: "locks",
    FileKind.SNAPSHOT: "snapshots",
    FileKind.INDEX: "index",
    FileKind.DATA: "data",
}


@dataclass(frozen=True)
class Subject:
    """A repository on disk, and the content that each of its snapshots must have, by path of the file."""

    location: Path
    contents: Mapping[Id, Mapping[str, bytes]]

    def files(self, kind: FileKind) -> list[Path]:
        """The stored files of a kind."""
        place = self.location / DIRECTORIES[kind]
        return [place] if kind is FileKind.CONFIG else sorted(path for path in place.rglob("*") if path.is_file())

    def copy(self, target: Path) -> Subject:
        """The same repository elsewhere, to be damaged."""
        return Subject(Path(shutil.copytree(self.location, target)), self.contents)

    def open(self) -> Repository:
        """Open it as a new process does."""
        return Repository.open(LocalBackend(str(self.location)), PASSWORD)


def make_subject(directory: Path, *, seed: int = 1) -> Subject:
    """Take two snapshots of changing files; add a second key and leave the lock of a process that was killed."""
    studio = Studio(directory / "repository")
    contents: dict[Id, Mapping[str, bytes]] = {}
    for number in range(2):
        files = make_files(directory / "files", seed=seed + number, files=8, size=20_000)
        contents[studio.take(files).snapshot] = {
            str(path.relative_to("/")): path.read_bytes() for path in files.rglob("*") if path.is_file()
        }
    studio.repository.add_key("another password", strong_password=True)
    with studio.repository.lock():
        left = [(path, path.read_bytes()) for path in (studio.location / "locks").iterdir()]
    for path, content in left:
        path.write_bytes(content)
    return Subject(studio.location, contents)


def finds_damage(subject: Subject) -> bool:
    """Whether opening says that something is wrong, or a check names a damage. Nothing but RokErrors may come."""
    try:
        repository = subject.open()
        return not check(repository, read_data=True, progress=Progress()).sound
    except RokError:
        return True


def restores_wrongly(subject: Subject, target: Path) -> str:
    """Restore every snapshot; what was restored with success and yet is wrong (nothing: the empty string)."""
    try:
        repository = subject.open()
        snapshots, _ = repository.snapshot_files()
    except RokError:
        return ""
    for snapshot_id, expected in subject.contents.items():
        if snapshot_id in snapshots:
            wrong = _restore_one(repository, snapshots[snapshot_id].tree, expected, target / snapshot_id[:8])
            shutil.rmtree(target, ignore_errors=True)
            if wrong:
                return wrong
    return ""


def _restore_one(repository: Repository, tree: Id, expected: Mapping[str, bytes], target: Path) -> str:
    part = RestorePart(name="all", tree=tree, target=str(target))
    try:
        plan = plan_restore(repository, [part], RestoreOptions(in_place=False), Progress())
        outcome = execute_restore(repository, plan, "0123456789abcdef", Progress())
    except RokError:
        return ""
    failed = {error.path for error in outcome.errors}
    for path, content in expected.items():
        restored = target / path
        told = any(path == name or path.startswith(f"{name}/") or not name for name in failed)
        if restored.exists() and restored.read_bytes() != content:
            return f"{path} has other bytes"
        if not restored.exists() and not told:
            return f"{path} is missing in silence"
    return ""
