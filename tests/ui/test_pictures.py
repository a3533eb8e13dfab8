"""The pictures of the README and the pages, out of the real product: `make pictures` puts them into docs/pictures."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import running
from tests.ui.lab import RunningLab, User

ROOT = Path(__file__).resolve().parents[2]
TARGET = os.environ.get("ROK_PICTURES")


@pytest.fixture
def example(tmp_path: Path) -> Iterator[RunningLab]:
    """The example workspace with a morning's history."""
    lab = RunningLab(tmp_path / "ada")
    shutil.copytree(ROOT / "examples" / "workspace", lab.workspace, dirs_exist_ok=True)
    yield from running(lab)


def live_a_morning(lab: RunningLab) -> None:
    """Make a history that has something of everything."""
    notebook = lab.workspace / "first-minute.ipynb"
    lab.snapshot(message="raw data", tags=["baseline"])
    (lab.workspace / "cleaned.csv").write_text("station,celsius\n" + "A,12.5\n" * 400)
    lab.snapshot(message="cleaned the stations")
    content = json.loads(notebook.read_text())
    content["cells"][-1]["source"] = "stations.groupby('station').mean()"
    notebook.write_text(json.dumps(content, indent=1))
    lab.snapshot(origin={"kind": "schedule"})
    (lab.workspace / "model.bin").write_bytes(os.urandom(300_000))
    step = {"kind": "step", "pipeline": "weather", "run": "r7", "step": "train", "moment": "failed"}
    failed = lab.snapshot(origin=step)
    lab.ask("PATCH", f"snapshots/{failed['id']}", body={"pinned": True, "add_tags": ["look at this"]})
    lab.snapshot(message="before tidying up")
    (lab.workspace / "cleaned.csv").unlink()


def test_pictures_of_a_morning(example: RunningLab, page: Page) -> None:
    live_a_morning(example)
    page.set_viewport_size({"width": 1180, "height": 720})
    user = User(page, example).open("lab/tree/first-minute.ipynb")
    panel = user.open_panel()
    user.set_side_bar_width(340)
    expect(panel.get_by_role("option").filter(has_text="before tidying up")).to_be_visible()
    expect(page.locator(".jp-Notebook .jp-Cell").first).to_be_visible()
    expect(page.locator("#jp-main-dock-panel .jp-Spinner")).to_have_count(0)
    taken = [user.screenshot("panel")]
    first = example.ask("GET", "snapshots").json["items"][-1]["id"]
    user.run("rok:compare-snapshots", before=first, after="live", path="workspace:first-minute.ipynb")
    expect(page.locator(".jp-RokCompareTab")).to_contain_text("groupby")
    page.locator(".jp-RokCompareTab").get_by_text("groupby").first.scroll_into_view_if_needed()
    taken.append(user.screenshot("compare"))
    user.run("rok:restore-snapshot", snapshot="latest", paths=["workspace:cleaned.csv"])
    expect(user.dialog()).to_contain_text("cleaned.csv")
    expect(user.button("Restore", user.dialog()).last).to_be_enabled()
    taken.append(user.screenshot("restore"))
    if TARGET:
        for picture in taken:
            shutil.copy(picture, Path(TARGET) / picture.name)


def run_a_pipeline(lab: RunningLab) -> None:
    """Have the history of the walk-through's pipeline, up to the step that fails."""
    details = {"notebook": "tumours.ipynb"}
    for step, moments in (
        ("load", ("before", "after")),
        ("clean", ("before", "after")),
        ("split", ("before", "after")),
        ("bayes", ("before", "after")),
        ("boosting", ("before", "failed")),
    ):
        for moment in moments:
            (lab.workspace / "report.txt").write_text(f"{step} {moment}")
            origin = {"kind": "step", "pipeline": "tumours", "run": "local-20261122-064824-7136", "step": step}
            lab.snapshot(origin={**origin, "moment": moment, "details": details})


def test_a_picture_of_a_step_that_failed(fresh_lab: RunningLab, page: Page) -> None:
    shutil.copy(ROOT / "examples" / "kale" / "tumours.ipynb", fresh_lab.workspace)
    fresh_lab.snapshot(message="the pipeline's notebook")
    run_a_pipeline(fresh_lab)
    page.set_viewport_size({"width": 1180, "height": 720})
    user = User(page, fresh_lab).open("lab/tree/tumours.ipynb")
    panel = user.open_panel()
    user.set_side_bar_width(380)
    user.button("Filters", panel).click()
    panel.get_by_role("combobox", name="Pipeline", exact=True).select_option("tumours")
    rows = panel.get_by_role("option").filter(has_text="Step boosting failed")
    rows.first.click()
    expect(panel.get_by_role("region", name="Details: Step boosting failed")).to_be_visible()
    expect(page.locator(".jp-Notebook .jp-Cell").first).to_be_visible()
    expect(page.locator("#jp-main-dock-panel .jp-Spinner")).to_have_count(0)
    taken = [user.screenshot("failed-step")]
    page.keyboard.press("Escape")
    user.run("rok:show-panel", section="rok-kale")
    expect(panel.locator("#rok-kale")).to_contain_text("neighbours")
    taken.append(user.screenshot("pipeline"))
    if TARGET:
        for picture in taken:
            shutil.copy(picture, Path(TARGET) / picture.name)
