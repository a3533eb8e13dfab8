"""Restore one entry next to where it was, under a name that is free.

    make directories above it that are gone -> a private temporary directory there -> restore into it
    -> rename what came to the first name that is free -> remove the temporary directory

so that the new entry is there whole or not at all, and nothing that exists is touched, whoever else works here.

Owns that. Doesn't own the names (the caller offers them) nor writing (restorer).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress

import msgspec
from msgspec.structs import replace

from rok_jupyter.engine.confined import ConfinedTree, decode_path, encode_path, join, split
from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.tree import Node
from rok_jupyter.engine.metadata import dress_file
from rok_jupyter.engine.ownership import Ownership
from rok_jupyter.engine.removal import remove_tree
from rok_jupyter.engine.repository import Repository
from rok_jupyter.engine.restore_outcome import RestoreOutcome
from rok_jupyter.engine.restore_plan import TEMPORARY_PREFIX, Reason, RestoreOptions, RestorePart
from rok_jupyter.engine.restore_planner import plan_restore
from rok_jupyter.engine.restorer import execute_restore
from rok_jupyter.engine.system_calls import rename_new
from rok_jupyter.engine.tree_path import find_node
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import EntryError, SkippedEntry
from rok_jupyter.progress import Progress


class Beside(msgspec.Struct, frozen=True, kw_only=True):
    """What is restored beside itself: the entry at `path` (not "") of `tree`, in the existing directory `target`.

    `names` are offered in their order. `protected` gives the reason why a directory of the tree isn't restored.
    """

    volume: str
    tree: Id
    path: str
    target: str
    names: Iterable[str]
    protected: Reason = lambda _: None


class Made(msgspec.Struct, frozen=True):
    """The path of what was made; `errors` are of entries at or below it that are missing, `skipped` was left out."""

    path: str
    errors: tuple[EntryError, ...]
    skipped: tuple[SkippedEntry, ...]


def restore_beside(repository: Repository, what: Beside, restore_id: str, progress: Progress) -> Made:
    """Restore an entry beside itself; `restore_id` (16 hexadecimal digits) marks the temporary directory.

    OSError or RokError where it can't be: nothing was made then. NOT_FOUND where the tree lacks it, ABORTED where no
    name is free or directories were swapped meanwhile, DATA_LOSS where it can't be read, CANCELLED.
    """
    parent, name = split(encode_path(what.path))
    with ConfinedTree(encode_path(what.target)) as live, _parents(repository, what, live, parent):
        temporary = join(parent, TEMPORARY_PREFIX + restore_id.encode() + b"-1")
        with _room(live, temporary) as (directory, room):
            outcome = _fill(repository, what, (directory, split(temporary)[1], room), restore_id, progress)
            chosen = _place(room, name, directory, what.names)
            os.fsync(directory)
        return Made(
            decode_path(join(parent, chosen)),
            tuple(replace(each, path=_below(what, each.path)) for each in outcome.errors),
            tuple(replace(each, path=_below(what, each.path)) for each in outcome.skipped),
        )


def _below(what: Beside, path: str) -> str:
    """Return the volume's path of something that was restored into the temporary directory."""
    above = what.path.rpartition("/")[0]
    return f"{above}/{path}" if above else path


@contextmanager
def _parents(repository: Repository, what: Beside, live: ConfinedTree, parent: bytes) -> Iterator[None]:
    """Make the directories above the entry that are gone, closed to others at first; take them back on failure."""
    made: list[tuple[bytes, Node]] = []
    try:
        for path in _above(parent):
            if live.status(path) is None:
                node = find_node(repository, what.tree, decode_path(path))
                directory, name = live.at(path)
                os.mkdir(name, 0o700, dir_fd=directory)
                made.append((path, node))
        yield
    except BaseException:
        for path, _ in reversed(made):
            live.forget(path)
            with suppress(OSError):  # somebody else uses it by now
                directory, name = live.at(path)
                os.rmdir(name, dir_fd=directory)
        raise
    policy = Ownership.of_process(owners=False)
    for path, node in reversed(made):
        dress_file(live.directory(path), policy.wanted(node))


