"""Names, messages, tags and errors that are scripts: shown as they are, never run (RELIABILITY case 82)."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.lab import RunningLab, User

SCRIPTS = (
    "<script>window.hacked=1</script>",
    "<img src=x onerror='window.hacked=2'>",
    '"><svg onload=window.hacked=3>',
    "javascript:window.hacked=4",
    "{{constructor.constructor('window.hacked=5')()}}",
    "<iframe srcdoc='<script>parent.hacked=6<&#x2F;script>'>",
    "[x](javascript:window.hacked=7)",
)


@pytest.fixture(scope="module")
def hostile(lab: RunningLab) -> RunningLab:
    for number, script in enumerate(SCRIPTS):
        name = script.replace("/", "\N{FRACTION SLASH}")
        (lab.workspace / name).write_text(script)
        (lab.workspace / f"{name}.md").write_text(script)
        lab.snapshot(message=script, tags=[script.replace(",", ";")], name=f"{number}{script}")
    (lab.workspace / SCRIPTS[3]).write_text("changed")
    lab.run("POST", "snapshots", {"volumes": [SCRIPTS[1]], "save_documents": False})
    return lab


def names_in(workspace: Path) -> list[str]:
    return sorted(path.name for path in workspace.iterdir() if not path.name.startswith("."))


def test_no_script_in_a_text_runs(hostile: RunningLab, page: Page) -> None:
    dialogs: list[str] = []
    page.on("dialog", lambda dialog: dialogs.append(dialog.message) or dialog.dismiss())  # type: ignore[func-returns-value]
    user = User(page, hostile).open()
    panel = user.open_panel()
    newest = hostile.ask("GET", "snapshots").json["items"][0]["id"]
    for script in SCRIPTS:
        expect(panel.get_by_text(script, exact=True).first).to_be_visible()
    user.run("rok:show-panel", section="rok-activity")
    expect(panel.get_by_text(SCRIPTS[1]).first).to_be_visible()
    user.run("rok:browse-snapshot", snapshot=newest)
    expect(panel.get_by_text(names_in(hostile.workspace)[0]).first).to_be_visible()
    user.run("rok:compare-snapshots", before=newest, after="live")
    expect(page.locator("#main").get_by_text(SCRIPTS[3]).first).to_be_visible()
    user.run("rok:show-file-history", path=f"workspace:{SCRIPTS[3]}")
    user.run("rok:restore-snapshot", snapshot=newest)
    expect(page.get_by_text(SCRIPTS[3]).last).to_be_visible()
    user.screenshot("hostile")
    assert page.evaluate("window.hacked") is None
    assert dialogs == []
