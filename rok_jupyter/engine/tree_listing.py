"""A directory's nodes by name, to be listed from any name on and looked up, without holding a large one as nodes.

A page or a lookup needs one or two pieces of the tree's own JSON, so no more is read. A hundred thousand files take a
hundred megabytes as nodes, 40 as JSON, and a few as compressed JSON: so many large directories can be kept where a few
of them as nodes could not.

Owns the pieces and the order (by the bytes of names). Doesn't own where trees come from, or which listings are kept
and packed (repository).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from copy import copy

from rok_jupyter.engine.format.compression import compress, decompress
from rok_jupyter.engine.format.document import MAX_DOCUMENT_BYTES
from rok_jupyter.engine.format.ids import Buffer
from rok_jupyter.engine.format.tree import Node, decode_tree, encode_tree, name_bytes, split_tree

PIECE_NODES = 1_000
_LEVEL = 1

_Names = list[bytes]
_Piece = tuple[_Names, tuple[Node, ...]]


class TreeListing:
    """The good nodes of one tree. Immutable and for several threads; a small one is held as nodes."""

    def __init__(self, nodes: Iterable[Node]) -> None:
        ordered = sorted(nodes, key=lambda node: name_bytes(node.name))
        starts = range(0, len(ordered), PIECE_NODES)
        self._first_names = [name_bytes(ordered[start].name) for start in starts]
        self._pieces: Sequence[bytes] = [
            encode_tree(ordered[start : start + PIECE_NODES]) for start in starts if len(starts) > 1
        ]
        small = ordered if len(starts) <= 1 else []
        self._unpacked: tuple[int, _Piece] = (0 if small else -1, _piece(small))
        self._packed = False

    @classmethod
    def read(cls, content: Buffer) -> TreeListing:
        """Read a tree's JSON, of a large one the names only; raises DATA_LOSS where it is no tree."""
        pieces = split_tree(content, PIECE_NODES)
        if pieces is None or len(pieces) <= 1:
            return cls(decode_tree(content).nodes)
        return cls(())._with([name for name, _ in pieces], [piece for _, piece in pieces], packed=False)

    def packed(self) -> TreeListing:
        """Return the same listing in as little memory as it can take."""
        if self._packed:
            return self
        return self._with(self._first_names, [compress(piece, _LEVEL) for piece in self._pieces], packed=True)

    @property
    def size(self) -> int:
        """About how many bytes the pieces take."""
        return sum(map(len, self._pieces))

    def after(self, name: str | None = None) -> Iterator[Node]:
        """Yield the nodes that come after a name, by the bytes of their names; all of them without one."""
        wanted = None if name is None else name_bytes(name)
        first = 0 if wanted is None else max(0, bisect_right(self._first_names, wanted) - 1)
        for number in range(first, len(self._first_names)):
            names, nodes = self._piece(number)
            skipped = bisect_right(names, wanted) if wanted is not None and number == first else 0
            yield from nodes[skipped:]

    def find(self, name: str) -> Node | None:
        """Return the node of that name, or None."""
        wanted = name_bytes(name)
        number = bisect_right(self._first_names, wanted) - 1
        if number < 0:
            return None
        names, nodes = self._piece(number)
        place = bisect_left(names, wanted)
        return nodes[place] if place < len(names) and names[place] == wanted else None

    def _piece(self, number: int) -> _Piece:
        """Return a piece; the last one stays unpacked, since entries are mostly asked for in order."""
        unpacked = self._unpacked
        if unpacked[0] == number:
            return unpacked[1]
        content = self._pieces[number]
        piece = _piece(decode_tree(decompress(content, MAX_DOCUMENT_BYTES) if self._packed else content).nodes)
        self._unpacked = number, piece
        return piece

    def _with(self, first_names: list[bytes], pieces: Sequence[bytes], *, packed: bool) -> TreeListing:
        listing = copy(self)
        listing._first_names, listing._pieces, listing._packed = first_names, pieces, packed
        return listing


def _piece(nodes: list[Node] | tuple[Node, ...]) -> _Piece:
    return [name_bytes(node.name) for node in nodes], tuple(nodes)
