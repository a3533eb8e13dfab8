"""Extended attributes (ACLs and capabilities among them) of live entries: read them, make them equal to given ones.

Owns which attributes a restore may remove. Doesn't own which of a node's attributes are wanted (ownership). Where the
system has no extended attributes (macOS, in Python), entries have none.
"""

from __future__ import annotations

import errno
import os
from collections.abc import Mapping

_MANAGED = ("user.", "system.posix_acl_")
_PRIVILEGED = ("trusted.", "security.capability")
_NONE_HERE = (errno.ENOTSUP, errno.ENODATA, errno.EPERM, errno.EACCES, errno.ENOENT)


def attribute_path(directory: int, name: bytes) -> bytes:
    """Return a path for the calls that know no directory descriptor; only its last component may be a link."""
    return b"/proc/self/fd/%d/%s" % (directory, name)


def live_attributes(directory: int, name: bytes) -> dict[str, bytes]:
    """Return those attributes of an entry that a restore may manage, never following a link."""
    if not hasattr(os, "listxattr"):
        return {}
    path = attribute_path(directory, name)
    found: dict[str, bytes] = {}
    try:
        for attribute in os.listxattr(path, follow_symlinks=False):
            if is_managed(attribute, privileged=True):
                found[attribute] = os.getxattr(path, attribute, follow_symlinks=False)
    except OSError as error:
        if error.errno not in _NONE_HERE:
            raise
    return found


def is_managed(attribute: str, *, privileged: bool) -> bool:
    """Whether a restore takes an attribute away where the snapshot lacks it; labels of the system always stay.

    `privileged`: the restore brings back privileged ones, so it takes them away too.
    """
    return attribute.startswith(_MANAGED) or (privileged and attribute.startswith(_PRIVILEGED))


def set_attributes(
    target: int | bytes, wanted: Mapping[str, bytes], *, privileged: bool, follow: bool = True
) -> list[str]:
    """Make the attributes of an open file, or of what stands at a path, equal to `wanted`; other managed ones go.

    Returns one sentence for each attribute that could not be set or removed, and raises for none.
    """
    if not hasattr(os, "listxattr"):
        return [f"extended attribute {name}: this system has none" for name in wanted]
    problems: list[str] = []
    for name, value in wanted.items():
        try:
            os.setxattr(target, name, value, follow_symlinks=follow)
        except OSError as error:
            problems.append(f"extended attribute {name}: {error.strerror}")
    return problems + _remove_others(target, wanted, privileged=privileged, follow=follow)


def _remove_others(target: int | bytes, wanted: Mapping[str, bytes], *, privileged: bool, follow: bool) -> list[str]:
    try:
        present = os.listxattr(target, follow_symlinks=follow)
    except OSError:
        return []
    problems: list[str] = []
    for name in present:
        if name in wanted or not is_managed(name, privileged=privileged):
            continue
        try:
            os.removexattr(target, name, follow_symlinks=follow)
        except OSError as error:
            problems.append(f"extended attribute {name}: {error.strerror}")
    return problems
