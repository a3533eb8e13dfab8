"""Undo: says what it would undo, does exactly that, and goes on after what was cut short (RELIABILITY 84)."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from tests.ui.conftest import running
from tests.ui.lab import RunningLab, User
from tests.ui.restoring import done, last_task, open_undo, shown
from tests.ui.stopping import stop_after, stopping, wait_until_stopped

FILES = 600


@pytest.fixture
def fresh_lab(tmp_path: Path) -> Iterator[RunningLab]:
    """A JupyterLab that can be killed in the midst of a restore."""
    place = tmp_path / "lab"
    yield from running(RunningLab(place, config=stopping(place)))


def test_an_undo_says_what_it_undoes(user: User, lab: RunningLab) -> None:
    undo = open_undo(user)
    expect(undo.node).to_contain_text("There is nothing to undo.")
    expect(undo.action("Undo")).to_have_attribute("aria-disabled", "true")
    undo.action("Cancel").click()
    expect(undo.node).to_have_count(0)

    (lab.workspace / "a.txt").write_text("one\n")
    snapshot = lab.snapshot()
    other = lab.snapshot(message="another one")
    (lab.workspace / "a.txt").write_text("two\n")
    assert lab.run("POST", f"snapshots/{snapshot['id']}/restore", {})["status"] == "succeeded"
    assert lab.run("POST", "delete", {"snapshots": [other["id"]]})["status"] == "succeeded"

    undo = open_undo(user)
    expect(undo.node).to_contain_text("brings back the snapshot that was deleted")
    expect(undo.node).to_contain_text(other["id"][:8])
    undo.do("Undo")
    assert lab.ask("GET", f"snapshots/{other['id']}").status == 200

    undo = open_undo(user)
    expect(undo.node).to_contain_text(f"undoes the restore of the snapshot {snapshot['id'][:8]}")
    planned = undo.planned()
    undo.do("Undo")
    assert (lab.workspace / "a.txt").read_text() == "two\n"
    assert done(last_task(lab, "undo")["result"]["restore"]) == planned


def test_a_restore_that_was_cut_short_is_finished_or_undone(fresh_user: User) -> None:
    user, lab = fresh_user, fresh_user.lab
    before = _two_versions(lab)
    for button, text in (("Undo it", "after"), ("Finish it", "before")):
        _cut_short(lab, before)
        user.open()
        user.open_panel()
        banner = user.panel.locator(".jp-RokRestores")
        expect(banner).to_contain_text("was cut short")
        user.screenshot("restore-cut-short")
        user.button(button, banner).click()
        shown(user).do("Undo" if button == "Undo it" else "Restore")
        assert {file.read_text() for file in (lab.workspace / "many").iterdir()} == {text}
        expect(banner).not_to_contain_text("begun on")


def _two_versions(lab: RunningLab) -> str:
    """Write many files, "before" in a snapshot, whose id is returned, and "after" on the disk."""
    many = lab.workspace / "many"
    many.mkdir()
    for number in range(FILES):
        (many / f"{number}.txt").write_text("before")
    snapshot = lab.snapshot()
    for number in range(FILES):
        (many / f"{number}.txt").write_text("after")
    return str(snapshot["id"])


def _cut_short(lab: RunningLab, snapshot: str) -> None:
    """Kill the server in the midst of a restore, and start it again."""
    stop_after(lab, FILES // 2)
    lab.ask("POST", f"snapshots/{snapshot}/restore", body={"save_documents": False})
    wait_until_stopped(lab)
    lab.kill()
    texts = [file.read_text() for file in (lab.workspace / "many").glob("*.txt")]
    assert 0 < texts.count("before") < FILES
    lab.start()
    assert lab.ask("GET", "status").json["interrupted_restores"]
