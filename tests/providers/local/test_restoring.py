from __future__ import annotations

import errno
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from msgspec.structs import replace

from rok_jupyter.config import RokSettings
from rok_jupyter.engine.source import open_file
from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.models import Change, RestoreRequest
from rok_jupyter.progress import Progress
from rok_jupyter.providers.local.identity import REASON, IdentityFiles
from rok_jupyter.providers.registry import open_provider
from tests.providers.local.conftest import Local

root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root may mount")

IDENTITY = (
    ".ssh/id_ed25519",
    ".local/share/jupyter/runtime/jpserver-7.json",
    ".local/share/jupyter/runtime/jupyter_cookie_secret",
    ".local/share/jupyter/runtime/kernel-01234567-89ab-cdef-0123-456789abcdef.json",
    ".jupyter/jupyter_server_config.json",
    ".kube/config",
    ".netrc",
    "project/.ssh/id_rsa",
    "project/jpserver-8-open.html",
)
ORDINARY = (
    "notes.ipynb",
    ".sshrc",
    "kernel-notes.json",
    "jupyter/notes.txt",
    ".config/matplotlib/x",
    "data/runtime/a.json",
    "project/ssh/config",
)


def write(directory: Path, names: tuple[str, ...], text: str) -> None:
    for name in names:
        path = directory / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)


# Identity and runtime files


@pytest.mark.parametrize("path", IDENTITY)
def test_runtime_and_identity_files_are_protected(path: str) -> None:
    assert IdentityFiles().reason(path) == REASON


@pytest.mark.parametrize("path", ORDINARY)
def test_other_files_are_not_protected(path: str) -> None:
    assert IdentityFiles().reason(path) is None


def test_a_restore_in_place_leaves_identity_files_alone(local: Local, tmp_path: Path) -> None:
    write(local.workspace, (*IDENTITY, *ORDINARY), "old")
    snapshot = local.take()
    write(local.workspace, (*IDENTITY, *ORDINARY), "new")
    (local.workspace / ".ssh" / "newer").write_text("new")
    plan = local.plan(snapshot, delete=True)
    assert REASON in {entry.reason for entry in plan.skipped}
    result = local.provider.restore(plan, Progress())
    assert not result.errors
    for name in IDENTITY:
        assert (local.workspace / name).read_text() == "new", name
    for name in ORDINARY:
        assert (local.workspace / name).read_text() == "old", name
    assert (local.workspace / ".ssh" / "newer").exists()
    local.restore(snapshot, identity_files=True, delete=True)
    assert (local.workspace / ".ssh" / "id_ed25519").read_text() == "old"
    assert not (local.workspace / ".ssh" / "newer").exists()
    local.restore(snapshot, directory=str(tmp_path / "out"))
    assert (tmp_path / "out" / ".ssh" / "id_ed25519").read_text() == "old"


def test_a_users_own_patterns_are_protected_too(local: Local) -> None:
    again = local.again(protected_patterns=["/secrets/", "*.token"])
    names = ("secrets/a", "b.token", "c.txt")
    write(local.workspace, names, "old")
    snapshot = again.take()
    write(local.workspace, names, "new")
    again.restore(snapshot)
    assert [(local.workspace / name).read_text() for name in names] == ["new", "new", "old"]


# What a restore must not delete


