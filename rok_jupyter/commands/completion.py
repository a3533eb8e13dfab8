"""Completion in shells: the script to evaluate, and candidates for snapshots and volumes.

Owns nothing that may fail aloud: a shell's TAB shows what can be known within a moment, else nothing.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from typing import TYPE_CHECKING

from rok_jupyter.commands.grammar import Call, Verb, common_options
from rok_jupyter.commands.outcome import Outcome, Text
from rok_jupyter.errors import RokError

if TYPE_CHECKING:
    from rok_jupyter.commands.door import Door

_SHELLS = ("bash", "zsh", "fish")
_CANDIDATES = 100
_ID_LENGTH = 8


def snapshot_ids(prefix: str, parsed_args: argparse.Namespace, **_: object) -> Mapping[str, str]:
    """Return the newest snapshots' ids, each with its message; argcomplete passes more than is looked at."""
    from rok_jupyter.models import SnapshotFilter

    door = _door(parsed_args)
    if door is None:
        return {}
    try:
        page = door.list(SnapshotFilter(), limit=_CANDIDATES)
    except RokError:
        return {}
    length = max(_ID_LENGTH, len(prefix))
    found = {snapshot.id[:length]: snapshot.message for snapshot in page.items}
    return {**found, "latest": "the newest"} if found else {}


def volume_names(prefix: str, parsed_args: argparse.Namespace, **_: object) -> Mapping[str, str]:
    """Return the volumes' names; argcomplete passes more than is looked at."""
    door = _door(parsed_args)
    if door is None:
        return {}
    try:
        return {volume.name: volume.path for volume in door.volumes() if volume.name.startswith(prefix)}
    except RokError:
        return {}


def _door(parsed: argparse.Namespace) -> Door | None:
    from rok_jupyter.commands.opening import open_door

    try:
        return open_door(common_options(parsed), notice=lambda _: None)
    except RokError:
        return None


def _completion_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("shell", choices=_SHELLS, help="the shell that shall complete")


def _completion(call: Call) -> Outcome:
    import argcomplete

    script = argcomplete.shellcode(["rok"], shell=call.arguments.shell)
    return Outcome(value=Text(name="script", text=script))


VERBS = (
    Verb(
        name="completion",
        summary="print the script that lets a shell complete rok's verbs, options and ids",
        run=_completion,
        arguments=_completion_arguments,
        examples=('eval "$(rok completion bash)"', "rok completion fish | source"),
    ),
)
