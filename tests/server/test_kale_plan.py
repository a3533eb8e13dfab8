"""What compiling a notebook would do, over REST: of a file, and of a notebook that is open."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import quote

import pytest

from tests.kale_bridge.small_notebooks import TWO_STEPS, write_notebook
from tests.server.running import RunningServer


def test_a_saved_notebook_and_an_open_one_get_the_same_plan(server: RunningServer) -> None:
    rok = {"kale": {"on_error": "fail", "moments": ["before", "failed"]}}
    cells = [*TWO_STEPS, ("y = x", ["step:third", "prev:first", "annotation:rok.dev/snapshot:off"])]
    name = "a b'ü%{{x}}.ipynb"
    volumes = [{"name": "data", "type": "pvc", "mount_point": "/data", "snapshot": True, "snapshot_name": "s"}]
    write_notebook(server.workspace / name, cells, rok=rok, kale={"pipeline_name": "odd", "volumes": volumes})
    saved = server.ask("GET", f"kale/plan?path={quote(quote(name, safe=' ').replace('%20', ' '))}")
    assert saved.status == 200, saved.json
    plan = saved.json
    assert plan["pipeline"] == "odd"
    assert [(step["step"], step["moments"]) for step in plan["steps"]] == [
        ("first", ["before", "failed"]),
        ("second", ["before", "failed"]),
        ("third", []),
    ]
    assert plan["steps"][0]["volumes"] == {"data": "/data"}
    assert [(final["name"], final["volumes"]) for final in plan["finals"]] == [("s", ["data"])]
    assert plan["settings"]["on_error"] == "fail"
    assert any("more than one step" in note for note in plan["notes"])

    metadata = {"rok": rok, "kubeflow_notebook": {"pipeline_name": "odd", "volumes": volumes}}
    answer = server.ask("POST", "kale/plan", body={"metadata": metadata, "cells": [list(tags) for _, tags in cells]})
    assert answer.json == {**plan, "notebook": ""}


def test_what_is_no_notebook_and_wrong_settings_are_told(server: RunningServer) -> None:
    (server.workspace / "plain.txt").write_text("{}")
    for path, status in (("plain.txt", 400), ("gone.ipynb", 404), ("../../etc/passwd", 400)):
        assert server.ask("GET", f"kale/plan?path={quote(path)}").status == status
    answer = server.ask("POST", "kale/plan", body={"metadata": {"rok": {"kale": {"seconds": "long"}}}})
    assert (answer.status, answer.json["kind"]) == (400, "invalid_argument")
    assert "seconds" in answer.json["message"]


@pytest.mark.parametrize("metadata", [{}, {"kubeflow_notebook": 3}, {"kubeflow_notebook": {"volumes": [1, {}]}}])
def test_a_notebook_without_steps_has_a_plan_that_says_so(server: RunningServer, metadata: dict[str, object]) -> None:
    plan = server.ask("POST", "kale/plan", body={"metadata": metadata, "cells": [["hide-input", "", ":"]]}).json
    assert plan["steps"] == plan["finals"] == []
    assert any("No cell is a step" in note for note in plan["notes"])


def test_planning_opens_no_file_and_makes_no_repository(server: RunningServer) -> None:
    before = sorted(path for path in Path(server.directory).rglob("*") if "repository" in path.parts)
    server.ask("POST", "kale/plan", body={"cells": [["step:a"]]})
    assert sorted(path for path in Path(server.directory).rglob("*") if "repository" in path.parts) == before
