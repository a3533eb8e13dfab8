"""Kale's own JupyterLab panel, driven by hand: what it compiles has our hooks, and it takes up the steps we resume."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Page, expect

from kale_bridge.kfp_validator import validate
from kale_bridge.pipeline.document import read_pipeline
from kale_bridge.pipeline.hooking import is_hooked
from tests.kale_bridge.small_notebooks import TWO_STEPS, write_notebook
from tests.ui.conftest import running
from tests.ui.kale_lab import KaleLab, leave_kales_error, open_kales_panel
from tests.ui.lab import RunningLab, User, rok
from tests.ui.stepping import run_failing_step

ONE_WINDOW = True


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """It is started in another directory than its workspace, as `jupyter lab --notebook-dir` is."""
    yield from running(KaleLab(tmp_path_factory.mktemp("kale")))


@pytest.fixture(scope="module")
def failed(lab: RunningLab, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The snapshot of a step that failed: its id."""
    run_failing_step(lab, tmp_path_factory.mktemp("pods") / "pod")
    return str(lab.ask("GET", "snapshots", query={"step": "train"}).json["items"][0]["id"])


def open_notebook(user: User, name: str) -> None:
    user.run("docmanager:open", path=name)
    leave_kales_error(user.page)


def compile_with_kale(user: User) -> str:
    """Press "Compile and Save" in Kale's panel; return the pipeline that it wrote."""
    page = user.page
    panel = open_kales_panel(page)
    package = user.lab.directory / ".kale" / "train.pipeline.yaml"
    package.unlink(missing_ok=True)
    page.locator("input[name=enableKale]").check(force=True)
    choices = panel.get_by_role("group", name="split button").get_by_role("button")
    expect(choices.first).to_be_enabled()
    choices.nth(1).click()
    panel.get_by_role("menuitem", name="Compile and Save").click()
    save = user.button("YES", user.dialog())
    expect(save.or_(panel.get_by_text("Compiling notebook"))).to_be_visible()
    if save.is_visible():
        save.click()
    expect(panel.get_by_text("Compiling notebook")).to_be_visible()
    expect(panel.locator(".deploy-progress-row").filter(has_text="Compiling notebook")).to_contain_text("Done")
    return package.read_text()


def test_what_kale_compiles_has_our_hooks(user: User, page: Page) -> None:
    write_notebook(user.lab.workspace / "train.ipynb", TWO_STEPS)
    open_notebook(user, "train.ipynb")
    compiled = compile_with_kale(user)
    validate(compiled)
    assert is_hooked(read_pipeline(compiled))
    user.screenshot("kale-panel-compiled")

    user.open_panel()
    user.run("rok:show-panel", section="rok-kale")
    section = user.panel.locator("#rok-kale")
    steps = section.get_by_role("list", name="Steps").get_by_role("listitem")
    expect(steps).to_have_text([re.compile("^first.*before, after, when it fails"), re.compile("^second.*before")])
    user.screenshot("kale-panel-beside")
    section.get_by_role("checkbox").uncheck()
    expect(steps.first).to_contain_text("no snapshot")
    unhooked = compile_with_kale(user)
    assert not is_hooked(read_pipeline(unhooked)), "the switch counts from the next time on"
    assert json.loads((user.lab.workspace / "train.ipynb").read_text())["metadata"]["rok"] == {
        "kale": {"snapshots": False}
    }


def kale_takes_up(user: User) -> None:
    """See Kale resume step `train` of the notebook in front: its variables are there, its cell is chosen."""
    page = user.page
    expect(user.dialog().first).to_contain_text("Notebook Exploration", timeout=60_000)
    expect(user.dialog().first).to_contain_text('Resuming notebook at step: "train"')
    user.screenshot("kale-panel-resumed")
    user.button("Close", user.dialog().first).click()
    leave_kales_error(page)
    expect(page.locator(".jp-Notebook:visible .jp-Cell.jp-mod-active")).to_contain_text("b = double(a)")


def run_to_the_end(user: User) -> None:
    """Run the cells from the one that is chosen on; they need the step's variables."""
    cells = user.page.locator(".jp-Notebook:visible")
    cells.locator(".jp-Cell.jp-mod-active .cm-content").click()
    for _ in range(3):
        user.page.keyboard.press("Shift+Enter")
    expect(cells.locator(".jp-OutputArea-output")).to_contain_text("[[ 1  3  5]")


def test_kale_takes_up_a_step_without_a_new_page(user: User, failed: str) -> None:
    """One that was resumed in a terminal, while JupyterLab was open."""
    rok(user.lab, "resume", failed, "--to", str(user.lab.workspace / "again"))
    user.run("docmanager:open", path="again/titanic.ipynb")
    kale_takes_up(user)
    run_to_the_end(user)


@pytest.mark.full  # what Kale's panel asks then is asked in tests/kale_bridge/test_kale_resumes.py, too
def test_kale_opens_the_notebook_of_a_step_that_was_resumed_where_jupyterlab_starts(user: User, failed: str) -> None:
    rok(user.lab, "resume", failed, "--in-place", "--yes")
    user.page.reload()
    kale_takes_up(user)
    expect(user.page.locator(".lm-TabBar-tab.lm-mod-current").filter(has_text="titanic.ipynb")).to_be_visible()
    run_to_the_end(user)


def test_a_step_that_the_panel_resumed_is_taken_up_once(user: User, failed: str) -> None:
    user.run("rok:resume-step", snapshot=failed)
    user.button("Resume", user.dialog()).click()
    leave_kales_error(user.page)
    expect(user.page.locator(".Toastify__toast")).to_contain_text("Loaded: a, cfg, table.", timeout=60_000)
    expect(user.dialog()).to_have_count(0)
    expect(user.page.locator(".jp-Notebook:visible .jp-Cell.jp-mod-active")).to_contain_text("b = double(a)")
    run_to_the_end(user)
    user.wait_for_kernel()  # an answer that comes after the saving would make the notebook unsaved again
    user.screenshot("kale-panel-resumed-by-ours")
    user.run("docmanager:save")
    expect(user.page.locator(".jp-mod-dirty:visible")).to_have_count(0)
    user.run("application:close")
    expect(user.page.locator(".jp-Notebook")).to_have_count(0)
    (directory,) = user.lab.workspace.glob("resumed-train-*")
    open_notebook(user, f"{directory.name}/titanic.ipynb")
    expect(user.page.locator(".jp-Notebook:visible .jp-OutputArea-output")).to_contain_text("[[ 1  3  5]")
