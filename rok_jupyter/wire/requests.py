"""Bodies of requests: strict, bounded, and turned into the domain's requests here and nowhere else.

Owns what a client may send. Unknown fields, wrong types and anything beyond a bound are refused before any work.
Doesn't own whether a snapshot, volume or path exists (service).

A `bytes` body goes in by `parse`, a Struct comes out; its `to_model` gives what the service takes.
"""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec
from msgspec import Meta, Struct

from rok_jupyter import models
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.wire.names import decode_name

Body = TypeVar("Body")

MAXIMUM_BODY = 1 << 20
"""Bytes that a body may have."""

Message = Annotated[str, Meta(max_length=10_000, description="Free text.")]
Word = Annotated[str, Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f]+$")]
Path = Annotated[str, Meta(max_length=20_000, description="Names joined by /; odd bytes and % spelled as %XX.")]
AbsolutePath = Annotated[str, Meta(min_length=1, max_length=20_000, pattern="^/", description="An absolute path.")]
Words = Annotated[list[Word], Meta(max_length=100)]
Paths = Annotated[list[Path], Meta(max_length=10_000)]
Reference = Annotated[
    str,
    Meta(min_length=1, max_length=64, pattern="^[0-9a-z]+$", description="A snapshot's id, a prefix of it, or latest."),
]
Count = Annotated[int, Meta(ge=0, le=1_000_000)]


class OriginBody(Struct, forbid_unknown_fields=True, frozen=True):
    """Why a snapshot is taken."""

    kind: models.OriginKind = models.OriginKind.MANUAL
    pipeline: Word | None = None
    run: Word | None = None
    step: Word | None = None
    moment: models.Moment | None = None
    details: Annotated[dict[Word, Message], Meta(max_length=100)] = {}

    def to_model(self) -> models.Origin:
        """Return the origin."""
        return models.Origin(
            kind=self.kind,
            pipeline=self.pipeline,
            run=self.run,
            step=self.step,
            moment=self.moment,
            details=dict(self.details),
        )


class SnapshotBody(Struct, forbid_unknown_fields=True, frozen=True):
    """Take a snapshot; no volumes means all that can be snapshotted."""

    message: Message = ""
    volumes: Words = []
    tags: Words = []
    name: Word | None = None
    origin: OriginBody = OriginBody()
    only_if_changed: bool = False
    save_documents: bool = True
    """Ask the browser to save open documents first."""

    def to_model(self, *, unsaved_documents: int | None) -> models.SnapshotRequest:
        """Return the request, with what is known of unsaved documents."""
        return models.SnapshotRequest(
            message=self.message,
            volumes=tuple(self.volumes),
            tags=tuple(self.tags),
            name=self.name,
            origin=self.origin.to_model(),
            only_if_changed=self.only_if_changed,
            unsaved_documents=unsaved_documents,
        )


class DeleteBody(Struct, forbid_unknown_fields=True, frozen=True):
    """Delete several snapshots as one."""

    snapshots: Annotated[list[Reference], Meta(min_length=1, max_length=10_000)]


class EditBody(Struct, forbid_unknown_fields=True, frozen=True):
    """Change what may change of a snapshot; null leaves a field as it is."""

    message: Message | None = None
    add_tags: Words = []
    remove_tags: Words = []
    pinned: bool | None = None

    def to_model(self) -> models.SnapshotEdit:
        """Return the edit."""
        return models.SnapshotEdit(
            message=self.message,
            add_tags=tuple(self.add_tags),
            remove_tags=tuple(self.remove_tags),
            pinned=self.pinned,
        )


class RestorePlanBody(Struct, forbid_unknown_fields=True, frozen=True):
    """Say what a restore would do. No paths means everything, no directory in place."""

    paths: Paths = []
    directory: AbsolutePath | None = None
    delete: bool = False
    owners: bool = False
    identity_files: bool = False
    volumes: Annotated[dict[Word, AbsolutePath], Meta(max_length=100)] = {}
    save_documents: bool = False
    """In place: ask the browser to save open documents first, so that the plan reckons with them."""

    def to_model(self, snapshot: str) -> models.RestoreRequest:
        """Return the request for that snapshot."""
        return models.RestoreRequest(
            snapshot=snapshot,
            paths=tuple(decode_name(path) for path in self.paths),
            directory=None if self.directory is None else decode_name(self.directory),
            delete=self.delete,
            owners=self.owners,
            identity_files=self.identity_files,
            volumes={name: decode_name(path) for name, path in self.volumes.items()},
        )


