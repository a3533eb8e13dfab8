"""A long history and a large directory are listed in quick pages, once the server has read them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.many_snapshots import LARGE, VERSIONS, Made, make
from tests.restic import Restic
from tests.server.running import RunningServer

SNAPSHOTS = 10_000
FILES = 100_000
LIST_SECONDS = 0.2
TREE_SECONDS = 0.1
PREVIEW_SECONDS = 0.5
TRIES = 30


@dataclass(frozen=True)
class Years:
    """A server on what years of use have left."""

    server: RunningServer
    made: Made

    def get(self, path: str, /, **query: str) -> Any:
        answer = self.server.ask("GET", path, query=query)
        assert answer.status == 200, answer
        return answer.json

    def is_quick(self, limit: float, path: str, /, **query: str) -> bool:
        """Whether a warm server is at work for less than `limit` seconds; how long others keep it waiting is left out.

        Of several tries: who shares the processor slows down its work, too.
        """
        self.get(path, **query)
        return any(self._seconds(path, **query) < limit for _ in range(TRIES))

    def _seconds(self, path: str, /, **query: str) -> float:
        begun = self.server.processor_seconds()
        self.get(path, **query)
        return self.server.processor_seconds() - begun


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Years]:
    running = RunningServer(tmp_path_factory.mktemp("years") / "server")
    made = make(running.workspace, running.state, snapshots=SNAPSHOTS, files=FILES)
    running.start()
    yield Years(running, made)
    running.stop()


def test_every_snapshot_is_on_one_page_and_pages_are_quick(years: Years) -> None:
    ids: list[str] = []
    page = years.get("snapshots", limit="1000")
    cursors = []
    while True:
        ids += [snapshot["id"] for snapshot in page["items"]]
        if page["next_cursor"] is None:
            break
        cursors.append(page["next_cursor"])
        page = years.get("snapshots", limit="1000", cursor=cursors[-1])
    assert ids == [years.made.large, *years.made.snapshots]
    assert years.is_quick(LIST_SECONDS, "snapshots", limit="100")
    assert years.is_quick(LIST_SECONDS, "snapshots", limit="100", cursor=cursors[5])


def test_a_search_is_quick(years: Years) -> None:
    found = years.get("snapshots", search="number 99", limit="1000")["items"]
    wanted = [number for number in range(1, SNAPSHOTS) if number % 3 and str(number).startswith("99")]
    assert {snapshot["message"] for snapshot in found} >= {f"Number {number}" for number in wanted[:50]}
    assert years.is_quick(LIST_SECONDS, "snapshots", search="number 99", limit="100")
    assert years.is_quick(LIST_SECONDS, "snapshots", search="nothing like it", limit="100")
    assert years.is_quick(LIST_SECONDS, "snapshots", tag="tag-3", origin="schedule", limit="100")


def test_the_versions_of_a_file_are_few_and_quick(years: Years) -> None:
    found = years.get("snapshots", path="notes.txt", limit="100")["items"]
    assert len(found) == VERSIONS
    assert years.is_quick(LIST_SECONDS, "snapshots", path="notes.txt", limit="100")


def test_the_status_is_quick(years: Years) -> None:
    assert years.get("status")["repository"]["snapshots"] == SNAPSHOTS + 1
    assert years.is_quick(LIST_SECONDS, "status")


def test_a_policy_is_previewed_quickly(years: Years) -> None:
    retention = {"keep_last": 10, "keep_hourly": 24, "keep_monthly": 12, "keep_yearly": 5, "keep_within": "1y"}
    body = {"retention": retention, "schedule": {"every_minutes": 5}}
    took = []
    for _ in range(TRIES // 3):
        begun = years.server.processor_seconds()
        preview = years.server.ask("POST", "policy/preview", body=body).json
        took.append(years.server.processor_seconds() - begun)
    assert preview["taken"] == 60_000
    assert preview["existing_kept"] + preview["existing_forgotten"] == SNAPSHOTS + 1
    assert min(took) < PREVIEW_SECONDS


def test_one_snapshot_is_quick_by_id_and_by_its_beginning(years: Years) -> None:
    id_ = years.made.snapshots[5_000]
    assert years.get(f"snapshots/{id_[:12]}")["id"] == id_
    assert years.is_quick(LIST_SECONDS, f"snapshots/{id_}")
    assert years.is_quick(LIST_SECONDS, f"snapshots/{id_[:12]}")


def test_a_new_snapshot_is_listed_at_once_and_a_deleted_one_no_more(years: Years) -> None:
    taken = years.server.snapshot(message="the newest")["id"]
    assert years.get("snapshots", limit="1")["items"][0]["id"] == taken
    assert years.server.ask("DELETE", f"snapshots/{taken}").status == 200
    assert years.get("snapshots", limit="1")["items"][0]["id"] == years.made.large
    assert years.get("status")["repository"]["snapshots"] == SNAPSHOTS + 1


def test_every_file_of_a_large_directory_is_on_one_page_and_pages_are_quick(years: Years) -> None:
    tree = f"snapshots/{years.made.large}/tree"
    names: list[str] = []
    page = years.get(tree, path=LARGE, limit="1000")
    cursors = []
    while True:
        names += [entry["path"] for entry in page["items"]]
        if page["next_cursor"] is None:
            break
        cursors.append(page["next_cursor"])
        page = years.get(tree, path=LARGE, limit="1000", cursor=cursors[-1])
    assert names == [f"{LARGE}/file-{number:06d}.txt" for number in range(FILES)]
    assert years.is_quick(TREE_SECONDS, tree, path=LARGE, limit="1000")
    assert years.is_quick(TREE_SECONDS, tree, path=LARGE, limit="1000", cursor=cursors[50])


def test_a_file_of_a_large_directory_is_read_quickly(years: Years) -> None:
    content = f"snapshots/{years.made.large}/content"
    query = {"path": f"{LARGE}/file-050000.txt"}
    assert years.server.ask("GET", content, query=query).content == b"small\n"
    took = []
    for _ in range(TRIES):
        begun = years.server.processor_seconds()
        years.server.ask("GET", content, query=query)
        took.append(years.server.processor_seconds() - begun)
    assert min(took) < LIST_SECONDS


def test_what_is_made_for_these_tests_is_sound(tmp_path: Path, current_restic: Restic) -> None:
    (tmp_path / "workspace").mkdir()
    made = make(tmp_path / "workspace", tmp_path / "state", snapshots=30, files=2_500)
    password = (tmp_path / "state" / "password").read_text().strip()
    judge = current_restic.at(tmp_path / "state" / "repository", password)
    judge.check()
    assert len(judge.snapshots()) == 31
    (large,) = (each for each in judge.snapshots() if f"rok:id={made.large}" in each["tags"])
    assert sum(node["type"] == "file" for node in judge.ls(large["id"])) == 2_502
