from __future__ import annotations

import json
import os
import re
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import pexpect
import pytest

from rok_jupyter import cli, models
from rok_jupyter.commands.outcome import Outcome
from rok_jupyter.errors import ErrorKind
from tests.rok_command import Rok
from tests.server.running import RunningServer

_SECONDS = 120
"""How long one waits for what must come."""


@pytest.fixture
def rok(tmp_path: Path) -> Rok:
    """The command, working in its own process: no server runs."""
    return Rok(tmp_path)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A real server whose root is the workspace."""
    running = RunningServer(tmp_path_factory.mktemp("server"))
    running.start()
    yield running
    running.stop()


@pytest.fixture(params=["own-process", "server"])
def either(request: pytest.FixtureRequest, tmp_path: Path) -> Rok:
    """The command with its two doors; at the server it isn't told which the workspace is."""
    if request.param == "own-process":
        return Rok(tmp_path)
    running: RunningServer = request.getfixturevalue("server")
    for entry in running.workspace.iterdir():
        entry.unlink()
    return Rok(running.directory, names_workspace=False)


# What it is for, through both doors


def test_edit_delete_undo_from_the_shell(either: Rok) -> None:
    rok, notebook, table = either, either.workspace / "a.ipynb", either.workspace / "b.csv"
    notebook.write_text("{}")
    table.write_text("1,2\n")
    first = rok.snapshot("-m", "before", "--tag", "paper")
    notebook.write_text('{"cells": []}')
    table.unlink()

    difference = rok.json("diff", first)
    assert {(entry["path"], entry["change"]) for entry in difference["entries"] if entry["path"]} == {
        ("a.ipynb", "modified"),
        ("b.csv", "deleted"),
    }
    plan = rok.json("restore", first[:10], "--in-place", "--dry-run")
    assert {change["path"] for change in plan["changes"] if change["type"] == "file"} == {"a.ipynb", "b.csv"}
    assert table.exists() is False

    done = rok("restore", first, "--in-place", "--yes")
    assert "Undo: rok undo" in done.text
    assert (notebook.read_text(), table.read_text()) == ("{}", "1,2\n")

    rok("undo")
    assert notebook.read_text() == '{"cells": []}'
    assert not table.exists()

    rok("delete", first)
    assert rok.json("show", first, status=4)["kind"] == "not_found"
    rok("undo")
    assert rok.json("show", first)["message"] == "before"


def test_snapshots_are_found_shown_and_edited(either: Rok) -> None:
    (either.workspace / "x").write_text("x")
    first = either.snapshot("-m", "find me", "--tag", "one")
    (either.workspace / "x").write_text("y")
    second = either.snapshot("-m", "other")
    assert [found["id"] for found in either.json("list", "--search", "find me")["items"]][:1] == [first]
    assert either.json("list", "--limit", "1")["items"][0]["id"] == second
    assert either.json("show", "latest")["id"] == second
    edited = either.json("edit", second[:12], "-m", "better", "--add-tag", "t", "--pin")
    assert (edited["id"], edited["message"], edited["tags"], edited["pinned"]) == (second, "better", ["t"], True)
    assert re.search(rf"{second[:8]} +\S+ \S+ +manual, pinned +workspace +t +better", either("list").text)
    either("edit", second, "--unpin")


def test_names_are_printed_in_a_spelling_that_is_accepted(either: Rok) -> None:
    name = b"caf\xe9 100%\n"
    (Path(os.fsdecode(os.fsencode(either.workspace) + b"/" + name))).write_bytes(b"\x00\xff\r\n")
    either.snapshot()
    assert "caf%E9 100%25%0A" in either("ls", "latest").text
    assert either("cat", "latest", "caf%E9 100%25%0A").stdout == b"\x00\xff\r\n"
    assert either("cat", "latest", b"workspace:caf\xe9 100%25%0A").stdout == b"\x00\xff\r\n"
    assert either.json("cat", "latest", "caf%E9 100%25%0A") == {
        "volume": None,
        "path": "caf%E9 100%25%0A",
        "encoding": "base64",
        "content": "AP8NCg==",
    }


def test_lines_that_differ_are_shown(either: Rok) -> None:
    for name, before in {"a.txt": b"1\n2\n", "bin": b"\0", "gone.txt": b"x", "latin": b"\xe9"}.items():
        (either.workspace / name).write_bytes(before)
    first = either.snapshot()
    (either.workspace / "a.txt").write_bytes(b"1\n3\n")
    (either.workspace / "bin").write_bytes(b"\0\0")
    (either.workspace / "latin").write_bytes(b"\xe9\xe9")
    (either.workspace / "gone.txt").unlink()
    (either.workspace / "new\x1b.txt").write_bytes(b"n\n")
    text = either("diff", first, "--text").text
    assert "--- a/a.txt\n+++ b/a.txt\n@@ -1,2 +1,2 @@\n 1\n-2\n+3\n" in text
    assert "--- /dev/null\n+++ b/new%1B.txt\n" in text
    assert "+++ /dev/null\n@@ -1 +0,0 @@\n-x\n\\ No newline at end of file\n" in text
    assert "bin: It holds binary data." in text
    assert "latin: It holds no UTF-8 text." in text
    second = either.snapshot()
    files = either.json("diff", first, second, "--text", "--path", "a.txt")["files"]
    assert [file["path"] for file in files] == ["a.txt"]
    assert "No file differs" in either("diff", second, "live", "--text").text
    assert "no difference" in either("diff", second).text


