"""Compare snapshots with each other and with now: notebooks, texts, pictures, and anything else."""

from __future__ import annotations

import base64
import re
import shutil
from typing import Any

import pytest
from playwright.sync_api import Locator, Request, Route, expect

from tests.ui.lab import RunningLab, User, write_notebook
from tests.ui.restoring import shown

ONE_WINDOW = True

SLOW = re.compile(r"/rok/v1/snapshots/\w+/(diff|tree|notebook-diff)\?")

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)


@pytest.fixture(scope="module")
def pair(lab: RunningLab) -> tuple[dict[str, Any], dict[str, Any]]:
    """Two snapshots; what is there now differs from both."""
    work = lab.workspace
    write_notebook(work / "model.ipynb", "rate = 0.1", "print(rate)")
    (work / "src").mkdir()
    (work / "src" / "train.py").write_text("".join(f"line_{number} = {number}\n" for number in range(60)))
    (work / "plot.png").write_bytes(PIXEL)
    (work / "weights.bin").write_bytes(b"\x00\xff\x00\xff" * 100)
    (work / "old.txt").write_text("goes away\n")
    first = lab.snapshot(message="a first try")
    write_notebook(work / "model.ipynb", "rate = 0.2", "print(rate)")
    text = (work / "src" / "train.py").read_text()
    (work / "src" / "train.py").write_text(text.replace("line_30 = 30", "line_30 = 'thirty'"))
    (work / "plot.png").write_bytes(PIXEL + b"\x00")
    (work / "weights.bin").write_bytes(b"\x00\xfe\x00\xff" * 200)
    (work / "old.txt").unlink()
    second = lab.snapshot(message="better")
    (work / "new.md").write_text("# New\n")
    return first, second


def tab_of(user: User) -> Locator:
    tab = user.page.locator(".jp-RokCompareTab")
    expect(tab).to_be_visible()
    return tab


def row(tab: Locator, name: str) -> Locator:
    return tab.get_by_role("grid", name="Changes").get_by_role("row").filter(has_text=re.compile(re.escape(name)))


