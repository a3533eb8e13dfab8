"""A tree with everything that a file system can hold, the same for the same seed.

Owns what is in the tree. Doesn't own how two trees are compared (tests/trees). What this machine or user can't make
(devices, foreign owners, attributes) is left out and told by `GeneratedTree.lacks`.
"""

from __future__ import annotations

import os
import random
import socket
import stat
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

KIB = 1024
MIB = 1024 * KIB
SECOND = 1_000_000_000

# The chunker cuts between 512 KiB and 8 MiB.
SIZES = (0, 1, 511, 4 * KIB, 512 * KIB - 1, 512 * KIB, 512 * KIB + 1, MIB, 8 * MIB - 1, 8 * MIB, 8 * MIB + 1, 12 * MIB)

NAMES = (
    b"\xff\xfe",
    b"caf\xe9.txt",
    b"\xed\xa0\x80 lone surrogate",
    b"new\nline",
    b"carriage\rreturn\ttab",
    b"\x01\x1b\x7f",
    b"n" * 255,
    b"-rf",
    b"--help",
    b"'single' \"double\" `back`",
    b"back\\slash\\n",
    b"trailing ",
    b" leading",
    b"...",
    b"..hidden",
    b"~",
    b"#hash",
    b"100%25 %FF %",
    b"*?[a-z]{x,y}",
    b"$HOME;&|<html>&amp;",
    b"comma,colon:equals=",
    "\u202eexe.txt".encode(),
    "\u2028line\u2029paragraph".encode(),
    "\ufeffbom\ufffdreplacement".encode(),
    "nfc-\u00e9".encode(),
    "nfd-e\u0301".encode(),
    "\U0001f4d3 notebook.ipynb".encode(),
    b"CASE",
    b"case",
)

TARGETS = (b"../names", b"nowhere", b"/absolute/nowhere", b"\xff\xfe", b"new\nline", b".", b"t" * 4000)

TIMES_NS = (
    0,
    -1,
    -(86_400 * 365 * 5) * SECOND - 123_456_789,  # 1965
    -2_145_000_000 * SECOND + 1,  # 1902, near what ext4 can hold
    7_258_118_400 * SECOND + 999_999_999,  # the year 2200
    2**31 * SECOND + 1,
    1_700_000_000_000_000_001,
)


@dataclass(frozen=True)
class GeneratedTree:
    """What was made: its root, how many entries lie below it, and what this machine could not make."""

    root: Path
    entries: int
    lacks: frozenset[str]


def generate_tree(root: Path, *, outside: Path, entries: int = 2000, seed: int = 1) -> GeneratedTree:
    """Make the tree at `root`, with a hard link to one of its files in the directory `outside`."""
    root.mkdir(parents=True)
    outside.mkdir(parents=True, exist_ok=True)
    builder = _Builder(os.fsencode(root), random.Random(seed))
    for part in (_sizes, _names, _links, _special, _attributes, _modes, _owners, _times, _shapes):
        part(builder)
    os.link(builder.file(b"hardlinks/linked outside", b"the other name is elsewhere"), outside / "other name")
    _crowd(builder, entries)
    builder.settle()
    return GeneratedTree(root, builder.count, frozenset(builder.lacks))


