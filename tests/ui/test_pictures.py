"""The pictures of the README and the pages, out of the real product: `make pictures` puts them into docs/pictures."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import running
from tests.ui.kale_lab import KaleLab, leave_kales_error, open_kales_panel
from tests.ui.lab import RunningLab, User

ROOT = Path(__file__).resolve().parents[2]
pytestmark = pytest.mark.full  # nothing is proven by them; `make pictures` takes them
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
    keep(taken)


@pytest.fixture
def pipeline(tmp_path: Path) -> Iterator[RunningLab]:
    """A workspace with the walk-through's notebook, in which a step is going to fail."""
    lab = KaleLab(tmp_path / "ada")
    text = (ROOT / "examples" / "kale" / "tumours.ipynb").read_text()
    text = text.replace("GradientBoostingClassifier(n_estimators=trees", "GradientBoostingClassifier(n_estimators=0")
    (lab.workspace / "tumours.ipynb").write_text(text)
    kales = lab.directory / "config" / "lab" / "user-settings" / "jupyterlab-kubeflow-kale"
    kales.mkdir(parents=True)
    (kales / "kale-settings.jupyterlab-settings").write_text('{"enableKaleByDefault": true}')
    yield from running(lab)


def test_pictures_of_a_step_that_failed(pipeline: RunningLab, page: Page) -> None:
    """A real run of the walk-through's pipeline, up to the step that fails: minutes."""
    said = ran(pipeline, "kale", "run", "tumours.ipynb")
    assert "boosting: failed" in said, said
    page.set_viewport_size({"width": 1180, "height": 720})
    user = User(page, pipeline).open("lab/tree/tumours.ipynb")
    leave_kales_error(page)
    panel = user.open_panel()
    user.set_side_bar_width(380)
    user.wait_for_kernel()
    user.button("Filters", panel).click()
    panel.get_by_role("combobox", name="Pipeline", exact=True).select_option("tumours")
    panel.get_by_role("option").filter(has_text="Step boosting failed").click()
    details = panel.get_by_role("region", name="Details: Step boosting failed")
    expect(user.button("Resume", details)).to_be_visible()
    page.locator(".jp-Notebook .jp-Cell").nth(7).scroll_into_view_if_needed()
    page.mouse.move(700, 705)
    taken = [user.screenshot("failed-step")]
    user.button("Close", details).click()
    user.run("rok:show-panel", section="rok-kale")
    expect(panel.locator("#rok-kale")).to_contain_text("neighbours")
    panel.locator(".jp-AccordionPanel-title", has_text="Snapshots").click()
    taken.append(user.screenshot("pipeline"))
    taken.append(picture_of_kales_panel(pipeline, user))
    keep(taken)


def picture_of_kales_panel(lab: RunningLab, user: User) -> Path:
    """Resume the step in a terminal, and start JupyterLab where its files are."""
    failed = lab.ask("GET", "snapshots", query={"step": "boosting"}).json["items"][0]["id"]
    ran(lab, "resume", failed[:8])
    (lab.workspace,) = lab.directory.glob(f"workspace-boosting-{failed[:8]}")
    lab.stop()
    lab.start()
    user.open()
    leave_kales_error(user.page)
    expect(user.dialog()).to_contain_text('Resuming notebook at step: "boosting"', timeout=60_000)
    user.screenshot("kale-dialog")
    user.button("Close", user.dialog()).click()
    leave_kales_error(user.page)
    open_kales_panel(user.page)
    expect(user.page.locator(".jp-Cell.jp-mod-active")).to_contain_text("GradientBoostingClassifier")
    return user.screenshot("kale-panel")


def ran(lab: RunningLab, *words: str) -> str:
    """Run `rok` as a shell in the workspace does; return all that it wrote."""
    command = [sys.executable, "-m", "rok_jupyter", *words]
    environment = {**lab._environment(), "ROK_WORKSPACE": str(lab.workspace)}
    done = subprocess.run(command, env=environment, cwd=lab.workspace, capture_output=True, text=True, check=False)
    return done.stdout + done.stderr


def keep(taken: Sequence[Path]) -> None:
    """Put pictures where the pages find them, where `make pictures` asked for them."""
    for picture in taken if TARGET else ():
        shutil.copy(picture, Path(TARGET or "") / picture.name)
