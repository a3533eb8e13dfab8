"""Undo: says what it would undo, does exactly that, and goes on after what was cut short (RELIABILITY 84)."""

from __future__ import annotations

import time
from pathlib import Path

from playwright.sync_api import expect

from tests.ui.lab import RunningLab, User
from tests.ui.restoring import done, last_task, open_undo, shown


def test_an_undo_says_what_it_undoes(user: User, lab: RunningLab) -> None:
    undo = open_undo(user)
    expect(undo.node).to_contain_text("There is nothing to undo.")
    expect(undo.action("Undo")).to_have_attribute("aria-disabled", "true")
    undo.action("Cancel").click()

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
    for number in range(600):
        (many / f"{number}.txt").write_text("before")
    snapshot = lab.snapshot()
    for number in range(600):
        (many / f"{number}.txt").write_text("after")
    return str(snapshot["id"])


def _cut_short(lab: RunningLab, snapshot: str) -> None:
    """Kill the server in the midst of a restore, and start it again."""
    task = lab.ask("POST", f"snapshots/{snapshot}/restore", body={"save_documents": False}).json
    until = time.monotonic() + 60
    while not _is_half(lab.workspace / "many"):
        assert time.monotonic() < until, lab.ask("GET", f"tasks/{task['id']}").json
    lab.kill()
    lab.start()
    assert lab.ask("GET", "status").json["interrupted_restores"]


def _is_half(many: Path) -> bool:
    """Whether some files are restored and others aren't yet."""
    texts = {(many / f"{number}.txt").read_text() for number in (0, 10, 100, 300, 500, 599)}
    return len(texts) == 2