def test_two_snapshots_file_by_file(user: User, pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    first, second = pair
    user.run("rok:compare-snapshots", before=first["id"], after=second["id"])
    tab = tab_of(user)
    expect(tab.locator(".jp-RokCompare-states")).to_contain_text("a first try")
    expect(user.button("4 modified", tab)).to_be_visible()
    expect(user.button("1 deleted", tab)).to_be_visible()

    row(tab, "model.ipynb").click()
    expect(tab.locator(".jp-RokNotebookDetail")).to_contain_text("rate = 0.2")
    expect(tab.locator(".jp-RokNotebookDetail")).to_contain_text("rate = 0.1")
    user.screenshot("compare-notebook")

    row(tab, "train.py").click()
    expect(tab.locator(".cm-mergeView")).to_contain_text("line_30 = 'thirty'")
    expect(tab.get_by_text("unchanged lines").first).to_be_visible()
    user.screenshot("compare-text")

    row(tab, "plot.png").click()
    expect(tab.locator(".jp-RokImageDetail figcaption").first).to_have_text(re.compile("Before: 1 . 1 pixels"))
    expect(tab.locator(".jp-RokImageDetail img")).to_have_count(2)

    row(tab, "weights.bin").click()
    facts = tab.locator(".jp-RokFacts")
    expect(facts).to_contain_text("400 B")
    expect(facts).to_contain_text("800 B")
    expect(tab).to_contain_text("It is no text in UTF-8")
    user.screenshot("compare-facts")

    user.button("Swap", tab).click()
    expect(user.button("1 created", tab)).to_be_visible()
    expect(tab.locator(".jp-RokCompare-states")).to_have_text(re.compile("Before.*better.*After.*a first try"))
    row(tab, "train.py").click()
    expect(tab.locator(".cm-mergeView")).to_contain_text("line_30 = 'thirty'")
    user.button("4 modified", tab).click()
    tab.get_by_role("searchbox", name="Filter by path").fill("SRC")
    expect(tab.get_by_role("grid", name="Changes").get_by_role("row")).to_have_count(1)


def test_files_come_back_out_of_a_comparison_with_now(user: User, pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """Copied back and restored from there; the comparison then shows what is left. An open notebook is saved for it."""
    first, page, work = pair[0], user.page, user.lab.workspace
    user.run("docmanager:open", path="model.ipynb")
    user.wait_for_kernel()
    page.locator(".jp-NotebookPanel:visible .jp-CodeCell .cm-content").first.click()
    page.keyboard.type("typed = 'not saved'\n")
    expect(page.locator(".jp-mod-dirty").first).to_be_visible()

    user.run("rok:compare-snapshots", before=first["id"])
    tab = tab_of(user)
    expect(tab).to_contain_text("An open document has unsaved changes, which are not compared: model.ipynb.")
    expect(user.button("Swap", tab)).to_have_attribute("title", "Now is always the later state.")
    user.screenshot("compare-unsaved")
    user.button("Save and Compare Again", tab).click()
    expect(tab).not_to_contain_text("has unsaved changes")
    row(tab, "model.ipynb").click()
    expect(tab.locator(".jp-RokNotebookDetail")).to_contain_text("typed = 'not saved'")

    row(tab, "old.txt").click()
    detail = tab.locator(".jp-RokDetail")
    expect(detail.get_by_role("heading")).to_have_text("old.txt")
    user.button("Copy Back Next to the Original", detail).click()
    expect(row(tab, "old (from")).to_be_visible()
    row(tab, "old.txt").click()
    expect(detail.get_by_role("heading")).to_have_text("old.txt")
    user.button("Restore…", detail).click()
    dialog = shown(user)
    assert dialog.planned()["created"] == 1
    dialog.do()
    expect(row(tab, "old.txt")).to_have_count(0)
    assert (work / "old.txt").read_text() == "goes away\n"


def test_ten_thousand_changes_are_paged(user: User, pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    many = user.lab.workspace / "zz"
    many.mkdir()
    for number in range(10_000):
        (many / f"{number:05}").touch()
    user.run("rok:compare-snapshots", before=pair[1]["id"])
    tab = tab_of(user)
    expect(tab.get_by_role("button", name=re.compile(r"^10\d\d\d created"))).to_be_visible()
    rows = tab.get_by_role("grid", name="Changes").get_by_role("row")
    assert rows.count() < 60, "the list isn't windowed"
    rows.first.click()
    for loaded in range(1000, 10_001, 1000):
        user.page.keyboard.press("End")
        expect(tab.locator(".jp-RokRows-row:focus")).to_have_attribute("aria-rowindex", str(loaded))
        expect(tab.locator(f'[aria-rowindex="{loaded + 1}"]')).to_be_attached()
    user.page.keyboard.press("End")
    expect(tab.locator(".jp-RokRows-row:focus")).to_contain_text("09999")
    assert rows.count() < 60
    shutil.rmtree(many)


def test_a_server_that_has_to_open_a_snapshot_first(user: User, pair: tuple[dict[str, Any], dict[str, Any]]) -> None:
    """It answers a task instead of a folder or a difference, as it does here for who prefers one; the panel waits."""
    first, second = pair
    asked: list[Request] = []

    def prefer(route: Route) -> None:
        asked.append(route.request)
        route.continue_(headers={**route.request.headers, "prefer": "respond-async"})

    user.page.route(SLOW, prefer)
    user.run("rok:compare-snapshots", before=first["id"], after=second["id"], path="workspace:model.ipynb")
    expect(tab_of(user).locator(".jp-RokNotebookDetail")).to_contain_text("rate = 0.2")
    user.run("rok:browse-snapshot", snapshot=first["id"], volume="workspace", path="src")
    files = user.panel.get_by_role("grid", name=re.compile("^Files of the snapshot"))
    expect(files).to_contain_text("train.py")
    answers = [request.response() for request in asked]
    assert len(answers) >= 3
    assert {answer.status for answer in answers if answer} == {202}
    user.page.unroute_all(behavior="wait")
