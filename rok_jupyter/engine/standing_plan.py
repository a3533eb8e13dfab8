"""Whether a restore's plan still holds: a second look at the live directories that it was made from.

Owns that look, which costs far less than planning again. Doesn't own planning (restore_planner).
"""

from __future__ import annotations

import os

from msgspec.structs import replace

from rok_jupyter.engine.confined import ConfinedTree, encode_path
from rok_jupyter.engine.live_listing import list_live
from rok_jupyter.engine.preflight import available_bytes, problems_of
from rok_jupyter.engine.restore_plan import PartPlan, TreeRestorePlan
from rok_jupyter.engine.target import is_there
from rok_jupyter.progress import Progress


def still_planned(plan: TreeRestorePlan, progress: Progress) -> TreeRestorePlan | None:
    """Return a plan of this process with what would hinder it now; None where anything in its targets has changed.

    What a snapshot holds never changes: so only the live directories are looked at again. CANCELLED.
    """
    if not all(_stands_still(part, progress) for part in plan.parts):
        return None
    return replace(plan, bytes_available=available_bytes(plan.parts), problems=problems_of(plan.parts))


def _stands_still(plan: PartPlan, progress: Progress) -> bool:
    if plan.root is None or not is_there(plan.part.target):
        return plan.root is None and not is_there(plan.part.target)
    with ConfinedTree(encode_path(plan.part.target)) as live:
        status = os.fstat(live.root)
        if plan.root != (status.st_dev, status.st_ino):
            return False
        for path, seen in plan.seen.items():
            progress.check_cancelled()
            try:
                if list_live(live.directory(path)).print != seen:
                    return False
            except OSError:
                return False
    return True
