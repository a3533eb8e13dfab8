"""Remove a tree of our own making, never through a link and a thousand levels deep.

Owns that. Doesn't own what may be removed: callers give temporary entries only.
"""

from __future__ import annotations

import os
import stat

from rok_jupyter.engine.confined import ConfinedTree, join

_OWN = stat.S_IRWXU


def remove_tree(tree: ConfinedTree, path: bytes) -> None:
    """Remove the entry at `path` and all that is below it, also in directories that are closed; OSError."""
    pending = [path]
    while pending:
        here = pending[-1]
        directory, name = tree.at(here)
        status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        if not stat.S_ISDIR(status.st_mode):
            os.unlink(name, dir_fd=directory)
            pending.pop()
            continue
        if status.st_mode & _OWN != _OWN:
            os.chmod(name, _OWN, dir_fd=directory)
        names = [os.fsencode(each) for each in os.listdir(tree.directory(here))]
        if names:
            pending += [join(here, each) for each in names]
            continue
        tree.forget(here)
        directory, name = tree.at(here)
        os.rmdir(name, dir_fd=directory)
        pending.pop()
