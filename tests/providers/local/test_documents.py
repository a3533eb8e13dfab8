from __future__ import annotations

import base64
import os
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rok_jupyter.engine.format.ids import Id
from rok_jupyter.engine.format.snapshot_file import SnapshotFile
from rok_jupyter.engine.storage.backend import FileKind
from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.models import Consistency, Moment, Origin, OriginKind, Role, Snapshot, SnapshotEdit
from rok_jupyter.progress import Progress
from rok_jupyter.providers.local.tags import (
    Label,
    check_tags,
    decode_label,
    decode_text,
    encode_label,
    encode_text,
)
from tests.providers.local.conftest import Local
from tests.restic import Restic

ORIGIN = Origin(kind=OriginKind.STEP, pipeline="p, 1", run="r;2", step="s=3 é", moment=Moment.FAILED)
ANY_TEXT = st.text(st.characters(codec=None), max_size=40).filter(
    lambda text: not any("\ud800" <= letter <= "\udc7f" or "\udd00" <= letter <= "\udfff" for letter in text)
)


@given(ANY_TEXT)
def test_any_text_survives_a_tag_that_restic_could_keep(text: str) -> None:
    encoded = encode_text(text)
    assert decode_text(encoded) == text
    assert encoded == encoded.strip()
    assert encoded.isascii()
    assert encoded.isprintable() or not encoded
    assert not set(encoded) & set(",;=")


@given(ANY_TEXT, ANY_TEXT, st.booleans(), st.sampled_from(Consistency), st.sampled_from(OriginKind))
def test_a_label_is_read_as_it_was_written(
    message: str, name: str, pinned: bool, consistency: Consistency, kind: OriginKind
) -> None:
    label = Label(
        id="ab" * 32,
        name=name,
        owner="me@1",
        message=message,
        origin=Origin(kind=kind, pipeline=name, step=message),
        consistency=consistency,
        pinned=pinned,
        tags=("mine", "two words"),
    )
    assert decode_label(encode_label(label)) == label


@pytest.mark.parametrize(
    "tags", [["rok:id=xyz"], ["rok:origin=nonsense;=;x"], ["rok:consistency=?"], ["rok:future=1"], ["rok:"]]
)
def test_tags_of_other_forms_count_as_missing(tags: list[str]) -> None:
    label = decode_label(tags)
    assert (label.id, label.origin, label.consistency, label.tags) == (None, Origin(), Consistency.FUZZY, ())


def test_tags_of_a_later_version_survive_an_edit() -> None:
    assert "rok:future=1" in encode_label(decode_label(["rok:future=1", "mine"]))


@pytest.mark.parametrize("tag", ["", "a,b", " a", "rok:pin", "a\nb", "x" * 201, "\udcff"])
def test_what_is_no_tag_is_refused(tag: str) -> None:
    with pytest.raises(RokError) as raised:
        check_tags([tag])
    assert raised.value.kind is ErrorKind.INVALID_ARGUMENT


def taken(local: Local) -> Snapshot:
    (local.workspace / "a.txt").write_text("a")
    return local.take(message="before, training: 100 %", name="run 1", tags=("one",), origin=ORIGIN)


def test_what_matters_survives_the_real_restics_changes(local: Local, restic: Restic) -> None:
    """restic's `tag` drops the field `rok` and changes the file's name."""
    before = taken(local)
    real = local.restic(restic)
    real.run("tag", "--add", "from restic", before.storage_id)
    after = local.provider.find(before.id)
    assert after.storage_id != before.storage_id
    assert after.tags == ("one", "from restic")
    for field in ("id", "created", "message", "name", "origin", "consistency", "pinned", "owner", "host", "user"):
        assert getattr(after, field) == getattr(before, field), field
    assert [(each.volume, each.role, each.path) for each in after.members] == [
        ("workspace", Role.WORKSPACE, str(local.workspace))
    ]
    assert local.read(after, "a.txt") == b"a"
    assert local.provider.snapshots() == (after,)


def test_an_edit_after_restics_change_keeps_the_id(local: Local, current_restic: Restic) -> None:
    before = taken(local)
    local.restic(current_restic).run("tag", "--add", "x", before.storage_id)
    edited = local.provider.edit(local.provider.find(before.id), SnapshotEdit(message="new", pinned=True))
    assert (edited.id, edited.message, edited.pinned, edited.tags) == (before.id, "new", True, ("one", "x"))
    local.restic(current_restic).check()


