"""Restores from the panel: shown first and exactly, done, told about, undone; documents follow (RELIABILITY 56, 84)."""

from __future__ import annotations

import re

from playwright.sync_api import Page, expect

from tests.ui.documents import editor, open_text, type_at_end
from tests.ui.lab import RunningLab, User, write_notebook
from tests.ui.restoring import done, last_task, open_restore, shown

ONE_WINDOW = True


def test_a_deleted_notebook_comes_back_and_that_is_undone(user: User, page: Page, lab: RunningLab) -> None:
    """The walk of the issue: take, edit, delete a notebook, restore it, undo."""
    work = lab.workspace / "walk"
    write_notebook(work / "report.ipynb", "print('first')")
    (work / "data.txt").write_text("first\n")
    snapshot = lab.snapshot(message="before the edit")
    before = (work / "report.ipynb").read_text()
    (work / "report.ipynb").unlink()
    (work / "data.txt").write_text("second\n")
    (work / "later.txt").write_text("made after the snapshot\n")
    write_notebook(lab.workspace / "elsewhere" / "other.ipynb", "1 + 1")
    for notebook in ("walk/report.ipynb", "elsewhere/other.ipynb"):
        start_kernel(user, notebook)
    panel = user.open_panel()

    dialog = open_restore(user, snapshot, "workspace:walk")
    planned = dialog.planned()
    assert (planned["created"], planned["changed"], planned["deleted"]) == (1, 1, 0)
    expect(dialog.node.get_by_role("list", name="Changes")).to_contain_text("walk/report.ipynb")
    dialog.node.get_by_label("Delete what the snapshot lacks").check()
    expect(dialog.node.get_by_role("button", name="1 deleted")).to_be_visible()
    planned = dialog.planned()
    expect(dialog.node).to_contain_text("A kernel runs there: report.ipynb.")
    user.screenshot("restore-dialog")
    dialog.do()

    assert (work / "report.ipynb").read_text() == before
    assert (work / "data.txt").read_text() == "first\n"
    assert not (work / "later.txt").exists()
    result = last_task(lab, "restore")["result"]
    assert done(result) == planned
    banner = panel.locator(".jp-RokRestores")
    expect(banner).to_contain_text("Restored.")
    expect(banner).to_contain_text("1 created")
    expect(banner).to_contain_text("A kernel goes on with what it had loaded: report.ipynb.")
    expect(banner).not_to_contain_text("other.ipynb")
    user.screenshot("restore-done")
    with page.expect_response(re.compile(r"/api/kernels/[-\w]+/restart")) as restarted:
        user.button("Restart it", banner).click()
    assert restarted.value.ok
    expect(banner).not_to_contain_text("A kernel goes on")

    banner.get_by_role("button", name="Undo").click()
    undo = shown(user)
    planned = undo.planned()
    expect(undo.node).to_contain_text("This undoes the restore of the snapshot")
    user.screenshot("undo-dialog")
    undo.do("Undo")
    assert not (work / "report.ipynb").exists()
    assert (work / "data.txt").read_text() == "second\n"
    assert (work / "later.txt").read_text() == "made after the snapshot\n"
    assert done(last_task(lab, "undo")["result"]["restore"]) == planned
    expect(banner).to_contain_text("Undone.")
    user.button("Close this message", banner).click()
    expect(banner).not_to_contain_text("Undone.")


def start_kernel(user: User, notebook: str) -> None:
    """Start a notebook's kernel as another window does, and have this one know."""
    body = {"path": notebook, "name": notebook, "type": "notebook", "kernel": {"name": "python3"}}
    assert user.lab.ask("POST", "/api/sessions", body=body).status == 201
    user.page.evaluate("() => window.jupyterapp.serviceManager.sessions.refreshRunning()")


