"""What of a node's rights may come back: its owner, set-user bits, devices and privileged attributes, or not.

A snapshot may come from somebody else. Unless the restore was asked to bring back owners, and runs as root, entries
keep the owner of who restores, and nothing of the snapshot grants a right that its restorer didn't have.

Owns that policy, as pure values. Doesn't own applying it (staging, metadata).
"""

from __future__ import annotations

import os
import stat

import msgspec
from msgspec.structs import replace

from rok_jupyter.engine.format.mode import go_mode_to_posix
from rok_jupyter.engine.format.timestamp import text_to_ns
from rok_jupyter.engine.format.tree import Node, NodeType
from rok_jupyter.engine.live import Live

LEAVE = -1
"""As a user or group id: leave it as it is."""

_PRIVILEGED = ("security.", "trusted.")
_DEVICES = (NodeType.CHARACTER_DEVICE, NodeType.BLOCK_DEVICE)


class Wanted(msgspec.Struct, frozen=True):
    """The metadata that an entry is to have. `mode` is permission bits, `uid` and `gid` may be `LEAVE`."""

    mode: int
    uid: int
    gid: int
    mtime_ns: int
    attributes: dict[str, bytes]
    privileged: bool
    """Whether privileged attributes are among those wanted."""


class Ownership(msgspec.Struct, frozen=True):
    """The policy for one restore. `everything` brings back all; else only what `uid` and `gids` may give anyway."""

    everything: bool
    uid: int
    gids: frozenset[int]

    @classmethod
    def of_process(cls, *, owners: bool) -> Ownership:
        """Return the policy for this process; `owners` counts for root alone."""
        uid = os.geteuid()
        return cls(everything=owners and uid == 0, uid=uid, gids=frozenset((os.getegid(), *os.getgroups())))

    def wanted(self, node: Node) -> Wanted:
        """Return what a node's entry is to have; raises DATA_LOSS where its time is none."""
        uid, gid = self._owner(node)
        return Wanted(self._mode(node), uid, gid, text_to_ns(node.mtime), self._attributes(node), self.everything)

    def wanted_at(self, node: Node, live: Live | None) -> Wanted:
        """As `wanted`, for a new entry in the place of another: where no owner is given, it gets that one's."""
        wanted = self.wanted(node)
        return replace(wanted, uid=live.uid, gid=live.gid) if wanted.uid == LEAVE and live is not None else wanted

    def refuses(self, node: Node) -> str:
        """Say why an entry is not restored at all; empty where it is."""
        if node.type in _DEVICES and not self.everything:
            return "a device comes back only with owners, as root"
        if node.type is NodeType.SOCKET:
            return "socket"
        if node.type is NodeType.IRREGULAR:
            return "an entry of unknown type"
        return ""

    def leaves_out(self, node: Node) -> str:
        """Say which rights of a node don't come back, but for its owner; empty where all do."""
        stored = stat.S_IMODE(go_mode_to_posix(node.mode))
        reasons = []
        if self._mode(node) != stored:
            reasons.append("set-user and set-group bits")
        if len(self._attributes(node)) != len(node.extended_attributes):
            reasons.append("privileged attributes")
        return f"{' and '.join(reasons)} come back only with owners, as root" if reasons else ""

    def leaves_owner(self, node: Node) -> bool:
        """Whether a newly made entry would not have the node's owner."""
        return not self.everything and (node.uid != self.uid or node.gid not in self.gids)

    def _owner(self, node: Node) -> tuple[int, int]:
        if self.everything:
            return node.uid, node.gid
        return LEAVE, node.gid if node.gid in self.gids and node.uid == self.uid else LEAVE

    def _mode(self, node: Node) -> int:
        mode = stat.S_IMODE(go_mode_to_posix(node.mode))
        if self.everything or node.type is NodeType.DIRECTORY:
            return mode
        if node.uid != self.uid:
            mode &= ~(stat.S_ISUID | stat.S_ISGID)
        elif node.gid not in self.gids:
            mode &= ~stat.S_ISGID
        return mode

    def _attributes(self, node: Node) -> dict[str, bytes]:
        return {
            attribute.name: attribute.value or b""
            for attribute in node.extended_attributes
            if self.everything or not attribute.name.startswith(_PRIVILEGED)
        }
