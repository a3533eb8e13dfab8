"""Verbs that bring things back: restore, undo.

Owns their options, and that a restore is planned, shown, and only then executed as it was shown.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from rok_jupyter.commands.completion import snapshot_ids
from rok_jupyter.commands.grammar import Call, UsageError, Verb, completed_by
from rok_jupyter.commands.outcome import Outcome
from rok_jupyter.commands.paths import absolute_target, moved_volumes, typed_names
from rok_jupyter.errors import Cancelled, ErrorKind, RokError

if TYPE_CHECKING:
    from rok_jupyter.models import Member, RestorePlan, RestoreRequest


def _restore_arguments(parser: argparse.ArgumentParser) -> None:
    completed_by(parser.add_argument("id", metavar="ID", help="a snapshot"), snapshot_ids)
    parser.add_argument("--path", action="append", default=[], metavar="P", help="only this path (repeat)")
    where = parser.add_mutually_exclusive_group(required=True)
    where.add_argument("--in-place", action="store_true", help="into the volumes; a safety snapshot is taken first")
    where.add_argument("--to", metavar="DIR", help="into this directory, which is new or empty")
    where.add_argument("--beside", action="store_true", help="next to the originals, under new names (takes --path)")
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
    if call.arguments.delete and not call.arguments.in_place:
        raise UsageError("--delete goes with --in-place: elsewhere there is nothing to delete.", "Leave it out.")
    if call.arguments.beside:
        return _restore_beside(call)
    request = _request(call.arguments)
    fingerprint = None
    # A restore to a directory finds it empty or missing: there is nothing that it could take away.
    asks = request.directory is None and not call.arguments.yes
    if asks or call.arguments.dry_run:
        request, plan = _planned(call, request)
        if call.arguments.dry_run:
            return Outcome(value=plan)
        _refuse_problems(plan)
        call.confirm(plan)
        fingerprint = plan.fingerprint
    result = call.door.restore(request, call.watch, fingerprint=fingerprint)
    notes = (f"Undo: {call.program} undo",) if result.undo is not None else ()
    return Outcome(value=result, notes=notes)


def _restore_beside(call: Call) -> Outcome:
    """Nothing is replaced, so nobody is asked."""
    given = call.arguments
    if not given.path:
        hint = "For example: --path notes.txt --beside"
        raise UsageError("--beside takes --path: it is about single files and directories.", hint)
    others = {
        "--owners": given.owners,
        "--identity-files": given.identity_files,
        "--volume-at": given.volume_at,
        "--dry-run": given.dry_run,
    }
    for option, is_given in others.items():
        if is_given:
            raise UsageError(f"{option} doesn't go with --beside.", "Leave it out, or restore with --to.")
    return Outcome(value=call.door.copy_back(given.id, typed_names(given.path), call.watch))


def _planned(call: Call, request: RestoreRequest) -> tuple[RestoreRequest, RestorePlan]:
    """Plan; where a volume is gone or elsewhere, ask where it is now."""
    from msgspec.structs import replace

    try:
        return request, _plan(call, request)
    except RokError as error:
        if error.kind is not ErrorKind.FAILED_PRECONDITION or request.directory is not None or call.arguments.yes:
            raise
        moved = _ask_where(call, request)
        if not moved:
            raise
    request = replace(request, volumes={**request.volumes, **moved})
    return request, _plan(call, request)


def _plan(call: Call, request: RestoreRequest) -> RestorePlan:
    """Plan with what is open in a browser, which the restore will save; a dry run has no effect at all."""
    return call.door.plan_restore(request, call.watch, save_documents=not call.arguments.dry_run)


def _ask_where(call: Call, request: RestoreRequest) -> dict[str, str]:
    """Ask for the directory of each volume that is meant and isn't where it was; nothing where nobody answers."""
    from rok_jupyter.wire.names import encode_name

    members = call.door.show(request.snapshot).members
    present = {volume.path for volume in call.door.volumes()}
    answers: dict[str, str] = {}
    for member in members:
        if member.path in present or member.volume in request.volumes or not _is_meant(request, member, len(members)):
            continue
        where = encode_name(member.path)
        about = f"The volume {member.volume} was at {where}, where no volume is now."
        answer = call.ask(about, "Which directory is it now? (Enter: stop) ")
        if answer is None:
            return {}
        if not answer:
            raise Cancelled(ErrorKind.CANCELLED, "Nothing was restored.", "")
        answers[member.volume] = absolute_target(answer)
    return answers


def _is_meant(request: RestoreRequest, member: Member, members: int) -> bool:
    """Whether a request is about a member: its paths name it, or none and it is what a bare path means."""
    named = [path.partition(":")[0] for path in request.paths if ":" in path]
    is_default = member.role == "workspace" or members == 1
    return not request.paths or member.volume in named or (is_default and len(named) < len(request.paths))


def _request(given: argparse.Namespace) -> RestoreRequest:
    from rok_jupyter.models import RestoreRequest

    return RestoreRequest(
        snapshot=given.id,
        paths=typed_names(given.path),
        directory=None if given.in_place else absolute_target(given.to),
        delete=given.delete,
        owners=given.owners,
        identity_files=given.identity_files,
        volumes=moved_volumes(given.volume_at),
    )


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
        summary="bring back a snapshot, or parts of it, in place, beside what is there, or into a directory",
        description="In place: show what would be done, ask (or take --yes where there is no terminal), and do it."
        " To a directory, which must be empty or not there yet, or beside the originals: do it.",
        run=_restore,
        arguments=_restore_arguments,
        examples=(
            "rok restore latest --in-place --dry-run",
            "rok restore 1a2b3c4d --path notebooks/train.ipynb --in-place --yes",
            "rok restore latest --to /tmp/yesterday",
            "rok restore latest --path notebooks/train.ipynb --beside",
        ),
    ),
    Verb(name="undo", summary="undo the last restore in place, or the last delete", run=_undo, examples=("rok undo",)),
)
