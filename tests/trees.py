"""Compare trees of files as strongly as a test can: the referee of every restore.

`fingerprint(root)` maps each entry (bytes path relative to the root, b"" for the root) to everything that a restore
must bring back: type, mode, owner, mtime to the nanosecond, size and content, link target, device, extended attributes
and ACLs, and which names share an inode. `differences` says in words what differs. `build_tree` makes a tree that has
all of it. Paths longer than PATH_MAX and directories of mode 000 (as root) are walked too. Independent of rok_jupyter,
so that the referee isn't the accused.
"""

from __future__ import annotations

import hashlib
import os
import random
import socket
import stat
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace

_OPEN_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_BLOCK = 1 << 20


@dataclass(frozen=True)
class Print:
    """What one entry is. `partners` are the names inside the tree that share its inode, itself included."""

    type: str
    mode: int
    uid: int
    gid: int
    mtime_ns: int
    size: int
    content: str
    target: bytes
    rdev: int
    attributes: tuple[tuple[str, bytes], ...]
    partners: tuple[bytes, ...]


Fingerprint = Mapping[bytes, Print]


def fingerprint(root: str | bytes | os.PathLike[str], *, leave_out: frozenset[str] = frozenset()) -> dict[bytes, Print]:
    """Take the fingerprint of the tree at `root`; `leave_out` names types that aren't looked at ("socket")."""
    descriptor = os.open(os.fsencode(root), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    prints: dict[bytes, Print] = {}
    inodes: dict[tuple[int, int], list[bytes]] = {}
    try:
        prints[b""] = _print_of(descriptor, os.fstat(descriptor), descriptor, b"")
        for parent, path, name in _walk(descriptor):
            status = os.stat(name, dir_fd=parent, follow_symlinks=False)
            entry = _print_of(parent, status, None, name)
            if entry.type in leave_out:
                continue
            prints[path] = entry
            if not stat.S_ISDIR(status.st_mode) and status.st_nlink > 1:
                inodes.setdefault((status.st_dev, status.st_ino), []).append(path)
    finally:
        os.close(descriptor)
    for names in inodes.values():
        for path in names:
            prints[path] = replace(prints[path], partners=tuple(sorted(names)))
    return prints


def differences(
    before: Fingerprint, after: Fingerprint, *, ignore: frozenset[str] = frozenset(), root: bool = True
) -> list[str]:
    """Say in words what differs (nothing: an empty list). `ignore` names fields of `Print`; `root` counts the root."""
    found = [f"{path!r} is missing" for path in sorted(before.keys() - after.keys())]
    found += [f"{path!r} is too much" for path in sorted(after.keys() - before.keys())]
    for path in sorted(before.keys() & after.keys()):
        if path == b"" and not root:
            continue
        for field in fields(Print):
            old, new = getattr(before[path], field.name), getattr(after[path], field.name)
            if old != new and field.name not in ignore:
                found.append(f"{path!r}: {field.name} was {old!r}, is {new!r}")
    return found


def assert_same_tree(
    before: str | bytes | os.PathLike[str] | Fingerprint,
    after: str | bytes | os.PathLike[str] | Fingerprint,
    *,
    ignore: frozenset[str] = frozenset(),
    root: bool = True,
) -> None:
    """Fail with the first differences of two trees (or fingerprints)."""
    old = before if isinstance(before, Mapping) else fingerprint(before)
    new = after if isinstance(after, Mapping) else fingerprint(after)
    found = differences(old, new, ignore=ignore, root=root)
    assert not found, f"{len(found)} differences:\n" + "\n".join(found[:25])


def tree_hash(root: str | bytes | os.PathLike[str]) -> str:
    """One hash over the whole fingerprint: "equal to the byte" in one word."""
    digest = hashlib.sha256()
    for path, entry in sorted(fingerprint(root).items()):
        digest.update(repr((path, entry)).encode())
    return digest.hexdigest()


def allocated(path: str | bytes | os.PathLike[str]) -> int:
    """Bytes that a file takes on its disk."""
    return os.lstat(path).st_blocks * 512


def build_tree(root: str | bytes | os.PathLike[str], *, files: int = 60, seed: int = 1) -> None:
    """Make a tree with everything that a workspace may hold, at `root` (created where missing).

    As root also devices, foreign owners, capabilities, trusted attributes and set-user bits. No socket: nothing saves
    those (`add_socket` makes one). Directory times are set too, so two calls with the same arguments make equal trees.
    """
    base = os.fsencode(root)
    os.makedirs(base, exist_ok=True)
    rng = random.Random(seed)
    _many_files(base, files, rng)
    _odd_names(base)
    _odd_files(base, rng)
    _links(base)
    _odd_modes(base)
    if os.geteuid() == 0:
        _root_only(base)
    _times(base, rng)


def add_socket(path: str | bytes | os.PathLike[str]) -> None:
    """Leave a socket file at `path` (at most 107 bytes long)."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as listener:
        listener.bind(os.fspath(path))


def posix_acl(user: int, *, default: bool = False) -> tuple[str, bytes]:
    """The attribute of an ACL that lets `user` read and write: its name and its value as Linux stores it."""
    entries = (
        (0x01, 6, 0xFFFFFFFF),
        (0x02, 6, user),
        (0x04, 4, 0xFFFFFFFF),
        (0x10, 6, 0xFFFFFFFF),
        (0x20, 4, 0xFFFFFFFF),
    )
    value = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in entries)
    return ("system.posix_acl_default" if default else "system.posix_acl_access"), value


def capability() -> tuple[str, bytes]:
    """The attribute of a file capability (cap_net_bind_service, version 2): its name and value."""
    return "security.capability", struct.pack("<IIIII", 0x02000001, 1 << 10, 0, 0, 0)


def _walk(root: int) -> Iterator[tuple[int, bytes, bytes]]:
    """Yield (descriptor of the directory, path, name) of every entry below; iterative, so depth has no limit."""
    stack: list[tuple[int, bytes, list[bytes]]] = [(os.dup(root), b"", _names(root))]
    try:
        while stack:
            descriptor, path, names = stack[-1]
            if not names:
                stack.pop()
                os.close(descriptor)
                continue
            name = names.pop()
            below = path + b"/" + name if path else name
            yield descriptor, below, name
            if stat.S_ISDIR(os.stat(name, dir_fd=descriptor, follow_symlinks=False).st_mode):
                child = os.open(name, _OPEN_DIRECTORY, dir_fd=descriptor)
                stack.append((child, below, _names(child)))
    finally:
        for descriptor, _, _ in stack:
            os.close(descriptor)


def _names(descriptor: int) -> list[bytes]:
    return sorted((os.fsencode(name) for name in os.listdir(descriptor)), reverse=True)


def _print_of(parent: int, status: os.stat_result, own: int | None, name: bytes) -> Print:
    regular = stat.S_ISREG(status.st_mode)
    link = stat.S_ISLNK(status.st_mode)
    device = stat.S_ISCHR(status.st_mode) or stat.S_ISBLK(status.st_mode)
    return Print(
        type=_type_of(status.st_mode),
        mode=stat.S_IMODE(status.st_mode),
        uid=status.st_uid,
        gid=status.st_gid,
        mtime_ns=status.st_mtime_ns,
        size=status.st_size if regular else 0,
        content=_content(parent, name) if regular else "",
        target=os.readlink(name, dir_fd=parent) if link else b"",
        rdev=status.st_rdev if device else 0,
        attributes=_attributes(
            f"/proc/self/fd/{own}".encode() if own is not None else b"/proc/self/fd/%d/%s" % (parent, name), own
        ),
        partners=(),
    )


def _type_of(mode: int) -> str:
    kinds = {
        stat.S_IFREG: "file",
        stat.S_IFDIR: "directory",
        stat.S_IFLNK: "symlink",
        stat.S_IFIFO: "fifo",
        stat.S_IFSOCK: "socket",
        stat.S_IFCHR: "character device",
        stat.S_IFBLK: "block device",
    }
    return kinds[stat.S_IFMT(mode)]


def _content(parent: int, name: bytes) -> str:
    descriptor = os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=parent)
    digest = hashlib.sha256()
    with os.fdopen(descriptor, "rb", buffering=0) as file:
        while piece := file.read(_BLOCK):
            digest.update(piece)
    return digest.hexdigest()


def _attributes(path: bytes, own: int | None) -> tuple[tuple[str, bytes], ...]:
    follow = own is not None
    names = sorted(os.listxattr(path, follow_symlinks=follow))
    return tuple(
        (name, os.getxattr(path, name, follow_symlinks=follow)) for name in names if name != "security.selinux"
    )


def _write(path: bytes, content: bytes) -> None:
    with open(path, "wb") as file:
        file.write(content)


def _many_files(base: bytes, files: int, rng: random.Random) -> None:
    for number in range(files):
        directory = os.path.join(base, b"data%d" % (number % 7), b"part%d" % (number % 3))
        os.makedirs(directory, exist_ok=True)
        size = rng.choice((0, 1, 17, 4096, 30_000, 4096 * 3 + 1))
        _write(os.path.join(directory, b"file%d.bin" % number), rng.randbytes(size))


def _odd_names(base: bytes) -> None:
    odd = os.path.join(base, b"names")
    os.makedirs(odd, exist_ok=True)
    names = (
        b"\xff\xfe", b"new\nline", b"n" * 255, b"-rf", b"quote'\"`$x", "\u202eexe.txt".encode(), b"back\\slash",
        b"blank ", b" lead", b"%2e%2e", b"<b>&amp;", "\u2028".encode(), "ümläut 漢字".encode(), "u\u0308".encode(),
        b"\x01\x7f", b"...", b"~",
    )  # fmt: skip
    for name in names:
        _write(os.path.join(odd, name), b"named " + name)
    os.makedirs(os.path.join(odd, b"dir\xff\n"), exist_ok=True)
    _write(os.path.join(odd, b"dir\xff\n", b"inside"), b"inside")


def _odd_files(base: bytes, rng: random.Random) -> None:
    odd = os.path.join(base, b"files")
    os.makedirs(os.path.join(odd, b"empty directory"), exist_ok=True)
    _write(os.path.join(odd, b"large"), rng.randbytes(3_000_000))
    with open(os.path.join(odd, b"sparse"), "wb") as file:
        file.truncate(24 << 20)
        file.seek(5 << 20)
        file.write(b"data")
    attributed = os.path.join(odd, b"attributed")
    _write(attributed, b"x")
    os.setxattr(attributed, "user.binary", bytes(range(256)))
    os.setxattr(attributed, "user.empty", b"")
    os.setxattr(os.path.join(odd, b"empty directory"), "user.directory", b"d")
    acl = os.path.join(odd, b"acl")
    os.makedirs(acl, exist_ok=True)
    os.setxattr(acl, *posix_acl(12345))
    os.setxattr(acl, *posix_acl(12345, default=True))
    _write(os.path.join(acl, b"inherits"), b"y")
    fifo = os.path.join(odd, b"fifo")
    if not os.path.lexists(fifo):
        os.mkfifo(fifo, 0o640)


def _links(base: bytes) -> None:
    links = os.path.join(base, b"links")
    os.makedirs(os.path.join(links, b"sub"), exist_ok=True)
    if os.path.lexists(os.path.join(links, b"hard one")):
        return
    _write(os.path.join(links, b"hard one"), b"shared content")
    os.link(os.path.join(links, b"hard one"), os.path.join(links, b"sub", b"hard two"))
    os.link(os.path.join(links, b"hard one"), os.path.join(base, b"data0", b"hard three"))
    os.symlink(b"hard one", os.path.join(links, b"soft"))
    os.symlink(b"/nowhere/at all", os.path.join(links, b"broken"))
    os.symlink(b"sub", os.path.join(links, b"soft directory"))
    os.symlink(b"target \xff\n", os.path.join(links, b"soft odd"))


def _odd_modes(base: bytes) -> None:
    modes = os.path.join(base, b"modes")
    os.makedirs(modes, exist_ok=True)
    for mode in (0o000, 0o400, 0o644, 0o666, 0o755, 0o1644):
        path = os.path.join(modes, b"m%o" % mode)
        _write(path, b"mode")
        os.chmod(path, mode)
    for mode in (0o500, 0o1777, 0o2775, 0o700):
        path = os.path.join(modes, b"d%o" % mode)
        os.makedirs(path, exist_ok=True)
        if not os.path.exists(os.path.join(path, b"inside")):
            _write(os.path.join(path, b"inside"), b"inside")
        os.chmod(path, mode)


def _root_only(base: bytes) -> None:
    special = os.path.join(base, b"root only")
    os.makedirs(os.path.join(special, b"closed"), exist_ok=True)
    for name, mode in ((b"setuid", 0o4755), (b"setgid", 0o2755)):
        _write(os.path.join(special, name), b"#!")
        os.chown(os.path.join(special, name), 1234, 2345)
        os.chmod(os.path.join(special, name), mode)
    _write(os.path.join(special, b"capable"), b"c")
    os.setxattr(os.path.join(special, b"capable"), *capability())
    os.setxattr(os.path.join(special, b"capable"), "trusted.rok", b"t\x00")
    if not os.path.lexists(os.path.join(special, b"null")):
        os.mknod(os.path.join(special, b"null"), 0o666 | stat.S_IFCHR, os.makedev(1, 3))
        os.mknod(os.path.join(special, b"block"), 0o600 | stat.S_IFBLK, os.makedev(7, 300))
        os.symlink(b"x", os.path.join(special, b"owned link"))
    os.chown(os.path.join(special, b"owned link"), 1234, 2345, follow_symlinks=False)
    _write(os.path.join(special, b"closed", b"inside"), b"closed")
    os.chown(os.path.join(special, b"closed"), 1234, 2345)
    os.chmod(os.path.join(special, b"closed"), 0o000)


def _times(base: bytes, rng: random.Random) -> None:
    special = (-1_000_000_000_123_456_789, 7_258_118_400_000_000_001, 0, 1, 999_999_999)
    paths = [os.path.join(top, name) for top, directories, files in os.walk(base) for name in directories + files]
    for number, path in enumerate(sorted(paths, reverse=True)):  # deepest first, so that a directory's time stays
        stamp = (
            special[number] if number < len(special) else rng.randrange(1_500_000_000 * 10**9, 1_700_000_000 * 10**9)
        )
        os.utime(path, ns=(stamp, stamp), follow_symlinks=False)
    os.utime(base, ns=(1_600_000_000_987_654_321,) * 2)
