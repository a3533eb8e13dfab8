"""What would keep a restore from succeeding, found before its first change: room, inodes, rights, immutable entries.

Owns these checks of plans that are made. Doesn't own what to do about them: a plan with problems is shown and refused.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Iterator, Sequence

import msgspec

from rok_jupyter.engine.confined import ConfinedTree, decode_path, encode_path, split
from rok_jupyter.engine.restore_plan import PartPlan, PlannedEntry
from rok_jupyter.engine.staging import BATCH_BYTES
from rok_jupyter.engine.system_calls import is_immutable
from rok_jupyter.engine.target import nearest_existing
from rok_jupyter.models import Change, EntryType

_NAMED = 5
_MARGIN_SHARE = 50
_MARGIN_BYTES = 1 << 20
_INODE_MARGIN = 16
_MEGABYTE = 1_000_000


class _Need(msgspec.Struct):
    """What the parts on one file system need together, in bytes; `replaced` is what stands beside its replacement."""

    target: str
    system: os.statvfs_result
    growth: int = 0
    replaced: int = 0
    largest: int = 0
    inodes: int = 0

    @property
    def bytes(self) -> int:
        """Bytes needed at the peak: a batch stands beside what it replaces before it is renamed over it."""
        peak = self.growth + min(self.replaced, BATCH_BYTES + self.largest)
        return peak + peak // _MARGIN_SHARE + _MARGIN_BYTES


def available_bytes(parts: Sequence[PartPlan]) -> int | None:
    """Return the room on the fullest file system among the targets'; None where there is no target."""
    return min((_room(need.system) for need in _needs(parts)), default=None)


def problems_of(parts: Sequence[PartPlan]) -> tuple[str, ...]:
    """Say in one sentence each why the plan can't be executed as it stands."""
    problems: list[str] = []
    for need in _needs(parts):
        problems += _lacks(need)
    for plan in parts:
        if plan.entries:
            problems += _shortened(list(_refusals(plan)))
    return tuple(dict.fromkeys(problems))


def _needs(parts: Sequence[PartPlan]) -> list[_Need]:
    needs: dict[int, _Need] = {}
    for plan in parts:
        place = nearest_existing(plan.part.target)
        need = needs.setdefault(os.stat(place).st_dev, _Need(plan.part.target, os.statvfs(place)))
        for entry in plan.entries:
            _add(need, entry)
    return list(needs.values())


def _add(need: _Need, entry: PlannedEntry) -> None:
    if entry.change in (Change.DELETED, Change.METADATA) or entry.link_to is not None:
        return
    block = need.system.f_frsize or 4096
    content = entry.size if entry.type is EntryType.FILE else block
    size = -(-content // block) * block
    freed = entry.live.blocks * 512 if entry.live is not None and entry.live.links == 1 else 0
    need.growth += max(0, size - freed)
    need.replaced += min(size, freed)
    need.largest = max(need.largest, size)
    need.inodes += entry.live is None


def _lacks(need: _Need) -> list[str]:
    if not need.growth and not need.replaced:
        return []
    problems = []
    room = _room(need.system)
    if need.bytes > room:
        sizes = f"{_megabytes(need.bytes)} are needed, {_megabytes(room)} are available"
        problems.append(f"There is not enough room for {need.target}: {sizes}.")
    if need.system.f_files and need.inodes + _INODE_MARGIN > need.system.f_favail:
        problems.append(
            f"There are not enough inodes for {need.target}: {need.inodes} are needed, "
            f"{need.system.f_favail} are available."
        )
    return problems


def _room(system: os.statvfs_result) -> int:
    blocks = system.f_bfree if os.geteuid() == 0 else system.f_bavail
    return blocks * system.f_frsize


def _megabytes(size: int) -> str:
    return f"{size / _MEGABYTE:.1f} MB"


def _refusals(plan: PartPlan) -> Iterator[str]:
    """What the target refuses: everything, or some entries."""
    place = nearest_existing(plan.part.target)
    if os.statvfs(place).f_flag & os.ST_RDONLY:
        yield f"The target {plan.part.target} is mounted read-only."
        return
    if plan.root is None:
        if not os.access(place, os.W_OK | os.X_OK):
            yield f"There is no right to write to {decode_path(place)}."
        return
    with ConfinedTree(encode_path(plan.part.target)) as live:
        for path in sorted({split(entry.path)[0] for entry in plan.entries if entry.change is not Change.METADATA}):
            yield from _directory_refusal(live, path, plan.part.target)
        for entry in plan.entries:
            if entry.live is not None and entry.type is not EntryType.SYMLINK and _is_immutable(live, entry):
                yield f"{decode_path(entry.path)!r} in {plan.part.target} is immutable or append-only (chattr -i -a)."


def _directory_refusal(live: ConfinedTree, path: bytes, target: str) -> Iterator[str]:
    shown = decode_path(path) or "."
    try:
        directory = live.directory(path)
    except PermissionError:
        yield f"The directory {shown!r} in {target} can't be opened."
        return
    except OSError:
        return  # It doesn't exist yet, or something else stands in its place: the restore makes it.
    if is_immutable(directory):
        yield f"The directory {shown!r} in {target} is immutable or append-only (chattr -i -a)."
    elif os.fstat(directory).st_uid != os.geteuid() and not os.access(b".", os.W_OK | os.X_OK, dir_fd=directory):
        yield f"There is no right to write to the directory {shown!r} in {target}."


def _is_immutable(live: ConfinedTree, entry: PlannedEntry) -> bool:
    assert entry.live is not None
    if not (stat.S_ISREG(entry.live.mode) or stat.S_ISDIR(entry.live.mode)):
        return False
    try:
        directory, name = live.at(entry.path)
        descriptor = os.open(name or b".", os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC, dir_fd=directory)
    except OSError:
        return False
    try:
        return is_immutable(descriptor)
    finally:
        os.close(descriptor)


def _shortened(problems: list[str]) -> list[str]:
    if len(problems) <= _NAMED:
        return problems
    return [*problems[:_NAMED], f"And {len(problems) - _NAMED} more entries refuse to be changed."]