def test_more_differences_than_a_page_holds_are_all_shown(either: Rok) -> None:
    first = either.snapshot()
    for number in range(2100):
        (either.workspace / f"{number:04}").touch()
    difference = either.json("diff", first)
    assert [entry["path"] for entry in difference["entries"]] == [f"{number:04}" for number in range(2100)]
    assert (difference["counts"]["created"], difference["next_cursor"]) == (2100, None)


def test_cells_that_differ_are_shown(either: Rok) -> None:
    cell = {"cell_type": "code", "execution_count": None, "id": "a", "metadata": {}, "outputs": [], "source": "x = 1"}
    notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    (either.workspace / "n.ipynb").write_text(json.dumps(notebook))
    (either.workspace / "odd.ipynb").write_text("1")
    (either.workspace / "text").write_text("1")
    first = either.snapshot()
    cell["source"] = "x = 2"
    (either.workspace / "n.ipynb").write_text(json.dumps(notebook))
    (either.workspace / "odd.ipynb").write_text("2")
    (either.workspace / "text").write_text("2")
    text = either("diff", first, "--notebook").text
    assert "x = 2" in text
    assert "odd.ipynb: The file is no notebook" in text
    assert "workspace:text" not in text


def test_a_file_comes_back_beside_the_one_that_is_there(either: Rok) -> None:
    (either.workspace / "n.txt").write_text("old")
    first = either.snapshot()
    (either.workspace / "n.txt").write_text("new")
    result = either.json("restore", first, "--path", "n.txt", "--beside")
    (copy,) = result["copies"]
    assert re.fullmatch(r"n \(from [-\d]+ \d\d\.\d\d\)\.txt", copy["copy"])
    assert {path.name: path.read_text() for path in either.workspace.iterdir()} == {"n.txt": "new", copy["copy"]: "old"}
    text = either("restore", first, "--path", "n.txt", "--beside").text
    assert text.startswith("restored 1 entry beside the originals\n")
    assert re.search(r"^workspace:n \(from .*\) 2\.txt$", text, re.MULTILINE)


def test_a_restore_to_a_directory_and_an_export_may_lie_outside_the_workspace(either: Rok, tmp_path: Path) -> None:
    (either.workspace / "x").write_text("x")
    either.snapshot()
    target, archive = tmp_path / "target", tmp_path / "x.zip"
    assert "Undo:" not in either("restore", "latest", "--to", str(target), "--yes").text
    assert [path.read_text() for path in target.rglob("x")] == ["x"]
    assert either.json("export", "latest", "--path", "x", "--to", str(archive))["path"] == str(archive)
    assert archive.stat().st_size > 0


def test_volumes_are_listed_cloned_attached_and_detached(either: Rok) -> None:
    (either.workspace / "x").write_text("x")
    either.snapshot()
    assert either.json("volumes")[0]["role"] == "workspace"
    clone = either.json("clone", "latest", "--volume", either.json("volumes")[0]["name"], "--as", "copy")
    assert (Path(clone["path"]) / "x").read_text() == "x"
    attached = either.json("attach", "copy", "--at", "linked")
    assert attached["attached_at"]
    assert (either.workspace / "linked" / "x").read_text() == "x"
    assert "Its data stays" in either("detach", "copy").text
    assert not (either.workspace / "linked").exists()
    assert (Path(clone["path"]) / "x").exists()


def test_upkeep(either: Rok, tmp_path: Path) -> None:
    (either.workspace / "x").write_text("x")
    either.snapshot("--name", "upkeep")
    policy = either.json("policy", "set", "--keep-last", "1", "--every", "0", "--keep-tag", "paper")
    assert policy["retention"]["keep_last"] == 1
    assert either.json("policy", "show") == either.json("policy") == policy
    assert either.json("policy", "set", "--keep-all")["retention"]["keep_tags"] == []
    assert either.json("forget", "--keep-last", "1000", "--dry-run")["dry_run"] is True
    assert "would free" in either("prune", "--dry-run").text
    assert either.json("check", "--read-data")["damages"] == []
    info = either.json("repo", "info")
    assert Path(info["location"]).is_dir()
    assert Path(info["password_file"]).read_text().strip() == either("repo", "key", "export").text.strip()
    assert either.json("repo", "unlock") == {"removed": 0}
    copied = either.json("repo", "copy", "--to", str(tmp_path / "other"))
    assert len(copied["copied"]) >= 1
    (tmp_path / "second").write_text("another password\n")
    key = either.json("repo", "key", "add", "--new-password-file", str(tmp_path / "second"))
    assert key["id"] in [found["id"] for found in either.json("repo", "key", "list")]
    assert key["id"] not in [found["id"] for found in either.json("repo", "key", "remove", key["id"])]
    assert "workspace" in either("status").text


