"""The status bar's item: the last snapshot's age, a warning where snapshots fail, and silence otherwise."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, expect

from tests.ui.hearing import Hearing
from tests.ui.lab import RunningLab, User


def test_the_item_says_how_things_stand(user: User, page: Page) -> None:
    item = page.locator(".jp-RokStatus")
    expect(item).to_contain_text("No snapshot")
    hearing = Hearing(user)
    user.lab.snapshot(message="the first")
    expect(item).to_contain_text("Snapshot just now")
    asked = hearing.requests_after_a_snapshot("of the server")
    assert asked == [], "events say it all, and a hidden panel asks for nothing"
    expect(item).to_contain_text("Snapshot just now")

    asked = hearing.requests_after(lambda: _take_without_the_server(user.lab))
    expect(item).to_contain_text("Snapshot just now")
    assert ["/status" in url for url in asked] in ([], [True]), "one question at most: its task may have been told of"

    _fail(user.lab)
    expect(item).to_contain_text("Snapshots fail")
    expect(item.get_by_role("button")).to_have_attribute("title", re.compile(r"\w.*\. Last snapshot: "))
    item.get_by_role("button").click()
    expect(user.panel).to_be_visible()
    user.lab.snapshot(message="works again")
    expect(item).to_contain_text("Snapshot just now")


def _take_without_the_server(lab: RunningLab) -> None:
    command = [sys.executable, "-m", "rok_jupyter", "--workspace", str(lab.workspace), "--no-server", "snapshot"]
    subprocess.run(command, env=lab._environment(), cwd=lab.directory, check=True, capture_output=True)


def _fail(lab: RunningLab) -> None:
    """Let a snapshot fail: where its packs go is no directory any more."""
    (lab.workspace / "new.bin").write_bytes(os.urandom(1000))
    data = Path(lab.ask("GET", "repository").json["location"]) / "data"
    data.rename(data.with_name("aside"))
    data.write_text("no directory")
    task = lab.run("POST", "snapshots", {"save_documents": False})
    data.unlink()
    data.with_name("aside").rename(data)
    assert task["status"] == "failed", task
