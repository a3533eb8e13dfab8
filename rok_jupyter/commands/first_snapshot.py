"""Before a volume's first snapshot: how large it is, where that is worth saying, and what could be left out.

Owns who is told and asked, and which volumes have no snapshot yet: for others it costs a look at the newest one.
Doesn't own the count nor what is large (service, models).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from rok_jupyter.errors import Cancelled, ErrorKind, RokError

if TYPE_CHECKING:
    from rok_jupyter.commands.door import Door
    from rok_jupyter.commands.grammar import Call
    from rok_jupyter.models import Snapshot, VolumeEstimate

_GO_ON, _EXCLUDE, _STOP = ("", "g", "go on"), ("e", "exclude"), ("s", "stop")


def announce_first(call: Call, volumes: Sequence[str]) -> None:
    """Tell of each notable volume (none named: all) that this snapshot is its first, and ask where somebody answers.

    Raises Cancelled where the answer is to stop.
    """
    for name in _without_snapshot(call.door, volumes):
        estimate = call.door.estimate(name, call.watch)
        if estimate.is_notable:
            _offer(call, estimate)


def _without_snapshot(door: Door, volumes: Sequence[str]) -> list[str]:
    newest = _newest(door, None)
    held = set() if newest is None else {member.volume for member in newest.members}
    if volumes and held.issuperset(volumes):
        return []
    chosen = [each.name for each in door.volumes() if (each.name in volumes if volumes else each.path)]
    return [name for name in chosen if name not in held and _newest(door, name) is None]


def _newest(door: Door, volume: str | None) -> Snapshot | None:
    from rok_jupyter.models import SnapshotFilter

    try:
        found = door.list(SnapshotFilter(volume=volume), limit=1).items
    except RokError as error:
        if error.kind is not ErrorKind.FAILED_PRECONDITION:
            raise
        return None  # there is no repository yet
    return found[0] if found else None


def _offer(call: Call, estimate: VolumeEstimate) -> None:
    from rok_jupyter.commands.outcome import Outcome
    from rok_jupyter.commands.showing import as_text

    about = as_text(Outcome(value=estimate))
    exclude = "exclude these first (e), " if estimate.candidates else ""
    question = f"Go on (g), {exclude}or stop (s)? [g] " if exclude else "Go on (g) or stop (s)? [g] "
    while not call.arguments.yes:
        answer = call.ask(about, question)
        if answer is None:
            break
        if answer.lower() in _STOP:
            raise Cancelled(ErrorKind.CANCELLED, "No snapshot was taken.", "")
        if answer.lower() in _EXCLUDE and estimate.candidates:
            patterns = call.door.exclude(estimate.volume, [each.path for each in estimate.candidates])
            call.tell(f"Left out from now on, by {_ignore_file(estimate)}: {' '.join(patterns)}")
        if answer.lower() in (*_GO_ON, *_EXCLUDE):
            return
        about = ""
    call.tell(_notice(estimate))


def _notice(estimate: VolumeEstimate) -> str:
    from rok_jupyter.render.values import estimate_line
    from rok_jupyter.wire.names import encode_name

    largest = ", ".join(f"{encode_name(each.path)}/" for each in estimate.candidates[:3])
    example = f" (for example {largest})" if largest else ""
    return (
        f"{estimate_line(estimate)} Leave parts out{example} by patterns as in .gitignore in {_ignore_file(estimate)}."
    )


def _ignore_file(estimate: VolumeEstimate) -> str:
    from rok_jupyter.wire.names import encode_name

    return f"{encode_name(estimate.path).rstrip('/')}/.rokignore"
