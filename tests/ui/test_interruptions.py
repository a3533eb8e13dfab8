"""Restores that are cancelled, left, cut off and killed: what the panel says stays true, and no bar turns for ever
(RELIABILITY 83)."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, TimeoutError, expect

from tests.ui.conftest import running
from tests.ui.lab import RunningLab, User
from tests.ui.restoring import open_restore, shown
from tests.ui.stopping import stop_after, stopping, wait_until_stopped

FILES = 120
_NEW = b"changed since the snapshot"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """A server that can be killed in the midst of a restore."""
    place = tmp_path_factory.mktemp("lab")
    yield from running(RunningLab(place, config=stopping(place)))


@pytest.fixture(scope="module")
def snapshot(lab: RunningLab) -> dict[str, Any]:
    """A snapshot of files that are large enough to be restored for a while."""
    folder(lab).mkdir()
    for number in range(FILES):
        (folder(lab) / str(number)).write_bytes(os.urandom(640 << 10))
    return lab.snapshot()


def folder(lab: RunningLab) -> Path:
    return lab.workspace / "large"


def change(lab: RunningLab) -> None:
    """Make all files others than in the snapshot."""
    for number in range(FILES):
        (folder(lab) / str(number)).write_bytes(_NEW)


def changed(lab: RunningLab) -> int:
    """How many files are as `change` left them."""
    return sum((folder(lab) / str(number)).stat().st_size == len(_NEW) for number in range(FILES))


def restores(lab: RunningLab) -> list[dict[str, Any]]:
    """All restores, newest first."""
    return [task for task in lab.ask("GET", "tasks").json["items"] if task["verb"] == "restore"]


def begin(user: User, snapshot: dict[str, Any], at_least: int) -> str:
    """Restore by the dialog, and return the task's id once so many files are restored (or all is over)."""
    dialog = open_restore(user, snapshot)
    assert dialog.planned()["changed"] == FILES
    before = len(restores(user.lab))
    dialog.action("Restore").click()
    until = time.monotonic() + 60
    while len(found := restores(user.lab)) == before:
        assert time.monotonic() < until
    while FILES - changed(user.lab) < at_least and restores(user.lab)[0]["status"] in ("queued", "running"):
        assert time.monotonic() < until, found[0]
    return str(found[0]["id"])


@pytest.mark.parametrize("percent", [1, 50, 99])
def test_a_cancelled_restore_is_told_and_undone(
    user: User, lab: RunningLab, snapshot: dict[str, Any], percent: int
) -> None:
    change(lab)
    begun = begin(user, snapshot, FILES * percent // 100)
    cancel = user.page.locator(".jp-RokDialog footer").get_by_role("button", name=re.compile("^Cancel"))
    if cancel.is_visible():  # at 99 % it may be over by now
        with suppress(TimeoutError):
            cancel.click(timeout=5000)
    task = lab.wait(begun)
    assert task["status"] in ("cancelled", "succeeded")

    user.open()
    user.open_panel()
    banner = user.panel.locator(".jp-RokRestores")
    expect(user.panel.get_by_role("progressbar")).to_have_count(0)
    if task["status"] == "succeeded":
        expect(banner).to_contain_text("Restored.")
        assert changed(lab) == 0
        return
    expect(banner).to_contain_text("The restore was cancelled.")
    if lab.ask("GET", "status").json["interrupted_restores"]:
        user.button("Undo it", banner).click()
        shown(user).do("Undo")
    assert changed(lab) == FILES


def test_a_closed_tab_and_a_cut_network_change_nothing(
    user: User, page: Page, context: BrowserContext, lab: RunningLab, snapshot: dict[str, Any]
) -> None:
    change(lab)
    user.open_panel()
    begun = begin(user, snapshot, 1)
    page.close()
    other = User(context.new_page(), lab).open()
    other.open_panel()
    banner = other.panel.locator(".jp-RokRestores")
    assert lab.wait(begun)["status"] == "succeeded"
    expect(banner).to_contain_text("Restored.")
    expect(banner).to_contain_text(f"{FILES} changed")
    assert changed(lab) == 0

    other.button("Close this message", banner).click()
    change(lab)
    begun = begin(other, snapshot, 1)
    context.set_offline(True)
    assert lab.wait(begun)["status"] == "succeeded"
    context.set_offline(False)
    # While nothing answers, the panel asks ever more seldom: twice a minute in the end.
    expect(other.page.locator(".jp-RokDialog")).to_have_count(0, timeout=90_000)
    expect(banner).to_contain_text("Restored.")
    expect(other.panel.get_by_role("progressbar")).to_have_count(0)


def test_a_killed_server_is_told_once_it_is_back(user: User, lab: RunningLab, snapshot: dict[str, Any]) -> None:
    change(lab)
    user.open_panel()
    dialog = open_restore(user, snapshot)
    assert dialog.planned()["changed"] == FILES
    stop_after(lab, FILES // 3)
    dialog.action("Restore").click()
    wait_until_stopped(lab)
    lab.kill()
    half = changed(lab)
    assert 0 < half < FILES
    lab.start()
    banner = user.panel.locator(".jp-RokRestores")
    expect(banner).to_contain_text("was cut short", timeout=90_000)
    expect(user.panel.get_by_role("progressbar")).to_have_count(0)
