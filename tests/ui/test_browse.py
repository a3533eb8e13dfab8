"""Browse a snapshot in the panel; open, download and copy back what it holds."""

from __future__ import annotations

import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.ui.lab import RunningLab, User, write_notebook

ODD = b"odd-\xff-100%.txt"


@pytest.fixture(scope="module")
def stored(lab: RunningLab) -> dict[str, Any]:
    """A snapshot of some files, one of which is deleted afterwards."""
    work = lab.workspace
    write_notebook(work / "analysis.ipynb", "print('as it was')")
    (work / "reports" / "2026").mkdir(parents=True)
    (work / "reports" / "notes.txt").write_text("written in May\n")
    (work / "reports" / "100% done.md").write_text("# Done\n")
    (work / "reports" / "table.csv").write_text("city,people\nBasel,170000\n")
    (work / "reports" / "deleted.txt").write_text("gone by now\n")
    (work / "reports" / ODD.decode("utf-8", "surrogateescape")).write_text("odd\n")
    snapshot = lab.snapshot(message="before the clean-up")
    (work / "reports" / "deleted.txt").unlink()
    (work / "reports" / "notes.txt").write_text("written in June\n")
    return snapshot


def browse(user: User, snapshot: dict[str, Any], **where: str) -> Locator:
    """Open the snapshot's files, and return their list."""
    expect(user.page.locator(".jp-Launcher").first).to_be_visible()  # which takes the focus at a start
    user.run("rok:browse-snapshot", snapshot=snapshot["id"], **where)
    files = user.panel.get_by_role("grid", name=re.compile("^Files of the snapshot"))
    expect(files).to_be_visible()
    return files


def row(files: Locator, name: str) -> Locator:
    return files.get_by_role("row").filter(has_text=re.compile(rf"^{re.escape(name)}"))


def choose(user: User, item: str) -> None:
    """Choose an item of the open menu."""
    user.page.locator(".lm-Menu .lm-Menu-itemLabel", has_text=re.compile(rf"^{re.escape(item)}$")).click()


def test_a_user_walks_by_keyboard_alone(user: User, stored: dict[str, Any]) -> None:
    files = browse(user, stored)
    expect(row(files, "reports")).to_be_focused()
    user.page.keyboard.press("Enter")
    expect(row(files, "2026")).to_be_focused()
    user.page.keyboard.press("End")
    user.page.keyboard.press("Home")
    expect(row(files, "2026")).to_be_focused()
    user.page.keyboard.press("ArrowDown")
    expect(row(files, "100% done.md")).to_be_focused()
    user.screenshot("browse-folder")
    user.page.keyboard.press("Backspace")
    expect(row(files, "reports")).to_be_focused()
    expect(row(files, "analysis.ipynb")).to_be_visible()
    user.page.keyboard.press("ArrowDown")
    user.page.keyboard.press("Shift+F10")
    expect(user.page.locator(".lm-Menu")).to_be_visible()
    user.page.keyboard.press("Escape")
    expect(row(files, "analysis.ipynb")).to_be_focused()
    user.page.keyboard.press("Enter")
    tab = user.page.locator(".lm-DockPanel-tabBar .lm-TabBar-tab", has_text="analysis.ipynb @")
    expect(tab).to_be_visible()
    expect(user.page.locator(".jp-RokBanner")).to_contain_text("read-only: before the clean-up")
    expect(user.page.locator(".jp-Notebook")).to_contain_text("as it was")
    user.screenshot("browse-notebook")