class _Builder:
    """Makes entries and remembers their times, which are set last as making entries changes directories' times."""

    def __init__(self, root: bytes, chance: random.Random) -> None:
        self.root = root
        self.chance = chance
        self.count = 0
        self.lacks: set[str] = set()
        self._times: dict[bytes, int] = {}
        self._modes: dict[bytes, int] = {}

    def path(self, name: bytes) -> bytes:
        """Count one entry below the root, after its directory; give it a time to the nanosecond."""
        path = os.path.join(self.root, name)
        parent = os.path.dirname(name)
        if parent and not os.path.isdir(os.path.join(self.root, parent)):
            self.directory(parent)
        self.count += 1
        self._times[path] = self.chance.randrange(10**18, 18 * 10**17)
        return path

    def directory(self, name: bytes) -> bytes:
        path = self.path(name)
        os.mkdir(path)
        return path

    def file(self, name: bytes, content: bytes) -> bytes:
        path = self.path(name)
        with open(path, "xb") as file:
            file.write(content)
        return path

    def symlink(self, name: bytes, target: bytes) -> bytes:
        path = self.path(name)
        os.symlink(target, path)
        return path

    def optional(self, feature: str, make: Callable[[], object]) -> None:
        """Make what not every machine or user can."""
        try:
            make()
        except OSError:
            self.lacks.add(feature)

    def at(self, path: bytes, time_ns: int) -> None:
        self._times[path] = time_ns

    def later_mode(self, path: bytes, mode: int) -> None:
        """Set a directory's mode when all that lies in it is made."""
        self._modes[path] = mode

    def settle(self) -> None:
        """Set modes, then times, the deepest first."""
        for path in sorted(self._modes, key=len, reverse=True):
            os.chmod(path, self._modes[path])
        for path in sorted((p for p in self._times if os.path.lexists(p)), key=len, reverse=True):
            time_ns = self._times[path]
            os.utime(path, ns=(time_ns, time_ns), follow_symlinks=False)


def _sizes(builder: _Builder) -> None:
    for size in SIZES:
        builder.file(b"sizes/%d" % size, builder.chance.randbytes(size))
    builder.file(b"sizes/zeros", bytes(9 * MIB))
    repeated = builder.chance.randbytes(700 * KIB)
    for copy in range(3):
        builder.file(b"sizes/duplicate-%d" % copy, repeated)
    builder.file(b"sizes/duplicate-and-more", repeated + repeated + b"more")
    for name, pieces in ((b"middle", (5 * MIB,)), (b"ends", (0, 16 * MIB - 1)), (b"only a hole", ())):
        with open(builder.file(b"sparse/" + name, b""), "r+b") as file:
            file.truncate(16 * MIB)
            for offset in pieces:
                file.seek(offset)
                file.write(b"x")


def _names(builder: _Builder) -> None:
    for number, name in enumerate(NAMES):
        builder.file(b"names/files/" + name, b"%d" % number)
        builder.symlink(b"names/links/" + name, name)
        builder.file(b"names/directories/" + name + b"/inside", b"x")


def _links(builder: _Builder) -> None:
    for number, target in enumerate(TARGETS):
        builder.symlink(b"symlinks/%d" % number, target)
    builder.symlink(b"symlinks/of this tree", builder.root)
    first = builder.file(b"hardlinks/a/first", builder.chance.randbytes(600 * KIB))
    empty = builder.file(b"hardlinks/a/empty", b"")
    builder.directory(b"hardlinks/b")
    for name, linked in ((b"b/second", first), (b"third", first), (b"b/empty", empty)):
        os.link(linked, builder.path(b"hardlinks/" + name))


def _special(builder: _Builder) -> None:
    builder.directory(b"special")
    os.mkfifo(builder.path(b"special/fifo"))
    with socket.socket(socket.AF_UNIX) as bound:
        name = builder.path(b"special/socket")
        # A socket's address is short, so it is bound by way of its directory.
        here = os.open(os.path.dirname(name), os.O_RDONLY | os.O_DIRECTORY)
        try:
            bound.bind(f"/proc/self/fd/{here}/socket")
        finally:
            os.close(here)
    for name, kind, device in ((b"null", stat.S_IFCHR, (1, 3)), (b"loop", stat.S_IFBLK, (7, 300))):
        path = os.path.join(builder.root, b"special", name)
        builder.optional("devices", lambda p=path, k=kind, d=device: os.mknod(p, k | 0o600, os.makedev(*d)))  # type: ignore[misc]
        if os.path.lexists(path):
            builder.path(b"special/" + name)