def test_restic_lists_and_restores_ours(local: Local, restic: Restic, tmp_path: Path) -> None:
    snapshot = taken(local)
    real = local.restic(restic)
    real.check()
    (listed,) = real.snapshots()
    assert listed["id"] == snapshot.storage_id
    assert listed["paths"] == [str(local.workspace)]
    assert "one" in listed["tags"]
    assert listed["hostname"] == snapshot.host
    real.restore(snapshot.storage_id, tmp_path / "target")
    restored = Path(f"{tmp_path / 'target'}{local.workspace}")
    assert (restored / "a.txt").read_text() == "a"


def test_a_backup_by_restic_is_a_snapshot_too(local: Local, restic: Restic, tmp_path: Path) -> None:
    (local.workspace / "a.txt").write_text("ours")
    other = tmp_path / "other"
    other.mkdir()
    (other / "b.txt").write_text("theirs")
    real = local.restic(restic)
    storage_id = real.backup(local.workspace, other, tags=["plain"])
    assert local.provider.snapshots() == ()
    (found,) = local.provider.snapshots(all_owners=True)
    assert found == local.provider.find(storage_id)
    assert (found.id, found.storage_id, found.tags) == (storage_id, storage_id, ("plain",))
    assert {member.volume: member.path for member in found.members} == {
        "workspace": str(local.workspace),
        "other": str(other),
    }
    assert local.read(found, "a.txt") == b"ours"
    assert local.read(found, "b.txt", "other") == b"theirs"
    target = tmp_path / "restored"
    assert not local.restore(found, directory=str(target)).errors
    assert (target / "other" / "b.txt").read_text() == "theirs"
    (local.workspace / "a.txt").write_text("changed")
    assert not local.restore(found, paths=("a.txt",)).errors
    assert (local.workspace / "a.txt").read_text() == "ours"
    difference = local.diff(found, local.take())
    assert difference.entries == ()
    assert [error.volume for error in difference.errors] == ["other"]


def test_a_backup_by_restic_keeps_its_id_through_our_edit(local: Local, current_restic: Restic) -> None:
    storage_id = local.restic(current_restic).backup(local.workspace)
    edited = local.provider.edit(local.provider.find(storage_id), SnapshotEdit(message="now known", pinned=True))
    assert (edited.id, edited.message, edited.pinned) == (storage_id, "now known", True)
    assert edited.owner != "tester"
    assert local.provider.find(storage_id) == edited


@pytest.mark.parametrize("argument", ["workspace", "."])
def test_a_backup_by_restic_of_a_relative_path_is_browsed(
    local: Local, restic: Restic, monkeypatch: pytest.MonkeyPatch, argument: str
) -> None:
    (local.workspace / "a.txt").write_text("a")
    monkeypatch.chdir(local.workspace if argument == "." else local.workspace.parent)
    found = local.provider.find(local.restic(restic).backup(argument))
    assert local.read(found, "a.txt", found.members[0].volume) == b"a"


def test_two_documents_of_one_snapshot_are_one(local: Local) -> None:
    """As an edit leaves it that is killed between its two steps."""
    before = taken(local)
    repository = local.access.get()
    old = repository.backend.load(FileKind.SNAPSHOT, before.storage_id)
    edited = local.provider.edit(before, SnapshotEdit(message="edited"))
    repository.backend.save(FileKind.SNAPSHOT, before.storage_id, old)
    assert local.provider.snapshots() == (edited,)
    assert local.provider.find(before.storage_id) == edited
    local.provider.delete([edited], Progress())
    assert local.provider.snapshots(all_owners=True) == ()


