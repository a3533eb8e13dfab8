"""How a snapshot stands in a repository: a `Snapshot` as a `SnapshotFile`, and back.

Owns that mapping. What must last is in tags (see tags); the rest is in the field `rok`, which restic drops when it
rewrites a snapshot: members are then told by the paths, their names by the volumes of today. A snapshot that plain
restic made reads the same way: its id is restic's, its members are its paths. Who shares the repository may write what
they like: a volume's name, which becomes a directory's, never leads out of one. Doesn't own reading documents.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec

from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.snapshot_file import SnapshotFile
from rok_jupyter.engine.format.timestamp import text_to_ns
from rok_jupyter.engine.format.tree import name_fault
from rok_jupyter.errors import RokError
from rok_jupyter.models import EntryError, Member, Role, SkippedEntry, Snapshot, SnapshotEdit, Statistics
from rok_jupyter.providers.local.tags import Label, check_tags, decode_label, decode_text, encode_label, encode_text
from rok_jupyter.providers.local.volumes import WORKSPACE, Directory

Item = TypeVar("Item")

PROVIDER = "local"
_MOST_ENTRIES = 10_000
_NS = 1_000_000_000
_NO_SEPARATORS = str.maketrans({":": "_", "/": "_", "\0": "_"})


class StoredMember(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A member in the field `rok`; `path` is percent-encoded."""

    volume: str
    role: Role
    path: str
    tree: Id = ""
    files: int | None = None
    size: int | None = None


class StoredEntry(msgspec.Struct, frozen=True):
    """An entry that was changed, failed or skipped; `path` and `text` are percent-encoded."""

    volume: str
    path: str
    text: str