def _attributes(builder: _Builder) -> None:
    file = builder.file(b"attributes/file", b"x")
    directory = builder.directory(b"attributes/directory")
    values = {b"user.text": b"value", b"user.binary": bytes(range(256)), b"user.empty": b""}
    for path in (file, directory):
        for name, value in values.items():
            builder.optional("attributes", lambda p=path, n=name, v=value: os.setxattr(p, n, v))  # type: ignore[misc]
    builder.optional("acl", lambda: os.setxattr(file, "system.posix_acl_access", _acl(0o6)))
    builder.optional("acl", lambda: os.setxattr(directory, "system.posix_acl_access", _acl(0o7)))
    builder.optional("acl", lambda: os.setxattr(directory, "system.posix_acl_default", _acl(0o5)))
    capable = builder.file(b"attributes/capable", b"x")
    builder.optional(
        "capabilities",
        lambda: os.setxattr(capable, "security.capability", struct.pack("<5I", 0x02000001, 1 << 10, 0, 0, 0)),
    )


def _acl(rights: int) -> bytes:
    """A POSIX ACL as the kernel keeps it, with one named user and one named group."""
    nobody = 0xFFFFFFFF
    entries = ((1, 7, nobody), (2, rights, 4711), (4, 5, nobody), (8, rights, 4712), (16, 7, nobody), (32, 0, nobody))
    return struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)


def _modes(builder: _Builder) -> None:
    for mode in (0o4755, 0o2755, 0o6711, 0o1644, 0o000, 0o777, 0o400):
        os.chmod(builder.file(b"modes/file-%o" % mode, b"x"), mode)
    for mode in (0o1777, 0o2775, 0o500, 0o000):
        if mode == 0 and os.geteuid() != 0:
            builder.lacks.add("closed directories")
            continue
        directory = builder.directory(b"modes/directory-%o" % mode)
        builder.file(b"modes/directory-%o/inside" % mode, b"x")
        builder.later_mode(directory, mode)


def _owners(builder: _Builder) -> None:
    file = builder.file(b"owners/file", b"x")
    link = builder.symlink(b"owners/link", b"file")
    directory = builder.directory(b"owners/directory")
    setuid = builder.file(b"owners/setuid", b"x")
    for path in (file, link, directory, setuid):
        builder.optional("owners", lambda p=path: os.lchown(p, 12_345, 54_321))  # type: ignore[misc]
    os.chmod(setuid, 0o4711)


def _times(builder: _Builder) -> None:
    for number, time_ns in enumerate(TIMES_NS):
        builder.at(builder.file(b"times/file-%d" % number, b"x"), time_ns)
        builder.at(builder.directory(b"times/directory-%d" % number), time_ns)
        builder.at(builder.symlink(b"times/link-%d" % number, b"x"), time_ns)


def _shapes(builder: _Builder) -> None:
    builder.directory(b"shapes/empty")
    builder.file(b"shapes/" + b"/".join(b"%d" % level for level in range(60)) + b"/leaf", b"deep")
    for number in range(200):
        builder.file(b"shapes/crowd/%05d" % number, b"%d" % (number % 7))


def _crowd(builder: _Builder, entries: int) -> None:
    """Fill up with what a workspace mostly is: directories of small files, some of them alike."""
    chance = builder.chance
    pool = [chance.randbytes(chance.randrange(1, 4 * KIB)) for _ in range(20)]
    directories = [b"workspace"]
    while builder.count < entries:
        parent = chance.choice(directories[-30:])
        name = b"%s/%x" % (parent, chance.randrange(16**8))
        if os.path.lexists(os.path.join(builder.root, name)):
            continue
        kind = chance.random()
        if kind < 0.1:
            builder.directory(name)
            directories.append(name)
        elif kind < 0.12:
            builder.symlink(name, chance.choice(directories))
        elif kind < 0.25:
            builder.file(name, chance.choice(pool))
        else:
            builder.file(name, chance.randbytes(int(chance.paretovariate(1.2) * 200) % (64 * KIB)))