class RestoreBody(RestorePlanBody, frozen=True):
    """Restore; with a fingerprint, only if the plan is still the one that was shown."""

    save_documents: bool = True
    """In place: ask the browser to save open documents first, so that the safety snapshot holds them."""
    fingerprint: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class ResumeBody(Struct, forbid_unknown_fields=True, frozen=True):
    """Go back to a pipeline's step: into a directory, which is new; none means a new one below the workspace."""

    directory: AbsolutePath | None = None
    in_place: bool = False
    """Into the volumes themselves, behind a safety snapshot; not together with a directory."""
    trust: bool = False
    """Take another user's variables too: loading them runs that user's code."""
    save_documents: bool = True
    """In place: ask the browser to save open documents first, so that the safety snapshot holds them."""
    fingerprint: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    """In place: only if the plan of that restore is still the one that was shown."""

    def to_model(self, snapshot: str, unsaved_documents: int | None) -> models.ResumeRequest:
        """Return the request for that snapshot; raises INVALID_ARGUMENT where it names two places."""
        if self.in_place and self.directory is not None:
            raise RokError(
                ErrorKind.INVALID_ARGUMENT,
                "A step can't come back in place and in a directory.",
                "Leave one out: in_place, or directory.",
            )
        return models.ResumeRequest(
            snapshot=snapshot,
            directory=None if self.directory is None else decode_name(self.directory),
            in_place=self.in_place,
            trust=self.trust,
            fingerprint=self.fingerprint,
            unsaved_documents=unsaved_documents,
        )


class CopyBackBody(Struct, forbid_unknown_fields=True, frozen=True):
    """Restore entries next to their originals, under new names."""

    paths: Annotated[list[Path], Meta(min_length=1, max_length=1_000)]


class UndoBody(Struct, forbid_unknown_fields=True, frozen=True):
    """Undo; with a plan's action and fingerprint, only what was shown."""

    save_documents: bool = True
    """Of a restore: ask the browser to save open documents first, so that the undo's safety snapshot holds them."""
    action: Annotated[str, Meta(min_length=1, max_length=200)] | None = None
    fingerprint: Annotated[str, Meta(min_length=1, max_length=200)] | None = None


class ExportBody(Struct, forbid_unknown_fields=True, frozen=True):
    """Write an archive (.tar or .zip) to a file of the server."""

    target: AbsolutePath
    paths: Paths = []


class CloneBody(Struct, forbid_unknown_fields=True, frozen=True):
    """Make a new volume from a snapshot's member."""

    volume: Word
    name: Word


class AttachBody(Struct, forbid_unknown_fields=True, frozen=True):
    """Attach a data volume at a path of the workspace; with a directory, one that isn't known yet."""

    at: Annotated[str, Meta(min_length=1, max_length=20_000)]
    read_only: bool = False
    directory: AbsolutePath | None = None


class ExcludeBody(Struct, forbid_unknown_fields=True, frozen=True):
    """Leave directories, by their paths in a volume, out of its snapshots from now on."""

    paths: Annotated[list[Path], Meta(min_length=1, max_length=1_000)]


class EmptyBody(Struct, forbid_unknown_fields=True, frozen=True):
    """Nothing to say: no body, or an empty object."""


class CreateAction(Struct, forbid_unknown_fields=True, frozen=True, tag_field="action", tag="create"):
    """Make the repository."""


class CheckAction(Struct, forbid_unknown_fields=True, frozen=True, tag_field="action", tag="check"):
    """Check the repository; with read_data, every byte of it."""

    read_data: bool = False


class PruneAction(Struct, forbid_unknown_fields=True, frozen=True, tag_field="action", tag="prune"):
    """Remove what no snapshot needs."""

    dry_run: bool = False