def test_one_file_goes_into_a_new_folder(user: User, lab: RunningLab) -> None:
    (lab.workspace / "one").mkdir()
    (lab.workspace / "one" / "a.txt").write_text("a\n")
    (lab.workspace / "one" / "b.txt").write_text("b\n")
    snapshot = lab.snapshot()
    dialog = open_restore(user, snapshot)
    node = dialog.node
    node.get_by_label("Chosen files and folders").check()
    user.button("Open one", node).click()
    user.button("Add a.txt", node).click()
    expect(node.get_by_role("list", name="Chosen")).to_contain_text("one/a.txt")
    node.get_by_label("Into a new folder").check()
    folder = node.get_by_label("Folder", exact=True)
    folder.fill("/outside")
    expect(node.get_by_role("alert")).to_contain_text("below the workspace")
    folder.fill("copy of one")
    expect(node.get_by_role("group", name="What would change")).to_contain_text("2 created")
    user.screenshot("restore-new-folder")
    dialog.do()
    assert (lab.workspace / "copy of one" / "one" / "a.txt").read_text() == "a\n"
    assert not (lab.workspace / "copy of one" / "one" / "b.txt").exists()
    user.open_panel()
    expect(user.panel.locator(".jp-RokRestores")).to_contain_text("Restored.")
    expect(user.panel.locator(".jp-RokRestores")).not_to_contain_text("A kernel goes on")


def test_an_unsaved_document_is_saved_first_and_reloads_afterwards(user: User, page: Page, lab: RunningLab) -> None:
    content = open_text(user, lab.workspace / "unsaved.txt", "in the snapshot\n")
    clean = open_text(user, lab.workspace / "clean.txt", "also in the snapshot\n")
    snapshot = lab.snapshot()
    (lab.workspace / "clean.txt").write_text("changed by somebody else\n")
    content = editor(user, "unsaved.txt")
    type_at_end(user, content, "typed later")

    dialog = open_restore(user, snapshot, "workspace:unsaved.txt", "workspace:clean.txt")
    assert dialog.planned()["changed"] == 1
    expect(dialog.node).to_contain_text("unsaved changes is in the way: unsaved.txt")
    expect(dialog.action("Restore")).to_have_attribute("title", "Save the open documents first.")
    user.screenshot("restore-unsaved")
    user.button("Save first", dialog.node).click()
    expect(dialog.node.get_by_role("button", name="2 changed")).to_be_visible()
    dialog.do()

    assert (lab.workspace / "unsaved.txt").read_text() == "in the snapshot\n"
    expect(content).not_to_contain_text("typed later")
    expect(editor(user, "clean.txt")).to_have_text("also in the snapshot")
    expect(clean).to_be_visible()
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)
    safety = lab.ask("GET", "snapshots", query={"origin": "safety"}).json["items"][0]
    query = {"volume": "workspace", "path": "unsaved.txt"}
    assert lab.ask("GET", f"snapshots/{safety['id']}/content", query=query).content == b"in the snapshot\ntyped later"


def test_a_world_that_changed_is_shown_anew(user: User, lab: RunningLab) -> None:
    (lab.workspace / "world.txt").write_text("one\n")
    snapshot = lab.snapshot()
    (lab.workspace / "world.txt").write_text("two\n")
    dialog = open_restore(user, snapshot, "workspace:world.txt")
    assert dialog.planned()["changed"] == 1
    (lab.workspace / "world.txt").write_text("three, meanwhile\n")
    dialog.action("Restore").click()
    expect(dialog.node).to_contain_text("This is the new plan.")
    assert (lab.workspace / "world.txt").read_text() == "three, meanwhile\n"
    dialog.do()
    assert (lab.workspace / "world.txt").read_text() == "one\n"


def test_what_cant_be_done_says_why(user: User, lab: RunningLab) -> None:
    (lab.workspace / "full").mkdir(exist_ok=True)
    (lab.workspace / "full" / "a.txt").write_text("a\n")
    snapshot = lab.snapshot()
    dialog = open_restore(user, snapshot, "workspace:full")
    assert sum(dialog.planned().values()) == 0
    expect(dialog.node).to_contain_text("Nothing would change")
    expect(dialog.action("Restore")).to_have_attribute("title", "There is nothing to change.")
    dialog.node.get_by_label("Into a new folder").check()
    dialog.node.get_by_label("Folder", exact=True).fill("full")
    expect(dialog.node).to_contain_text("not empty")
    expect(dialog.action("Restore")).to_have_attribute("aria-disabled", "true")
    user.leave_dialog()
