"""The section Activity: tasks of everybody, their errors in full, cancelling and trying again."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.ui.conftest import running
from tests.ui.lab import RunningLab, User, rok


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """A server whose large snapshots take long enough to be cancelled, however fast the machine is."""
    yield from running(RunningLab(tmp_path_factory.mktemp("lab"), config="c.RokSettings.compression_level = 19\n"))


def test_tasks_are_seen_cancelled_and_tried_again(user: User, page: Page) -> None:
    panel = user.open_panel()
    user.run("rok:show-panel", section="rok-activity")
    expect(panel.get_by_text("Nothing has run yet.")).to_be_visible()

    user.lab.snapshot(message="from elsewhere")
    row = _row(user, "Snapshot: from elsewhere")
    expect(row).to_contain_text("done")
    expect(row).to_contain_text(re.compile(r"took (under )?\d+ s"))
    expect(page.locator(".jp-RokAnnouncer")).to_have_text("Snapshot (from elsewhere): done.")

    _a_command_of_a_shell_shows_up(user)
    _a_failure_is_told_in_full_and_tried_again(user, page)
    _a_slow_task_is_cancelled(user)
    user.screenshot("activity")


def _a_command_of_a_shell_shows_up(user: User) -> None:
    (user.lab.workspace / "shell.txt").write_text("changed\n")
    rok(user.lab, "snapshot", "-m", "in a shell")
    expect(_row(user, "Snapshot: in a shell")).to_contain_text("done")


def _a_failure_is_told_in_full_and_tried_again(user: User, page: Page) -> None:
    target = user.lab.workspace / "missing" / "out.zip"
    task = user.lab.run("POST", "snapshots/latest/export", {"target": str(target)})
    assert task["status"] == "failed", task
    failed = _row(user, "Export: ")
    expect(failed).to_contain_text("failed")
    expect(failed).to_contain_text(task["error"]["message"])
    expect(failed).to_contain_text(task["error"]["hint"])
    page.get_by_role("button", name=re.compile("with errors$")).click()
    expect(user.panel.locator(".jp-RokTask")).to_have_count(1)
    target.parent.mkdir()
    user.button("Try again", failed).click()
    page.get_by_role("button", name="All", exact=True).click()
    expect(user.panel.locator(".jp-RokTask.jp-mod-succeeded", has_text="Export")).to_be_visible()
    assert target.exists()


def _a_slow_task_is_cancelled(user: User) -> None:
    large = user.lab.workspace / "large"
    large.mkdir()
    for number in range(200):
        (large / str(number)).write_bytes(os.urandom(640 << 10))
    begun = user.lab.ask("POST", "snapshots", body={"save_documents": False, "message": "large"}).json
    row = _row(user, "Snapshot: large")
    expect(row.get_by_role("progressbar")).to_have_attribute("aria-valuetext", re.compile("MB"))
    user.screenshot("activity-running")
    user.button("Cancel", row).click()
    expect(row).to_contain_text("cancelled")
    assert user.lab.ask("GET", f"tasks/{begun['id']}").json["status"] == "cancelled"
    shutil.rmtree(large)


def _row(user: User, name: str) -> Locator:
    return user.panel.get_by_role("article", name=re.compile("^" + re.escape(name))).first
