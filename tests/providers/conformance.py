"""What every provider must do, whatever its volumes and snapshots are: a subclass with two fixtures is its test.

`provider` is the provider on fresh storage with an empty workspace that is mounted here; `with_data` is one that has a
data volume named `data` too. What can't be done is told by capabilities, each with a reason, and refused with it.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import pytest
from msgspec.structs import replace

from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.models import (
    Capability,
    Change,
    Difference,
    EntryType,
    Moment,
    Origin,
    OriginKind,
    RestoreRequest,
    Role,
    Snapshot,
    SnapshotEdit,
    SnapshotRequest,
    Volume,
)
from rok_jupyter.progress import Progress
from rok_jupyter.providers.protocol import Provider


def workspace_of(provider: Provider) -> Volume:
    return provider.volumes()[0]


def live(provider: Provider, volume: str = "") -> Path:
    """Where a volume (by default the workspace) is mounted."""
    found = [each for each in provider.volumes() if each.name == (volume or workspace_of(provider).name)]
    return Path(found[0].path)


def fill(directory: Path) -> None:
    (directory / "notes").mkdir()
    (directory / "notes" / "a.ipynb").write_text('{"cells": []}')
    (directory / "notes" / "b.txt").write_text("bee")
    (directory / "big.bin").write_bytes(os.urandom(3_000_000))
    (directory / "link").symlink_to("notes/b.txt")
    (directory / "empty").mkdir()


def take(provider: Provider, **request: object) -> Snapshot:
    return provider.snapshot(SnapshotRequest(**request), Progress())  # type: ignore[arg-type]


def content(provider: Provider, snapshot: Snapshot, volume: str, path: str) -> bytes:
    with provider.open(snapshot, Progress()) as view:
        return b"".join(view.read(volume, path))


def changes(difference: Difference) -> dict[str, Change]:
    """Changes of what isn't a directory whose times alone differ."""
    return {f"{entry.volume}:{entry.path}": entry.change for entry in difference.entries if entry.path}


def refused(kind: ErrorKind) -> pytest.RaisesExc[RokError]:
    """Expect a RokError of this kind that says something."""
    return pytest.RaisesExc(RokError, check=lambda error: error.kind is kind and bool(error.message))


