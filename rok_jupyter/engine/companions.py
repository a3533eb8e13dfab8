"""Live files that belong to another one, such as a database's log: beside another content they mean something else.

Where a file that the snapshot holds is replaced, its live companions that the snapshot lacks go with it; and it is
replaced whenever they hold anything, for then the file alone isn't its content. Owns finding them. Doesn't own which
names belong to which (a provider knows).
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable

from rok_jupyter.engine.confined import decode_path, encode_path
from rok_jupyter.engine.format.tree import Tree
from rok_jupyter.engine.live import Live

Companions = dict[str, dict[bytes, Live]]
"""By a file's name: the names and states of what belongs to it."""


def find_companions(
    directory: int, names: Iterable[bytes], tree: Tree, companion_of: Callable[[str], str | None]
) -> Companions:
    """Return the companions among a live directory's names that hold anything, with those beside them that don't."""
    found: Companions = {}
    for name in names:
        main = companion_of(decode_path(name))
        if main is None:
            continue
        try:
            status = os.stat(name, dir_fd=directory, follow_symlinks=False)
        except FileNotFoundError:
            continue  # a log goes when its database is closed
        if stat.S_ISREG(status.st_mode):
            found.setdefault(main, {})[name] = Live.of(status)
    stored = {encode_path(node.name) for node in tree.nodes} if found else set()
    found = {main: {name: live for name, live in each.items() if name not in stored} for main, each in found.items()}
    return {main: each for main, each in found.items() if any(live.size for live in each.values())}