def _above(parent: bytes) -> list[bytes]:
    names = parent.split(b"/") if parent else []
    return [b"/".join(names[: count + 1]) for count in range(len(names))]


@contextmanager
def _room(live: ConfinedTree, path: bytes) -> Iterator[tuple[int, int]]:
    """Make the temporary directory, and yield descriptors of its own directory and of itself; remove it at the end."""
    lent, name = live.at(path)
    directory = os.dup(lent)
    try:
        os.mkdir(name, 0o700, dir_fd=directory)
        try:
            yield directory, live.directory(path)
        finally:
            with suppress(FileNotFoundError):
                remove_tree(live, path)
    finally:
        os.close(directory)


def _fill(
    repository: Repository, what: Beside, place: tuple[int, bytes, int], restore_id: str, progress: Progress
) -> RestoreOutcome:
    """Restore the entry into the temporary directory; `place` is its directory, its name and itself."""
    above, _, name = what.path.rpartition("/")
    tree = find_node(repository, what.tree, above).subtree if above else what.tree
    if tree is None:
        raise RokError(ErrorKind.NOT_FOUND, f"The snapshot holds nothing at {what.path!r}.", "Check the path.")
    target = _reachable(place, what)

    def protected(path: str) -> str | None:
        return what.protected(_below(what, path))

    part = RestorePart(name=what.volume, tree=tree, target=target, paths=(name,), protected=protected)
    plan = plan_restore(repository, [part], RestoreOptions(in_place=False), progress)
    status = os.fstat(place[2])
    if plan.parts[0].root != (status.st_dev, status.st_ino):
        raise RokError(ErrorKind.ABORTED, "Directories were swapped while it was restored.", "Try again.")
    if plan.problems:
        shown = f"{what.target}/{above}".rstrip("/")
        message = " ".join(problem.replace(target, shown) for problem in plan.problems)
        raise RokError(ErrorKind.FAILED_PRECONDITION, message, "Nothing was restored.")
    outcome = execute_restore(repository, plan, restore_id, progress)
    if not _is_there(place[2], encode_path(name)):
        reasons = [each.message for each in outcome.errors] + [each.reason for each in outcome.skipped]
        raise RokError(ErrorKind.DATA_LOSS, next(iter(reasons), "it could not be restored"), "Check the repository.")
    return outcome


def _is_there(directory: int, name: bytes) -> bool:
    try:
        os.stat(name, dir_fd=directory, follow_symlinks=False)
    except FileNotFoundError:
        return False
    return True


def _reachable(place: tuple[int, bytes, int], what: Beside) -> str:
    """Return a path of the temporary directory: where the system knows such, one that no swapped link can redirect."""
    directory, name, _ = place
    through = f"/proc/self/fd/{directory}/{decode_path(name)}"
    if os.path.isdir(through):
        return through
    return "/".join(each for each in (what.target.rstrip("/"), what.path.rpartition("/")[0], decode_path(name)) if each)


def _place(room: int, name: bytes, directory: int, names: Iterable[str]) -> bytes:
    """Rename the restored entry to the first name that is free, and return that."""
    with _movable(room, name):
        for offered in names:
            chosen = encode_path(offered)
            try:
                rename_new(room, name, directory, chosen)
            except FileExistsError:
                continue
            return chosen
    raise RokError(ErrorKind.ABORTED, "No name for it is free.", "Remove earlier copies.")


@contextmanager
def _movable(room: int, name: bytes) -> Iterator[None]:
    """Let a directory be moved that its owner may not write to: it holds the name of the directory above it."""
    status = os.stat(name, dir_fd=room, follow_symlinks=False)
    if not stat.S_ISDIR(status.st_mode) or status.st_mode & stat.S_IWUSR:
        yield
        return
    os.chmod(name, stat.S_IRWXU, dir_fd=room)
    descriptor = os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=room)
    try:
        yield
    finally:
        os.fchmod(descriptor, stat.S_IMODE(status.st_mode))
        os.close(descriptor)
