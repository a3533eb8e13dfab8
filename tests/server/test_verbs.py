"""What each route does, through pytest-jupyter's server: the edit, delete and undo cycle, pages, contents, tasks."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import rok_jupyter

ENDED = ("succeeded", "failed", "cancelled", "interrupted")


@dataclass(frozen=True)
class Api:
    """Asks the server in this process."""

    fetch: Callable[..., Awaitable[Any]]

    async def ask(self, method: str, path: str, body: object = None, **more: Any) -> Any:
        given: dict[str, Any] = {"method": method, "raise_error": False, "allow_nonstandard_methods": True}
        given |= {"request_timeout": 120, **more}
        if body is not None:
            given["body"] = body if isinstance(body, bytes) else json.dumps(body)
            given["headers"] = {"Content-Type": "application/json", **given.get("headers", {})}
        return await self.fetch("rok", "v1", *path.split("/"), **given)

    async def get(self, route: str, **params: str) -> Any:
        answer = await self.ask("GET", route, params=params)
        assert answer.code == 200, answer.body
        return json.loads(answer.body)

    async def run(self, path: str, body: object = None, **more: Any) -> dict[str, Any]:
        answer = await self.ask("POST", path, body, **more)
        assert answer.code == 202, answer.body
        task = json.loads(answer.body)
        assert answer.headers["Location"].endswith(f"/rok/v1/tasks/{task['id']}")
        return await self.end(task["id"])

    async def end(self, task_id: str) -> dict[str, Any]:
        for _ in range(4800):
            task = await self.get(f"tasks/{task_id}")
            if task["status"] in ENDED:
                return dict(task)
            await asyncio.sleep(0.05)
        raise AssertionError(f"The task {task_id} does not end.")

    async def done(self, path: str, body: object = None, **more: Any) -> Any:
        task = await self.run(path, body, **more)
        assert task["status"] == "succeeded", task
        return task["result"]


@pytest.fixture
def api(jp_fetch: Callable[..., Awaitable[Any]]) -> Api:
    return Api(jp_fetch)


@pytest.fixture
def workspace(jp_root_dir: Path) -> Path:
    (jp_root_dir / "notes").mkdir()
    (jp_root_dir / "notes" / "a.txt").write_text("one")
    (jp_root_dir / "data.bin").write_bytes(bytes(range(256)) * 1000)
    return jp_root_dir


def _error(answer: Any) -> dict[str, str]:
    error: dict[str, str] = json.loads(answer.body)
    assert set(error) == {"kind", "message", "hint"}
    assert answer.headers["Content-Type"] == "application/json"
    return error


async def test_the_status_names_the_workspace_and_its_volume(api: Api, workspace: Path) -> None:
    status = await api.get("status")
    assert status["workspace"] == str(workspace)
    assert status["volumes"][0]["role"] == "workspace"
    assert status["repository"]["exists"] is False
    assert status["version"] == rok_jupyter.__version__
    listed = (await api.get("volumes"))["items"]
    assert [volume["path"] for volume in listed] == [volume["path"] for volume in status["volumes"]] == [str(workspace)]


async def test_a_volume_is_counted_before_its_first_snapshot(api: Api, workspace: Path) -> None:
    (name,) = [volume["name"] for volume in (await api.get("volumes"))["items"]]
    estimate = await api.get(f"volumes/{name}/estimate")
    assert (estimate["volume"], estimate["path"], estimate["files"]) == (name, str(workspace), 2)
    assert (estimate["size"], estimate["complete"]) == (256_003, True)
    assert _error(await api.ask("GET", "volumes/missing/estimate"))["kind"] == "not_found"
    assert (await api.get("status"))["repository"]["exists"] is False


async def test_directories_are_left_out_of_the_next_snapshots(api: Api, workspace: Path) -> None:
    (name,) = [volume["name"] for volume in (await api.get("volumes"))["items"]]
    (workspace / "100%").mkdir()
    body = {"paths": ["notes", "100%25"]}
    for added in (["/notes/", "/100%/"], []):
        answer = await api.ask("POST", f"volumes/{name}/exclude", body)
        assert (answer.code, json.loads(answer.body)) == (200, {"patterns": added})
    await api.done("snapshots", {})
    assert [entry["path"] for entry in (await api.get("snapshots/latest/tree"))["items"]] == [".rokignore", "data.bin"]
    for volume, paths, code in (
        ("nowhere", ["a"], 404),
        (name, ["../a"], 400),
        (name, ["a\nb"], 400),
        (name, [""], 400),
        (name, [], 400),
    ):
        answer = await api.ask("POST", f"volumes/{volume}/exclude", {"paths": paths})
        assert answer.code == code, (volume, paths)
        _error(answer)


async def test_edit_delete_and_undo(api: Api, workspace: Path) -> None:
    note = workspace / "notes" / "a.txt"
    first = await api.done("snapshots", {"message": "before"})
    note.write_text("two")
    (workspace / "new.txt").write_text("new")
    difference = await api.get(f"snapshots/{first['id']}/diff")
    assert {(entry["path"], entry["change"]) for entry in difference["entries"]} >= {
        ("notes/a.txt", "modified"),
        ("new.txt", "created"),
    }
    plan = json.loads((await api.ask("POST", f"snapshots/{first['id']}/restore-plan", {"delete": True})).body)
    assert not plan["problems"]
    body = {"delete": True, "fingerprint": plan["fingerprint"]}
    restored = await api.done(f"snapshots/{first['id']}/restore", body)
    assert restored["undo"]
    assert note.read_text() == "one"
    assert not (workspace / "new.txt").exists()
    undone = await api.done("undo")
    assert undone["verb"] == "restore"
    assert note.read_text() == "two"
    assert (workspace / "new.txt").read_text() == "new"


async def test_a_restore_that_would_differ_from_its_plan_is_refused(api: Api, workspace: Path) -> None:
    await api.done("snapshots", {})
    plan = json.loads((await api.ask("POST", "snapshots/latest/restore-plan", {})).body)
    (workspace / "notes" / "a.txt").write_text("changed meanwhile")
    task = await api.run("snapshots/latest/restore", {"fingerprint": plan["fingerprint"]})
    assert (task["status"], task["error"]["kind"]) == ("failed", "aborted")
    assert (workspace / "notes" / "a.txt").read_text() == "changed meanwhile"


async def test_snapshots_are_listed_in_pages_and_found_by_what_they_are(api: Api, workspace: Path) -> None:
    for number in range(3):
        (workspace / "notes" / "a.txt").write_text(f"version {number}")
        await api.done("snapshots", {"message": f"number {number}", "tags": [f"t{number}"]})
    first = await api.get("snapshots", limit="2")
    rest = await api.get("snapshots", limit="2", cursor=first["next_cursor"])
    messages = [snapshot["message"] for snapshot in first["items"] + rest["items"]]
    assert messages == ["number 2", "number 1", "number 0"]
    assert rest["next_cursor"] is None
    assert [found["message"] for found in (await api.get("snapshots", tag="t1"))["items"]] == ["number 1"]
    assert (await api.get("snapshots", search="number 0"))["items"][0]["tags"] == ["t0"]


async def test_a_snapshot_is_changed_in_message_tags_and_pin_only(api: Api, workspace: Path) -> None:
    snapshot = await api.done("snapshots", {"message": "before", "tags": ["a"]})
    body = {"message": "after", "add_tags": ["b"], "remove_tags": ["a"], "pinned": True}
    answer = await api.ask("PATCH", f"snapshots/{snapshot['id'][:12]}", body)
    edited = json.loads(answer.body)
    assert (edited["id"], edited["message"], edited["tags"], edited["pinned"]) == (
        snapshot["id"],
        "after",
        ["b"],
        True,
    )
    assert (await api.get("snapshots/latest"))["message"] == "after"


async def test_one_idempotency_key_is_one_snapshot(api: Api, workspace: Path) -> None:
    headers = {"Idempotency-Key": "double-click"}
    once, again = await asyncio.gather(*(api.run("snapshots", {}, headers=headers) for _ in range(2)))
    assert once["id"] == again["id"]
    assert len((await api.get("snapshots"))["items"]) == 1
    answer = await api.ask("POST", "undo", {}, headers=headers)
    assert (answer.code, _error(answer)["kind"]) == (400, "invalid_argument")


async def test_one_name_is_one_snapshot(api: Api, workspace: Path) -> None:
    once = await api.done("snapshots", {"name": "step-1"})
    (workspace / "notes" / "a.txt").write_text("two")
    again = await api.done("snapshots", {"name": "step-1"})
    assert once["id"] == again["id"]


async def test_a_delete_is_done_once_and_undone(api: Api, workspace: Path) -> None:
    snapshot = await api.done("snapshots", {})
    answer = await api.ask("DELETE", f"snapshots/{snapshot['id']}")
    assert json.loads(answer.body) == {"deleted": [snapshot["id"]]}
    answer = await api.ask("DELETE", f"snapshots/{snapshot['id']}")
    assert (answer.code, _error(answer)["kind"]) == (404, "not_found")
    undone = await api.done("undo")
    assert undone["snapshots"] == [snapshot["id"]]
    assert (await api.get("snapshots/latest"))["id"] == snapshot["id"]


async def test_several_are_deleted_as_one(api: Api, workspace: Path) -> None:
    ids = [(await api.done("snapshots", {"message": str(number)}))["id"] for number in range(2)]
    task = await api.run("delete", {"snapshots": [ids[0], "f" * 64]})
    assert task["error"]["kind"] == "not_found"
    assert len((await api.get("snapshots"))["items"]) == 2
    assert set((await api.done("delete", {"snapshots": ids}))["deleted"]) == set(ids)


async def test_directories_are_browsed_in_pages(api: Api, workspace: Path) -> None:
    for number in range(5):
        (workspace / "notes" / f"n{number}").write_text("x")
    await api.done("snapshots", {})
    names: list[str] = []
    page = await api.get("snapshots/latest/tree", path="notes", limit="4")
    names += [entry["path"] for entry in page["items"]]
    page = await api.get("snapshots/latest/tree", path="notes", limit="4", cursor=page["next_cursor"])
    names += [entry["path"] for entry in page["items"]]
    assert names == ["notes/a.txt", *(f"notes/n{number}" for number in range(5))]


async def test_odd_names_are_spelled_the_same_everywhere(api: Api, workspace: Path) -> None:
    with open(bytes(workspace) + b"/100%\n\xff", "wb") as file:
        file.write(b"odd")
    await api.done("snapshots", {})
    entries = (await api.get("snapshots/latest/tree"))["items"]
    spelled = next(entry["path"] for entry in entries if entry["path"].startswith("100"))
    assert spelled == "100%25%0A%FF"
    answer = await api.ask("GET", "snapshots/latest/content", params={"path": spelled})
    assert answer.body == b"odd"


async def test_contents_are_answered_whole_in_parts_or_not_again(api: Api, workspace: Path) -> None:
    content = (workspace / "data.bin").read_bytes()
    await api.done("snapshots", {})
    path = {"path": "data.bin"}
    whole = await api.ask("GET", "snapshots/latest/content", params=path)
    assert whole.body == content
    etag = whole.headers["ETag"]
    assert etag.startswith('"')
    part = await api.ask("GET", "snapshots/latest/content", params=path, headers={"Range": "bytes=1000-1999"})
    assert (part.code, part.body) == (206, content[1000:2000])
    assert part.headers["Content-Range"] == f"bytes 1000-1999/{len(content)}"
    same = {"Range": "bytes=0-9", "If-Range": etag}
    assert (await api.ask("GET", "snapshots/latest/content", params=path, headers=same)).body == content[:10]
    other = {"Range": "bytes=0-9", "If-Range": '"other"'}
    assert (await api.ask("GET", "snapshots/latest/content", params=path, headers=other)).code == 200
    known = await api.ask("GET", "snapshots/latest/content", params=path, headers={"If-None-Match": etag})
    assert (known.code, known.body) == (304, b"")
    beyond = await api.ask("GET", "snapshots/latest/content", params=path, headers={"Range": "bytes=999999-"})
    assert (beyond.code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(content)}")
    assert _error(beyond)["kind"] == "out_of_range"


async def test_a_head_has_the_headers_of_a_get(api: Api, workspace: Path) -> None:
    await api.done("snapshots", {})
    answer = await api.ask("HEAD", "snapshots/latest/content", params={"path": "data.bin"})
    assert (answer.code, answer.headers["Content-Length"], answer.body) == (200, "256000", b"")


@pytest.mark.parametrize("name", ["page.html", "image.svg", "book.ipynb", "paper.pdf"])
async def test_a_browser_never_runs_what_a_snapshot_holds(api: Api, workspace: Path, name: str) -> None:
    (workspace / name).write_text("<script>alert(1)</script>")
    await api.done("snapshots", {})
    answer = await api.ask("GET", "snapshots/latest/content", params={"path": name})
    assert "sandbox" in answer.headers["Content-Security-Policy"].split("; ")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == f"attachment; filename*=utf-8''{name}"


async def test_an_empty_file_has_empty_contents(api: Api, workspace: Path) -> None:
    (workspace / "empty").touch()
    await api.done("snapshots", {})
    answer = await api.ask("GET", "snapshots/latest/content", params={"path": "empty"})
    assert (answer.code, answer.body, answer.headers["Content-Length"]) == (200, b"", "0")


@pytest.mark.parametrize(("path", "code"), [("notes", 400), ("nothing", 404), ("notes/a.txt/x", 404)])
async def test_what_is_no_file_has_no_contents(api: Api, workspace: Path, path: str, code: int) -> None:
    await api.done("snapshots", {})
    answer = await api.ask("GET", "snapshots/latest/content", params={"path": path})
    assert answer.code == code
    _error(answer)


async def test_a_live_file_is_answered_as_a_stored_one_is(api: Api, workspace: Path) -> None:
    (name,) = [volume["name"] for volume in (await api.get("volumes"))["items"]]
    content, route, path = (workspace / "data.bin").read_bytes(), f"volumes/{name}/content", {"path": "data.bin"}
    whole = await api.ask("GET", route, params=path)
    assert (whole.code, whole.body) == (200, content)
    etag = whole.headers["ETag"]
    part = await api.ask("GET", route, params=path, headers={"Range": "bytes=-1000", "If-Range": etag})
    assert (part.code, part.body) == (206, content[-1000:])
    assert (await api.ask("GET", route, params=path, headers={"If-None-Match": etag})).code == 304
    beyond = await api.ask("GET", route, params=path, headers={"Range": "bytes=999999-"})
    assert (beyond.code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(content)}")
    head = await api.ask("HEAD", route, params=path)
    assert (head.code, head.headers["Content-Length"], head.body) == (200, "256000", b"")
    (workspace / "data.bin").write_bytes(content[::-1])
    changed = await api.ask("GET", route, params=path, headers={"If-None-Match": etag})
    assert (changed.code, changed.body) == (200, content[::-1])


async def test_a_browser_never_runs_a_live_file(api: Api, workspace: Path) -> None:
    (name,) = [volume["name"] for volume in (await api.get("volumes"))["items"]]
    (workspace / "page.html").write_text("<script>alert(1)</script>")
    answer = await api.ask("GET", f"volumes/{name}/content", params={"path": "page.html"})
    assert "sandbox" in answer.headers["Content-Security-Policy"].split("; ")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment; filename*=utf-8''page.html"


@pytest.mark.parametrize(("path", "code"), [("notes", 400), ("nothing", 404), ("notes/a.txt/x", 404), ("", 400)])
async def test_what_is_no_live_file_has_no_contents(api: Api, workspace: Path, path: str, code: int) -> None:
    (name,) = [volume["name"] for volume in (await api.get("volumes"))["items"]]
    answer = await api.ask("GET", f"volumes/{name}/content", params={"path": path})
    assert answer.code == code
    _error(answer)
    assert (await api.ask("GET", "volumes/nowhere/content", params={"path": path})).code == 404


async def test_what_differs_is_answered_in_pages(api: Api, workspace: Path) -> None:
    first = await api.done("snapshots", {})
    for number in range(7):
        (workspace / f"n{number}").write_text("x" * number)
    route = f"snapshots/{first['id']}/diff"
    whole = await api.get(route)
    assert whole["next_cursor"] is None
    page = await api.get(route, limit="3")
    (workspace / "later").write_text("not in this comparison")
    found, pages = [*page["entries"]], [page]
    while pages[-1]["next_cursor"] is not None:
        pages.append(await api.get(route, limit="3", cursor=pages[-1]["next_cursor"]))
        found += pages[-1]["entries"]
    assert [len(each["entries"]) for each in pages] == [3, 3, 1]
    assert found == whole["entries"]
    assert [entry["path"] for entry in found] == [f"n{number}" for number in range(7)]
    assert {json.dumps(each["counts"]) for each in pages} == {json.dumps(whole["counts"])}
    assert (whole["counts"]["created"], whole["counts"]["bytes_after"]) == (7, 21)
    task = await api.ask("GET", route, params={"limit": "3"}, headers={"Prefer": "respond-async"})
    result = (await api.end(json.loads(task.body)["id"]))["result"]
    assert len(result["entries"]) == 3
    rest = await api.get(route, cursor=result["next_cursor"])
    assert [entry["path"] for entry in rest["entries"]] == ["n2", "n3", "n4", "n5", "n6"]


@pytest.mark.parametrize("cursor", ["x", "AAAA", "ZGVhZGJlZWYuMw", "ZGVhZGJlZWYuLTM"])
async def test_a_cursor_of_no_kept_comparison_is_a_400(api: Api, workspace: Path, cursor: str) -> None:
    await api.done("snapshots", {})
    answer = await api.ask("GET", "snapshots/latest/diff", params={"cursor": cursor})
    assert (answer.code, _error(answer)["kind"]) == (400, "invalid_argument")


async def test_a_notebook_is_compared_cell_by_cell(api: Api, workspace: Path) -> None:
    def write(source: str) -> None:
        cell = {"cell_type": "markdown", "id": "a", "metadata": {}, "source": source}
        notebook = {"cells": [cell], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
        (workspace / "n.ipynb").write_text(json.dumps(notebook))

    write("one")
    first = await api.done("snapshots", {})
    write("one \ud800")  # JSON may hold half a character, and answers may not
    second = await api.done("snapshots", {})
    route, path = f"snapshots/{first['id']}/notebook-diff", {"path": "n.ipynb"}
    difference = await api.get(route, **path)
    assert set(difference) == {"base", "diff", "before_missing", "after_missing"}
    assert difference["base"]["cells"][0]["source"] == "one"
    (cells,) = difference["diff"]
    assert (cells["op"], cells["key"], cells["diff"][0]["key"]) == ("patch", "cells", 0)
    assert await api.get(route, against=second["id"], **path) == difference
    back = await api.get(f"snapshots/{second['id']}/notebook-diff", against=first["id"], **path)
    assert back["base"]["cells"][0]["source"] == "one %3F"
    (workspace / "n.ipynb").unlink()
    assert (await api.get(route, **path))["after_missing"] is True


async def test_what_is_no_notebook_is_not_compared_cell_by_cell(api: Api, workspace: Path) -> None:
    (workspace / "large.ipynb").write_bytes(b" " * (8 * 1024 * 1024 + 1))
    await api.done("snapshots", {})
    for path, code in (("notes/a.txt", 400), ("notes", 400), ("large.ipynb", 422), ("nothing.ipynb", 404)):
        answer = await api.ask("GET", "snapshots/latest/notebook-diff", params={"path": path})
        assert answer.code == code, path
        _error(answer)


async def test_tasks_are_listed_newest_first_and_cancelled(api: Api, workspace: Path) -> None:
    first = await api.run("snapshots", {})
    check = await api.run("repository", {"action": "check"})
    listed = (await api.get("tasks", limit="1"))["items"]
    assert [task["id"] for task in listed] == [check["id"]]
    answer = await api.ask("DELETE", f"tasks/{first['id']}")
    assert json.loads(answer.body)["status"] == "succeeded"
    answer = await api.ask("DELETE", "tasks/none")
    assert (answer.code, _error(answer)["kind"]) == (404, "not_found")


async def test_the_repository_is_made_described_and_kept(api: Api, workspace: Path) -> None:
    answer = await api.ask("POST", "repository", {"action": "create"})
    assert answer.code == 201
    assert answer.headers["Location"].endswith("/rok/v1/repository")
    info = await api.get("repository")
    assert info["exists"]
    assert Path(info["location"]).is_dir()
    assert Path(info["password_file"]).is_file()
    answer = await api.ask("POST", "repository", {"action": "create"})
    assert (answer.code, _error(answer)["kind"]) == (409, "already_exists")
    await api.done("snapshots", {})
    assert (await api.done("repository", {"action": "check", "read_data": True}))["damages"] == []
    forgotten = await api.done("repository", {"action": "forget", "policy": {"keep_last": 1}, "dry_run": True})
    assert [decision["keep"] for decision in forgotten["decisions"]] == [True]
    assert (await api.done("repository", {"action": "prune", "dry_run": True}))["dry_run"] is True
    answer = await api.ask("POST", "repository", {"action": "unlock"})
    assert json.loads(answer.body) == {"removed": 0}


async def test_snapshots_are_copied_to_another_repository_below_the_workspace(api: Api, workspace: Path) -> None:
    snapshot = await api.done("snapshots", {})
    (workspace / "password").write_text("of the other")
    body = {
        "action": "copy",
        "target": str(workspace / "other"),
        "target_password_file": str(workspace / "password"),
        "snapshots": [snapshot["id"]],
    }
    assert (await api.done("repository", body))["copied"] == [snapshot["id"]]


async def test_keys_are_added_and_removed_and_never_shown(api: Api, workspace: Path) -> None:
    await api.done("snapshots", {})
    (workspace / "password").write_text("a canary of a password")
    answer = await api.ask("POST", "repository/keys", {"new_password_file": str(workspace / "password")})
    assert answer.code == 201
    assert b"canary" not in answer.body
    key = json.loads(answer.body)
    assert answer.headers["Location"].endswith(f"/rok/v1/repository/keys/{key['id']}")
    keys = (await api.get("repository/keys"))["items"]
    assert {key["id"]} < {known["id"] for known in keys}
    assert (await api.ask("DELETE", f"repository/keys/{key['id']}")).code == 204
    (last,) = (await api.get("repository/keys"))["items"]
    answer = await api.ask("DELETE", f"repository/keys/{last['id']}")
    assert (answer.code, _error(answer)["kind"]) == (409, "failed_precondition")


async def test_the_policy_is_replaced_whole(api: Api, workspace: Path) -> None:
    policy = {"retention": {"keep_last": 5, "keep_within": "2d"}, "schedule": {"every_minutes": 30}}
    stored = json.loads((await api.ask("PUT", "policy", policy)).body)
    assert stored["retention"]["keep_last"] == 5
    assert await api.get("policy") == stored


async def test_a_member_is_cloned_attached_and_detached(api: Api, workspace: Path) -> None:
    snapshot = await api.done("snapshots", {})
    volume = snapshot["members"][0]["volume"]
    clone = await api.done("snapshots/latest/clone", {"volume": volume, "name": "copy"})
    assert (Path(clone["path"]) / "notes" / "a.txt").read_text() == "one"
    attached = await api.done("volumes/copy/attach", {"at": "linked"})
    assert attached["attached_at"] is not None
    assert (workspace / "linked" / "notes" / "a.txt").read_text() == "one"
    await api.done("volumes/copy/detach")
    assert not (workspace / "linked").exists()
    assert (Path(clone["path"]) / "notes" / "a.txt").exists()


async def test_a_directory_of_the_workspace_becomes_a_data_volume(api: Api, workspace: Path) -> None:
    (workspace / "sets").mkdir()
    await api.run("volumes/sets/attach", {"at": "linked", "directory": str(workspace / "sets")})
    assert (workspace / "linked").is_symlink()
    answer = await api.ask("POST", "volumes/etc/attach", {"at": "linked", "directory": "/etc"})
    assert (answer.code, _error(answer)["kind"]) == (403, "permission_denied")


async def test_a_directory_becomes_a_data_volume_where_it_lies(api: Api, workspace: Path) -> None:
    attached = await api.done("volumes/disk/attach", {"at": "notes", "directory": str(workspace / "notes")})
    assert (attached["path"], attached["attached_at"]) == (str(workspace / "notes"), "notes")
    assert not (workspace / "notes").is_symlink()
    snapshot = await api.done("snapshots", {})
    assert [member["volume"] for member in snapshot["members"]] == ["workspace", "disk"]
    await api.done("volumes/disk/detach")
    assert (workspace / "notes" / "a.txt").read_text() == "one"
    assert [volume["name"] for volume in (await api.get("volumes"))["items"]] == ["workspace"]


async def test_exports_and_restores_stay_below_the_workspace(api: Api, workspace: Path, tmp_path: Path) -> None:
    await api.done("snapshots", {})
    (workspace / "way-out").symlink_to(tmp_path)
    for outside in (tmp_path / "x", workspace / ".." / "x", workspace / "way-out" / "x", f"{workspace}2/x"):
        for path, body in (
            ("restore", {"directory": str(outside)}),
            ("restore-plan", {"directory": str(outside)}),
            ("restore", {"volumes": {"home": str(outside)}}),
            ("export", {"target": f"{outside}.tar"}),
        ):
            answer = await api.ask("POST", f"snapshots/latest/{path}", body)
            assert (answer.code, _error(answer)["kind"]) == (403, "permission_denied"), (path, body)
    exported = await api.done("snapshots/latest/export", {"target": str(workspace / "out.tar"), "paths": ["notes"]})
    assert exported["path"] == str(workspace / "out.tar")
    await api.done("snapshots/latest/restore", {"directory": str(workspace / "out"), "paths": ["notes"]})
    assert (workspace / "out" / "notes" / "a.txt").read_text() == "one"


async def test_entries_are_copied_back_beside_their_originals(api: Api, workspace: Path) -> None:
    await api.done("snapshots", {})
    (workspace / "notes" / "a.txt").write_text("two")
    result = await api.done("snapshots/latest/copy-back", {"paths": ["notes/a.txt", "workspace:data.bin"]})
    assert [(each["volume"], each["path"]) for each in result["copies"]] == [
        ("workspace", "notes/a.txt"),
        ("workspace", "data.bin"),
    ]
    assert result["errors"] == []
    assert re.fullmatch(r"notes/a \(from \d{4}-\d\d-\d\d \d\d\.\d\d\)\.txt", result["copies"][0]["copy"])
    assert (workspace / result["copies"][0]["copy"]).read_text() == "one"
    assert (workspace / "notes" / "a.txt").read_text() == "two"
    task = await api.run("snapshots/latest/copy-back", {"paths": ["nothing"]})
    assert task["error"]["kind"] == "not_found"
    for paths in ([], ["a\0b"], ["x" * 20_001], "notes"):
        answer = await api.ask("POST", "snapshots/latest/copy-back", {"paths": paths})
        assert (answer.code, _error(answer)["kind"]) == (400, "invalid_argument")


async def test_who_prefers_a_task_gets_one(api: Api, workspace: Path) -> None:
    await api.done("snapshots", {})
    prefer = {"Prefer": "respond-async"}
    answer = await api.ask("GET", "snapshots/latest/diff", headers=prefer)
    assert answer.code == 202
    assert (await api.end(json.loads(answer.body)["id"]))["result"]["entries"] == []
    plan = await api.done("snapshots/latest/restore-plan", {}, headers=prefer)
    assert plan["changes"] == []
    answer = await api.ask("GET", "snapshots/latest/tree", headers=prefer)
    assert answer.code == 202
    tree = (await api.end(json.loads(answer.body)["id"]))["result"]
    assert tree == await api.get("snapshots/latest/tree")


async def test_all_tags_are_listed_by_name(api: Api, workspace: Path) -> None:
    for tags in (["paper", "baseline"], ["paper"], []):
        await api.done("snapshots", {"tags": tags})
    first = await api.get("tags", limit="1")
    assert first["items"] == ["baseline"]
    assert await api.get("tags", cursor=first["next_cursor"]) == {"items": ["paper"], "next_cursor": None}