def test_deleting_spares_what_no_snapshot_holds(tmp_path: Path, workspace: Path) -> None:
    settings = RokSettings(
        workspace=str(workspace),
        repository=str(workspace / "repository"),
        state_directory=str(workspace / ".rok"),
        password_file=str(workspace / "key"),
        owner="tester",
        excludes=["*.tmp"],
    )
    (workspace / "key").write_text("secret password")
    opened = open_provider(settings)
    assert opened.repository is not None
    opened.repository.create()
    local = Local(settings, workspace, opened.repository, opened.provider)  # type: ignore[arg-type]
    (workspace / "sub").mkdir()
    (workspace / "sub" / ".rokignore").write_text("ignored/\n")
    (workspace / "cache").mkdir()
    (workspace / "cache" / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n")
    snapshot = local.take()
    spared = ("a.tmp", "deep/b.tmp", "sub/ignored/x", "cache/big", ".~n.ipynb", ".nfs0000000012345678abcd", "l.db-wal")
    write(workspace, (*spared, "n.ipynb", "l.db", "extra", "sub/extra", "deep/extra"), "later")
    result = local.restore(snapshot, delete=True)
    assert not result.errors
    left = {str(path.relative_to(workspace)) for path in workspace.rglob("*") if path.is_file()}
    left = {name for name in left if not name.startswith(("repository/", ".rok/"))}
    assert {*spared, "key", "sub/.rokignore", "cache/CACHEDIR.TAG"} == left
    assert local.read(local.take(), "sub/.rokignore") == b"ignored/\n"
    assert local.provider.find(snapshot.id) == snapshot


def test_deleting_spares_what_the_snapshot_left_out_in_its_time(local: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    then = local.again(excludes=["excluded/"])
    spared = ("excluded/x", "sub/ignored", "locked", "cache/big")
    write(local.workspace, (*spared, "kept"), "then")
    (local.workspace / "sub" / ".rokignore").write_text("ignored\n")
    (local.workspace / "cache" / "CACHEDIR.TAG").write_text("Signature: 8a477f597d28d172789f06886806bc55\n")

    def refusing(directory: int, name: bytes, owner: int) -> int:
        if name == b"locked":
            raise PermissionError(errno.EACCES, "Permission denied")
        return open_file(directory, name, owner)

    with monkeypatch.context() as patched:
        # Without the native module every file is opened one by one.
        patched.setattr("rok_jupyter.engine.small_files.load_native_files", lambda: None)
        patched.setattr("rok_jupyter.engine.reading.open_file", refusing)
        snapshot = then.take()
    assert [error.path for error in snapshot.errors] == ["locked"]
    (local.workspace / "sub" / ".rokignore").unlink()
    (local.workspace / "cache" / "CACHEDIR.TAG").unlink()
    write(local.workspace, ("extra", "sub/extra"), "later")
    now = local.again()
    assert not now.restore(snapshot, delete=True).errors
    left = {str(path.relative_to(local.workspace)) for path in local.workspace.rglob("*") if path.is_file()}
    assert left == {*spared, "kept", "sub/.rokignore", "cache/CACHEDIR.TAG"}


def test_the_kept_are_known_a_thousand_levels_deep(local: Local) -> None:
    again = local.again(excludes=["*.tmp"])
    deep = local.workspace.joinpath(*["d"] * 400)
    deep.mkdir(parents=True)
    snapshot = again.take()
    (deep / "x.tmp").write_text("spared")
    (deep / "y").write_text("extra")
    again.restore(snapshot, delete=True)
    assert os.listdir(deep) == ["x.tmp"]


@root_only
def test_a_mount_below_the_workspace_is_left_alone(local: Local) -> None:
    (local.workspace / "mounted").mkdir()
    snapshot = local.take()
    subprocess.run(["mount", "-t", "tmpfs", "tmpfs", str(local.workspace / "mounted")], check=True)
    try:
        (local.workspace / "mounted" / "inside").write_text("stays")
        local.restore(snapshot, delete=True)
        assert (local.workspace / "mounted" / "inside").read_text() == "stays"
    finally:
        subprocess.run(["umount", str(local.workspace / "mounted")], check=True)


def test_exact_entries_are_restored_alone(local: Local) -> None:
    write(local.workspace, ("a", "d/b", "d/c"), "old")
    snapshot = local.take()
    write(local.workspace, ("a", "d/b", "d/c", "d/extra", "extra"), "new")
    local.restore(snapshot, delete=True, only=("workspace:d/b", "workspace:extra", "workspace:nowhere"))
    texts = {name: (local.workspace / name).read_text() for name in ("a", "d/b", "d/c", "d/extra")}
    assert texts == {"a": "new", "d/b": "old", "d/c": "new", "d/extra": "new"}
    assert not (local.workspace / "extra").exists()


# Databases


def in_another_process(path: Path, *statements: str) -> subprocess.Popen[str]:
    """Run statements on a database, then keep it open until the standard input closes."""
    script = (
        "import sqlite3, sys\n"
        "c = sqlite3.connect(sys.argv[1], isolation_level=None)\n"
        "for s in sys.argv[2:]: c.execute(s).fetchall()\n"
        "print('ready', flush=True); sys.stdin.read()\n"
        "import os; os._exit(0)\n"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(path), *statements],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    process.stdout.readline()
    return process


def test_a_restored_database_is_not_mixed_with_a_later_log(local: Local) -> None:
    path = local.workspace / "a.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=wal")
        connection.execute("CREATE TABLE notes(text)")
        connection.executemany("INSERT INTO notes VALUES(?)", [("old" * 200,) for _ in range(500)])
        connection.commit()
    snapshot = local.take()
    writer = in_another_process(path, "UPDATE notes SET text='new'", "INSERT INTO notes VALUES('newer')")
    writer.communicate()
    assert Path(f"{path}-wal").stat().st_size > 0
    safety = local.take()
    local.restore(snapshot)
    assert not Path(f"{path}-wal").exists()
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*), count(DISTINCT text) FROM notes").fetchone() == (500, 1)
    local.restore(safety)
    with closing(sqlite3.connect(path)) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("SELECT count(*) FROM notes WHERE text='newer'").fetchone() == (1,)