# Which door


def test_a_servers_task_is_seen_at_the_server(server: RunningServer) -> None:
    rok = Rok(server.directory, names_workspace=False)
    before = len(server.ask("GET", "tasks").json["items"])
    done = rok("snapshot", "-m", "seen")
    assert done.stderr == ""
    tasks = server.ask("GET", "tasks").json["items"]
    assert len(tasks) == before + 1
    assert tasks[0]["result"]["message"] == "seen"


def test_a_server_may_be_passed_by(server: RunningServer) -> None:
    os.kill(server.pid, signal.SIGSTOP)  # who asks it waits in vain
    try:
        assert Rok(server.directory).json("list", "--no-server")["next_cursor"] is None
    finally:
        os.kill(server.pid, signal.SIGCONT)


def test_another_workspace_isnt_the_servers(server: RunningServer, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "o").write_text("o")
    rok = Rok(server.directory, names_workspace=False)
    rok("snapshot", "--workspace", str(other))
    assert rok.json("volumes", "--workspace", str(other))[0]["path"] == str(other)


def test_another_repository_isnt_the_servers(server: RunningServer, tmp_path: Path) -> None:
    rok = Rok(server.directory, names_workspace=False)
    assert rok.json("repo", "init", "--repository", str(tmp_path / "r"))["location"] == str(tmp_path / "r")
    assert rok.json("list", "--repository", str(tmp_path / "r"))["items"] == []


def test_a_server_without_the_extension_is_passed_by_with_a_notice(tmp_path: Path) -> None:
    running = RunningServer(tmp_path, arguments=("--ServerApp.jpserver_extensions={'rok_jupyter': False}",))
    running.start()
    try:
        (running.workspace / "x").write_text("x")
        done = Rok(tmp_path, names_workspace=False)("snapshot", "--json")
    finally:
        running.stop()
    assert done.json["members"][0]["path"] == str(running.workspace)
    assert done.stderr.count("\n") == 1
    assert "Working in this process instead." in done.stderr


# JupyterHub

HUB_TOKEN = "a-token-of-the-hub"
HUB_CONFIG = f"""
from jupyter_server.auth import IdentityProvider, User

class OfHub(IdentityProvider):
    def get_user(self, handler):
        if handler.request.headers.get("Authorization") != "token {HUB_TOKEN}":
            return None
        handler._token_authenticated = True
        return User("ann")

c.ServerApp.identity_provider_class = OfHub
c.ServerApp.base_url = "/user/ann/"
"""


