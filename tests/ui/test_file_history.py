"""The history of one file: its versions only, from the context menus."""

from __future__ import annotations

from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.ui.lab import RunningLab, User, write_notebook


@pytest.fixture(scope="module")
def versions(lab: RunningLab) -> list[dict[str, Any]]:
    """Snapshots; the notebook differs in the first and the third, the second holds the first's version too."""
    write_notebook(lab.workspace / "deep" / "plan.ipynb", "step = 1")
    (lab.workspace / "other.txt").write_text("a\n")
    first = lab.snapshot(message="step one")
    (lab.workspace / "other.txt").write_text("b\n")
    second = lab.snapshot(message="only the other")
    write_notebook(lab.workspace / "deep" / "plan.ipynb", "step = 2", "more = True")
    third = lab.snapshot(message="step two")
    return [first, second, third]


def history(user: User) -> Locator:
    grid = user.panel.get_by_role("grid", name="Versions of")
    expect(grid).to_be_visible()
    return grid


def test_versions_of_a_notebook_from_the_file_browser(user: User, versions: list[dict[str, Any]]) -> None:
    page = user.page
    user.run("filebrowser:go-to-path", path="/deep")
    item = page.locator(".jp-DirListing-item", has_text="plan.ipynb")
    item.click(button="right")
    page.get_by_role("menuitem", name="History of This File").click()
    rows = history(user).get_by_role("row")
    expect(rows).to_have_count(2)
    expect(rows.nth(0)).to_contain_text("step two")
    expect(rows.nth(1)).to_contain_text("step one")
    expect(rows.nth(1).locator(".jp-RokBrowse-size")).to_contain_text("B")
    user.screenshot("file-history")
    rows.nth(0).get_by_role("button", name="Actions for").click()
    page.get_by_role("menuitem", name="Compare with Previous Version").click()
    tab = page.locator(".jp-RokCompareTab")
    expect(tab.locator(".jp-RokNotebookDetail")).to_contain_text("step = 2")
    user.screenshot("file-history-compare")
