"""Notebooks of Kale 0.7 become ones that the real Kale 2.3 compiles; each change is told, the original is kept."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from kale_bridge.migrate import metadata, volumes
from kale_bridge.migrate.notebook import migrate_notebook, migrated
from rok_jupyter.errors import RokError
from tests.rok_command import Rok

CLONE = {
    "type": "clone",
    "name": "workspace-x",
    "mount_point": "/home/jovyan",
    "size": 5,
    "size_type": "Gi",
    "annotations": [],
    "snapshot": False,
    "snapshot_name": "",
}
NEW = {
    "type": "new_pvc",
    "name": "data",
    "mount_point": "/home/jovyan/data",
    "size": 10,
    "size_type": "Gi",
    "annotations": [{"key": "rok/origin", "value": "url"}, {"key": "team", "value": "a"}],
    "snapshot": True,
    "snapshot_name": "s",
    "storage_class_name": "rok",
}
PLAIN = {"type": "pvc", "name": "datasets", "mount_point": "/data"}


def old_notebook(**kale: Any) -> dict[str, Any]:
    """A notebook as Kale 0.7 kept it, modelled on its examples."""
    cells = [
        ("import os", ["imports"]),
        ("def double(x):\n    return 2 * x", ["functions"]),
        ("x = 1", ["block:load_data"]),
        ("y = double(x)", ["block:train", "prev:load_data", "limit:nvidia.com/gpu:1"]),
        ("print('übrig')", ["skip"]),
    ]
    own = {
        "experiment": {"id": "new", "name": "Titanic"},
        "experiment_name": "Titanic",
        "pipeline_name": "titanic-ml",
        "pipeline_description": "",
        "docker_image": "somewhere/kale:1",
        "autosnapshot": True,
        "snapshot_volumes": True,
        "katib_run": False,
        "storage_class_name": "rok",
        "volume_access_mode": "rwm",
        "volumes": [CLONE, NEW, PLAIN],
        **kale,
    }
    return {
        "cells": [
            {"cell_type": "code", "execution_count": None, "outputs": [], "source": source, "metadata": {"tags": tags}}
            for source, tags in cells
        ],
        "metadata": {
            "kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"},
            "kubeflow_notebook": {key: value for key, value in own.items() if value is not None},
        },
        "nbformat": 4,
        "nbformat_minor": 4,
    }


def write(path: Path, notebook: Any) -> Path:
    path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False))
    return path


def kale_of(notebook: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = notebook["metadata"]["kubeflow_notebook"]
    return found


@pytest.fixture
def rok(tmp_path: Path) -> Rok:
    return Rok(tmp_path)


def test_kale_refuses_the_old_notebook_and_compiles_the_migrated_one_with_hooks(rok: Rok) -> None:
    source = write(rok.workspace / "titanic.ipynb", old_notebook())
    before = source.read_bytes()
    assert "rok kale migrate" in rok("kale", "compile", str(source), status=2).stderr

    done = rok("kale", "migrate", str(source))

    kept = rok.workspace / "titanic.kale-0.7.ipynb"
    assert kept.read_bytes() == before
    assert str(kept) in done.text
    plan = rok("kale", "compile", str(source), "--dry-run", "--json").json
    assert [(step["step"], step["moments"]) for step in plan["steps"]] == [
        ("load_data", ["before", "after", "failed"]),
        ("train", ["before", "after", "failed"]),
    ]
    assert plan["steps"][0]["volumes"] == {
        "workspace-x": "/home/jovyan",
        "data": "/home/jovyan/data",
        "datasets": "/data",
    }
    assert [(final["name"], final["volumes"]) for final in plan["finals"]] == [("s", ["data"])]


def test_each_change_is_told() -> None:
    notebook, changes = migrated(old_notebook())
    told = {change.what: (change.before, change.after) for change in changes}
    assert told == {
        "autosnapshot": ("true", 'rok.kale: {"snapshots":true}'),
        "docker_image": ("somewhere/kale:1", "base_image: somewhere/kale:1"),
        "storage_class_name": ("rok", ""),
        "volume workspace-x: type": ("clone", "pvc"),
        "volume data: type": ("new_pvc", "pvc"),
        "volume data: rok/origin": ("url", ""),
        "volume data: storage_class_name": ("rok", ""),
        "cell 3: tag": ("block:load_data", "step:load_data"),
        "cell 4: tag": ("block:train", "step:train"),
    }
    assert {change.what for change in changes if change.attention} == {
        "volume workspace-x: type",
        "volume data: type",
        "volume data: rok/origin",
    }
    assert notebook["metadata"]["rok"] == {"kale": {"snapshots": True}}
    assert kale_of(notebook)["volumes"][1]["annotations"] == [{"key": "team", "value": "a"}]
    assert kale_of(notebook)["volumes"][1]["snapshot_name"] == "s"
    assert notebook["cells"][3]["metadata"]["tags"] == ["step:train", "prev:load_data", "limit:nvidia.com/gpu:1"]


@pytest.mark.parametrize(
    ("autosnapshot", "snapshot_volumes", "settings"),
    [
        (True, True, {"snapshots": True}),
        (True, False, {"snapshots": True}),
        (False, True, {"snapshots": True, "moments": ["before"]}),
        (False, False, {"snapshots": False}),
    ],
)
def test_what_rok_did_is_asked_of_rok(autosnapshot: bool, snapshot_volumes: bool, settings: dict[str, Any]) -> None:
    notebook, _ = migrated(old_notebook(autosnapshot=autosnapshot, snapshot_volumes=snapshot_volumes))
    assert notebook["metadata"]["rok"] == {"kale": settings}


def test_what_the_notebook_already_says_to_rok_stays() -> None:
    old = old_notebook()
    old["metadata"]["rok"] = {"other": 1, "kale": {"snapshots": False, "seconds": 5}}
    notebook, _ = migrated(old)
    assert notebook["metadata"]["rok"] == {"other": 1, "kale": {"snapshots": False, "seconds": 5}}


def test_volumes_that_kale_would_drop_or_choke_on() -> None:
    snap = {"type": "snap", "name": "models", "mount_point": "/models", "surprise": 1}
    bare = {"type": "pv", "name": "disk", "mount_point": "/disk"}
    notebook, changes = migrated(old_notebook(volumes=[snap, bare]))
    assert kale_of(notebook)["volumes"] == [{"type": "pvc", "name": "models", "mount_point": "/models"}]
    told = {change.what: change for change in changes if change.what.startswith("volume")}
    assert set(told) == {"volume models: type", "volume models: surprise", "volume disk"}
    assert "rok clone ID --volume NAME --as models" in told["volume models: type"].note
    assert told["volume disk"].attention


def test_an_image_of_roks_days_is_pointed_out() -> None:
    _, changes = migrated(old_notebook(docker_image="registry/arrikto-playground/kale:1"))
    assert next(change.what for change in changes if change.attention) == "docker_image"


def test_an_empty_image_becomes_kales_default() -> None:
    notebook, _ = migrated(old_notebook(docker_image=""))
    assert "base_image" not in kale_of(notebook)
    assert "docker_image" not in kale_of(notebook)


def test_keys_that_kale_refuses_go_and_are_told() -> None:
    notebook, changes = migrated(old_notebook(surprise={"a": 1}))
    assert "surprise" not in kale_of(notebook)
    assert ("surprise", '{"a":1}') in [(change.what, change.before) for change in changes]


def test_a_notebook_of_today_is_not_touched(tmp_path: Path) -> None:
    today = old_notebook(autosnapshot=None, docker_image=None, storage_class_name=None, volumes=[PLAIN])
    for cell in today["cells"]:
        cell["metadata"]["tags"] = [tag.replace("block:", "step:") for tag in cell["metadata"]["tags"]]
    source = write(tmp_path / "today.ipynb", today)
    before = source.stat().st_mtime_ns
    assert migrate_notebook(source).changes == ()
    assert source.stat().st_mtime_ns == before
    assert [path.name for path in tmp_path.iterdir()] == ["today.ipynb"]


def test_migrating_twice_changes_nothing_more_and_no_original_is_lost(tmp_path: Path) -> None:
    source = write(tmp_path / "old.ipynb", old_notebook())
    migrate_notebook(source)
    assert migrate_notebook(source).changes == ()
    first = source.read_bytes()
    write(source, old_notebook(docker_image="another"))
    assert migrate_notebook(source).original.endswith("old.kale-0.7-2.ipynb")
    assert source.read_bytes() != first
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "old.ipynb",
        "old.kale-0.7-2.ipynb",
        "old.kale-0.7.ipynb",
    ]


def test_a_dry_run_and_another_file_leave_the_notebook_as_it_is(rok: Rok) -> None:
    source = write(rok.workspace / "old.ipynb", old_notebook())
    before = source.read_bytes()
    shown = rok("kale", "migrate", str(source), "--dry-run")
    assert "For you to look at: volume workspace-x: type" in shown.text
    assert len(rok("kale", "migrate", str(source), "--dry-run", "--json").json["changes"]) == 9
    rok("kale", "migrate", str(source), "-o", str(rok.workspace / "new.ipynb"))
    assert source.read_bytes() == before
    assert sorted(path.name for path in rok.workspace.iterdir()) == ["new.ipynb", "old.ipynb"]


def test_all_else_of_the_notebook_stays(tmp_path: Path) -> None:
    old = old_notebook()
    old["cells"][0]["source"] = ["half \ud800 a pair, ", "ü, \u2028"]
    old["metadata"]["widgets"] = {"x": [1.0, 1e300, None]}
    source = tmp_path / "old.ipynb"
    source.write_text(json.dumps(old))
    migrate_notebook(source)
    new = json.loads(source.read_bytes())
    for notebook in (old, new):
        del notebook["metadata"]["kubeflow_notebook"]
        notebook["metadata"].pop("rok", None)
        for cell in notebook["cells"]:
            del cell["metadata"]["tags"]
    assert new == old


@pytest.mark.parametrize("content", ["", "{", "[]", '{"worksheets": []}'])
def test_what_is_no_notebook_is_told(tmp_path: Path, content: str) -> None:
    source = tmp_path / "old.ipynb"
    source.write_text(content)
    with pytest.raises(RokError, match="no notebook"):
        migrate_notebook(source)
    assert source.read_text() == content
    with pytest.raises(RokError, match="can't be read"):
        migrate_notebook(tmp_path / "gone.ipynb")


def test_the_keys_are_those_of_the_real_kale() -> None:
    program = (
        "import inspect, json\n"
        "from kale.config import Field\n"
        "from kale.pipeline import VolumeConfig\n"
        "from kale.processors import NotebookConfig\n"
        "fields = lambda kind: sorted(n for n, v in inspect.getmembers(kind) if isinstance(v, Field))\n"
        "print(json.dumps([fields(NotebookConfig), fields(VolumeConfig)]))\n"
    )
    done = subprocess.run([sys.executable, "-c", program], check=True, capture_output=True, text=True)
    of_notebook, of_volume = json.loads(done.stdout.splitlines()[-1])
    assert set(of_notebook) == metadata.KNOWN_KEYS
    assert set(of_volume) == volumes.KNOWN_KEYS
