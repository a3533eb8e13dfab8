"""What there is to say of each value, as blocks.

Owns one description per model, so that a terminal and a notebook say the same. A surface or another package adds its
own values by `describe.register`. Doesn't own how blocks are written out (text, html).
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import singledispatch

import msgspec

from rok_jupyter import models
from rok_jupyter.models import Change
from rok_jupyter.render.blocks import Block, Facts, Line, Table, Tone, amount, duration, moment, size
from rok_jupyter.render.entries import (
    change_summary,
    change_table,
    difference_table,
    entry_table,
    problem_blocks,
    skipped_blocks,
)
from rok_jupyter.wire.names import encode_name

Blocks = tuple[Block, ...]
SHORT_ID = 8
_SHOWN_SECRETS = 10


@singledispatch
def describe(value: object, *, limit: int | None = None) -> Blocks:
    """Return what there is to say of `value`; of a long list, at most `limit` rows."""
    if isinstance(value, msgspec.Struct):
        fields = ((name, getattr(value, name)) for name in value.__struct_fields__)
        return (Facts(tuple((name.replace("_", " "), "" if found is None else str(found)) for name, found in fields)),)
    return () if value is None else (Line(str(value)),)


@describe.register
def _tuple(value: tuple, *, limit: int | None = None) -> Blocks:  # type: ignore[type-arg]
    if value and all(isinstance(item, models.Volume) for item in value):
        return volume_table(value)
    if value and all(isinstance(item, models.KeyInfo) for item in value):
        return key_table(value)
    return tuple(block for item in value[:limit] for block in describe(item, limit=limit))


@describe.register
def _page(page: models.Page, *, limit: int | None = None) -> Blocks:  # type: ignore[type-arg]
    if not page.items:
        return ()
    if isinstance(page.items[0], models.Entry):
        return entry_table(page.items, limit=limit)
    if isinstance(page.items[0], models.Snapshot):
        return _snapshot_table(page.items)
    return describe(page.items, limit=limit)


@describe.register
def _estimate(estimate: models.VolumeEstimate, *, limit: int | None = None) -> Blocks:
    rows = tuple(
        (encode_name(each.path), size(each.size), f"{each.files:,}", each.reason)
        for each in estimate.candidates[:limit]
    )
    table = (Line("Worth leaving out, perhaps:"), Table(("path", "size", "files", "what"), rows, frozenset({1, 2})))
    return (Line(estimate_line(estimate), Tone.STRONG), *(table if rows else ()))


def estimate_line(estimate: models.VolumeEstimate) -> str:
    """Return how much there is to read of a volume that has no snapshot yet, as a sentence."""
    home = ", a home directory," if estimate.is_home else ""
    bound = "" if estimate.complete else "more than "
    many = f"{bound}{size(estimate.size)} in {amount(estimate.files, 'file')}"
    return f"The volume {estimate.volume} ({encode_name(estimate.path)}){home} has no snapshot yet: {many}."


@describe.register
def _snapshot(snapshot: models.Snapshot, *, limit: int | None = None) -> Blocks:
    facts = [
        ("snapshot", snapshot.id),
        ("taken", moment(snapshot.created)),
        ("message", snapshot.message),
        ("name", snapshot.name or ""),
        ("tags", ", ".join(snapshot.tags)),
        ("origin", origin_text(snapshot.origin)),
        *_step_facts(snapshot.origin),
        ("consistency", snapshot.consistency.value),
        ("pinned", "yes" if snapshot.pinned else ""),
        ("by", f"{snapshot.user}@{snapshot.host}" if snapshot.user else snapshot.host),
        ("unsaved documents", "unknown" if snapshot.unsaved_documents is None else str(snapshot.unsaved_documents)),
        *_cost(snapshot.statistics),
    ]
    return (
        Facts(tuple((name, text) for name, text in facts if text)),
        _member_table(snapshot.members),
        *problem_blocks(snapshot.errors, "could not be saved:"),
        *problem_blocks(snapshot.changed_while_read, "changed while being read, and may be torn:"),
        *skipped_blocks(snapshot.skipped, "left out:"),
    )


def origin_text(origin: models.Origin) -> str:
    """Return why a snapshot exists, with pipeline, run and step where it is a step's."""
    places = (origin.pipeline, origin.run, origin.step, origin.moment)
    where = "/".join(str(place) for place in places if place)
    return f"{origin.kind.value} {where}".rstrip()


