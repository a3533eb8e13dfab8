"""Verbs about snapshots as a whole: snapshot, list, show, edit, delete.

Owns their options and what is said after them. Doesn't own what is done: that is the door's.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rok_jupyter.commands.completion import snapshot_ids, volume_names
from rok_jupyter.commands.first_snapshot import announce_first
from rok_jupyter.commands.grammar import Call, UsageError, Verb, completed_by
from rok_jupyter.commands.outcome import Outcome
from rok_jupyter.commands.paths import typed_names

if TYPE_CHECKING:
    from rok_jupyter.models import Snapshot, SnapshotFilter

_PAGE = 500
_ORIGINS = ("manual", "schedule", "safety", "step", "cell")
SHORT_ID = 8


def _snapshot_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("-m", "--message", default="", help="what it is for")
    completed_by(
        parser.add_argument("--volume", action="append", default=[], metavar="NAME", help="only this volume (repeat)"),
        volume_names,
    )
    parser.add_argument("--tag", action="append", default=[], metavar="TAG", help="a tag to find it by (repeat)")
    parser.add_argument("--yes", "-y", action="store_true", help="don't ask before a large volume's first snapshot")
    parser.add_argument("--name", help="your own name for it: a second run with this name returns the same snapshot")


def _snapshot(call: Call) -> Outcome:
    from rok_jupyter.models import Origin, OriginKind, SnapshotRequest

    given = call.arguments
    announce_first(call, tuple(given.volume))
    request = SnapshotRequest(
        message=given.message,
        volumes=tuple(given.volume),
        tags=tuple(given.tag),
        name=given.name,
        origin=Origin(kind=OriginKind.CELL if getattr(given, "cell", False) else OriginKind.MANUAL),
    )
    snapshot = call.door.take(request, call.watch)
    note = f"Go back to it: {call.program} restore {snapshot.id[:SHORT_ID]} --in-place"
    return Outcome(value=snapshot, notes=(note,))


def _list_arguments(parser: argparse.ArgumentParser) -> None:
    completed_by(parser.add_argument("--volume", metavar="NAME", help="of this volume"), volume_names)
    parser.add_argument("--tag", metavar="TAG", help="with this tag")
    parser.add_argument("--origin", choices=_ORIGINS, help="taken for this reason")
    parser.add_argument("--path", metavar="PATH", help="that hold this path (equal versions shown once)")
    parser.add_argument("--pipeline", metavar="P", help="of this pipeline")
    parser.add_argument("--run", metavar="R", help="of this run")
    parser.add_argument("--step", metavar="S", help="of this step")
    parser.add_argument("--search", metavar="TEXT", help="with this text in message, name, tags or id")
    parser.add_argument("--limit", type=int, metavar="N", help="the newest N")
    parser.add_argument("--all", action="store_true", help="of every owner of a shared repository")


def _list(call: Call) -> Outcome:
    from rok_jupyter.models import Page

    limit: int | None = call.arguments.limit
    if limit is not None and limit < 1:
        raise UsageError("--limit takes a number above zero.", "Leave it out to see every snapshot.")
    filter_ = _filter(call.arguments)
    found: list[Snapshot] = []
    cursor: str | None = None
    while True:
        wanted = _PAGE if limit is None else min(_PAGE, limit - len(found))
        page = call.door.list(filter_, cursor=cursor, limit=wanted)
        found += page.items
        cursor = page.next_cursor
        if cursor is None or (limit is not None and len(found) >= limit):
            break
    notes = () if found else (_nothing_found(call, filter_),)
    return Outcome(value=Page(items=tuple(found), next_cursor=cursor), notes=notes)


def _nothing_found(call: Call, filter_: SnapshotFilter) -> str:
    if filter_ == type(filter_)():
        return f"No snapshots. Take one: {call.program} snapshot -m 'first'"
    return f"No snapshot matches. All of them: {call.program} list"


def _filter(given: argparse.Namespace) -> SnapshotFilter:
    from rok_jupyter.models import OriginKind, SnapshotFilter

    return SnapshotFilter(
        volume=given.volume,
        tag=given.tag,
        origin=OriginKind(given.origin) if given.origin else None,
        path=typed_names([given.path])[0] if given.path is not None else None,
        pipeline=given.pipeline,
        run=given.run,
        step=given.step,
        search=given.search,
        all_owners=given.all,
    )


def _id_argument(parser: argparse.ArgumentParser) -> None:
    action = parser.add_argument("id", metavar="ID", help="a snapshot's id, a unique beginning of one, or `latest`")
    completed_by(action, snapshot_ids)


def _show(call: Call) -> Outcome:
    return Outcome(value=call.door.show(call.arguments.id))


def _edit_arguments(parser: argparse.ArgumentParser) -> None:
    _id_argument(parser)
    parser.add_argument("-m", "--message", help="a new message")
    parser.add_argument("--add-tag", action="append", default=[], metavar="TAG", help="add a tag (repeat)")
    parser.add_argument("--remove-tag", action="append", default=[], metavar="TAG", help="remove a tag (repeat)")
    pin = parser.add_mutually_exclusive_group()
    pin.add_argument("--pin", dest="pinned", action="store_const", const=True, help="keep it for ever")
    pin.add_argument("--unpin", dest="pinned", action="store_const", const=False, help="let policies remove it")


def _edit(call: Call) -> Outcome:
    from rok_jupyter.models import SnapshotEdit

    given = call.arguments
    edit = SnapshotEdit(
        message=given.message,
        add_tags=tuple(given.add_tag),
        remove_tags=tuple(given.remove_tag),
        pinned=given.pinned,
    )
    if edit == SnapshotEdit():
        raise UsageError("There is nothing to change.", "Give -m, --add-tag, --remove-tag, --pin or --unpin.")
    return Outcome(value=call.door.edit(given.id, edit))


def _delete_arguments(parser: argparse.ArgumentParser) -> None:
    action = parser.add_argument("ids", metavar="ID", nargs="+", help="snapshots to delete")
    completed_by(action, snapshot_ids)


def _delete(call: Call) -> Outcome:
    result = call.door.delete(tuple(call.arguments.ids), call.watch)
    return Outcome(value=result, notes=(f"Undo, until the next prune: {call.program} undo",))


VERBS = (
    Verb(
        name="snapshot",
        summary="take a snapshot of the workspace and the data volumes",
        run=_snapshot,
        arguments=_snapshot_arguments,
        examples=("rok snapshot -m 'before cleaning up'", "rok snapshot --volume workspace --tag paper --json"),
    ),
    Verb(
        name="list",
        summary="list snapshots, newest first",
        run=_list,
        arguments=_list_arguments,
        examples=("rok list", "rok list --search cleanup --limit 5", "rok list --path notebooks/train.ipynb"),
    ),
    Verb(
        name="show",
        summary="show one snapshot",
        run=_show,
        arguments=_id_argument,
        examples=("rok show latest", "rok show 1a2b3c4d --json"),
    ),
    Verb(
        name="edit",
        summary="change a snapshot's message or tags, pin it or unpin it",
        run=_edit,
        arguments=_edit_arguments,
        examples=("rok edit latest -m 'the good one' --pin", "rok edit 1a2b3c4d --add-tag paper --remove-tag draft"),
    ),
    Verb(
        name="delete",
        summary="delete snapshots (`rok undo` brings them back until the next prune)",
        run=_delete,
        arguments=_delete_arguments,
        examples=("rok delete 1a2b3c4d", "rok delete 1a2b3c4d 5e6f7a8b"),
    ),
)
