"""What a step's snapshot says of how to go back to it.

Owns reading it out of a snapshot's origin, and whose snapshot it is. Doesn't own going back (`returning`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import msgspec

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Moment, OriginKind, Page, Snapshot, SnapshotFilter, Status


class Listed(Protocol):
    """What can be asked for snapshots: a door, or a service."""

    def show(self, ref: str, /) -> Snapshot:
        """Return one snapshot."""

    def list(self, filter_: SnapshotFilter, /) -> Page[Snapshot]:
        """Return the newest ones that match."""

    def status(self) -> Status:
        """Say whose snapshots this user's are."""


SHORT_ID = 8
PARAMETERS_LOST = "The parameters that the run was given were too long to be kept: they are the notebook's own here."
_LATEST = "latest"
_HIDDEN = ".rok-kale/"


class ResumePoint(msgspec.Struct, frozen=True, kw_only=True):
    """A step of a run, before it, after it, or as it failed."""

    snapshot: Snapshot
    pipeline: str
    run: str
    step: str
    moment: Moment
    notebook: str
    """As it was named when the pipeline was compiled; "" where nobody said it."""
    variables: tuple[str, str] | None
    """The volume and the path in it of the directory that holds them; None where the snapshot has none."""
    parameters: Mapping[str, str] | None = msgspec.field(default_factory=dict)
    """What the run was given in the place of the pipeline's own parameters; None where it was too long to be kept."""
    own: bool
    """Whether this user took it: loading others' variables runs others' code."""

    @property
    def short(self) -> str:
        """The snapshot's short id."""
        return self.snapshot.id[:SHORT_ID]


def resume_point(door: Listed, reference: str) -> ResumePoint:
    """Return what a snapshot says; raise FAILED_PRECONDITION where it is no step's."""
    snapshot = _meant(door, reference)
    origin = snapshot.origin
    if origin.kind is not OriginKind.STEP or not origin.step:
        raise RokError(
            ErrorKind.FAILED_PRECONDITION,
            f"The snapshot {snapshot.id[:SHORT_ID]} is of no pipeline's step, so there is no step to resume.",
            "List those that are: rok list --origin step. Restore others: rok restore ID --to DIR",
        )
    return ResumePoint(
        snapshot=snapshot,
        pipeline=origin.pipeline or "",
        run=origin.run or "",
        step=origin.step,
        moment=origin.moment or Moment.BEFORE,
        notebook=origin.details.get("notebook", ""),
        variables=_place(snapshot),
        parameters=_parameters(snapshot),
        own=is_own(door, snapshot),
    )


def _meant(door: Listed, reference: str) -> Snapshot:
    """Return the snapshot of an id; of `latest` the newest one of a step, which is no workspace's latest."""
    if reference != _LATEST:
        return door.show(reference)
    steps = door.list(SnapshotFilter(origin=OriginKind.STEP)).items
    if not steps:
        raise RokError(
            ErrorKind.NOT_FOUND,
            "There is no snapshot of a pipeline's step in this workspace yet.",
            "Run a pipeline: rok kale run NOTEBOOK",
        )
    return steps[0]


def is_own(door: Listed, snapshot: Snapshot) -> bool:
    """Whether a snapshot is this user's: a list shows no others, and of those of other workspaces the owner tells."""
    origin = snapshot.origin
    filter_ = SnapshotFilter(pipeline=origin.pipeline, run=origin.run, step=origin.step, search=snapshot.id)
    listed = any(found.id == snapshot.id for found in door.list(filter_).items)
    return listed or (bool(snapshot.owner) and snapshot.owner == door.status().owner)


def _parameters(snapshot: Snapshot) -> Mapping[str, str] | None:
    """Return what a detail says; one that the hook had to cut off says nothing."""
    try:
        return msgspec.json.decode(snapshot.origin.details.get("parameters_given", "{}"), type=dict[str, str])
    except msgspec.DecodeError:
        return None


def _place(snapshot: Snapshot) -> tuple[str, str] | None:
    """Return where the variables are; a place that leads elsewhere than hooks put them is none."""
    volume, colon, path = snapshot.origin.details.get("variables", "").partition(":")
    names = path.split("/")
    if not colon or not path.startswith(_HIDDEN) or len(names) != 3 or any(name in ("", ".", "..") for name in names):
        return None
    return (volume, path) if any(member.volume == volume for member in snapshot.members) else None
