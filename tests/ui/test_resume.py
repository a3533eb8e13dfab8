"""Back at a step of a pipeline from the panel: the notebook opens, its variables are there, the next cell is shown."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.ui.lab import User
from tests.ui.stepping import run_failing_step

ONE_WINDOW = True


def test_a_step_is_resumed_from_its_snapshot(user: User, page: Page, tmp_path: Path) -> None:
    lab = user.lab
    run_failing_step(lab, tmp_path / "pod")

    user.open_panel()
    row = user.panel.get_by_role("listbox", name="Snapshots").get_by_role("option").filter(has_text="Step train failed")
    row.click()
    details = user.panel.get_by_role("region", name=re.compile("^Details"))
    user.button("Resume", details).click()
    expect(user.dialog()).to_contain_text("Resume at step “train”?")
    user.button("Resume", user.dialog()).click()

    told = page.locator(".Toastify__toast")
    expect(told).to_contain_text("Back at step “train”", timeout=120_000)
    expect(told).to_contain_text("Loaded: a, cfg, table.")
    expect(told).to_contain_text("Next comes cell 5.")
    expect(page.locator(".jp-Notebook .jp-Cell.jp-mod-active")).to_contain_text("b = double(a)")
    (directory,) = lab.workspace.glob("resumed-train-*")
    assert (directory / "half.txt").read_text() == "half\n"
    user.screenshot("resumed")

    page.keyboard.press("Escape")
    page.locator(".jp-Notebook .jp-Cell.jp-mod-active .cm-content").click()
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    page.keyboard.press("Shift+Enter")
    expect(page.locator(".jp-Notebook .jp-OutputArea-output")).to_contain_text("[[ 1  3  5]")


def test_a_step_comes_back_in_place_once_its_plan_was_seen(user: User, page: Page, tmp_path: Path) -> None:
    lab = user.lab
    run_failing_step(lab, tmp_path / "pod")
    half = lab.workspace / "half.txt"
    half.write_text("more than half\n")

    user.open_panel()
    rows = user.panel.get_by_role("listbox", name="Snapshots").get_by_role("option")
    rows.filter(has_text="Step train failed").first.click()
    user.button("Resume", user.panel.get_by_role("region", name=re.compile("^Details"))).click()
    user.dialog().get_by_label("In place").check()
    expect(user.dialog()).to_contain_text("Your files become what they were")
    user.screenshot("resume-question")
    user.button("Resume", user.dialog()).click()
    expect(user.dialog()).to_contain_text("half.txt")
    user.screenshot("resume-in-place")
    assert half.read_text() == "more than half\n"
    user.button("Resume", user.dialog()).click()

    told = page.locator(".Toastify__toast")
    expect(told.filter(has_text="Back at step “train”")).to_contain_text("Loaded: a, cfg, table.", timeout=120_000)
    assert half.read_text() == "half\n"
    expect(page.locator(".jp-Notebook .jp-Cell.jp-mod-active")).to_contain_text("b = double(a)")
    assert lab.run("POST", "undo", {})["status"] == "succeeded"
    assert half.read_text() == "more than half\n"


def test_a_snapshot_that_is_no_steps_offers_no_resume(user: User) -> None:
    user.lab.snapshot(message="by hand")
    user.open_panel()
    row = user.panel.get_by_role("listbox", name="Snapshots").get_by_role("option").filter(has_text="by hand")
    row.click()
    details = user.panel.get_by_role("region", name=re.compile("^Details"))
    expect(user.button("Browse", details)).to_be_visible()
    expect(user.button("Resume", details)).to_have_count(0)
