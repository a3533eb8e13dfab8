"""Verbs that bring things back: restore, undo.

Owns their options, and that a restore is planned, shown, and only then executed as it was shown.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rok_jupyter.commands.completion import snapshot_ids
from rok_jupyter.commands.grammar import Call, UsageError, Verb, completed_by
from rok_jupyter.commands.outcome import Outcome
from rok_jupyter.commands.paths import absolute_target, typed_names
from rok_jupyter.errors import ErrorKind, RokError

if TYPE_CHECKING:
    from rok_jupyter.models import RestorePlan, RestoreRequest


def _restore_arguments(parser: argparse.ArgumentParser) -> None:
    completed_by(parser.add_argument("id", metavar="ID", help="a snapshot"), snapshot_ids)
    parser.add_argument("--path", action="append", default=[], metavar="P", help="only this path (repeat)")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--in-place", action="store_true", help="into the volumes; a safety snapshot is taken first")
    where.add_argument("--to", metavar="DIR", help="into this directory, which is new or empty")
    parser.add_argument("--delete", action="store_true", help="in place: delete what the snapshot lacks")
    parser.add_argument("--owners", action="store_true", help="bring back set-user bits, devices and owners, as root")
    parser.add_argument(
        "--identity-files", action="store_true", help="in place: also bring back secrets and keys such as ~/.ssh"
    )
    parser.add_argument(
        "--volume-at", action="append", default=[], metavar="NAME=DIR", help="where a volume that moved is now (repeat)"
    )
    parser.add_argument("--dry-run", "-n", action="store_true", help="show what would be done")
    parser.add_argument("--yes", "-y", action="store_true", help="do it without asking")


def _restore(call: Call) -> Outcome:
    request = _request(call.arguments)
    fingerprint = None
    # A restore to a directory finds it empty or missing: there is nothing that it could take away.
    asks = request.directory is None and not call.arguments.yes
    if asks or call.arguments.dry_run:
        plan = call.door.plan_restore(request, call.watch)
        if call.arguments.dry_run:
            return Outcome(value=plan)
        _refuse_problems(plan)
        call.confirm(plan)
        fingerprint = plan.fingerprint
    result = call.door.restore(request, call.watch, fingerprint=fingerprint)
    notes = (f"Undo: {call.program} undo",) if result.undo is not None else ()
    return Outcome(value=result, notes=notes)


def _request(given: argparse.Namespace) -> RestoreRequest:
    from rok_jupyter.models import RestoreRequest

    if given.delete and not given.in_place:
        raise UsageError("--delete goes with --in-place: a new directory holds nothing to delete.", "Leave it out.")
    return RestoreRequest(
        snapshot=given.id,
        paths=typed_names(given.path),
        directory=None if given.in_place else absolute_target(given.to),
        delete=given.delete,
        owners=given.owners,
        identity_files=given.identity_files,
        volumes=dict(_moved(text) for text in given.volume_at),
    )


def _moved(text: str) -> tuple[str, str]:
    name, equals, directory = text.partition("=")
    if not (name and equals and directory):
        raise UsageError(f"--volume-at takes NAME=DIR, not {text!r}.", "For example: --volume-at data=/mnt/data")
    return name, absolute_target(directory)


def _refuse_problems(plan: RestorePlan) -> None:
    if plan.problems:
        raise RokError(
            ErrorKind.FAILED_PRECONDITION,
            " ".join(plan.problems),
            "Nothing was changed. See the whole plan with --dry-run.",
        )


def _undo(call: Call) -> Outcome:
    return Outcome(value=call.door.undo(call.watch))


VERBS = (
    Verb(
        name="restore",
        summary="bring back a snapshot, or parts of it, in place or into a directory",
        description="In place: show what would be done, ask (or take --yes where there is no terminal), and do it."
        " To a directory, which must be empty or not there yet: do it.",
        run=_restore,
        arguments=_restore_arguments,
        examples=(
            "rok restore latest --in-place --dry-run",
            "rok restore 1a2b3c4d --path notebooks/train.ipynb --in-place --yes",
            "rok restore latest --to /tmp/yesterday",
        ),
    ),
    Verb(name="undo", summary="undo the last restore in place, or the last delete", run=_undo, examples=("rok undo",)),
)
