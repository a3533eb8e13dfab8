"""What a difference amounts to, and in which order it is told: by volume, then by path.

Pure. Doesn't own comparing (provider) nor pages (server).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec.structs import replace

from rok_jupyter.models import Change, Difference, DifferenceCounts, Entry, EntryDifference, EntryType, Member


def told(found: Difference, members: Sequence[Member]) -> Difference:
    """Return a difference in its order, volumes as the snapshot has them, and with its counts."""
    volumes = dict.fromkeys(member.volume for member in members)
    places = {volume: number for number, volume in enumerate(volumes)}

    def place(entry: EntryDifference) -> tuple[int, str, list[bytes]]:
        names = entry.path.encode("utf-8", "surrogateescape").split(b"/")
        return places.get(entry.volume, len(places)), entry.volume, names

    entries = tuple(sorted(found.entries, key=place))
    return replace(found, entries=entries, counts=counts_of(entries))


def counts_of(entries: Iterable[EntryDifference]) -> DifferenceCounts:
    """Return how many entries differ in which way, and the bytes of those files whose content does."""
    changes: Counter[Change] = Counter()
    before = after = 0
    for entry in entries:
        changes[entry.change] += 1
        if entry.change is not Change.METADATA:
            before += _size(entry.before)
            after += _size(entry.after)
    return DifferenceCounts(
        created=changes[Change.CREATED],
        deleted=changes[Change.DELETED],
        modified=changes[Change.MODIFIED],
        metadata=changes[Change.METADATA],
        type=changes[Change.TYPE],
        bytes_before=before,
        bytes_after=after,
    )


def _size(entry: Entry | None) -> int:
    return entry.size if entry is not None and entry.type is EntryType.FILE else 0