class RetentionBody(Struct, forbid_unknown_fields=True, frozen=True):
    """Which snapshots a forget keeps."""

    keep_last: Count = 0
    keep_hourly: Count = 0
    keep_daily: Count = 0
    keep_weekly: Count = 0
    keep_monthly: Count = 0
    keep_yearly: Count = 0
    keep_within: Annotated[str, Meta(max_length=50, pattern="^([0-9]{1,6}[ymdh])*$")] = ""
    keep_tags: Words = []

    def to_model(self) -> models.RetentionPolicy:
        """Return the policy."""
        return models.RetentionPolicy(
            keep_last=self.keep_last,
            keep_hourly=self.keep_hourly,
            keep_daily=self.keep_daily,
            keep_weekly=self.keep_weekly,
            keep_monthly=self.keep_monthly,
            keep_yearly=self.keep_yearly,
            keep_within=self.keep_within,
            keep_tags=tuple(self.keep_tags),
        )


class ForgetAction(Struct, forbid_unknown_fields=True, frozen=True, tag_field="action", tag="forget"):
    """Delete snapshots by a policy, by default the stored one."""

    policy: RetentionBody | None = None
    dry_run: bool = False
    prune: bool = False


class UnlockAction(Struct, forbid_unknown_fields=True, frozen=True, tag_field="action", tag="unlock"):
    """Remove locks whose owner is gone; with remove_all, every lock."""

    remove_all: bool = False


class CopyAction(Struct, forbid_unknown_fields=True, frozen=True, tag_field="action", tag="copy"):
    """Copy snapshots (all, where none are named) to another repository."""

    target: AbsolutePath
    target_password_file: AbsolutePath | None = None
    snapshots: Annotated[list[Reference], Meta(max_length=10_000)] = []


Action = CreateAction | CheckAction | PruneAction | ForgetAction | UnlockAction | CopyAction


class KeyBody(Struct, forbid_unknown_fields=True, frozen=True):
    """Add a key: its password is in a file of the server, or made there."""

    new_password_file: AbsolutePath | None = None


class ScheduleBody(Struct, forbid_unknown_fields=True, frozen=True):
    """Snapshots every so many minutes; 0 turns it off."""

    every_minutes: Annotated[int, Meta(ge=0, le=527_040)] = 0
    volumes: Words = []
    prune: bool = False

    def to_model(self) -> models.Schedule:
        """Return the schedule."""
        return models.Schedule(every_minutes=self.every_minutes, volumes=tuple(self.volumes), prune=self.prune)


class PolicyBody(Struct, forbid_unknown_fields=True, frozen=True):
    """Retention and schedule, whole."""

    retention: RetentionBody = RetentionBody()
    schedule: ScheduleBody = ScheduleBody()

    def to_model(self) -> models.Policy:
        """Return the policy."""
        return models.Policy(retention=self.retention.to_model(), schedule=self.schedule.to_model())


class DocumentsSavedBody(Struct, forbid_unknown_fields=True, frozen=True):
    """A front end's answer to a request to save.

    Where it has documents to save it says at once how many are `pending`, and answers again, with none pending, how
    many it `saved` and how many `failed`. `window` is a random name by which its answers belong together.
    """

    request: Annotated[str, Meta(min_length=1, max_length=64, pattern="^[0-9a-f]+$")]
    window: Annotated[str, Meta(max_length=64, pattern="^[0-9A-Za-z_-]*$")] = ""
    pending: Count = 0
    saved: Count = 0
    failed: Count = 0


class KalePlanBody(Struct, forbid_unknown_fields=True, frozen=True):
    """A notebook as far as its pipeline's snapshots go: its metadata, and the tags of each code cell in order."""

    metadata: dict[str, Any] = {}
    cells: list[list[str]] = []


def parse(type_: type[Body], body: bytes) -> Body:
    """Return the Struct that a body spells; an empty body is an empty object.

    INVALID_ARGUMENT, in one sentence that names the field, for anything else.
    """
    try:
        return msgspec.json.decode(body or b"{}", type=type_)
    except msgspec.ValidationError as error:
        raise RokError(ErrorKind.INVALID_ARGUMENT, f"The request's body is wrong: {error}.", _HINT) from None
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise RokError(ErrorKind.INVALID_ARGUMENT, f"The request's body is no JSON: {error}.", _HINT) from None
    except RecursionError:
        raise RokError(ErrorKind.INVALID_ARGUMENT, "The request's body is nested too deeply.", _HINT) from None


_HINT = "See /rok/v1/openapi.json for what may be sent."