def test_a_file_that_is_only_named_as_a_journal_is_not_removed(local: Local) -> None:
    write(local.workspace, ("experiment",), "old")
    snapshot = local.take()
    write(local.workspace, ("experiment", "experiment-journal"), "new")
    local.restore(snapshot)
    assert (local.workspace / "experiment-journal").read_text() == "new"


# Where a member goes


def test_a_workspace_that_moved_is_not_restored_over_another(local: Local, tmp_path: Path) -> None:
    write(local.workspace, ("a",), "mine")
    snapshot = local.take()
    (tmp_path / "elsewhere").mkdir()
    other = local.again(workspace=str(tmp_path / "elsewhere"))
    with pytest.raises(RokError) as raised:
        other.plan(snapshot)
    assert raised.value.kind is ErrorKind.FAILED_PRECONDITION
    assert "workspace=DIR" in raised.value.hint
    other.restore(snapshot, volumes={"workspace": str(tmp_path / "elsewhere")})
    assert (tmp_path / "elsewhere" / "a").read_text() == "mine"


def test_a_data_volume_that_is_gone_asks_where_it_goes(local: Local, tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "d").write_text("data")
    again = local.again(data_volumes={"data": str(data)})
    snapshot = again.take()
    data.rename(tmp_path / "moved")
    with pytest.raises(RokError, match="'data' is gone") as raised:
        again.plan(snapshot)
    assert raised.value.kind is ErrorKind.FAILED_PRECONDITION
    assert again.diff(snapshot).errors[0].volume == "data"
    again.restore(snapshot, paths=("workspace:",))
    new = tmp_path / "new"
    with pytest.raises(RokError, match="is not there"):
        again.plan(snapshot, volumes={"data": str(new)})
    new.mkdir()
    again.restore(snapshot, volumes={"data": str(new)})
    assert (new / "d").read_text() == "data"


@pytest.mark.parametrize("place", ["repository", "repository/data", "", "tasks"])
def test_nothing_is_restored_into_the_repository_or_the_state(local: Local, place: str) -> None:
    snapshot = local.take()
    target = str(local.settings.locations.root / place)
    for request in (
        RestoreRequest(snapshot=snapshot.id, directory=f"{target}/new"),
        RestoreRequest(snapshot=snapshot.id, volumes={"workspace": target}),
    ):
        with pytest.raises(RokError) as raised:
            local.provider.plan_restore(request, Progress())
        assert raised.value.kind is ErrorKind.INVALID_ARGUMENT


@pytest.mark.parametrize("name", ["../../escaped", "/escaped", "..", "", "a:b", "nul\0", "workspace"])
def test_a_volumes_name_in_a_hostile_repository_leads_nowhere(local: Local, tmp_path: Path, name: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "table.csv").write_text("1,2")
    two = local.again(data_volumes={"data": str(tmp_path / "data")})
    (local.workspace / "a.txt").write_text("a")
    snapshot = two.take()
    repository = two.access.get()
    file = repository.snapshot_files()[0][snapshot.storage_id]
    assert file.rok is not None
    members = [
        {**member, "volume": name if member["volume"] == "data" else "workspace"} for member in file.rok["members"]
    ]
    with repository.lock():
        storage_id = repository.save_snapshot(
            replace(file, rok={**file.rok, "members": members}, tags=(f"rok:id={'ab' * 32}",))
        )
    hostile = two.provider.find(storage_id)
    before = {path for path in tmp_path.rglob("*") if "target" not in path.parts}
    two.restore(hostile, directory=str(tmp_path / "x" / "target"))
    assert [member.volume for member in hostile.members] == ["workspace", "data"]
    assert (tmp_path / "x" / "target" / "data" / "table.csv").read_text() == "1,2"
    assert {path for path in tmp_path.rglob("*") if "target" not in path.parts} - before == {tmp_path / "x"}


def test_a_link_in_the_way_does_not_lead_a_restore_out(local: Local, tmp_path: Path) -> None:
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / "f").write_text("victim")
    write(local.workspace, ("d/f", "g"), "old")
    snapshot = local.take()
    (local.workspace / "d" / "f").unlink()
    (local.workspace / "d").rmdir()
    (local.workspace / "d").symlink_to(victim)
    (local.workspace / "g").unlink()
    (local.workspace / "g").symlink_to(victim / "f")
    local.restore(snapshot, delete=True)
    assert (victim / "f").read_text() == "victim"
    assert not (local.workspace / "d").is_symlink()
    assert (local.workspace / "d" / "f").read_text() == "old"
    assert (local.workspace / "g").read_text() == "old"


# Between plan and execution


def test_a_plan_that_is_outdated_is_not_executed(local: Local) -> None:
    write(local.workspace, ("a", "b"), "old")
    snapshot = local.take()
    write(local.workspace, ("a", "b"), "new")
    plan = local.plan(snapshot)
    write(local.workspace, ("b",), "saved by somebody meanwhile")
    with pytest.raises(RokError) as raised:
        local.provider.restore(plan, Progress())
    assert raised.value.kind is ErrorKind.ABORTED
    assert (local.workspace / "a").read_text() == "new"