def _step_facts(origin: models.Origin) -> tuple[tuple[str, str], ...]:
    """Return what a pipeline's step ran with."""
    if origin.kind is not models.OriginKind.STEP:
        return ()
    shown = ("notebook", "image", "packages", "parameters", "variables", "exit_status")
    return tuple((name.replace("_", " "), origin.details.get(name, "")) for name in shown)


def _cost(statistics: models.Statistics | None) -> tuple[tuple[str, str], ...]:
    if statistics is None:
        return ()
    counts = (
        (statistics.files_new, "new"),
        (statistics.files_changed, "changed"),
        (statistics.files_unmodified, "unmodified"),
        (statistics.files_removed, "removed"),
    )
    added = f"{size(statistics.bytes_added)} of {size(statistics.bytes_processed)}, in {duration(statistics.seconds)}"
    return (("files", change_summary(counts) or "none"), ("added", added))


def _member_table(members: tuple[models.Member, ...]) -> Table:
    rows = tuple(
        (
            member.volume,
            member.role.value,
            "" if member.files is None else f"{member.files:,}",
            size(member.size),
            encode_name(member.path),
        )
        for member in members
    )
    return Table(("volume", "role", "files", "size", "path"), rows, frozenset({2, 3}))


def _snapshot_table(snapshots: tuple[models.Snapshot, ...]) -> Blocks:
    rows = tuple(
        (
            snapshot.id[:SHORT_ID],
            moment(snapshot.created),
            origin_text(snapshot.origin) + (", pinned" if snapshot.pinned else ""),
            ", ".join(member.volume for member in snapshot.members),
            ", ".join(snapshot.tags),
            snapshot.message.partition("\n")[0] + ("" if snapshot.complete else " (incomplete)"),
        )
        for snapshot in snapshots
    )
    return (Table(("id", "taken", "origin", "volumes", "tags", "message"), rows),)


@describe.register
def _difference(difference: models.Difference, *, limit: int | None = None) -> Blocks:
    after = "the live volumes" if difference.after is None else difference.after[:SHORT_ID]
    head = Line(f"from {difference.before[:SHORT_ID]} to {after}: {_counts(_by_change(difference))}", Tone.STRONG)
    errors = problem_blocks(difference.errors, "could not be compared:")
    if not difference.entries:
        return (head, *errors)
    return (head, *difference_table(difference.entries, limit=limit), *errors)


def _by_change(difference: models.Difference) -> Mapping[Change, int]:
    counts = difference.counts
    return {
        Change.CREATED: counts.created,
        Change.MODIFIED: counts.modified,
        Change.DELETED: counts.deleted,
        Change.METADATA: counts.metadata,
        Change.TYPE: counts.type,
    }


def _counts(counts: Mapping[Change, int]) -> str:
    words = (
        (Change.CREATED, "created"),
        (Change.MODIFIED, "modified"),
        (Change.DELETED, "deleted"),
        (Change.METADATA, "with other metadata"),
        (Change.TYPE, "of another type"),
    )
    return change_summary([(counts[change], word) for change, word in words]) or "no difference"


@describe.register
def _plan(plan: models.RestorePlan, *, limit: int | None = None) -> Blocks:
    where = ", ".join(f"{volume} to {encode_name(path)}" for volume, path in plan.targets.items())
    head = Line(f"restore {plan.snapshot[:SHORT_ID]}: {where}", Tone.STRONG)
    space = f", {size(plan.bytes_available)} available" if plan.bytes_available is not None else ""
    written = f"{size(plan.bytes_to_write)} to write{space}; {plan.unchanged:,} unchanged"
    table = change_table(plan.changes, limit=limit) if plan.changes else ()
    return (
        head,
        *table,
        Line(f"{_counts({change: plan.count(change) for change in Change})}; {written}"),
        *skipped_blocks(plan.skipped, "left alone:"),
        *(Line(problem, Tone.WARNING) for problem in plan.problems),
    )


