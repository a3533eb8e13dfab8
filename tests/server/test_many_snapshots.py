"""A long history and a large directory are listed page by page; at full figures, each page is quick."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import partial
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

    def pages(self, path: str, key: str, /, **query: str) -> list[Any]:
        """That key of all items, page after page of a thousand."""
        page = self.get(path, limit="1000", **query)
        found = [item[key] for item in page["items"]]
        while page["next_cursor"] is not None:
            page = self.get(path, limit="1000", cursor=page["next_cursor"], **query)
            found += [item[key] for item in page["items"]]
        return found

    def preview(self) -> Any:
        retention = {"keep_last": 10, "keep_hourly": 24, "keep_monthly": 12, "keep_yearly": 5, "keep_within": "1y"}
        body = {"retention": retention, "schedule": {"every_minutes": 5}}
        return self.server.ask("POST", "policy/preview", body=body).json

    def least_seconds(self, ask: Callable[[], object]) -> float:
        """A warm server's least work for an answer, in seconds; how long others keep it waiting is left out.

        Of several tries: who shares the processor slows down its work, too.
        """
        ask()
        took = []
        for _ in range(TRIES):
            begun = self.server.processor_seconds()
            ask()
            took.append(self.server.processor_seconds() - begun)
        return min(took)


@pytest.fixture(scope="module")
def years(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Years]:
    running = RunningServer(tmp_path_factory.mktemp("years") / "server")
    made = make(running.workspace, running.state, snapshots=SNAPSHOTS, files=FILES)
    running.start()
    yield Years(running, made)
    running.stop()


def test_every_snapshot_is_on_one_page(years: Years) -> None:
    assert years.pages("snapshots", "id") == [years.made.large, *years.made.snapshots]


def test_a_search_finds_messages(years: Years) -> None:
    found = years.get("snapshots", search="number 99", limit="1000")["items"]
    wanted = [number for number in range(1, SNAPSHOTS) if number % 3 and str(number).startswith("99")]
    assert {snapshot["message"] for snapshot in found} >= {f"Number {number}" for number in wanted[:50]}
    assert years.get("snapshots", search="nothing like it")["items"] == []


def test_the_versions_of_a_file_are_few(years: Years) -> None:
    assert len(years.get("snapshots", path="notes.txt", limit="100")["items"]) == VERSIONS


def test_the_status_counts_them(years: Years) -> None:
    assert years.get("status")["repository"]["snapshots"] == SNAPSHOTS + 1


def test_a_policy_is_previewed_over_all_of_them(years: Years) -> None:
    preview = years.preview()
    assert preview["taken"] == 60_000
    assert preview["existing_kept"] + preview["existing_forgotten"] == SNAPSHOTS + 1


def test_one_snapshot_is_found_by_id_and_by_its_beginning(years: Years) -> None:
    id_ = years.made.snapshots[5_000]
    assert years.get(f"snapshots/{id_}")["id"] == id_
    assert years.get(f"snapshots/{id_[:12]}")["id"] == id_


def test_a_new_snapshot_is_listed_at_once_and_a_deleted_one_no_more(years: Years) -> None:
    taken = years.server.snapshot(message="the newest")["id"]
    assert years.get("snapshots", limit="1")["items"][0]["id"] == taken
    assert years.server.ask("DELETE", f"snapshots/{taken}").status == 200
    assert years.get("snapshots", limit="1")["items"][0]["id"] == years.made.large
    assert years.get("status")["repository"]["snapshots"] == SNAPSHOTS + 1


def test_every_file_of_a_large_directory_is_on_one_page(years: Years) -> None:
    names = years.pages(f"snapshots/{years.made.large}/tree", "path", path=LARGE)
    assert names == [f"{LARGE}/file-{number:06d}.txt" for number in range(FILES)]


def test_a_file_of_a_large_directory_is_read(years: Years) -> None:
    content = f"snapshots/{years.made.large}/content"
    assert years.server.ask("GET", content, query={"path": f"{LARGE}/file-050000.txt"}).content == b"small\n"


@pytest.mark.full
def test_each_answer_of_a_warm_server_is_quick(years: Years) -> None:
    """On a machine that does nothing else; run it without coverage, which doubles the server's work."""
    id_, large = years.made.snapshots[5_000], f"snapshots/{years.made.large}"
    listing = {
        "first page": {},
        "a page in the middle": {"cursor": years.get("snapshots", limit="1000")["next_cursor"]},
        "a search": {"search": "number 99"},
        "a search in vain": {"search": "nothing like it"},
        "by tag and origin": {"tag": "tag-3", "origin": "schedule"},
        "versions of a file": {"path": "notes.txt"},
    }
    lists = {
        name: years.least_seconds(partial(years.get, "snapshots", limit="100", **q)) for name, q in listing.items()
    }
    lists["status"] = years.least_seconds(partial(years.get, "status"))
    lists["a snapshot"] = years.least_seconds(partial(years.get, f"snapshots/{id_}"))
    lists["a short id"] = years.least_seconds(partial(years.get, f"snapshots/{id_[:12]}"))
    one_file = partial(years.server.ask, "GET", f"{large}/content", query={"path": f"{LARGE}/file-050000.txt"})
    lists["a file of a large directory"] = years.least_seconds(one_file)
    page = partial(years.get, f"{large}/tree", path=LARGE, limit="1000")
    trees = years.least_seconds(page)
    preview = years.least_seconds(years.preview)
    print(f"\nprocessor seconds: {lists}, a page of a directory {trees}, a preview {preview}")
    assert max(lists.values()) < LIST_SECONDS, lists
    assert trees < TREE_SECONDS
    assert preview < PREVIEW_SECONDS


def test_what_is_made_for_these_tests_is_sound(tmp_path: Path, current_restic: Restic) -> None:
    (tmp_path / "workspace").mkdir()
    made = make(tmp_path / "workspace", tmp_path / "state", snapshots=30, files=2_500)
    password = (tmp_path / "state" / "password").read_text().strip()
    judge = current_restic.at(tmp_path / "state" / "repository", password)
    judge.check()
    assert len(judge.snapshots()) == 31
    (large,) = (each for each in judge.snapshots() if f"rok:id={made.large}" in each["tags"])
    assert sum(node["type"] == "file" for node in judge.ls(large["id"])) == 2_502
