"""Copying snapshots to another repository.

Owns which of them are copied, by their lasting ids. Doesn't own carrying blobs (engine).
"""

from __future__ import annotations

from collections.abc import Sequence

from rok_jupyter.engine.repository import Repository
from rok_jupyter.models import CopyResult, Snapshot
from rok_jupyter.progress import Progress


def copy(source: Repository, target: Repository, chosen: Sequence[Snapshot], progress: Progress) -> CopyResult:
    """Copy the chosen snapshots, oldest first; those that are there already stay as they are."""
