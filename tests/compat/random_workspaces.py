"""Random workspaces, made by hypothesis: what each holds as a value, so that a failing one can be read and made again.

Owns what may be in one. Doesn't own how two trees are compared (tests/trees, equality), nor the tree that has a little
of everything on purpose (generated_tree).
"""

from __future__ import annotations

import os
import random
import stat
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.compat.generated_tree import KIB, MIB, NAMES, TARGETS, TIMES_NS

_SIZES = (0, 1, 4 * KIB, 512 * KIB - 1, 512 * KIB, 512 * KIB + 1, MIB + 1, 2 * MIB + 4321)
_GENERATE = settings(phases=[Phase.generate], database=None, deadline=None, suppress_health_check=list(HealthCheck))
_AS_ROOT = os.geteuid() == 0
_CHARACTER_DEVICE = os.makedev(1, 3)


@dataclass(frozen=True)
class RandomEntry:
    """One entry: its name, in the directory of that number (of those before it), and all that is to be restored."""

    kind: str
    parent: int
    name: bytes
    mode: int
    mtime_ns: int
    owner: tuple[int, int]
    attributes: tuple[tuple[str, bytes], ...]
    content: tuple[int, int]
    """Seed and size; the seed 0 makes a hole."""
    target: bytes
    """Where a symlink leads."""


@dataclass(frozen=True)
class RandomWorkspace:
    """The entries below a root."""

    entries: tuple[RandomEntry, ...]

    def build(self, root: Path) -> Path:
        """Make it at `root`; an entry whose place is taken is left out, and a hard link is to the file before it."""
        root.mkdir(parents=True)
        directories = [os.fsencode(root)]
        files: list[bytes] = []
        made: list[tuple[bytes, RandomEntry]] = []
        for entry in self.entries:
            path = os.path.join(directories[entry.parent % len(directories)], entry.name)
            if os.path.lexists(path) or not _make(path, entry, files):
                continue
            made.append((path, entry))
            if entry.kind == "directory":
                directories.append(path)
            elif entry.kind == "file":
                files.append(path)
        for path, entry in reversed(made):  # what lies deeper first: it changes the times of what is around it
            _dress(path, entry)
        os.utime(root, ns=(TIMES_NS[-1],) * 2)
        return root


def random_workspaces(count: int, *, seed_: int) -> list[RandomWorkspace]:
    """Return so many different workspaces; the same ones for the same seed."""
    found: dict[RandomWorkspace, None] = {}

    @seed(seed_)
    @settings(_GENERATE, max_examples=2 * count)
    @given(_workspaces())
    def collect(workspace: RandomWorkspace) -> None:
        found[workspace] = None

    collect()
    return list(found)[:count]


def _workspaces() -> st.SearchStrategy[RandomWorkspace]:
    kinds = st.sampled_from(["file"] * 4 + ["directory"] * 2 + ["symlink", "hard link", "fifo", "device"])
    anything = st.binary(min_size=1, max_size=255).filter(_can_be_a_name)
    text = st.text(min_size=1, max_size=40).map(lambda name: name.encode("utf-8", "replace")).filter(_can_be_a_name)
    owners = st.sampled_from([0, 1, 1000, 65534, 2**31]) if _AS_ROOT else st.just(-1)
    attribute = st.tuples(
        st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=30).map(
            lambda name: f"user.{name}"
        ),
        st.binary(max_size=300),
    )
    targets = st.binary(min_size=1, max_size=60).filter(lambda to: b"\0" not in to)
    entries = st.builds(
        RandomEntry,
        kind=kinds,
        parent=st.integers(0, 7),
        name=st.one_of(text, anything, st.sampled_from(NAMES)),
        mode=st.integers(0, 0o7777) if _AS_ROOT else st.integers(0, 0o777).map(lambda mode: mode | 0o600),
        mtime_ns=st.one_of(st.integers(-(2**31) * 10**9, 2**33 * 10**9), st.sampled_from(TIMES_NS)),
        owner=st.tuples(owners, owners),
        attributes=st.lists(attribute, max_size=2, unique_by=lambda each: each[0]).map(tuple),
        content=st.tuples(st.integers(0, 6), st.one_of(st.integers(0, 5000), st.sampled_from(_SIZES))),
        target=st.one_of(targets, st.sampled_from(TARGETS)),
    )
    return st.lists(entries, max_size=14).map(lambda found: RandomWorkspace(tuple(found)))


def _can_be_a_name(name: bytes) -> bool:
    return name not in (b".", b"..") and not {0, ord("/")} & set(name) and len(name) <= 255


def _make(path: bytes, entry: RandomEntry, files: list[bytes]) -> bool:
    """Make an entry, and say whether it could be."""
    if entry.kind == "directory":
        os.mkdir(path)
    elif entry.kind == "symlink":
        os.symlink(entry.target, path)
    elif entry.kind == "fifo":
        os.mkfifo(path)
    elif entry.kind == "device" and _AS_ROOT:
        os.mknod(path, stat.S_IFCHR, _CHARACTER_DEVICE)
    elif entry.kind == "hard link" and files:
        os.link(files[-1], path)
    elif entry.kind == "file":
        _write(path, *entry.content)
    else:
        return False
    return True


def _write(path: bytes, seed_: int, size: int) -> None:
    with open(path, "xb") as file:
        if seed_:
            file.write(random.Random(seed_).randbytes(size))
        else:
            file.truncate(size)


def _dress(path: bytes, entry: RandomEntry) -> None:
    """Give an entry its owner, attributes, mode and time, in this order: each may change what comes after it."""
    os.lchown(path, *entry.owner)
    if entry.kind in ("file", "directory"):
        for name, value in entry.attributes:
            os.setxattr(path, name, value)
    if entry.kind != "symlink":
        os.chmod(path, entry.mode)
    os.utime(path, ns=(entry.mtime_ns,) * 2, follow_symlinks=False)