class RokField(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What restic has no place for. A later version only adds to it."""

    members: tuple[StoredMember, ...] = ()
    details: dict[str, str] = {}
    statistics: Statistics | None = None
    changed: tuple[StoredEntry, ...] = ()
    errors: tuple[StoredEntry, ...] = ()
    skipped: tuple[StoredEntry, ...] = ()
    unsaved_documents: int | None = None
    parent: str | None = None
    edits: int = 0


def to_fields(snapshot: Snapshot) -> dict[str, Any]:
    """Return a snapshot's `tags`, `paths` and `rok` as a SnapshotFile holds them.

    A path that is no UTF-8 stands exactly in `rok` and in the tree, and readable in `paths`.
    """
    return {
        "tags": encode_label(_label_of(snapshot)),
        "paths": tuple(_readable(member.path) for member in snapshot.members),
        "rok": msgspec.to_builtins(_field_of(snapshot)),
    }


def to_snapshot(storage_id: Id, file: SnapshotFile, volumes: Sequence[Directory]) -> Snapshot:
    """Read a stored document; `volumes` give members their names where the document doesn't.

    Raises DATA_LOSS where its time is none.
    """
    label = decode_label(file.tags or ())
    rest = read_field(file)
    host_owner = f"{file.username}@{file.hostname}" if file.username else file.hostname
    return Snapshot(
        id=label.id or file.original or storage_id,
        storage_id=storage_id,
        created=_moment(file.time),
        members=_members(file, rest, volumes, ours=label.owner is not None),
        message=label.message,
        name=label.name,
        tags=label.tags,
        origin=msgspec.structs.replace(label.origin, details=_decoded(rest.details)),
        consistency=label.consistency,
        pinned=label.pinned,
        owner=label.owner if label.owner is not None else host_owner,
        host=file.hostname,
        user=file.username,
        provider=PROVIDER,
        parent=rest.parent or file.parent,
        statistics=rest.statistics or _summary(file),
        changed_while_read=_load(rest.changed, _error),
        errors=_load(rest.errors, _error),
        skipped=_load(rest.skipped, _skip),
        unsaved_documents=rest.unsaved_documents,
    )


def read_field(file: SnapshotFile) -> RokField:
    """Return the field `rok`; an empty one where restic dropped it, or it is not of our form."""
    try:
        return msgspec.convert(file.rok or {}, RokField)
    except msgspec.ValidationError:
        return RokField()


def edited(storage_id: Id, file: SnapshotFile, edit: SnapshotEdit) -> SnapshotFile:
    """Return the document that an edit makes of another; the id stays, also that of a snapshot of plain restic's.

    INVALID_ARGUMENT for what can't be a tag.
    """
    check_tags(edit.add_tags)
    label = decode_label(file.tags or ())
    kept = [tag for tag in label.tags if tag not in edit.remove_tags]
    label = msgspec.structs.replace(
        label,
        id=label.id or file.original or storage_id,
        message=label.message if edit.message is None else edit.message,
        pinned=label.pinned if edit.pinned is None else edit.pinned,
        tags=(*kept, *(tag for tag in dict.fromkeys(edit.add_tags) if tag not in kept)),
    )
    field = read_field(file)
    field = msgspec.structs.replace(field, edits=field.edits + 1)
    return msgspec.structs.replace(
        file, tags=encode_label(label), original=file.original or storage_id, rok=msgspec.to_builtins(field)
    )


def _label_of(snapshot: Snapshot) -> Label:
    return Label(
        id=snapshot.id,
        name=snapshot.name,
        owner=snapshot.owner,
        message=snapshot.message,
        origin=snapshot.origin,
        consistency=snapshot.consistency,
        pinned=snapshot.pinned,
        tags=snapshot.tags,
    )


def _field_of(snapshot: Snapshot) -> RokField:
    return RokField(
        members=tuple(
            StoredMember(
                volume=member.volume,
                role=member.role,
                path=encode_text(member.path),
                tree=member.handle,
                files=member.files,
                size=member.size,
            )
            for member in snapshot.members
        ),
        details={encode_text(key): encode_text(value) for key, value in snapshot.origin.details.items()},
        statistics=snapshot.statistics,
        changed=_store((entry.volume, entry.path, entry.message) for entry in snapshot.changed_while_read),
        errors=_store((entry.volume, entry.path, entry.message) for entry in snapshot.errors),
        skipped=_store((entry.volume, entry.path, entry.reason) for entry in snapshot.skipped),
        unsaved_documents=snapshot.unsaved_documents,
        parent=snapshot.parent,
    )


def _store(entries: Iterable[tuple[str, str, str]]) -> tuple[StoredEntry, ...]:
    """Encode entries; of a great many the first are listed, and the last line says how many more there are."""
    listed = list(entries)
    rest = len(listed) - _MOST_ENTRIES
    shown = listed[:_MOST_ENTRIES]
    stored = [StoredEntry(volume, encode_text(path), encode_text(text)) for volume, path, text in shown]
    if rest > 0:
        stored.append(StoredEntry(listed[-1][0], "", encode_text(f"{rest} more entries are not listed")))
    return tuple(stored)


def _load(entries: Iterable[StoredEntry], make: Callable[[str, str, str], Item]) -> tuple[Item, ...]:
    return tuple(make(entry.volume, decode_text(entry.path), decode_text(entry.text)) for entry in entries)


def _error(volume: str, path: str, text: str) -> EntryError:
    return EntryError(volume=volume, path=path, message=text)


def _skip(volume: str, path: str, text: str) -> SkippedEntry:
    return SkippedEntry(volume=volume, path=path, reason=text)


def _decoded(details: Mapping[str, str]) -> dict[str, str]:
    return {decode_text(key): decode_text(value) for key, value in details.items()}


def _members(file: SnapshotFile, field: RokField, volumes: Sequence[Directory], *, ours: bool) -> tuple[Member, ...]:
    named: list[Member] = []
    for member in field.members:
        path, name = decode_text(member.path), member.volume
        sound = not name_fault(name) and ":" not in name and all(name != other.volume for other in named)
        named.append(
            Member(
                volume=name if sound else _free_name(path, named),
                role=member.role,
                path=path,
                handle=member.tree,
                files=member.files,
                size=member.size,
            )
        )
    if named:
        return tuple(named)
    known = {directory.path: directory for directory in volumes}
    for position, path in enumerate(file.paths):
        directory = known.get(path)
        if directory is not None:
            named.append(Member(volume=directory.name, role=directory.role, path=path))
        elif ours and position == 0:
            named.append(Member(volume=WORKSPACE, role=Role.WORKSPACE, path=path))
        else:
            named.append(Member(volume=_free_name(path, named), role=Role.DATA, path=path))
    return tuple(named)


def _free_name(path: str, taken: Sequence[Member]) -> str:
    """Return a volume's name for a path: its last part, with a number where that is taken."""
    base = path.rstrip("/").rpartition("/")[2].translate(_NO_SEPARATORS)
    base = "root" if name_fault(base) else base
    names = {member.volume for member in taken}
    candidates = (base if number == 1 else f"{base}-{number}" for number in itertools.count(1))
    return next(name for name in candidates if name not in names and name != WORKSPACE)


def _summary(file: SnapshotFile) -> Statistics | None:
    summary = file.summary
    if summary is None:
        return None
    return Statistics(
        files_new=summary.files_new,
        files_changed=summary.files_changed,
        files_unmodified=summary.files_unmodified,
        directories=summary.dirs_new + summary.dirs_changed + summary.dirs_unmodified,
        bytes_processed=summary.total_bytes_processed,
        bytes_added=summary.data_added_packed,
        seconds=_seconds(summary.backup_start, summary.backup_end),
    )


def _seconds(start: str, end: str) -> float:
    try:
        return max(0.0, (text_to_ns(end) - text_to_ns(start)) / _NS)
    except RokError:
        return 0.0


def _moment(text: str) -> datetime:
    seconds, rest = divmod(text_to_ns(text), _NS)
    return datetime.fromtimestamp(seconds, UTC).replace(microsecond=rest // 1000)


def _readable(path: str) -> str:
    return path.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
