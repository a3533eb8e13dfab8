"""The section Activity: tasks of everybody, their errors in full, cancelling and trying again."""

from __future__ import annotations

import re
import subprocess
import sys
import threading
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

from tests.ui.lab import User


def test_tasks_are_seen_cancelled_and_tried_again(user: User, page: Page) -> None:
    panel = user.open_panel()
    user.run("rok:show-panel", section="rok-activity")
    expect(panel.get_by_text("Nothing has run yet.")).to_be_visible()

    user.lab.snapshot(message="from elsewhere")
    row = _row(user, "Snapshot: from elsewhere")
    expect(row).to_contain_text("done")
    expect(row).to_contain_text("took under 1 s")
    expect(page.locator(".jp-RokAnnouncer")).to_have_text("Snapshot (from elsewhere): done.")

    _a_command_of_a_shell_shows_up(user)
    _a_failure_is_told_in_full_and_tried_again(user, page)
    _a_slow_task_is_cancelled(user)
    user.screenshot("activity")


def _a_command_of_a_shell_shows_up(user: User) -> None:
    (user.lab.workspace / "shell.txt").write_text("changed\n")
    command = [
        sys.executable,
        "-m",
        "rok_jupyter",
        "--workspace",
        str(user.lab.workspace),
        "snapshot",
        "-m",
        "in a shell",
    ]
    subprocess.run(command, env=user.lab._environment(), cwd=user.lab.directory, check=True, capture_output=True)
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
    big = user.lab.workspace / "big.bin"
    with big.open("wb") as file, Path("/dev/urandom").open("rb") as noise:
        for _ in range(40):
            file.write(noise.read(10_000_000))
    begun = threading.Thread(
        target=lambda: user.lab.run("POST", "snapshots", {"save_documents": False, "message": "big"})
    )
    begun.start()
    row = _row(user, "Snapshot: big")
    expect(row.get_by_role("progressbar")).to_have_attribute("aria-valuetext", re.compile("MB"))
    user.button("Cancel", row).click()
    expect(row).to_contain_text("cancelled")
    begun.join()
    big.unlink()


def _row(user: User, name: str) -> Locator:
    return user.panel.get_by_role("article", name=re.compile("^" + re.escape(name))).first
