"""Schedule and retention: a form that says what it means, and asks before it forgets anything."""

from __future__ import annotations

import json
import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.ui.lab import User


def test_schedule_and_retention_are_edited(user: User, page: Page) -> None:
    for number in range(5):
        (user.lab.workspace / "file.txt").write_text(f"{number}\n")
        user.lab.snapshot(message=f"number {number}")
    user.open_panel()
    user.run("rok:show-panel", section="rok-volumes")
    card = user.panel.get_by_role("region", name="Schedule and retention")
    expect(card).to_contain_text("No snapshots by schedule.")
    user.button("Change…", card).click()
    dialog = user.dialog()
    preview = dialog.get_by_role("region", name="What this means")
    expect(preview).to_contain_text("All 5 snapshots that there are would stay.")

    _wrong_fields_are_told(user, dialog)
    _the_preview_follows(user, dialog, preview)
    _it_asks_before_it_forgets(user, dialog)
    expect(card).to_contain_text("A snapshot every 15 min, only where something changed.")
    expect(card).to_contain_text("Kept: the last 2, 3 daily.")
    policy = user.lab.ask("GET", "policy").json
    assert policy["schedule"] == {"every_minutes": 15, "volumes": [], "prune": False}
    assert {name: count for name, count in policy["retention"].items() if count} == {"keep_last": 2, "keep_daily": 3}
    _the_switches_are_in_the_settings(user, page)


def _wrong_fields_are_told(user: User, dialog: Locator) -> None:
    dialog.get_by_label("By schedule, while the server runs and only where something changed").check()
    dialog.get_by_label("Before Restart Kernel and Run All Cells").check()
    dialog.get_by_label("Every how many minutes").fill("often")
    user.button("Save", dialog).click()
    problem = dialog.get_by_role("alert")
    expect(problem.filter(has_text="Write after how many minutes the next snapshot is due")).to_be_visible()
    dialog.get_by_label("Every how many minutes").fill("15")
    dialog.get_by_label("Keep every snapshot").uncheck()
    dialog.get_by_label("And all that are younger than").fill("two weeks")
    expect(problem.filter(has_text="“two weeks” is no time")).to_be_visible()
    dialog.get_by_label("And all that are younger than").fill("")
    for name in ("Last", "Hourly", "Daily", "Weekly", "Monthly", "Yearly"):
        dialog.get_by_label(name, exact=True).fill("0")
    expect(problem.filter(has_text="Say what is kept in at least one field")).to_be_visible()


def _the_preview_follows(user: User, dialog: Locator, preview: Locator) -> None:
    dialog.get_by_label("Last", exact=True).fill("2")
    dialog.get_by_label("Daily", exact=True).fill("3")
    expect(preview).to_contain_text("Of the 5 snapshots that there are, 2 would be forgotten.")
    line = preview.get_by_role("img")
    expect(line).to_have_attribute("aria-label", re.compile(r"^Kept after a year: \d of the last day, \d of the week"))
    expect(preview.locator("rect").nth(1)).to_be_attached()
    user.screenshot("policy")


def _it_asks_before_it_forgets(user: User, dialog: Locator) -> None:
    user.button("Save", dialog).click()
    expect(dialog).to_contain_text("The next scheduled snapshot would forget 2 of the 5 snapshots that there are.")
    user.button("Back", dialog).click()
    # The form is there again as it was filled in, and nothing is stored.
    expect(dialog.get_by_label("Every how many minutes")).to_have_value("15")
    assert user.lab.ask("GET", "policy").json["schedule"]["every_minutes"] == 0
    user.button("Save", dialog).click()
    user.button("Save and forget them", dialog).click()
    expect(dialog).to_have_count(0)


def _the_switches_are_in_the_settings(user: User, page: Page) -> None:
    file = user.lab.directory / "config" / "lab" / "user-settings" / "rok-jupyter" / "plugin.jupyterlab-settings"
    user.until(lambda: _settings(file) == {"snapshotBeforeRunAll": True, "scheduledSnapshots": True})

    user.run("settingeditor:open", query="Snapshots (rok-jupyter)")
    switch = page.get_by_label("Snapshots by schedule")
    expect(switch).to_be_checked()
    user.screenshot("settings")
    switch.uncheck()
    user.until(lambda: user.lab.ask("GET", "policy").json["schedule"]["every_minutes"] == 0)


def _settings(file: Path) -> object:
    """What a settings file says by now; None where it isn't there, or is just being written."""
    try:
        lines = file.read_text().splitlines()
        return json.loads("".join(line for line in lines if not line.strip().startswith("//")))
    except (FileNotFoundError, ValueError):
        return None
