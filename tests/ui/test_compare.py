"""Compare snapshots with each other and with now: notebooks, texts, pictures, and anything else."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from playwright.sync_api import Locator, expect

from tests.ui.lab import RunningLab, User, write_notebook

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
