"""Read live files in parallel to see whether their content is the snapshot's.

Owns a few threads that live as long as the check. Doesn't own which files must be read (comparison).
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor

from msgspec.structs import replace

from rok_jupyter.engine.candidate import Candidate
from rok_jupyter.engine.comparison import LengthOf, matches_content
from rok_jupyter.engine.confined import ConfinedTree
from rok_jupyter.engine.format.tree import Node
from rok_jupyter.models import Change
from rok_jupyter.progress import Progress

_THREADS = 3
_IN_FLIGHT = 16
_OPEN_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


def settle_unread(
    candidates: Sequence[Candidate], live: ConfinedTree, length_of: LengthOf, progress: Progress
) -> list[Candidate]:
    """Return the candidates with the change of those known that had to be read; one that can't be read is modified."""
    settled = list(candidates)
    waiting: deque[tuple[int, Future[bool]]] = deque()
    with ThreadPoolExecutor(_THREADS, thread_name_prefix="rok-compare") as threads:
        for position, candidate in enumerate(candidates):
            if not candidate.unread:
                continue
            progress.check_cancelled()
            descriptor = _open(live, candidate.path)
            if descriptor is None:
                settled[position] = replace(candidate, unread=False, change=Change.MODIFIED)
                continue
            waiting.append((position, threads.submit(_compare, candidate.node, descriptor, length_of)))
            if len(waiting) >= _IN_FLIGHT:
                _settle(settled, *waiting.popleft(), progress)
        while waiting:
            _settle(settled, *waiting.popleft(), progress)
    return settled


def _settle(settled: list[Candidate], position: int, same: Future[bool], progress: Progress) -> None:
    candidate = settled[position]
    change = candidate.change if same.result() else Change.MODIFIED
    settled[position] = replace(candidate, unread=False, change=change)
    progress.advance(bytes_=candidate.node.size)


def _open(live: ConfinedTree, path: bytes) -> int | None:
    try:
        directory, name = live.at(path)
        return os.open(name, _OPEN_FILE, dir_fd=directory)
    except OSError:
        return None


def _compare(node: Node, descriptor: int, length_of: LengthOf) -> bool:
    try:
        return matches_content(node, descriptor, length_of)
    except OSError:
        return False
    finally:
        os.close(descriptor)
