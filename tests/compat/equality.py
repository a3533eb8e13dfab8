"""When a restored tree counts as equal to the one it was saved from, restic's known limits told by name."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from tests.restic import Restic
from tests.trees import Print, differences, fingerprint

NO_RAW_TARGETS = (0, 16)
"""Up to this version restic stores and restores targets of symlinks that are no UTF-8 with replacement characters."""


def assert_equal(source: Path, restored: Path, *, by: Restic | None = None) -> None:
    """Fail where anything differs; `by` is the restic that wrote or read the snapshot, if one did."""
    before, after = _comparable(fingerprint(source)), _comparable(fingerprint(restored))
    if by is not None and by.version < NO_RAW_TARGETS:
        after = _with_raw_targets(before, after)
    found = differences(before, after)
    assert not found, f"{len(found)} differences:\n" + "\n".join(line[:500] for line in found[:25])


def _comparable(prints: Mapping[bytes, Print]) -> dict[bytes, Print]:
    """Leave out sockets, which nothing saves, and the link of a file to a name outside the tree, which nothing can."""
    return {
        path: entry if len(entry.partners) > 1 else replace(entry, partners=())
        for path, entry in prints.items()
        if entry.type != "socket"
    }


def _with_raw_targets(before: Mapping[bytes, Print], after: Mapping[bytes, Print]) -> dict[bytes, Print]:
    repaired = dict(after)
    for path, entry in before.items():
        readable = entry.target.decode("utf-8", "replace").encode()
        lossy = replace(entry, target=repaired[path].target) if path in repaired else entry
        if readable != entry.target and path in repaired and repaired[path] == lossy:
            repaired[path] = entry
    return repaired