@pytest.fixture(params=["no token of its own", "one that it ignores"])
def of_hub(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[RunningServer]:
    """A server that knows its user by the Hub's token alone, as both kinds of single-user servers do."""
    running = RunningServer(tmp_path / "hub", config=HUB_CONFIG)
    running.token = "" if request.param == "no token of its own" else "ignored"
    running.start()
    yield running
    running.stop()


def test_a_hubs_token_opens_its_server(of_hub: RunningServer) -> None:
    (of_hub.workspace / "x").write_text("x")
    rok = Rok(of_hub.directory, names_workspace=False)
    hub = {"JUPYTERHUB_API_TOKEN": HUB_TOKEN, "JUPYTERHUB_SERVICE_PREFIX": "/user/ann/"}
    done = rok.run("snapshot", "-m", "at the hub", environment=hub)
    assert (done.status, done.stderr) == (0, "")
    tasks = of_hub.ask_bare("GET", "tasks", headers={"Authorization": f"token {HUB_TOKEN}"}).json["items"]
    assert [task["result"]["message"] for task in tasks] == ["at the hub"]
    foreign = {**hub, "JUPYTERHUB_SERVICE_PREFIX": "/user/bob/"}
    assert "Working in this process instead." in rok.run("list", environment=foreign).stderr


# Which workspace


def test_the_current_directory_is_never_taken_for_a_workspace(tmp_path: Path) -> None:
    rok = Rok(tmp_path, names_workspace=False)
    done = rok.run("snapshot", at=rok.workspace)
    assert done.status == 5
    assert "rok --workspace DIR" in done.stderr
    assert not (tmp_path / "data").exists()


def test_an_option_comes_before_the_environment_and_that_before_the_configuration(tmp_path: Path) -> None:
    rok = Rok(tmp_path, names_workspace=False)
    for name in ("option", "environment", "configuration"):
        (tmp_path / name).mkdir()
    (tmp_path / "config").mkdir()
    config = {"RokSettings": {"workspace": str(tmp_path / "configuration")}}
    (tmp_path / "config" / "jupyter_rok_config.json").write_text(json.dumps(config))
    assert rok.json("volumes")[0]["path"] == str(tmp_path / "configuration")
    named = {"ROK_WORKSPACE": str(tmp_path / "environment")}
    assert rok.run("volumes", "--json", environment=named).json[0]["path"] == str(tmp_path / "environment")
    done = rok.run("--workspace", "option", "volumes", "--json", environment=named)
    assert done.json[0]["path"] == str(tmp_path / "option")


def test_several_servers_are_listed_and_none_is_guessed(tmp_path: Path) -> None:
    rok = Rok(tmp_path, names_workspace=False)
    (tmp_path / "runtime").mkdir()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        for name in ("one", "two"):
            fields = {
                "url": f"http://127.0.0.1:{listener.getsockname()[1]}/",
                "root_dir": str(tmp_path / name),
                "pid": os.getpid(),
                "token": "",
                "sock": "",
            }
            (tmp_path / "runtime" / f"jpserver-{name}.json").write_text(json.dumps(fields))
        error = rok.json("list", status=5)
    assert f"2 Jupyter Servers run: {tmp_path}/one, {tmp_path}/two." in error["message"]
    assert "rok --workspace" in error["hint"]


# Output, errors and exit statuses


def test_every_kind_of_error_has_an_exit_status() -> None:
    assert set(cli.STATUSES) == set(ErrorKind)
    assert set(cli.STATUSES.values()) <= {1, 2, 4, 5, 130}


def test_single_files_that_went_wrong_are_status_3_and_damage_is_status_1() -> None:
    error = models.EntryError(volume="w", path="p", message="m")
    restored = models.RestoreResult(snapshot="s", targets={}, errors=(error,))
    assert cli._status(Outcome(value=restored)) == 3
    assert cli._status(Outcome(value=models.UndoResult(verb="restore", restore=restored))) == 3
    damage = models.Damage(kind="pack", id="p", message="m")
    assert cli._status(Outcome(value=models.CheckResult(damages=(damage,)))) == 1
    assert cli._status(Outcome(value=models.CheckResult(damages=()))) == 0


@pytest.mark.parametrize(
    ("words", "status", "kind"),
    [
        (["show", "0123456789abcdef"], 4, "not_found"),
        (["show", "no such id"], 2, "invalid_argument"),
        (["fly"], 2, "invalid_argument"),
        ([], 2, "invalid_argument"),
        (["list", "--limit", "0"], 2, "invalid_argument"),
        (["edit", "latest"], 2, "invalid_argument"),
        (["policy", "set"], 2, "invalid_argument"),
        (["restore", "latest", "--to", "x", "--delete"], 2, "invalid_argument"),
        (["restore", "latest", "--beside"], 2, "invalid_argument"),
        (["restore", "latest", "--path", "x", "--beside", "--delete"], 2, "invalid_argument"),
        (["restore", "latest", "--path", "x", "--beside", "--owners"], 2, "invalid_argument"),
        (["restore", "latest", "--path", "x", "--beside", "--dry-run"], 2, "invalid_argument"),
        (["restore", "latest", "--path", "nothing", "--beside"], 4, "not_found"),
        (["restore", "latest", "--in-place", "--volume-at", "x"], 2, "invalid_argument"),
        (["export", "latest", "--to", "x.rar"], 2, "invalid_argument"),
        (["restore", "latest", "--in-place"], 5, "failed_precondition"),
        (["cat", "latest", "../x"], 2, "invalid_argument"),
        (["cat", "latest", "missing"], 4, "not_found"),
        (["ls", "latest", "missing"], 4, "not_found"),
        (["snapshot", "--volume", "missing"], 4, "not_found"),
        (["repo", "init"], 5, "already_exists"),
    ],
)
def test_an_error_is_one_document_or_one_sentence(one_snapshot: Rok, words: list[str], status: int, kind: str) -> None:
    error = one_snapshot.json(*words, status=status)
    assert set(error) == {"kind", "message", "hint"}
    assert error["kind"] == kind
    assert error["message"].endswith(".")
    done = one_snapshot(*words, status=status)
    assert done.text == ""
    assert f"rok: {error['message']}" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.fixture(scope="module")
def one_snapshot(tmp_path_factory: pytest.TempPathFactory) -> Rok:
    """A workspace with one file and one snapshot, for tests that change nothing."""
    rok = Rok(tmp_path_factory.mktemp("one"))
    (rok.workspace / "x").write_text("x")
    rok.snapshot("-m", "the one")
    return rok


def test_no_repository_yet_is_said_with_the_command_to_type(rok: Rok) -> None:
    done = rok.run("show", "latest")
    assert done.status in (4, 5)
    assert "rok snapshot" in done.stderr or "rok repo init" in done.stderr


def test_a_fault_of_ours_still_is_one_document(rok: Rok) -> None:
    site = rok.directory / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text("import rok_jupyter.config\nrok_jupyter.config.load_settings = None\n")
    path = f"{site}:{rok.environment['PYTHONPATH']}"
    done = rok.run("list", "--json", environment={"PYTHONPATH": path})
    assert (done.status, done.json["kind"]) == (1, "internal")
    assert "Traceback" in done.stderr


def test_help_lists_verbs_and_exit_statuses_quickly(rok: Rok) -> None:
    text = rok("--help").text
    assert re.search(r"^  130 +cancelled", text, re.MULTILINE)
    assert all(f"    {verb} " in text for verb in ("snapshot", "restore", "undo", "check"))
    assert rok("--version").text == f"rok {cli.rok_jupyter.__version__}\n"


def test_a_reader_that_goes_away_is_no_fault(one_snapshot: Rok) -> None:
    line = f"{sys.executable} -m rok_jupyter show latest | true"
    done = subprocess.run(["bash", "-c", line], env=one_snapshot.environment, capture_output=True, check=False)
    assert b"Traceback" not in done.stderr


# Damage


def stored_files(rok: Rok, kind: str) -> set[Path]:
    return {path for path in (rok.directory / "data" / "rok" / "repository" / kind).rglob("*") if path.is_file()}


@pytest.fixture
def two_packs(rok: Rok) -> tuple[Rok, Path]:
    """Two files in two packs; the pack of the first one, a.bin, is given."""
    (rok.workspace / "a.bin").write_bytes(os.urandom(200_000))
    rok.snapshot()
    pack = max(stored_files(rok, "data"), key=lambda path: path.stat().st_size)
    (rok.workspace / "b.bin").write_bytes(os.urandom(300_000))
    rok.snapshot()
    return rok, pack


def flip_a_bit(path: Path) -> None:
    path.chmod(0o600)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


def test_a_damaged_pack_is_named_the_rest_restores_and_a_new_snapshot_mends_it(
    two_packs: tuple[Rok, Path], tmp_path: Path
) -> None:
    rok, pack = two_packs
    flip_a_bit(pack)
    found = rok.json("check", "--read-data", status=1)
    assert [(damage["kind"], damage["id"]) for damage in found["damages"]] == [("pack", pack.name)]
    shown = {snapshot["id"][:8] for snapshot in rok.json("list")["items"]}
    assert all(path.endswith("a.bin") and path[:8] in shown for path in found["damages"][0]["paths"])
    text = rok("check", "--read-data", status=1).text
    assert f"pack {pack.name}: " in text
    assert "Take a new snapshot" in text

    restored = rok("restore", "latest", "--to", str(tmp_path / "damaged"), status=3).text
    assert "a.bin" in restored
    assert (tmp_path / "damaged" / "b.bin").read_bytes() == (rok.workspace / "b.bin").read_bytes()
    assert not (tmp_path / "damaged" / "a.bin").exists()
    assert pack.name[:8] in rok.json("prune", status=5)["message"]

    rok.snapshot()
    rok("restore", "latest", "--to", str(tmp_path / "mended"))
    assert (tmp_path / "mended" / "a.bin").read_bytes() == (rok.workspace / "a.bin").read_bytes()
    rok("prune")
    assert not pack.exists()
    assert rok.json("check", "--read-data")["damages"] == []


def test_a_pack_that_is_gone_is_stored_again_after_a_check(two_packs: tuple[Rok, Path], tmp_path: Path) -> None:
    rok, pack = two_packs
    pack.unlink()
    assert [damage["id"] for damage in rok.json("check", status=1)["damages"]] == [pack.name]
    rok.snapshot()
    rok("restore", "latest", "--to", str(tmp_path / "mended"))
    rok("prune")
    assert rok.json("check", "--read-data")["damages"] == []


def test_what_is_lost_for_ever_hinders_a_prune_until_its_snapshots_are_deleted(two_packs: tuple[Rok, Path]) -> None:
    rok, pack = two_packs
    flip_a_bit(pack)
    rok("check", "--read-data", status=1)
    (rok.workspace / "a.bin").unlink()
    last = rok.snapshot()
    rok("prune", status=5)
    rok("delete", *(found["id"] for found in rok.json("list")["items"] if found["id"] != last))
    rok("prune")
    assert rok.json("check", "--read-data")["damages"] == []


def test_damaged_index_files_are_made_anew_by_a_prune(two_packs: tuple[Rok, Path]) -> None:
    rok, _ = two_packs
    for index in stored_files(rok, "index"):
        flip_a_bit(index)
    text = rok("check", status=1).text
    assert text.count("\nindex ") >= 2
    assert "`rok prune` makes them anew" in text
    assert "would replace 2 damaged index files" in rok("prune", "--dry-run").text
    assert "replaced 2 damaged index files" in rok("prune").text
    assert rok.json("check", "--read-data")["damages"] == []


def test_a_damaged_snapshot_is_named_with_what_to_do(two_packs: tuple[Rok, Path]) -> None:
    rok, _ = two_packs
    hit = sorted(stored_files(rok, "snapshots"))[0]
    flip_a_bit(hit)
    text = rok("check", status=1).text
    assert f"snapshot {hit.name}: " in text
    assert f"The damaged snapshot file {hit}: bring it back from a copy" in text
    rok("prune", status=5)
    hit.unlink()
    rok("prune")
    assert rok.json("check", "--read-data")["damages"] == []


def test_a_damaged_snapshot_says_how_to_be_rid_of_it(two_packs: tuple[Rok, Path]) -> None:
    rok, _ = two_packs
    kept = rok.json("show", "latest")
    hit = next(path for path in stored_files(rok, "snapshots") if path.name != kept["storage_id"])
    flip_a_bit(hit)
    for words in (("delete", hit.name), ("show", hit.name[:12])):
        error = rok.json(*words, status=1)
        assert error["kind"] == "data_loss"
        assert hit.name[:8] in error["message"]
        assert f"snapshots/{hit.name}" in error["hint"]
    rok("show", "0123456789", status=4)
    hit.unlink()
    assert [snapshot["id"] for snapshot in rok.json("list")["items"]] == [kept["id"]]


def test_what_is_damaged_is_not_copied_but_named_and_the_rest_is_copied(
    two_packs: tuple[Rok, Path], tmp_path: Path
) -> None:
    rok, _ = two_packs
    newer, older = (snapshot["id"] for snapshot in rok.json("list")["items"])
    max(stored_files(rok, "data"), key=lambda path: path.stat().st_size).unlink()  # b.bin's, which the newer one needs
    copied = rok.json("repo", "copy", "--to", str(tmp_path / "other"), status=3)
    assert copied["copied"] == [older]
    assert [error["snapshot"] for error in copied["errors"]] == [newer]
    flip_a_bit(rok_document(rok, older))
    text = rok("repo", "copy", "--to", str(tmp_path / "third"), status=3).text
    assert "copied 0 snapshots" in text
    assert "2 snapshots could not be copied" in text
    assert newer[:8] in text
    assert "rok check --read-data" in text


def rok_document(rok: Rok, id_: str) -> Path:
    """The stored document of a snapshot."""
    name = rok.json("show", id_)["storage_id"]
    return next(path for path in stored_files(rok, "snapshots") if path.name == name)


# Terminals


def terminal(rok: Rok, *words: str) -> pexpect.spawn:
    program, *arguments = rok.words(*words)
    return pexpect.spawn(str(program), [str(word) for word in arguments], env=rok.environment, timeout=_SECONDS)


def status_of(shell: pexpect.spawn) -> int | None:
    """Read what is left, wait for the end, and return the exit status."""
    shell.expect(pexpect.EOF)
    shell.wait()  # its terminal is closed a moment before it has ended
    shell.close()
    return shell.exitstatus


@pytest.fixture
def large(rok: Rok) -> Rok:
    """A workspace above ten gigabytes, most of it in a directory that is worth leaving out."""
    (rok.workspace / "datasets").mkdir()
    with (rok.workspace / "datasets" / "huge").open("wb") as file:
        file.truncate(10_500_000_000)
    (rok.workspace / "x").write_text("x")
    return rok


def test_a_large_volumes_first_snapshot_offers_excludes(large: Rok) -> None:
    shell = terminal(large, "snapshot")
    shell.expect_exact("has no snapshot yet: 9.8 GiB in 2 files.")
    shell.expect(r"datasets +9.8 GiB +1 +data sets")
    shell.expect_exact("Go on (g), exclude these first (e), or stop (s)? [g] ")
    shell.sendline("what?")
    shell.expect_exact("[g] ")
    assert not (large.workspace / ".rokignore").exists()
    shell.sendline("e")
    shell.expect_exact(".rokignore: /datasets/")
    assert status_of(shell) == 0
    assert (large.workspace / ".rokignore").read_text() == "/datasets/\n"
    assert "datasets" not in large("ls", "latest").text
    again = terminal(large, "snapshot")
    assert status_of(again) == 0
    assert b"no snapshot yet" not in again.before


@pytest.mark.parametrize("end", ["s\n", "\x04"], ids=["stop", "end of file"])
def test_a_large_volumes_first_snapshot_may_be_stopped(large: Rok, end: str) -> None:
    shell = terminal(large, "snapshot")
    shell.expect_exact("[g] ")
    shell.send(end)
    assert status_of(shell) == 130
    assert not (large.directory / "data" / "rok" / "repository").exists()


def test_without_a_terminal_a_home_directorys_first_snapshot_is_noticed_in_one_line(rok: Rok) -> None:
    (rok.workspace / "x").write_text("x")
    home = {"HOME": str(rok.workspace)}
    done = rok.run("snapshot", "--json", environment=home)
    assert done.status == 0
    assert done.json["id"]
    assert done.stderr.count("\n") == 1
    assert "a home directory, has no snapshot yet: 1 B in 1 file. Leave parts out by patterns" in done.stderr
    assert rok.run("snapshot", environment=home).stderr == ""


def test_yes_goes_on_without_a_question(rok: Rok) -> None:
    (rok.workspace / "x").write_text("x")
    program, *arguments = rok.words("snapshot", "--yes")
    environment = {**rok.environment, "HOME": str(rok.workspace)}
    shell = pexpect.spawn(str(program), [str(word) for word in arguments], env=environment, timeout=_SECONDS)
    shell.expect_exact("has no snapshot yet")
    assert status_of(shell) == 0


def test_a_servers_volume_is_counted_by_the_server(server: RunningServer, tmp_path: Path) -> None:
    rok = Rok(server.directory, names_workspace=False)
    (tmp_path / "datasets").mkdir()
    with (tmp_path / "datasets" / "huge").open("wb") as file:
        file.truncate(10_500_000_000)
    rok("attach", "sets", "--directory", str(tmp_path), "--at", "sets")
    try:
        shell = terminal(rok, "snapshot", "--volume", "sets")
        shell.expect_exact("The volume sets")
        shell.expect_exact("[g] ")
        shell.sendline("e")
        assert status_of(shell) == 0
        assert (tmp_path / ".rokignore").read_text() == "/datasets/\n"
    finally:
        rok("detach", "sets")


@pytest.mark.parametrize("answered", [True, False])
def test_a_volume_that_moved_is_asked_for(rok: Rok, tmp_path: Path, answered: bool) -> None:
    data, moved = tmp_path / "sets", tmp_path / "moved"
    data.mkdir()
    (data / "d").write_text("d")
    rok("attach", "sets", "--directory", str(data), "--at", "sets")
    rok.snapshot()
    data.rename(moved)
    (moved / "d").unlink()
    assert "--volume-at sets=DIR" in rok.json("restore", "latest", "--in-place", "--dry-run", status=5)["hint"]
    shell = terminal(rok, "restore", "latest", "--path", "sets:d", "--in-place")
    shell.expect_exact(f"The volume sets was at {data}, where no volume is now.")
    shell.expect_exact("Which directory is it now? (Enter: stop) ")
    shell.sendline(str(moved) if answered else "")
    if answered:
        shell.expect_exact("Do it? [y/N] ")
        shell.sendline("y")
    assert status_of(shell) == (0 if answered else 130)
    assert (moved / "d").exists() is answered


@pytest.mark.parametrize(("answer", "status", "content"), [("n", 130, "new"), ("", 130, "new"), ("y", 0, "x")])
def test_a_restore_shows_its_plan_and_asks(rok: Rok, answer: str, status: int, content: str) -> None:
    (rok.workspace / "x").write_text("x")
    rok.snapshot()
    (rok.workspace / "x").write_text("new")
    shell = terminal(rok, "restore", "latest", "--in-place")
    shell.expect_exact("workspace:x")
    shell.expect_exact("Do it? [y/N] ")
    shell.sendline(answer)
    assert status_of(shell) == status
    assert (rok.workspace / "x").read_text() == content


def test_a_terminal_sees_a_bar_and_ctrl_c_cancels(rok: Rok) -> None:
    rok.make_slow()
    shell = terminal(rok, "snapshot")
    shell.expect(r"[KM]iB/s, [0-9.:]+( s)? left")
    shell.sendintr()
    shell.expect_exact("cancelled")
    assert status_of(shell) == 130
    assert rok.json("list")["items"] == []
    rok.make_fast()
    rok.snapshot()


def test_a_second_ctrl_c_ends_at_once(rok: Rok) -> None:
    rok.make_slow()
    shell = terminal(rok, "snapshot")
    shell.expect_exact(" left")
    shell.sendintr()
    shell.sendintr()
    assert status_of(shell) == 130


@pytest.fixture
def many_bytes(rok: Rok) -> Rok:
    """A workspace that takes long to snapshot."""
    rok.make_slow()
    return rok


def tasks_of(rok: Rok) -> list[dict[str, Any]]:
    """The tasks' records, newest first."""
    records = sorted((rok.directory / "data" / "rok" / "tasks").glob("*.json"), reverse=True)
    return [json.loads(path.read_text())["task"] for path in records]


def await_running(rok: Rok) -> None:
    """Wait until a task runs that holds a lock in the repository."""
    until = time.monotonic() + _SECONDS
    while not list((rok.directory / "data" / "rok" / "repository" / "locks").glob("*")):
        assert time.monotonic() < until
        time.sleep(0.02)


@contextmanager
def being_written(database: Path) -> Iterator[sqlite3.Connection]:
    """Write a database for as long as the block runs: a snapshot waits for it, ten seconds."""
    with closing(sqlite3.connect(database)) as writer:
        writer.execute("create table kept (number)")
        writer.execute("begin exclusive")
        writer.execute("insert into kept values (1)")
        yield writer


def assert_nothing_is_left(rok: Rok) -> None:
    assert tasks_of(rok)[0]["status"] == "cancelled"
    assert list((rok.directory / "data" / "rok" / "repository" / "locks").iterdir()) == []
    assert rok.json("list")["items"] == []
    rok.make_fast()
    rok.snapshot()


@pytest.mark.parametrize(
    ("number", "repeated"),  # as a shell and the system both tell it
    [(signal.SIGTERM, signal.SIGHUP), (signal.SIGHUP, signal.SIGTERM), (signal.SIGINT, signal.SIGCHLD)],
    ids=lambda number: number.name,
)
def test_a_process_that_is_told_to_end_cancels_its_task(
    many_bytes: Rok, number: signal.Signals, repeated: signal.Signals
) -> None:
    words = many_bytes.words("snapshot", "--json")
    pipe = subprocess.PIPE
    with subprocess.Popen(words, env=many_bytes.environment, stdout=pipe, stderr=pipe) as process:
        await_running(many_bytes)
        process.send_signal(signal.SIGSTOP)  # so that it gets both at once
        process.send_signal(number)
        process.send_signal(repeated)
        process.send_signal(signal.SIGCONT)
        stdout, stderr = process.communicate(timeout=_SECONDS)
    assert process.returncode == 130
    assert json.loads(stdout)["kind"] == "cancelled"
    assert b"Traceback" not in stderr
    assert_nothing_is_left(many_bytes)


def test_a_terminal_that_goes_away_cancels_the_task(many_bytes: Rok) -> None:
    shell = terminal(many_bytes, "snapshot")
    await_running(many_bytes)
    shell.ptyproc.fileobj.close()
    assert shell.wait() == 130
    shell.close()
    assert_nothing_is_left(many_bytes)


def test_a_command_under_nohup_outlives_its_terminal(rok: Rok) -> None:
    nowhere = subprocess.DEVNULL
    line = ["nohup", *rok.words("snapshot")]
    with (
        being_written(rok.workspace / "busy.db") as writer,
        subprocess.Popen(line, env=rok.environment, stdout=nowhere, stderr=nowhere) as process,
    ):
        await_running(rok)
        process.send_signal(signal.SIGHUP)
        writer.rollback()
        assert process.wait(_SECONDS) == 0
    assert len(rok.json("list")["items"]) == 1


def test_a_servers_task_is_cancelled_by_the_commands_end(server: RunningServer) -> None:
    rok = Rok(server.directory, names_workspace=False)
    before = {task["id"] for task in server.ask("GET", "tasks").json["items"]}
    line = rok.words("snapshot")
    busy = server.workspace / "busy.db"
    with being_written(busy), subprocess.Popen(line, env=rok.environment, stderr=subprocess.PIPE) as process:
        while not any(
            task["status"] == "running" and task["id"] not in before
            for task in server.ask("GET", "tasks").json["items"]
        ):
            assert process.poll() is None, process.communicate()
            time.sleep(0.02)
        process.terminate()
        assert b"Traceback" not in process.communicate(timeout=_SECONDS)[1]
    busy.unlink()
    assert process.returncode == 130
    assert server.ask("GET", "tasks").json["items"][0]["status"] == "cancelled"


def test_quiet_shows_no_bar(rok: Rok) -> None:
    (rok.workspace / "x").write_bytes(os.urandom(50 << 20))
    shell = terminal(rok, "snapshot", "--quiet")
    assert status_of(shell) == 0
    assert b"\x1b[2K" not in shell.before


# Completion


def completed(rok: Rok, line: str) -> list[str]:
    out = rok.directory / "completions"
    environment = {
        "_ARGCOMPLETE": "1",
        "_ARGCOMPLETE_IFS": "\n",
        "_ARGCOMPLETE_STDOUT_FILENAME": str(out),
        "_ARGCOMPLETE_SHELL": "fish",
        "COMP_LINE": line,
        "COMP_POINT": str(len(line)),
    }
    rok.run(environment=environment)
    return [text.partition("\t")[0].strip() for text in out.read_text().splitlines()]


def test_verbs_options_and_ids_are_completed(one_snapshot: Rok) -> None:
    assert completed(one_snapshot, "rok sn") == ["snapshot"]
    assert "--in-place" in completed(one_snapshot, "rok restore --i")
    ids = completed(one_snapshot, "rok show ")
    assert one_snapshot.json("show", "latest")["id"][:8] in ids
    assert "latest" in ids
    assert completed(one_snapshot, "rok snapshot --volume ") == ["workspace"]
    assert {"init", "info", "unlock", "copy", "key"} <= set(completed(one_snapshot, "rok repo "))


def test_completion_is_silent_where_nothing_is_known(tmp_path: Path) -> None:
    rok = Rok(tmp_path, names_workspace=False)
    assert set(completed(rok, "rok show ")) <= set(completed(rok, "rok volumes "))
    assert completed(rok, "rok snapshot --volume ") == []


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_the_completion_script_is_printed(rok: Rok, shell: str) -> None:
    assert "rok" in rok("completion", shell).text