class ProviderConformance:
    """The suite. `excludes` says whether parts of a volume can be left out, `copies_back` whether entries come back."""

    excludes = True
    copies_back = True

    # Volumes

    def test_the_workspace_comes_first_and_is_there(self, with_data: Provider) -> None:
        volumes = with_data.volumes()
        assert [volume.role for volume in volumes] == [Role.WORKSPACE, Role.DATA]
        assert volumes[1].name == "data"
        assert all(Path(volume.path).is_dir() for volume in volumes)
        assert {volume.provider for volume in volumes} == {with_data.name}

    def test_whatever_cannot_be_done_has_a_reason(self, with_data: Provider) -> None:
        for volume in with_data.volumes():
            for name in volume.capabilities.__slots__:
                capability: Capability = getattr(volume.capabilities, name)
                assert capability.available == (not capability.reason), name

    def test_no_mounts_are_found_in_an_empty_workspace(self, provider: Provider) -> None:
        assert provider.mounts() == ()

    def test_a_volume_is_counted_without_a_snapshot_of_it(self, provider: Provider) -> None:
        (live(provider) / "a").write_bytes(b"x" * 70_000)
        name = workspace_of(provider).name
        estimate = provider.estimate(name, Progress())
        assert (estimate.volume, estimate.files, estimate.size) == (name, 1, 70_000)
        assert estimate.complete
        assert provider.snapshots() == ()
        with refused(ErrorKind.NOT_FOUND):
            provider.estimate("missing", Progress())

    def test_directories_are_left_out_from_now_on_or_that_is_refused(self, provider: Provider) -> None:
        (live(provider) / "datasets").mkdir()
        (live(provider) / "datasets" / "a").write_bytes(b"x" * 70_000)
        name = workspace_of(provider).name
        if not self.excludes:
            with refused(ErrorKind.UNIMPLEMENTED):
                provider.exclude(name, ["datasets"])
            return
        assert len(provider.exclude(name, ["datasets"])) == 1
        assert provider.estimate(name, Progress()).size < 70_000

    # Taking, listing, finding

    def test_a_snapshot_is_listed_and_found_as_it_was_returned(self, provider: Provider) -> None:
        fill(live(provider))
        details = {"notebook": "häuser, and 100 %;=\n"}
        origin = Origin(
            kind=OriginKind.STEP,
            pipeline="p;=,%",
            run="r\n1",
            step="ä: train",
            moment=Moment.AFTER,
            details=details,
        )
        message = "before, the  big\nchange: 100 % of é {{x}} "
        taken = take(provider, message=message, tags=("one", "two words"), origin=origin, unsaved_documents=3)
        assert taken.message == message
        assert taken.tags == ("one", "two words")
        assert taken.origin == origin
        assert taken.unsaved_documents == 3
        assert taken.provider == provider.name
        assert taken.complete
        assert [member.role for member in taken.members] == [Role.WORKSPACE]
        assert provider.snapshots() == (taken,)
        for reference in (taken.id, taken.storage_id, taken.id[:10], taken.id[:10].upper(), "latest"):
            assert provider.find(reference) == taken

    def test_the_newest_comes_first_and_is_the_latest(self, provider: Provider) -> None:
        taken = [take(provider, message=str(number)) for number in range(3)]
        assert [snapshot.id for snapshot in provider.snapshots()] == [each.id for each in reversed(taken)]
        assert provider.find("latest") == taken[2]
        assert [each.id for each in provider.snapshots(all_owners=True)] == [each.id for each in reversed(taken)]

    def test_nothing_is_found_where_nothing_is(self, provider: Provider) -> None:
        for reference in ("latest", "abcdef", "0" * 64):
            with refused(ErrorKind.NOT_FOUND):
                provider.find(reference)

    @pytest.mark.parametrize("reference", ["", "xyz", "../x", "a" * 65, "ab cd", "lates", "é", "-1"])
    def test_what_is_no_id_is_refused(self, provider: Provider, reference: str) -> None:
        with refused(ErrorKind.INVALID_ARGUMENT):
            provider.find(reference)

    def test_an_ambiguous_prefix_names_the_candidates(self, provider: Provider) -> None:
        first: dict[str, Snapshot] = {}
        for _ in range(40):
            taken = take(provider)
            for id_ in (taken.id, taken.storage_id):
                other = first.setdefault(id_[0], taken)
                if other.id != taken.id:
                    with refused(ErrorKind.INVALID_ARGUMENT) as raised:
                        provider.find(id_[0])
                    assert taken.id[:8] in raised.value.message
                    return
        pytest.fail("forty snapshots whose ids all begin differently")

    def test_a_name_is_taken_once(self, provider: Provider) -> None:
        first = take(provider, name="run 7, step é")
        (live(provider) / "new").write_text("changed since")
        assert take(provider, name="run 7, step é") == first
        assert take(provider, name="run 8").id != first.id
        assert len(provider.snapshots()) == 2
        assert provider.find(first.id).name == "run 7, step é"

    def test_a_name_is_taken_once_for_the_same_volumes(self, with_data: Provider) -> None:
        one = take(with_data, name="same", volumes=("data",))
        both = take(with_data, name="same")
        assert one.id != both.id
        assert take(with_data, name="same", volumes=("data",)) == one

    def test_nothing_is_taken_where_nothing_changed(self, provider: Provider) -> None:
        fill(live(provider))
        first = take(provider, only_if_changed=True)
        assert take(provider, only_if_changed=True) == first
        (live(provider) / "notes" / "b.txt").write_text("bees")
        assert take(provider, only_if_changed=True).id != first.id
        assert len(provider.snapshots()) == 2

    def test_an_unknown_volume_is_refused(self, provider: Provider) -> None:
        with refused(ErrorKind.NOT_FOUND):
            take(provider, volumes=("nowhere",))
        assert provider.snapshots() == ()

    @pytest.mark.parametrize("tag", ["", "a,b", "rok:pin"])
    def test_what_is_no_tag_is_refused(self, provider: Provider, tag: str) -> None:
        with refused(ErrorKind.INVALID_ARGUMENT):
            take(provider, tags=(tag,))
        assert provider.snapshots() == ()

    def test_a_cancelled_snapshot_does_not_exist(self, provider: Provider) -> None:
        fill(live(provider))
        progress = Progress()
        progress.cancel()
        with pytest.raises(Cancelled):
            provider.snapshot(SnapshotRequest(), progress)
        assert provider.snapshots() == ()
        assert take(provider).complete

    def test_progress_tells_what_is_done(self, provider: Provider) -> None:
        fill(live(provider))
        progress = Progress()
        provider.snapshot(SnapshotRequest(), progress)
        assert progress.report().phase

    # Several volumes

    def test_several_volumes_are_one_snapshot(self, with_data: Provider) -> None:
        (live(with_data) / "same").write_text("in the workspace")
        (live(with_data, "data") / "same").write_text("in the data")
        taken = take(with_data)
        workspace, data = (member.volume for member in taken.members)
        assert content(with_data, taken, workspace, "same") == b"in the workspace"
        assert content(with_data, taken, data, "same") == b"in the data"
        only = take(with_data, volumes=("data",))
        assert [member.volume for member in only.members] == ["data"]
        with with_data.open(only, Progress()) as view, refused(ErrorKind.NOT_FOUND):
            view.entry(workspace, "same")

    # Browsing

    def test_a_view_shows_what_was_there(self, provider: Provider) -> None:
        fill(live(provider))
        (live(provider) / "notes" / "b.txt").chmod(0o640)
        status = (live(provider) / "notes" / "b.txt").stat()
        taken = take(provider)
        volume = taken.members[0].volume
        with provider.open(taken, Progress()) as view:
            top = list(view.children(volume, ""))
            assert [entry.path for entry in top] == ["big.bin", "empty", "link", "notes"]
            kinds = [EntryType.FILE, EntryType.DIRECTORY, EntryType.SYMLINK, EntryType.DIRECTORY]
            assert [entry.type for entry in top] == kinds
            assert [entry.path for entry in view.children(volume, "notes")] == ["notes/a.ipynb", "notes/b.txt"]
            entry = view.entry(volume, "notes/b.txt")
            assert (entry.size, entry.mode, entry.mtime_ns) == (3, status.st_mode, status.st_mtime_ns)
            assert entry.digest
            assert view.entry(volume, "link").target == "notes/b.txt"
            assert view.entry(volume, "").type is EntryType.DIRECTORY
            assert list(view.children(volume, "empty")) == []

    def test_a_directory_is_listed_by_the_bytes_of_names_from_any_name_on(self, provider: Provider) -> None:
        names = [b"a", b"a b", b"a-b", b"b", b"caf\xc3\xa9", b"x\xff", "\u20ac".encode(), "\U0001f600".encode()]
        for name in names:
            (live(provider) / os.fsdecode(name)).write_text("x")
        taken = take(provider)
        volume = taken.members[0].volume

        def listed(after: bytes | None) -> list[bytes]:
            text = None if after is None else after.decode("utf-8", "surrogateescape")
            return [os.fsencode(entry.path) for entry in view.children(volume, "", after=text)]

        with provider.open(taken, Progress()) as view:
            assert listed(None) == sorted(names)
            for after in (*names, b"", b"a ", b"b\xff", b"\xff", b"no such name"):
                assert listed(after) == sorted(name for name in names if name > after)

    def test_any_part_of_a_file_is_read(self, provider: Provider) -> None:
        fill(live(provider))
        whole = (live(provider) / "big.bin").read_bytes()
        taken = take(provider)
        volume = taken.members[0].volume
        with provider.open(taken, Progress()) as view:
            assert b"".join(view.read(volume, "big.bin")) == whole
            for offset, length in [(0, 10), (1_500_000, 900_000), (2_999_999, 50), (3_000_000, 10), (9_000_000, 1)]:
                part = b"".join(view.read(volume, "big.bin", offset=offset, length=length))
                assert part == whole[offset : offset + length]

    def test_what_is_not_there_is_not_found(self, provider: Provider) -> None:
        fill(live(provider))
        taken = take(provider)
        volume = taken.members[0].volume
        with provider.open(taken, Progress()) as view:
            for place in [(volume, "nothing"), (volume, "notes/b.txt/below"), ("nowhere", "notes")]:
                with refused(ErrorKind.NOT_FOUND):
                    view.entry(*place)
            with refused(ErrorKind.NOT_FOUND):
                list(view.children(volume, "nothing"))
            with refused(ErrorKind.INVALID_ARGUMENT):
                list(view.children(volume, "big.bin"))
            for path in ("notes", "link"):
                with refused(ErrorKind.INVALID_ARGUMENT):
                    list(view.read(volume, path))

    def test_a_snapshot_does_not_change_with_the_volume(self, provider: Provider) -> None:
        fill(live(provider))
        taken = take(provider)
        volume = taken.members[0].volume
        (live(provider) / "notes" / "b.txt").write_text("something else")
        (live(provider) / "big.bin").unlink()
        assert content(provider, taken, volume, "notes/b.txt") == b"bee"
        assert len(content(provider, taken, volume, "big.bin")) == 3_000_000

    # Editing and deleting

    def test_an_edit_keeps_the_id_and_the_rest(self, provider: Provider) -> None:
        fill(live(provider))
        taken = take(provider, message="old", tags=("a", "b"), name="named")
        edit = SnapshotEdit(message="new", add_tags=("c", "b"), remove_tags=("a", "z"), pinned=True)
        edited = provider.edit(taken, edit)
        assert (edited.id, edited.message, edited.tags, edited.pinned) == (taken.id, "new", ("b", "c"), True)
        assert (edited.created, edited.name, edited.members) == (taken.created, taken.name, taken.members)
        assert provider.snapshots() == (edited,)
        again = provider.edit(edited, SnapshotEdit(pinned=False))
        assert (again.message, again.pinned) == ("new", False)
        assert provider.find(taken.id) == again
        assert content(provider, again, again.members[0].volume, "notes/b.txt") == b"bee"

    def test_a_deleted_snapshot_is_gone_and_may_come_back(self, provider: Provider) -> None:
        fill(live(provider))
        taken, kept = take(provider, message="going"), take(provider, message="staying")
        tokens = provider.delete([taken], Progress())
        assert set(tokens) == {taken.id}
        assert [snapshot.id for snapshot in provider.snapshots()] == [kept.id]
        with refused(ErrorKind.NOT_FOUND):
            provider.find(taken.id)
        if all(tokens.values()):
            assert provider.undelete(tokens) == (taken,)
            assert provider.find(taken.id) == taken
            assert content(provider, taken, taken.members[0].volume, "notes/b.txt") == b"bee"
        else:
            with refused(ErrorKind.FAILED_PRECONDITION):
                provider.undelete(tokens)

    def test_nothing_is_deleted_where_one_is_unknown_or_the_announcement_fails(self, provider: Provider) -> None:
        first, second = take(provider), take(provider)
        heard: list[Mapping[str, str]] = []

        def fail(tokens: Mapping[str, str]) -> None:
            heard.append(tokens)
            raise RokError(ErrorKind.RESOURCE_EXHAUSTED, "The journal's disk is full.")

        with refused(ErrorKind.NOT_FOUND):
            provider.delete([first, replace(second, id="ab" * 32)], Progress(), announce=heard.append)
        with refused(ErrorKind.RESOURCE_EXHAUSTED):
            provider.delete([first, second], Progress(), announce=fail)
        assert [set(tokens) for tokens in heard] == [{first.id, second.id}]
        assert {snapshot.id for snapshot in provider.snapshots()} == {first.id, second.id}

    def test_deleting_twice_is_an_error(self, provider: Provider) -> None:
        taken = take(provider)
        provider.delete([taken], Progress())
        with refused(ErrorKind.NOT_FOUND):
            provider.delete([taken], Progress())

    def test_a_revision_tells_of_every_change_and_of_nothing_else(self, provider: Provider) -> None:
        fill(live(provider))
        seen = [provider.revision()]

        def changed() -> bool:
            seen.append(provider.revision())
            return seen[-1] != seen[-2]

        taken, kept = take(provider), take(provider)
        assert changed()
        content(provider, kept, kept.members[0].volume, "notes/b.txt")
        (live(provider) / "notes" / "b.txt").write_text("bees")
        assert not changed()
        provider.edit(kept, SnapshotEdit(message="edited"))
        assert changed()
        tokens = provider.delete([taken], Progress())
        assert changed()
        if all(tokens.values()):
            provider.undelete(tokens)
            assert changed()

    # Comparing

    def test_two_snapshots_are_compared(self, provider: Provider) -> None:
        fill(live(provider))
        before = take(provider)
        volume = before.members[0].volume
        self._change(live(provider))
        after = take(provider)
        found = provider.difference(before, after, (), Progress())
        assert (found.before, found.after) == (before.id, after.id)
        assert changes(found) == self._changed(volume)
        assert provider.difference(after, after, (), Progress()).entries == ()
        backwards = changes(provider.difference(after, before, (), Progress()))
        assert backwards[f"{volume}:new.txt"] is Change.DELETED

    def test_a_snapshot_is_compared_with_the_live_volumes(self, provider: Provider) -> None:
        fill(live(provider))
        before = take(provider)
        volume = before.members[0].volume
        assert provider.difference(before, None, (), Progress()).entries == ()
        self._change(live(provider))
        found = provider.difference(before, None, (), Progress())
        assert found.after is None
        assert changes(found) == self._changed(volume)
        narrowed = provider.difference(before, None, ("notes",), Progress())
        assert changes(narrowed) == {f"{volume}:notes/b.txt": Change.MODIFIED}

    @staticmethod
    def _change(directory: Path) -> None:
        (directory / "notes" / "b.txt").write_text("other")
        (directory / "new.txt").write_text("new")
        (directory / "big.bin").unlink()
        (directory / "link").unlink()
        (directory / "link").mkdir()

    @staticmethod
    def _changed(volume: str) -> dict[str, Change]:
        return {
            f"{volume}:big.bin": Change.DELETED,
            f"{volume}:link": Change.TYPE,
            f"{volume}:new.txt": Change.CREATED,
            f"{volume}:notes/b.txt": Change.MODIFIED,
        }

    # Restoring to a directory

    def test_everything_is_restored_to_a_new_directory(self, provider: Provider, tmp_path: Path) -> None:
        fill(live(provider))
        taken = take(provider)
        target = tmp_path / "restored"
        plan = provider.plan_restore(RestoreRequest(snapshot=taken.id, directory=str(target)), Progress())
        assert not target.exists()
        assert plan.snapshot == taken.id
        assert plan.targets == {taken.members[0].volume: str(target)}
        assert not plan.problems
        result = provider.restore(plan, Progress())
        assert not result.errors
        assert (target / "big.bin").read_bytes() == (live(provider) / "big.bin").read_bytes()
        assert os.readlink(target / "link") == "notes/b.txt"
        assert sorted(os.listdir(target)) == ["big.bin", "empty", "link", "notes"]

    def test_one_path_is_restored_alone(self, provider: Provider, tmp_path: Path) -> None:
        fill(live(provider))
        taken = take(provider)
        for number, path in enumerate(("notes/b.txt", f"{taken.members[0].volume}:notes/b.txt")):
            target = tmp_path / f"restored-{number}"
            request = RestoreRequest(snapshot=taken.id, directory=str(target), paths=(path,))
            provider.restore(provider.plan_restore(request, Progress()), Progress())
            assert [str(each.relative_to(target)) for each in target.rglob("*") if each.is_file()] == ["notes/b.txt"]

    def test_several_volumes_get_directories_of_their_own(self, with_data: Provider, tmp_path: Path) -> None:
        (live(with_data) / "w").write_text("w")
        (live(with_data, "data") / "d").write_text("d")
        taken = take(with_data)
        target = tmp_path / "restored"
        request = RestoreRequest(snapshot=taken.id, directory=str(target))
        with_data.restore(with_data.plan_restore(request, Progress()), Progress())
        workspace, data = (member.volume for member in taken.members)
        assert (target / workspace / "w").read_text() == "w"
        assert (target / data / "d").read_text() == "d"

    def test_a_restore_to_a_directory_is_refused_where_it_makes_no_sense(
        self, provider: Provider, tmp_path: Path
    ) -> None:
        fill(live(provider))
        taken = take(provider)
        full = tmp_path / "full"
        full.mkdir()
        (full / "mine").write_text("mine")
        new = str(tmp_path / "new")
        cases = [
            (RestoreRequest(snapshot=taken.id, directory=str(full)), ErrorKind.FAILED_PRECONDITION),
            (RestoreRequest(snapshot=taken.id, directory="relative"), ErrorKind.INVALID_ARGUMENT),
            (RestoreRequest(snapshot="0" * 64, directory=new), ErrorKind.NOT_FOUND),
            (RestoreRequest(snapshot=taken.id, directory=new, paths=("nothing",)), ErrorKind.NOT_FOUND),
            (RestoreRequest(snapshot=taken.id, directory=new, paths=("../x",)), ErrorKind.INVALID_ARGUMENT),
            (RestoreRequest(snapshot=taken.id, directory=new, paths=("/etc",)), ErrorKind.INVALID_ARGUMENT),
            (RestoreRequest(snapshot=taken.id, directory=new, volumes={"nowhere": "/tmp"}), ErrorKind.NOT_FOUND),
        ]
        for request, kind in cases:
            with refused(kind):
                provider.plan_restore(request, Progress())
        assert (full / "mine").read_text() == "mine"
        assert not Path(new).exists()

    def test_a_plan_is_executed_as_it_was_shown_or_not_at_all(self, provider: Provider, tmp_path: Path) -> None:
        fill(live(provider))
        taken = take(provider)
        target = tmp_path / "restored"
        request = RestoreRequest(snapshot=taken.id, directory=str(target))
        plan = provider.plan_restore(request, Progress())
        assert provider.plan_restore(request, Progress()).fingerprint == plan.fingerprint
        target.mkdir()
        (target / "somebody else's").write_text("work")
        with refused(ErrorKind.ABORTED):
            provider.restore(plan, Progress())
        assert os.listdir(target) == ["somebody else's"]

    # Restoring in place

    def test_a_restore_in_place_brings_back_or_is_refused_with_the_reason(self, provider: Provider) -> None:
        fill(live(provider))
        taken = take(provider)
        self._change(live(provider))
        request = RestoreRequest(snapshot=taken.id)
        capability = workspace_of(provider).capabilities.restore_in_place
        if not capability.available:
            with refused(ErrorKind.FAILED_PRECONDITION) as raised:
                provider.plan_restore(request, Progress())
            assert capability.reason in raised.value.message
            return
        provider.restore(provider.plan_restore(request, Progress()), Progress())
        assert (live(provider) / "notes" / "b.txt").read_text() == "bee"
        assert (live(provider) / "new.txt").read_text() == "new"
        delete = RestoreRequest(snapshot=taken.id, delete=True)
        provider.restore(provider.plan_restore(delete, Progress()), Progress())
        assert not (live(provider) / "new.txt").exists()
        assert provider.plan_restore(delete, Progress()).count(Change.MODIFIED) == 0
        assert changes(provider.difference(taken, None, (), Progress())) == {}

    # Copying back

    def test_an_entry_comes_back_beside_the_one_that_is_there_or_that_is_refused(self, provider: Provider) -> None:
        fill(live(provider))
        taken = take(provider)
        (live(provider) / "notes" / "b.txt").write_text("later")
        before = set(live(provider).rglob("*"))
        if not self.copies_back:
            with refused(ErrorKind.UNIMPLEMENTED):
                provider.copy_back(taken, ["notes/b.txt"], Progress())
            return
        result = provider.copy_back(taken, ["notes/b.txt", "notes"], Progress())
        assert [(each.volume, each.path) for each in result.copies] == [
            (taken.members[0].volume, "notes/b.txt"),
            (taken.members[0].volume, "notes"),
        ]
        file, directory = (live(provider) / each.copy for each in result.copies)
        assert (file.parent, directory.parent) == (live(provider) / "notes", live(provider))
        assert file.read_text() == (directory / "b.txt").read_text() == "bee"
        assert {path for path in live(provider).rglob("*") if not path.is_relative_to(directory)} - before == {file}
        assert (live(provider) / "notes" / "b.txt").read_text() == "later"
        for path, kind in (
            ("nothing", ErrorKind.NOT_FOUND),
            ("", ErrorKind.INVALID_ARGUMENT),
            ("../x", ErrorKind.INVALID_ARGUMENT),
        ):
            with refused(kind):
                provider.copy_back(taken, ["notes", path], Progress())

    # Cloning and attaching

    def test_a_clone_is_a_volume_of_its_own(self, provider: Provider) -> None:
        fill(live(provider))
        taken = take(provider)
        (live(provider) / "notes" / "b.txt").write_text("later")
        clone = provider.clone(taken, taken.members[0].volume, "copy", Progress())
        assert (clone.name, clone.role) == ("copy", Role.DATA)
        assert (Path(clone.path) / "notes" / "b.txt").read_text() == "bee"
        (Path(clone.path) / "notes" / "b.txt").write_text("in the clone")
        assert (live(provider) / "notes" / "b.txt").read_text() == "later"
        assert content(provider, taken, taken.members[0].volume, "notes/b.txt") == b"bee"
        assert [volume.name for volume in provider.volumes()][1:] == ["copy"]
        with refused(ErrorKind.ALREADY_EXISTS):
            provider.clone(taken, taken.members[0].volume, "copy", Progress())
        with refused(ErrorKind.NOT_FOUND):
            provider.clone(taken, "nowhere", "other", Progress())
        both = take(provider)
        assert [member.volume for member in both.members][1:] == ["copy"]

    def test_a_cancelled_clone_is_no_volume(self, provider: Provider) -> None:
        fill(live(provider))
        taken = take(provider)
        progress = Progress()
        progress.cancel()
        with pytest.raises(Cancelled):
            provider.clone(taken, taken.members[0].volume, "copy", progress)
        assert len(provider.volumes()) == 1

    def test_attaching_works_or_is_refused_with_the_reason(self, with_data: Provider) -> None:
        (live(with_data, "data") / "kept").write_text("kept")
        capability = with_data.volumes()[1].capabilities.attach
        if not capability.available:
            for attempt in (lambda: with_data.attach("data", "input"), lambda: with_data.detach("data")):
                with refused(ErrorKind.FAILED_PRECONDITION) as raised:
                    attempt()
                assert capability.reason in raised.value.message
            return
        assert with_data.attach("data", "input").attached_at == "input"
        assert (live(with_data) / "input" / "kept").read_text() == "kept"
        assert with_data.detach("data").attached_at is None
        assert not (live(with_data) / "input").exists()
        assert (live(with_data, "data") / "kept").read_text() == "kept"

    def test_attaching_outside_of_the_workspace_is_refused(self, with_data: Provider) -> None:
        for at in ("../out", "/out"):
            with refused(ErrorKind.INVALID_ARGUMENT):
                with_data.attach("data", at)
