"""A node and what stands at its path: what a plan is made from.

Owns the value. Doesn't own how it is judged (restore_planner, content_check, link_groups).
"""

from __future__ import annotations

import msgspec

from rok_jupyter.engine.format.tree import Node
from rok_jupyter.engine.live import Live
from rok_jupyter.models import Change


class Candidate(msgspec.Struct, frozen=True):
    """One node of the tree at `path`, and its change as far as it is known (None: none).

    `unread` ones have the node's size, and `change` is theirs only if their content is the node's too. `deferred` ones
    stand in the place of a directory. `link_to` is the path whose inode they are to share, `companions`
    what goes with the entry that stood there.
    """

    path: bytes
    node: Node
    live: Live | None
    change: Change | None
    unread: bool = False
    deferred: bool = False
    link_to: bytes | None = None
    companions: tuple[tuple[bytes, Live], ...] = ()
