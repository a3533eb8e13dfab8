"""Restores by keyboard alone, from the palette to the undo; and what axe finds in all dialogs."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.ui.axe import violations
from tests.ui.lab import RunningLab, User
from tests.ui.restoring import RestoreDialog, shown

ONE_WINDOW = True

MOST_STOPS = 80


@pytest.fixture(scope="module")
def snapshot(lab: RunningLab) -> dict[str, Any]:
    """A snapshot of a few files, all of which are others now."""
    for path in ("folder/inner.txt", "folder/other.txt", "single.txt"):
        (lab.workspace / path).parent.mkdir(exist_ok=True)
        (lab.workspace / path).write_text("before\n")
    snapshot = lab.snapshot(message="by the keys")
    change(lab.workspace)
    return snapshot


def change(work: Path) -> None:
    """Write all files anew, and one more."""
    for path in ("folder/inner.txt", "folder/other.txt", "single.txt", "folder/later.txt"):
        (work / path).write_text("after\n")


def text(work: Path, path: str) -> str:
    return (work / path).read_text().strip()


class Keys:
    """A user without a mouse."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.page = user.page

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)

    def tab_to(self, target: Locator) -> None:
        """Press Tab until the target has the focus."""
        expect(target.first).to_be_visible()
        for _ in range(MOST_STOPS):
            if target.evaluate_all("nodes => nodes.includes(document.activeElement)"):
                return
            self.page.keyboard.press("Tab")
        raise AssertionError(f"Tab doesn't lead to {target}.")

    def use(self, target: Locator, key: str = "Enter") -> None:
        self.tab_to(target)
        self.page.keyboard.press(key)

    def choose(self, item: str) -> None:
        """Choose an item of the open menu."""
        active = self.page.locator(".lm-Menu-item.lm-mod-active .lm-Menu-itemLabel")
        expect(self.page.locator(".lm-Menu-itemLabel", has_text=item)).to_be_visible()
        self.user.wait_for_menu()
        seen = ""
        for _ in range(20):
            self.page.keyboard.press("ArrowDown")
            # The menu is drawn anew a frame later: Enter would choose another item than the one that is read before.
            expect(active.filter(has_not_text=re.compile(f"^{re.escape(seen)}$"))).to_have_count(1)
            seen = active.inner_text()
            if seen == item:
                self.page.keyboard.press("Enter")
                return
        raise AssertionError(f"The menu has no {item}.")

    def restore(self, dialog: RestoreDialog, name: str = "Restore") -> None:
        """Press the dialog's button, once it can be used."""
        button = dialog.action(name)
        expect(button).not_to_have_attribute("aria-disabled", "true")
        self.use(button)
        expect(dialog.node).to_have_count(0)


def test_restores_by_keyboard_alone(user: User, page: Page, lab: RunningLab, snapshot: dict[str, Any]) -> None:
    keys, work = Keys(user), lab.workspace
    user.wait_for_launcher()  # it would take the focus from the palette, too
    user.choose_in_palette("Show Snapshots")
    rows = user.panel.get_by_role("listbox", name="Snapshots")
    expect(rows).to_contain_text("by the keys")
    keys.tab_to(rows)
    expect(rows).to_be_focused()
    keys.press("Home")
    expect(rows.locator(".jp-mod-active")).to_contain_text("by the keys")
    keys.press("Enter")

    _everything_comes_back(user, keys, work)
    change(work)
    _a_file_comes_back(user, keys, work)
    _a_folder_comes_back_as_it_was(user, keys, work)
    _a_chosen_file_goes_into_a_new_folder(user, keys, work)
    _the_last_restore_in_place_is_undone(user, keys, work)


def _everything_comes_back(user: User, keys: Keys, work: Path) -> None:
    details = user.panel.get_by_role("region", name=re.compile("^Details"))
    restore = user.button("Restore…", details)
    keys.use(restore)
    dialog = shown(user)
    assert dialog.planned()["changed"] == 3
    keys.press("Escape")
    expect(dialog.node).to_have_count(0)
    expect(restore).to_be_focused()
    keys.press("Enter")
    keys.restore(shown(user))
    assert [text(work, path) for path in ("folder/inner.txt", "single.txt", "folder/later.txt")] == [
        "before",
        "before",
        "after",
    ]
    expect(restore).to_be_focused()
    keys.press("Shift+Tab")
    keys.use(user.button("Browse", details))