def test_planning_changes_nothing(local: Local) -> None:
    write(local.workspace, ("a",), "old")
    snapshot = local.take()
    write(local.workspace, ("a", "extra"), "new")
    before = local.take()
    plan = local.plan(snapshot, delete=True)
    assert (plan.count(Change.MODIFIED), plan.count(Change.DELETED), plan.bytes_to_write) == (1, 1, 3)
    assert local.diff(before).entries == ()


def test_a_cancelled_restore_leaves_each_file_old_or_new(local: Local) -> None:
    write(local.workspace, tuple(f"f{number}" for number in range(50)), "old")
    snapshot = local.take()
    write(local.workspace, tuple(f"f{number}" for number in range(50)), "new")
    plan = local.plan(snapshot)
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        local.provider.restore(plan, progress)
    assert {path.read_text() for path in local.workspace.iterdir()} <= {"old", "new"}


# Clones


def test_clones_go_where_the_settings_say(local: Local, tmp_path: Path) -> None:
    again = local.again(clones_directory=str(tmp_path / "clones"))
    write(local.workspace, ("a",), "old")
    snapshot = again.take()
    made = again.provider.clone(snapshot, "workspace", "copy", Progress())
    assert made.path == str(tmp_path / "clones" / "copy")
    assert os.listdir(tmp_path / "clones") == ["copy"]
    (tmp_path / "clones" / "taken").mkdir()
    with pytest.raises(RokError) as raised:
        again.provider.clone(snapshot, "workspace", "taken", Progress())
    assert raised.value.kind is ErrorKind.ALREADY_EXISTS


def test_a_clone_is_not_made_inside_a_volume(local: Local) -> None:
    again = local.again(clones_directory=str(local.workspace / "clones"))
    snapshot = again.take()
    with pytest.raises(RokError) as raised:
        again.provider.clone(snapshot, "workspace", "copy", Progress())
    assert raised.value.kind is ErrorKind.FAILED_PRECONDITION
    assert not (local.workspace / "clones").exists()


@pytest.mark.parametrize("name", ["../x", "a/b", "", "workspace", ".hidden", "a:b"])
def test_a_clone_needs_a_name_that_is_one(local: Local, name: str) -> None:
    snapshot = local.take()
    with pytest.raises(RokError) as raised:
        local.provider.clone(snapshot, "workspace", name, Progress())
    assert raised.value.kind is ErrorKind.INVALID_ARGUMENT


def test_a_clone_of_a_home_lies_in_its_state_and_is_a_volume_of_its_own(tmp_path: Path, workspace: Path) -> None:
    """As on Kubeflow, where the whole home is the workspace."""
    settings = RokSettings(workspace=str(workspace), state_directory=str(workspace / ".rok"), owner="tester")
    local = Local.make(settings)
    write(workspace, ("a",), "old")
    snapshot = local.take()
    local.provider.clone(snapshot, "workspace", "copy", Progress())
    both = local.take()
    assert local.names(both) == [".rok", "a"]
    assert local.names(both, "", "copy") == ["a"]
    assert local.names(both, ".rok") == ["volumes"]
    assert local.names(both, ".rok/volumes") == []
    assert not local.restore(both, delete=True).errors
    (workspace / ".rok" / "volumes" / "copy" / "a").write_text("changed")
    assert not local.restore(both, paths=("copy:a",)).errors
    assert (workspace / ".rok" / "volumes" / "copy" / "a").read_text() == "old"


@pytest.mark.parametrize("touched", ["seen", "unplanned", "new"])
def test_a_plan_is_not_executed_where_anything_changed_since(local: Local, touched: str) -> None:
    for name in ("seen", "unplanned"):
        (local.workspace / name).write_text("old")
    snapshot = local.take()
    (local.workspace / "seen").write_text("changed")
    plan = local.plan(snapshot)
    (local.workspace / touched).write_text("changed once more")
    with pytest.raises(RokError, match="changed since") as error:
        local.provider.restore(plan, Progress())
    assert error.value.kind is ErrorKind.ABORTED
    assert (local.workspace / touched).read_text() == "changed once more"


def test_a_plan_of_which_nothing_changed_is_executed_once(local: Local, tmp_path: Path) -> None:
    (local.workspace / "file").write_text("old")
    snapshot = local.take()
    plan = local.plan(snapshot, directory=str(tmp_path / "target"))
    assert local.provider.restore(plan, Progress()).bytes_written == 3
    with pytest.raises(RokError, match="changed since") as error:
        local.provider.restore(plan, Progress())
    assert error.value.kind is ErrorKind.ABORTED