@describe.register
def _restored(result: models.RestoreResult, *, limit: int | None = None) -> Blocks:
    counts = (
        (result.created, "created"),
        (result.modified, "modified"),
        (result.deleted, "deleted"),
        (result.metadata, "with other metadata"),
    )
    where = ", ".join(f"{volume} in {encode_name(path)}" for volume, path in result.targets.items())
    did = change_summary(counts) or "nothing to change"
    return (
        Line(f"restored {result.snapshot[:SHORT_ID]}: {where}", Tone.STRONG),
        Line(f"{did}; {size(result.bytes_written)} written in {duration(result.seconds)}"),
        *problem_blocks(result.errors, "not restored as in the snapshot:"),
        *skipped_blocks(result.skipped, "left alone:"),
    )


@describe.register
def _copied_back(result: models.CopyBackResult, *, limit: int | None = None) -> Blocks:
    head = Line(f"restored {amount(len(result.copies), 'entry', 'entries')} beside the originals", Tone.STRONG)
    rows = tuple((f"{each.volume}:{encode_name(each.copy)}",) for each in result.copies[:limit])
    table = (Table(("copy",), rows, frozenset()),) if rows else ()
    return (
        head,
        *table,
        *problem_blocks(result.errors, "not restored as in the snapshot:"),
        *skipped_blocks(result.skipped, "left out:"),
    )


@describe.register
def _undone(result: models.UndoResult, *, limit: int | None = None) -> Blocks:
    ids = ", ".join(snapshot[:SHORT_ID] for snapshot in result.snapshots)
    head = Line(f"undid the last {result.verb}" + (f": {ids}" if ids else ""), Tone.STRONG)
    return (head, *(describe(result.restore, limit=limit) if result.restore is not None else ()))


@describe.register
def _deleted(result: models.DeleteResult, *, limit: int | None = None) -> Blocks:
    return (Line(f"deleted {', '.join(snapshot[:SHORT_ID] for snapshot in result.deleted)}", Tone.STRONG),)


@describe.register
def _exported(result: models.ExportResult, *, limit: int | None = None) -> Blocks:
    what = f"{amount(result.entries, 'entry', 'entries')}, {size(result.size)}"
    return (
        Line(f"wrote {encode_name(result.path)}: {what}", Tone.STRONG),
        *problem_blocks(result.errors, "could not be exported:"),
        *_secrets(result.likely_secrets),
    )


def _secrets(places: tuple[str, ...]) -> Blocks:
    if not places:
        return ()
    some = ", ".join(encode_name(place) for place in places[:_SHOWN_SECRETS])
    more = f" and {len(places) - _SHOWN_SECRETS} more" if len(places) > _SHOWN_SECRETS else ""
    return (Line(f"look before you share it: keys or passwords may be in {some}{more}", Tone.WARNING),)


@describe.register
def _volume(volume: models.Volume, *, limit: int | None = None) -> Blocks:
    facts = (
        ("volume", volume.name),
        ("role", volume.role.value + (", read-only" if volume.read_only else "")),
        ("path", encode_name(volume.path)),
        ("attached at", encode_name(volume.attached_at or "")),
    )
    return (Facts(tuple((name, text) for name, text in facts if text)),)


def volume_table(volumes: tuple[models.Volume, ...]) -> Blocks:
    """Return volumes, one a row."""
    rows = tuple(
        (
            volume.name,
            volume.role.value + (", read-only" if volume.read_only else ""),
            size(volume.used),
            size(volume.available),
            encode_name(volume.attached_at or ""),
            encode_name(volume.path),
        )
        for volume in volumes
    )
    return (Table(("volume", "role", "used", "available", "attached at", "path"), rows, frozenset({2, 3})),)


def key_table(keys: tuple[models.KeyInfo, ...]) -> Blocks:
    """Return keys, one a row."""
    rows = tuple(
        (key.id[:SHORT_ID], moment(key.created), f"{key.user}@{key.host}", "current" if key.current else "")
        for key in keys
    )
    return (Table(("key", "made", "by", ""), rows),)
