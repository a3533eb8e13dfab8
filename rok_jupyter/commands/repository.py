"""Verbs about the repository: repo init, info, unlock, copy, key add, list, remove, export."""

from __future__ import annotations

import argparse

from rok_jupyter.commands.completion import snapshot_ids
from rok_jupyter.commands.grammar import Call, Verb, completed_by
from rok_jupyter.commands.outcome import Outcome, Text
from rok_jupyter.commands.paths import absolute_target


def _init(call: Call) -> Outcome:
    note = f"Keep its key elsewhere, too: without it nothing can be restored. See `{call.program} repo key export`."
    return Outcome(value=call.door.create_repository(), notes=(note,))


def _info(call: Call) -> Outcome:
    return Outcome(value=call.door.repository_info())


def _unlock_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--remove-all", action="store_true", help="remove live locks, too: only where nothing runs")


def _unlock(call: Call) -> Outcome:
    from rok_jupyter.commands.results import Unlocked

    return Outcome(value=Unlocked(removed=call.door.unlock(remove_all=call.arguments.remove_all)))


def _copy_arguments(parser: argparse.ArgumentParser) -> None:
    action = parser.add_argument("ids", metavar="ID", nargs="*", help="snapshots to copy; none named: every one")
    completed_by(action, snapshot_ids)
    parser.add_argument("--to", required=True, metavar="DIR", help="the other repository, which is made where missing")
    parser.add_argument("--to-password-file", metavar="FILE", help="file with the other repository's password")


def _copy(call: Call) -> Outcome:
    given = call.arguments
    password_file = absolute_target(given.to_password_file) if given.to_password_file is not None else None
    result = call.door.copy(
        absolute_target(given.to), target_password_file=password_file, references=tuple(given.ids), watch=call.watch
    )
    note = f"What is damaged, and what can be done: {call.program} check --read-data"
    return Outcome(value=result, notes=(note,) if result.errors else ())


def _key_list(call: Call) -> Outcome:
    return Outcome(value=call.door.keys())


def _key_add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--new-password-file", required=True, metavar="FILE", help="file with the new key's password")


def _key_add(call: Call) -> Outcome:
    return Outcome(value=call.door.add_key(absolute_target(call.arguments.new_password_file)))


def _key_remove_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("key", metavar="KEY", help="a key's id, or a unique beginning of it")


def _key_remove(call: Call) -> Outcome:
    call.door.remove_key(call.arguments.key)
    return Outcome(value=call.door.keys())


def _key_export(call: Call) -> Outcome:
    return Outcome(value=Text(name="password", text=call.door.export_key(), secret=True))


_KEY = (
    Verb(
        name="add",
        summary="add a key, so that another password opens the repository",
        run=_key_add,
        arguments=_key_add_arguments,
        examples=("rok repo key add --new-password-file ~/second-password",),
    ),
    Verb(name="list", summary="list the keys", run=_key_list, examples=("rok repo key list",)),
    Verb(
        name="remove",
        summary="remove a key",
        run=_key_remove,
        arguments=_key_remove_arguments,
        examples=("rok repo key remove 1a2b3c4d",),
    ),
    Verb(
        name="export",
        summary="print the password, to be kept in a safe place",
        run=_key_export,
        examples=("rok repo key export > /media/stick/rok-password",),
    ),
)

_REPO = (
    Verb(name="init", summary="make the repository", run=_init, examples=("rok repo init",)),
    Verb(
        name="info",
        summary="show where the repository is and what it holds",
        run=_info,
        examples=("rok repo info", "rok repo info --json"),
    ),
    Verb(
        name="unlock",
        summary="remove locks that a killed process left behind",
        run=_unlock,
        arguments=_unlock_arguments,
        examples=("rok repo unlock",),
    ),
    Verb(
        name="copy",
        summary="copy snapshots to another repository",
        run=_copy,
        arguments=_copy_arguments,
        examples=("rok repo copy --to /media/disk/rok", "rok repo copy latest --to /media/disk/rok"),
    ),
    Verb(name="key", summary="the repository's keys", run=_key_list, children=_KEY, examples=("rok repo key list",)),
)

VERBS = (
    Verb(
        name="repo",
        summary="the repository: init, info, unlock, copy, key",
        run=_info,
        children=_REPO,
        examples=("rok repo info", "rok repo copy --to /media/disk/rok", "rok repo key export"),
    ),
)
