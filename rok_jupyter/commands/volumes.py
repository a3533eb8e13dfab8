"""Verbs about volumes: status, volumes, clone, attach, detach."""

from __future__ import annotations

import argparse

from rok_jupyter.commands.completion import snapshot_ids, volume_names
from rok_jupyter.commands.grammar import Call, Verb, completed_by
from rok_jupyter.commands.outcome import Outcome
from rok_jupyter.commands.paths import absolute_target, typed_names


def _status(call: Call) -> Outcome:
    return Outcome(value=call.door.status())


def _volumes(call: Call) -> Outcome:
    return Outcome(value=call.door.volumes())


def _clone_arguments(parser: argparse.ArgumentParser) -> None:
    completed_by(parser.add_argument("id", metavar="ID", help="a snapshot"), snapshot_ids)
    completed_by(
        parser.add_argument("--volume", required=True, metavar="NAME", help="the volume whose state is cloned"),
        volume_names,
    )
    parser.add_argument("--as", dest="new_name", required=True, metavar="NEW", help="the new volume's name")


def _clone(call: Call) -> Outcome:
    given = call.arguments
    volume = call.door.clone(given.id, given.volume, given.new_name, call.watch)
    return Outcome(value=volume, notes=(f"Attach it: {call.program} attach {volume.name} --at PATH",))


def _attach_arguments(parser: argparse.ArgumentParser) -> None:
    completed_by(parser.add_argument("volume", metavar="VOLUME", help="a data volume"), volume_names)
    parser.add_argument("--at", required=True, metavar="PATH", help="where in the workspace")
    parser.add_argument("--read-only", action="store_true", help="never restore into it")
    parser.add_argument("--directory", metavar="DIR", help="make this directory a data volume of that name first")


def _attach(call: Call) -> Outcome:
    given = call.arguments
    directory = absolute_target(given.directory) if given.directory is not None else None
    (at,) = typed_names([given.at])
    return Outcome(value=call.door.attach(given.volume, at, read_only=given.read_only, directory=directory))


def _detach_arguments(parser: argparse.ArgumentParser) -> None:
    completed_by(parser.add_argument("volume", metavar="VOLUME", help="an attached data volume"), volume_names)


def _detach(call: Call) -> Outcome:
    return Outcome(value=call.door.detach(call.arguments.volume), notes=("Its data stays where it is.",))


OVERVIEW = (
    Verb(
        name="status",
        summary="show volumes, what can be done with them, the last snapshot and the schedule",
        run=_status,
        examples=("rok status", "rok status --json"),
    ),
    Verb(name="volumes", summary="list the volumes", run=_volumes, examples=("rok volumes",)),
)

VERBS = (
    Verb(
        name="clone",
        summary="make a new volume from a snapshot's volume",
        run=_clone,
        arguments=_clone_arguments,
        examples=("rok clone latest --volume data --as data-old",),
    ),
    Verb(
        name="attach",
        summary="attach a data volume at a path of the workspace",
        run=_attach,
        arguments=_attach_arguments,
        examples=("rok attach data --at data", "rok attach images --directory /mnt/images --at images"),
    ),
    Verb(
        name="detach",
        summary="detach a data volume (its data stays)",
        run=_detach,
        arguments=_detach_arguments,
        examples=("rok detach data",),
    ),
)
