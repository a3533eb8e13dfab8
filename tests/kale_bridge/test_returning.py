"""Going back to a step never reaches out of the restored directory, whatever the snapshot holds."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from kale_bridge.resume.notebook import find_notebook
from kale_bridge.resume.point import ResumePoint
from kale_bridge.resume.returning import restored
from rok_jupyter.models import Member, Moment, Origin, OriginKind, RestoreResult, Role, Snapshot
from rok_jupyter.wire import to_json
from tests.kale_bridge.stepped import write_notebook

_VARIABLES = ".rok-kale/run/train.before"


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace that was just restored."""
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    directory = tmp_path / "restored"
    directory.mkdir()
    return directory


@pytest.fixture
def precious(tmp_path: Path) -> Path:
    """A file of the user's own, elsewhere, where a link may lead."""
    file = tmp_path / "own" / "run" / "train.before" / "thesis.txt"
    file.parent.mkdir(parents=True)
    file.write_text("years of work\n")
    return file


def _point(notebook: str) -> ResumePoint:
    member = Member(volume="workspace", role=Role.WORKSPACE, path="/home/ada/work")
    origin = Origin(kind=OriginKind.STEP, pipeline="p", run="run", step="train", moment=Moment.BEFORE)
    snapshot = Snapshot(id="a" * 64, storage_id="b" * 64, created=datetime.now(UTC), members=(member,), origin=origin)
    return ResumePoint(
        snapshot=snapshot,
        pipeline="p",
        run="run",
        step="train",
        moment=Moment.BEFORE,
        notebook=notebook,
        variables=("workspace", _VARIABLES),
        own=True,
    )


def _return(root: Path, notebook: str = "n.ipynb", *, with_variables: bool = True) -> tuple[str, tuple[str, ...]]:
    result = RestoreResult(snapshot="a" * 64, targets={"workspace": str(root)})
    done = restored(_point(notebook), result, with_variables=with_variables, in_place=False)
    return done.notebook, done.variables


def test_links_between_the_volumes_lead_to_the_restored_ones(root: Path, tmp_path: Path) -> None:
    data = tmp_path / "restored-data"
    (data / "deep").mkdir(parents=True)
    (root / "inner").mkdir()
    within = tmp_path / "restored-within"
    within.mkdir()
    written = {
        root / "whole": "/home/ada/data",
        root / "inner" / "part": "/home/ada/data/deep",
        root / "inner" / "beside": "../../data/deep",
        root / "inner" / "own": "../whole",
        root / "inner" / "absolute": "/home/ada/work/inner",
        root / "other": "/home/ada/data-2",
        root / "inner" / "nested": "../within/deep",
        root / "inner" / "up": "../inner",
        data / "deep" / "back": "/home/ada/work",
    }
    for link, text in written.items():
        link.symlink_to(text)
    workspace = _point("n.ipynb").snapshot.members[0]
    data_volume = Member(volume="data", role=Role.DATA, path="/home/ada/data")
    members = (workspace, data_volume, replace(data_volume, volume="within", path="/home/ada/work/within"))
    point = replace(_point("n.ipynb"), snapshot=replace(_point("n.ipynb").snapshot, members=members))
    result = RestoreResult(
        snapshot="a" * 64, targets={"workspace": str(root), "data": str(data), "within": str(within)}
    )

    assert restored(point, result, with_variables=True, in_place=False).errors == ()

    assert (root / "whole").readlink() == data
    assert str((root / "inner" / "own").readlink()) == "../whole"
    assert (root / "inner" / "part").readlink() == data / "deep"
    assert (root / "inner" / "beside").readlink() == data / "deep"
    assert (root / "inner" / "absolute").readlink() == root / "inner"
    assert (root / "inner" / "nested").readlink() == within / "deep"
    assert str((root / "inner" / "up").readlink()) == "../inner"
    assert str((root / "other").readlink()) == "/home/ada/data-2"
    assert (data / "deep" / "back").readlink() == root


def test_a_link_that_can_not_be_turned_is_named_whatever_it_says(root: Path) -> None:
    odd = os.fsdecode(b"/home/ada/work/odd-\xff")
    (root / "link").symlink_to(odd)
    (root / "link.rok-new").touch()
    result = RestoreResult(snapshot="a" * 64, targets={"workspace": str(root)})
    done = restored(_point("n.ipynb"), result, with_variables=True, in_place=False)
    assert [(error.volume, error.path) for error in done.errors] == [("workspace", "link")]
    assert "odd-" in to_json(done)["errors"][0]["message"]
    assert os.readlink(root / "link") == odd


def test_links_of_a_volume_without_a_directory_of_its_own_stay(
    root: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (root / "link").symlink_to(tmp_path / "own.txt")
    point = _point("n.ipynb")
    (member,) = point.snapshot.members
    point = replace(point, snapshot=replace(point.snapshot, members=(replace(member, path=""),)))
    restored(
        point, RestoreResult(snapshot="a" * 64, targets={"workspace": str(root)}), with_variables=True, in_place=False
    )
    assert (root / "link").readlink() == tmp_path / "own.txt"


def test_variables_are_moved_beside_the_notebook(root: Path) -> None:
    write_notebook(root / "n.ipynb")
    (root / _VARIABLES).mkdir(parents=True)
    (root / _VARIABLES / "a.npy").write_bytes(b"a")
    assert _return(root) == (str(root / "n.ipynb"), ("a",))
    assert not (root / ".rok-kale").exists()


@pytest.mark.parametrize("with_variables", [True, False])
@pytest.mark.parametrize("link", [".rok-kale", ".rok-kale/run", _VARIABLES])
def test_what_a_link_leads_to_stays(root: Path, precious: Path, link: str, *, with_variables: bool) -> None:
    write_notebook(root / "n.ipynb")
    target = precious.parents[2]
    for name in link.split("/")[1:]:
        target /= name
    (root / link).parent.mkdir(parents=True, exist_ok=True)
    (root / link).symlink_to(target)
    assert _return(root, with_variables=with_variables)[1] == ()
    assert precious.read_text() == "years of work\n"


@pytest.mark.parametrize("named", ["linked/n.ipynb", "inner/../../own/n.ipynb", "../own/n.ipynb"])
def test_a_notebook_elsewhere_is_none_of_the_snapshots(root: Path, precious: Path, named: str) -> None:
    elsewhere = precious.parents[2]
    write_notebook(elsewhere / "n.ipynb")
    (root / "inner").mkdir()
    (root / "linked").symlink_to(elsewhere)
    assert _return(root, named)[0] == ""
    assert {path.name for path in elsewhere.iterdir()} == {"run", "n.ipynb"}


@pytest.mark.parametrize(
    ("named", "found"),
    [
        ("~/work/deep/n.ipynb", "deep/n.ipynb"),
        ("~/work/n.ipynb", "n.ipynb"),
        ("/home/ada/work/deep/n.ipynb", "deep/n.ipynb"),
        ("/home/grace/n.ipynb", "n.ipynb"),
        ("deep/n.ipynb", "deep/n.ipynb"),
    ],
)
def test_of_several_notebooks_of_one_name_that_which_was_meant_is_found(root: Path, named: str, found: str) -> None:
    """Kale's panel names it from the user's home, which a pod and another machine have elsewhere."""
    for place in ("n.ipynb", "a/n.ipynb", "deep/n.ipynb"):
        (root / place).parent.mkdir(exist_ok=True)
        write_notebook(root / place)
    assert find_notebook(root, named, "/home/ada/work") == root / found