def test_edits_of_two_processes_at_once_are_both_kept(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    snapshot = taken(local)
    repository = local.access.get()
    save = repository.save_snapshot

    def overtaken(file: SnapshotFile) -> Id:
        monkeypatch.setattr(repository, "save_snapshot", save)
        local.again().provider.edit(snapshot, SnapshotEdit(pinned=True))
        return save(file)

    monkeypatch.setattr(repository, "save_snapshot", overtaken)
    edited = local.provider.edit(snapshot, SnapshotEdit(add_tags=("mine",)))
    assert edited.pinned
    assert "mine" in edited.tags
    assert len(local.again().access.get().snapshot_files()[0]) == 1


def test_an_edit_does_not_bring_a_snapshot_back_that_is_deleted_meanwhile(
    local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = taken(local)
    repository = local.access.get()
    save = repository.save_snapshot

    def overtaken(file: SnapshotFile) -> Id:
        local.again().provider.delete([snapshot], Progress())
        return save(file)

    monkeypatch.setattr(repository, "save_snapshot", overtaken)
    with pytest.raises(RokError) as raised:
        local.provider.edit(snapshot, SnapshotEdit(pinned=True))
    assert raised.value.kind is ErrorKind.NOT_FOUND
    assert local.again().provider.snapshots(all_owners=True) == ()


def test_an_edit_that_others_always_overtake_gives_up_and_changes_nothing(
    local: Local, monkeypatch: pytest.MonkeyPatch
) -> None:
    snapshot = taken(local)
    repository = local.access.get()
    save = repository.save_snapshot
    messages = iter(range(100))

    def overtaken(file: SnapshotFile) -> Id:
        local.again().provider.edit(snapshot, SnapshotEdit(message=str(next(messages))))
        return save(file)

    monkeypatch.setattr(repository, "save_snapshot", overtaken)
    monkeypatch.setattr("rok_jupyter.providers.local.catalogue._EDITS_TRIED", 2)
    with pytest.raises(RokError) as raised:
        local.provider.edit(snapshot, SnapshotEdit(pinned=True))
    assert raised.value.kind is ErrorKind.ABORTED
    assert [(each.message, each.pinned) for each in local.provider.snapshots()] == [("1", False)]


def test_a_delete_is_undone_by_the_same_document(local: Local, current_restic: Restic) -> None:
    snapshot = taken(local)
    stored = local.access.get().backend.load(FileKind.SNAPSHOT, snapshot.storage_id)
    tokens = local.provider.delete([snapshot], Progress())
    assert local.restic(current_restic).snapshots() == []
    assert local.provider.undelete(tokens) == (snapshot,)
    assert local.access.get().backend.load(FileKind.SNAPSHOT, snapshot.storage_id) == stored
    local.restic(current_restic).check()


def test_a_delete_is_not_undone_after_a_prune(local: Local, current_restic: Restic) -> None:
    kept = local.take(message="kept")
    (local.workspace / "large").write_bytes(os.urandom(100_000))
    snapshot = local.take()
    tokens = local.provider.delete([snapshot], Progress())
    local.restic(current_restic).prune("--max-unused", "0")
    with pytest.raises(RokError) as raised:
        local.again().provider.undelete(tokens)
    assert raised.value.kind is ErrorKind.FAILED_PRECONDITION
    assert [each.id for each in local.provider.snapshots()] == [kept.id]


def test_trees_that_are_still_in_memory_do_not_hide_that_a_prune_removed_them(
    local: Local, current_restic: Restic
) -> None:
    """The deleted snapshot's only file lies in the one that is kept, under another name."""
    (local.workspace / "a.txt").write_text("a")
    kept = local.take(message="kept")
    (local.workspace / "a.txt").rename(local.workspace / "b.txt")
    snapshot = local.take()
    assert local.read(snapshot, "b.txt") == b"a"
    tokens = local.provider.delete([snapshot], Progress())
    local.restic(current_restic).prune("--max-unused", "0")
    with pytest.raises(RokError) as raised:
        local.provider.undelete(tokens)
    assert raised.value.kind is ErrorKind.FAILED_PRECONDITION
    assert [each.id for each in local.provider.snapshots()] == [kept.id]
    local.restic(current_restic).check()


@pytest.mark.parametrize("token", ["!", base64.b64encode(b"nonsense").decode()])
def test_a_damaged_token_brings_nothing_back(local: Local, token: str) -> None:
    with pytest.raises(RokError):
        local.provider.undelete({"ab" * 32: token})
    assert local.provider.snapshots(all_owners=True) == ()


def test_a_damaged_document_is_left_out_of_the_list(local: Local) -> None:
    good, bad = local.take(), local.take()
    path = Path(local.access.location) / "snapshots" / bad.storage_id
    path.chmod(0o600)
    path.write_bytes(b"")
    assert [each.id for each in local.again().provider.snapshots()] == [good.id]


def test_a_snapshot_is_of_the_time_when_it_was_begun(local: Local) -> None:
    first, second = local.take(), local.take()
    assert timedelta(0) < second.created - first.created < timedelta(minutes=1)
    assert second.parent == first.id


def test_a_volume_whose_name_is_no_utf8_is_stored_and_restored(local: Local, tmp_path: Path, restic: Restic) -> None:
    odd = bytes(tmp_path) + b"/da\xffta"
    os.mkdir(odd)
    with open(odd + b"/f\xfe", "wb") as stream:
        stream.write(b"odd")
    again = local.again(data_volumes={"data": f"{tmp_path}/da\udcffta"})
    snapshot = again.take(volumes=("data",))
    assert snapshot == again.provider.find(snapshot.id)
    assert again.names(snapshot, volume="data") == ["f\udcfe"]
    local.restic(restic).check()
    os.unlink(odd + b"/f\xfe")
    again.restore(snapshot)
    with open(odd + b"/f\xfe", "rb") as stream:
        assert stream.read() == b"odd"