def _a_file_comes_back(user: User, keys: Keys, work: Path) -> None:
    files = user.panel.get_by_role("grid", name=re.compile("^Files of the snapshot"))
    expect(files.get_by_role("row").first).to_be_focused()
    keys.press("End")
    expect(files.get_by_role("row").filter(has_text="single.txt")).to_be_focused()
    keys.press("Shift+F10")
    keys.choose("Restore…")
    dialog = shown(user)
    assert dialog.planned() == {"created": 0, "changed": 1, "deleted": 0, "attributes only": 0}
    keys.restore(dialog)
    assert (text(work, "single.txt"), text(work, "folder/inner.txt")) == ("before", "after")


def _a_folder_comes_back_as_it_was(user: User, keys: Keys, work: Path) -> None:
    files = user.panel.get_by_role("grid", name=re.compile("^Files of the snapshot"))
    expect(files.get_by_role("row").filter(has_text="single.txt")).to_be_focused()
    keys.press("Home")
    expect(files.get_by_role("row").filter(has_text="folder")).to_be_focused()
    keys.press("Shift+F10")
    keys.choose("Restore…")
    dialog = shown(user)
    keys.use(dialog.node.get_by_label("Delete what the snapshot lacks"), "Space")
    expect(dialog.node.get_by_role("button", name="1 deleted")).to_be_visible()
    keys.restore(dialog)
    assert text(work, "folder/inner.txt") == "before"
    assert not (work / "folder" / "later.txt").exists()


def _a_chosen_file_goes_into_a_new_folder(user: User, keys: Keys, work: Path) -> None:
    files = user.panel.get_by_role("grid", name=re.compile("^Files of the snapshot"))
    expect(files.get_by_role("row").filter(has_text="folder")).to_be_focused()
    keys.press("Shift+F10")
    keys.choose("Restore…")
    dialog = shown(user)
    node = dialog.node
    keys.use(node.get_by_role("button", name="Leave out"))
    keys.use(user.button("Add files and folders…", node))
    keys.use(user.button("Open folder", node))
    keys.use(user.button("Add inner.txt", node))
    expect(node.get_by_role("list", name="Chosen")).to_contain_text("folder/inner.txt")
    keys.use(node.get_by_label("In place"), "ArrowDown")
    expect(node.get_by_label("Into a new folder")).to_be_checked()
    folder = node.get_by_label("Folder", exact=True)
    keys.tab_to(folder)
    keys.press("Control+a")
    user.page.keyboard.type("copy")
    expect(node.get_by_role("group", name="What would change")).to_contain_text("2 created")
    keys.restore(dialog)
    assert text(work, "copy/folder/inner.txt") == "before"
    assert not (work / "copy" / "folder" / "other.txt").exists()


def _the_last_restore_in_place_is_undone(user: User, keys: Keys, work: Path) -> None:
    user.choose_in_palette("Undo the Last Restore")
    keys.restore(shown(user), "Undo")
    assert (text(work, "folder/inner.txt"), text(work, "folder/later.txt")) == ("after", "after")


def test_axe_finds_nothing_wrong_in_any_dialog(
    user: User, page: Page, lab: RunningLab, snapshot: dict[str, Any]
) -> None:
    change(lab.workspace)
    id_ = snapshot["id"]
    dialogs: dict[str, Callable[[], None]] = {
        "take": lambda: user.run("rok:take-snapshot", ask=True),
        "edit": lambda: user.run("rok:edit-snapshot", snapshot=id_),
        "delete": lambda: user.run("rok:delete-snapshots", snapshots=[id_]),
        "clone": lambda: user.run("rok:clone-volume", snapshot=id_),
        "attach": lambda: user.run("rok:attach-volume"),
        "policy": lambda: user.run("rok:edit-policy"),
        "restore": lambda: user.run("rok:restore-snapshot", snapshot=id_),
        "undo": lambda: user.run("rok:undo"),
        "error": lambda: user.run("rok:open-file", snapshot=id_, volume="workspace", path="nothing"),
    }
    for name, ask in dialogs.items():
        ask()
        dialog = user.dialog()
        expect(dialog).to_be_visible()
        expect(dialog.get_by_role("progressbar")).to_have_count(0)
        assert violations(page, ".jp-Dialog-content") == [], name
        user.screenshot(f"dialog-{name}")
        user.leave_dialog()
