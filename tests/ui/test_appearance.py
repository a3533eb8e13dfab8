"""How the panel looks and reads: in three themes, narrow and wide, for a screen reader, with hostile names."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.ui.axe import violations
from tests.ui.lab import RunningLab, User

THEMES = {"light": "JupyterLab Light", "dark": "JupyterLab Dark", "contrast": "JupyterLab Dark High Contrast"}
WIDTHS = (240, 400)


@pytest.fixture(scope="module")
def history(lab: RunningLab) -> RunningLab:
    """A history with every kind of origin, tags, a pin, and a long message."""
    report = lab.workspace / "report.md"
    for number, (message, more) in enumerate(
        [
            ("first look at the data", {}),
            ("", {"origin": {"kind": "schedule"}}),
            ("before the model is trained", {"tags": ["baseline", "paper"]}),
            ("", {"origin": {"kind": "step", "pipeline": "titanic", "run": "r1", "step": "train", "moment": "failed"}}),
            ("a message so long that no side bar has room for all of it, however wide somebody may draw it", {}),
        ]
    ):
        report.write_text(f"# Report {number}\n" + "words " * 100 * number)
        taken = lab.snapshot(message=message, **more)
    lab.ask("PATCH", f"snapshots/{taken['id']}", body={"pinned": True})
    return lab


@pytest.mark.parametrize("theme", THEMES)
def test_the_panel_can_be_read_in_every_theme_and_width(history: RunningLab, page: Page, theme: str) -> None:
    user = User(page, history).open()
    panel = user.open_panel()
    user.choose_theme(THEMES[theme])
    expect(panel.get_by_text("first look at the data")).to_be_visible()
    for width in WIDTHS:
        user.set_side_bar_width(width)
        page.wait_for_function("node => node.scrollWidth <= node.clientWidth", arg=panel.element_handle())
        assert violations(page, "#rok-jupyter-panel") == []
        user.screenshot(f"panel-{theme}-{width}")
    user.run("rok:show-panel", section="rok-activity")
    user.run("rok:show-panel", section="rok-volumes")
    expect(panel.get_by_text("Schedule and retention")).to_be_visible()
    assert violations(page, "#rok-jupyter-panel") == []
    user.screenshot(f"panel-{theme}-all")


@pytest.mark.parametrize("theme", ["light", "contrast"])
def test_comparison_and_restore_can_be_read_in_every_theme(history: RunningLab, page: Page, theme: str) -> None:
    user = User(page, history).open()
    user.choose_theme(THEMES[theme])
    newest, *_, oldest = history.ask("GET", "snapshots").json["items"]
    user.run("rok:compare-snapshots", before=oldest["id"], after=newest["id"], path="workspace:report.md")
    expect(page.locator(".jp-RokCompareTab").get_by_text("Report 0")).to_be_visible()
    user.screenshot(f"compare-{theme}")
    assert violations(page, ".jp-RokCompareTab") == []
    user.run("rok:restore-snapshot", snapshot=oldest["id"])
    expect(user.dialog()).to_contain_text("report.md")
    user.screenshot(f"restore-{theme}")
    assert violations(page, ".jp-Dialog-content") == []
