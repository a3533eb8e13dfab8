"""Values for tests of rules that need no storage."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

from rok_jupyter.models import Member, Origin, Role, Snapshot

START = datetime(2026, 1, 1, tzinfo=UTC)


def snapshot(
    number: int, *, minutes: int | None = None, message: str = "", handle: str = "", **origin: str
) -> Snapshot:
    """Return the snapshot of that number, taken that many minutes after the start."""
    id_ = hashlib.sha256(str(number).encode()).hexdigest()
    return Snapshot(
        id=id_,
        storage_id=id_[::-1],
        created=START + timedelta(minutes=number if minutes is None else minutes),
        members=(Member(volume="workspace", role=Role.WORKSPACE, path="/w", handle=handle),),
        message=message,
        origin=Origin(pipeline=origin.get("pipeline"), run=origin.get("run"), step=origin.get("step")),
    )
