"""One notebook in two states: in a snapshot, and in another or as it is now.

Owns reading both within bounds, and what counts as a notebook. Doesn't own how two notebooks are compared
(notebook_diff). nbformat and nbdime take a second to import, so that is left to whoever compares.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.models import EntryType, Member, NotebookDifference, Snapshot
from rok_jupyter.progress import Progress
from rok_jupyter.providers.paths import VolumePath, find_member, place_in
from rok_jupyter.providers.protocol import Provider
from rok_jupyter.service.live_files import LiveFiles

MAXIMUM_BYTES = 8 << 20
"""How large a notebook may be in either state."""
_MOST_LEVELS = 100

Notebook = dict[str, Any]


class Notebooks:
    """Compares notebooks cell by cell."""

    def __init__(self, provider: Provider, live_files: LiveFiles) -> None:
        self._provider = provider
        self._live_files = live_files

    def compare(
        self, ref: str, against: str | None, volume: str | None, path: str, progress: Progress
    ) -> NotebookDifference:
        """Compare a notebook of a snapshot with what it is in another, or now."""
        snapshot = self._provider.find(ref)
        place = place_in(snapshot.members, volume, path)
        before = self._stored(snapshot, place, progress)
        if against is None:
            after = self._live(find_member(snapshot.members, place.volume), place.path)
        else:
            other = self._provider.find(against)
            after = self._stored(other, _same_place(snapshot, other, place), progress)
        if before is None and after is None:
            raise RokError(ErrorKind.NOT_FOUND, f"Neither of both states holds {place.path!r}.", "Check the path.")
        return difference_of(before, after, progress)

    def _stored(self, snapshot: Snapshot, place: VolumePath, progress: Progress) -> bytes | None:
        """Return a notebook's bytes in a snapshot; None where it holds none."""
        with self._provider.open(snapshot, progress) as view:
            try:
                entry = view.entry(place.volume, place.path)
            except RokError as error:
                if error.kind is ErrorKind.NOT_FOUND:
                    return None
                raise
            if entry.type is not EntryType.FILE:
                raise RokError(ErrorKind.INVALID_ARGUMENT, f"{place.path!r} is no regular file.", "Choose a notebook.")
            _check_size(entry.size)
            return b"".join(view.read(place.volume, place.path))

    def _live(self, member: Member, path: str) -> bytes | None:
        """Return a notebook's bytes as they are now; None where it is gone."""
        volume = self._where_it_is_now(member)
        try:
            with self._live_files.open(volume, path) as file:
                _check_size(file.size)
                return b"".join(file.read())
        except RokError as error:
            if error.kind is ErrorKind.NOT_FOUND:
                return None
            raise

    def _where_it_is_now(self, member: Member) -> str:
        volumes = self._provider.volumes()
        for volume in volumes:
            if volume.path == member.path:
                return volume.name
        for volume in volumes:
            if volume.name == member.volume:
                return volume.name
        raise RokError(
            ErrorKind.FAILED_PRECONDITION,
            f"The volume {member.volume!r} is gone, or elsewhere: it was at {member.path}.",
            "Compare with another snapshot.",
        )


def difference_of(before: bytes | None, after: bytes | None, progress: Progress) -> NotebookDifference:
    """Compare two notebooks by their files' bytes; None stands for one that isn't there, the other then is.

    INVALID_ARGUMENT where one of them is no notebook.
    """
    from rok_jupyter.service.notebook_diff import diff_notebooks

    old = None if before is None else parse(before)
    new = None if after is None else parse(after)
    base, other = old or _empty_as(new), new or _empty_as(old)
    try:
        diff = diff_notebooks(base, other, progress)
    except Cancelled:
        raise
    except (AttributeError, KeyError, TypeError, ValueError) as error:
        raise _no_notebook("its cells aren't what cells are") from error
    return NotebookDifference(base=base, diff=tuple(diff), before_missing=old is None, after_missing=new is None)


def parse(content: bytes) -> Notebook:
    """Return a notebook of format 4, whatever format it has; INVALID_ARGUMENT where the bytes are none."""
    import nbformat

    try:
        found = nbformat.reader.reads(content.decode("utf-8"))  # type: ignore[no-untyped-call]
        notebook = nbformat.convert(found, 4)  # type: ignore[no-untyped-call]
    except UnicodeDecodeError:
        raise _no_notebook("it is no text in UTF-8") from None
    except RecursionError:
        raise _no_notebook("it is nested too deeply") from None
    except Exception as error:  # nbformat lets many kinds out
        raise _no_notebook("it isn't in the format of notebooks") from error
    if not isinstance(notebook, dict) or not isinstance(notebook.get("cells"), list):
        raise _no_notebook("it has no cells")
    if not _is_shallow(notebook):
        raise _no_notebook("it is nested too deeply")
    return notebook


def _is_shallow(value: object) -> bool:
    level = [value]
    for _ in range(_MOST_LEVELS):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return True
    return False


def _inside(value: object) -> list[object]:
    inner = value.values() if isinstance(value, Mapping) else value if isinstance(value, list) else ()
    return [item for item in inner if isinstance(item, Mapping | list)]


def _empty_as(other: Notebook | None) -> Notebook:
    """Return an empty notebook in the other's place."""
    import nbformat

    fields = {} if other is None else {name: other[name] for name in ("nbformat", "nbformat_minor") if name in other}
    return nbformat.from_dict({"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5, **fields})  # type: ignore[no-any-return, no-untyped-call]


def _same_place(snapshot: Snapshot, other: Snapshot, place: VolumePath) -> VolumePath:
    """Return a place in another snapshot, whose volume may have another name by then."""
    path = find_member(snapshot.members, place.volume).path
    for member in other.members:
        if member.path == path:
            return VolumePath(member.volume, place.path)
    return VolumePath(find_member(other.members, place.volume).volume, place.path)


def _check_size(size: int) -> None:
    if size > MAXIMUM_BYTES:
        raise RokError(
            ErrorKind.UNIMPLEMENTED,
            f"The notebook is larger than {MAXIMUM_BYTES >> 20} MiB, which is the most that is compared by cells.",
            "Clear its outputs, or compare it as text.",
        )


def _no_notebook(why: str) -> RokError:
    return RokError(ErrorKind.INVALID_ARGUMENT, f"The file is no notebook that can be compared: {why}.", "Open it.")
