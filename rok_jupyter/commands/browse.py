"""Verbs that look into snapshots: ls, cat, diff, export.

Owns their options. Doesn't own how differences become text (`comparison`, `notebooks`).
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rok_jupyter.commands.completion import snapshot_ids
from rok_jupyter.commands.grammar import Call, UsageError, Verb, completed_by
from rok_jupyter.commands.outcome import Content, Outcome
from rok_jupyter.commands.paths import absolute_target, split_path, typed_names

if TYPE_CHECKING:
    from rok_jupyter.models import Entry

_ARCHIVES = (".tar", ".zip")


def _ls_arguments(parser: argparse.ArgumentParser) -> None:
    completed_by(parser.add_argument("id", metavar="ID", help="a snapshot"), snapshot_ids)
    parser.add_argument("path", metavar="PATH", nargs="?", default="", help="a directory: PATH or VOLUME:PATH")


def _ls(call: Call) -> Outcome:
    from rok_jupyter.models import Page

    snapshot = call.door.show(call.arguments.id)
    volume, path = split_path(snapshot, call.arguments.path)
    entries: list[Entry] = []
    cursor: str | None = None
    while True:
        page = call.door.tree(snapshot.id, volume, path, cursor=cursor)
        entries += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    return Outcome(value=Page(items=tuple(entries)), notes=() if entries else ("The directory is empty.",))


def _cat_arguments(parser: argparse.ArgumentParser) -> None:
    completed_by(parser.add_argument("id", metavar="ID", help="a snapshot"), snapshot_ids)
    parser.add_argument("path", metavar="PATH", help="a file: PATH or VOLUME:PATH")


def _cat(call: Call) -> Outcome:
    snapshot = call.door.show(call.arguments.id)
    volume, path = split_path(snapshot, call.arguments.path)
    pieces = call.door.read(snapshot.id, volume, path)
    return Outcome(value=Content(volume=volume, path=path, pieces=pieces))


def _diff_arguments(parser: argparse.ArgumentParser) -> None:
    completed_by(parser.add_argument("id", metavar="ID", help="the earlier snapshot"), snapshot_ids)
    completed_by(
        parser.add_argument("id2", metavar="ID2", nargs="?", help="the later one; without it, the live volumes"),
        snapshot_ids,
    )
    parser.add_argument("--path", action="append", default=[], metavar="P", help="only below this path (repeat)")
    looks = parser.add_mutually_exclusive_group()
    looks.add_argument("--text", action="store_true", help="show the lines that differ")
    looks.add_argument("--notebook", action="store_true", help="show the cells that differ")


def _diff(call: Call) -> Outcome:
    given = call.arguments
    against = None if given.id2 in (None, "live") else given.id2
    difference = call.door.diff(given.id, against, typed_names(given.path), call.watch)
    if not (given.text or given.notebook):
        return Outcome(value=difference)
    from rok_jupyter.commands.comparison import compare_notebooks, compare_texts

    if given.notebook:
        return Outcome(value=compare_notebooks(call.door, difference, call.watch))
    return Outcome(value=compare_texts(call.door, difference))


def _export_arguments(parser: argparse.ArgumentParser) -> None:
    completed_by(parser.add_argument("id", metavar="ID", help="a snapshot"), snapshot_ids)
    parser.add_argument("--path", action="append", default=[], metavar="P", help="only this path (repeat)")
    parser.add_argument("--to", required=True, metavar="FILE", help="the archive to write: FILE.tar or FILE.zip")


def _export(call: Call) -> Outcome:
    given = call.arguments
    if not given.to.lower().endswith(_ARCHIVES):
        raise UsageError(f"An archive's name ends with {' or '.join(_ARCHIVES)}.", "For example: --to snapshot.zip")
    target = absolute_target(given.to)
    return Outcome(value=call.door.export(given.id, typed_names(given.path), target, call.watch))


VERBS = (
    Verb(
        name="ls",
        summary="list a directory of a snapshot",
        run=_ls,
        arguments=_ls_arguments,
        examples=("rok ls latest", "rok ls latest data:models"),
    ),
    Verb(
        name="cat",
        summary="print a file of a snapshot",
        run=_cat,
        arguments=_cat_arguments,
        examples=("rok cat latest notebooks/train.ipynb > old.ipynb",),
    ),
    Verb(
        name="diff",
        summary="compare a snapshot with another, or with the live volumes",
        run=_diff,
        arguments=_diff_arguments,
        examples=("rok diff latest", "rok diff 1a2b3c4d latest --path src --text", "rok diff latest --notebook"),
    ),
    Verb(
        name="export",
        summary="write a snapshot, or parts of it, to an archive",
        run=_export,
        arguments=_export_arguments,
        examples=("rok export latest --to workspace.tar", "rok export latest --path results --to results.zip"),
    ),
)
