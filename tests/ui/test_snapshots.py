"""The section Snapshots: a long time line by keyboard and mouse, search, edit, delete and undo."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.many_snapshots import make
from tests.ui.conftest import running
from tests.ui.lab import RunningLab, User

ONE_WINDOW = True

COUNT = 450
HOSTILE = '<img src=x onerror="window.wasRun = 1"><script>window.wasRun = 1</script>'


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """A server with a history of more than two pages, one snapshot every half hour."""
    lab = RunningLab(tmp_path_factory.mktemp("lab"))
    make(lab.workspace, lab.state, snapshots=COUNT)
    yield from running(lab)


def _list(user: User) -> Locator:
    return user.panel.get_by_role("listbox", name="Snapshots")


def _row(user: User, text: str) -> Locator:
    return _list(user).get_by_role("option").filter(has_text=text)


def _active(user: User) -> Locator:
    """The row that the keys are at, looked for anew each time: it moves a moment after a key."""
    return _list(user).locator(".jp-RokTimeline-row.jp-mod-active")


def _details(user: User) -> Locator:
    return user.panel.get_by_role("region", name=re.compile("^Details"))


def test_a_time_line_by_keyboard_alone(user: User, page: Page) -> None:
    user.wait_for_launcher()
    user.open_panel()
    rows = _list(user).get_by_role("option")
    expect(rows.first).to_have_attribute("aria-posinset", "1")
    expect(_list(user)).to_contain_text(re.compile("Today|Yesterday"))
    assert rows.count() < 60, "the list isn't windowed"

    user.panel.get_by_role("searchbox").focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(_list(user)).to_be_focused()
    _keys_lead_through_all_pages(user, page)
    _enter_opens_details_and_escape_closes_them(user, page)
    _several_are_selected(user, page)
    _the_menu_key_opens_a_menu(user, page)


def _keys_lead_through_all_pages(user: User, page: Page) -> None:
    expect(_active(user)).to_have_attribute("aria-posinset", "1")  # a key before that is drawn counts from nowhere
    page.keyboard.press("ArrowDown")
    expect(_active(user)).to_have_attribute("aria-posinset", "2")
    page.keyboard.press("PageDown")
    expect(_active(user)).to_have_attribute("aria-posinset", re.compile(r"^([5-9]|\d\d+)$"))
    page.keyboard.press("PageUp")
    expect(_active(user)).to_have_attribute("aria-posinset", "2")
    for loaded in range(200, COUNT, 200):
        page.keyboard.press("End")
        expect(_active(user)).to_have_attribute("aria-posinset", str(loaded))
        expect(_active(user)).to_be_in_viewport()
        expect(_list(user).locator(f'[aria-posinset="{loaded + 1}"]')).to_be_attached()
    expect(_list(user).locator(f'[aria-setsize="{COUNT}"]').first).to_be_attached()
    page.keyboard.press("End")
    expect(_active(user)).to_have_attribute("aria-posinset", str(COUNT))
    expect(_active(user)).to_be_in_viewport()
    page.keyboard.press("Home")
    expect(_active(user)).to_have_attribute("aria-posinset", "1")
    expect(_active(user)).to_be_in_viewport()


def _enter_opens_details_and_escape_closes_them(user: User, page: Page) -> None:
    page.keyboard.press("Enter")
    expect(_details(user)).to_contain_text("Taken")
    expect(_details(user)).to_contain_text("workspace, 2 files")
    expect(user.button("Restore…", _details(user))).to_be_visible()
    page.keyboard.press("Escape")
    expect(_details(user)).to_have_count(0)
    expect(_list(user)).to_be_focused()


def _several_are_selected(user: User, page: Page) -> None:
    page.keyboard.press("Home")
    page.keyboard.press("Shift+ArrowDown")
    expect(_details(user)).to_contain_text("2 snapshots selected")
    expect(user.button("Compare these two", _details(user))).to_be_visible()
    page.keyboard.press("Shift+ArrowDown")
    expect(user.button("Compare these two. ", _details(user))).to_have_attribute("aria-disabled", "true")
    expect(user.button("Delete 3", _details(user))).to_be_visible()
    page.keyboard.press("Control+ArrowDown")
    expect(_active(user)).to_have_attribute("aria-posinset", "4")
    page.keyboard.press("Space")
    expect(_details(user)).to_contain_text("4 snapshots selected")
    page.keyboard.press("Escape")


def _the_menu_key_opens_a_menu(user: User, page: Page) -> None:
    page.keyboard.press("Home")
    page.keyboard.press("Shift+F10")
    menu = page.locator(".jp-RokSnapshots-menu")
    expect(menu).to_contain_text("Compare with now")
    expect(menu).to_contain_text("Delete…")
    user.leave_menu()
    _list(user).get_by_role("option").nth(2).click(button="right")
    expect(menu).to_contain_text("Pin: keep for ever")
    user.leave_menu()


def test_search_and_filters_ask_the_server(user: User, page: Page) -> None:
    user.open_panel()
    taken = user.lab.snapshot(message="before the flood", tags=["noah"], origin={"kind": "cell"})
    expect(_row(user, "before the flood")).to_be_visible()
    search = user.panel.get_by_role("searchbox")
    search.fill("flood")
    expect(_list(user).get_by_role("option")).to_have_count(1)
    search.fill("nothing like it")
    expect(user.panel.get_by_text("No snapshot matches.")).to_be_visible()
    user.button("Show all snapshots", user.panel).click()
    expect(_row(user, "Scheduled snapshot").first).to_be_visible()
    expect(search).to_have_value("")
    _a_tag_of_the_oldest_can_be_chosen(user)
    user.panel.get_by_label("Tag", exact=True).select_option("noah")
    expect(_list(user).get_by_role("option")).to_have_count(1)
    user.panel.get_by_label("Origin").select_option("Manual")
    expect(user.panel.get_by_text("No snapshot matches.")).to_be_visible()
    user.button("Clear search and filters", user.panel).click()
    expect(_row(user, "Scheduled snapshot").first).to_be_visible()
    page.keyboard.press("Escape")
    user.lab.ask("DELETE", f"snapshots/{taken['id']}")
    expect(_row(user, "before the flood")).to_have_count(0)


def test_steps_are_found_by_pipeline_run_and_step(user: User) -> None:
    for run, step, moment in (("1", "load", "before"), ("1", "train", "failed"), ("2", "train", "after")):
        origin = {"kind": "step", "pipeline": "titanic", "run": run, "step": step, "moment": moment}
        user.lab.snapshot(origin=origin)
    user.open_panel()
    expect(_row(user, "After step train")).to_be_visible()
    user.button("Filters", user.panel).click()
    options = _list(user).get_by_role("option")
    user.panel.get_by_role("combobox", name="Pipeline", exact=True).select_option("titanic")
    expect(options).to_have_count(3)
    user.panel.get_by_role("combobox", name="Step", exact=True).select_option("train")
    expect(options).to_have_count(2)
    user.panel.get_by_role("combobox", name="Run", exact=True).select_option("1")
    expect(options).to_have_count(1)
    expect(_row(user, "Step train failed")).to_be_visible()
    user.button("Clear search and filters", user.panel).click()
    expect(_row(user, "After step train")).to_be_visible()


def _a_tag_of_the_oldest_can_be_chosen(user: User) -> None:
    oldest = user.lab.ask("GET", "snapshots", query={"limit": "1000"}).json["items"][-1]
    user.lab.ask("PATCH", f"snapshots/{oldest['id']}", body={"add_tags": ["the beginning"]})
    user.button("Filters", user.panel).click()
    tags = user.panel.get_by_label("Tag", exact=True)
    expect(tags.get_by_role("option", name="the beginning")).to_be_attached()
    tags.select_option("the beginning")
    expect(_list(user).get_by_role("option")).to_have_count(1)


def test_a_snapshot_is_edited_and_pinned(user: User, page: Page) -> None:
    user.lab.snapshot(message="typo hear")
    user.open_panel()
    _row(user, "typo hear").click()
    _list(user).focus()
    page.keyboard.press("F2")
    dialog = user.dialog()
    dialog.get_by_label("Message").fill(HOSTILE)
    dialog.get_by_label("Tags").fill("stations,<b>bold</b>,")
    expect(dialog.get_by_role("button", name="Remove the tag stations")).to_be_visible()
    dialog.get_by_role("button", name="Save").click()
    row = _row(user, HOSTILE)
    expect(row).to_contain_text("<b>bold</b>")
    user.button("Pin", _details(user)).click()
    expect(row.get_by_title("Pinned: kept for ever")).to_be_visible()
    expect(user.button("Delete…. It is pinned", _details(user))).to_have_attribute("aria-disabled", "true")
    assert page.evaluate("window.wasRun") is None

    _list(user).focus()
    page.keyboard.press("Delete")
    expect(dialog).to_contain_text("it is pinned")
    user.leave_dialog()
    user.button("Unpin", _details(user)).click()
    expect(row.get_by_title("Pinned: kept for ever")).to_have_count(0)


def test_a_tag_that_is_refused_is_told_in_the_dialog(user: User) -> None:
    snapshot = user.lab.snapshot(message="to be tagged")
    user.run("rok:edit-snapshot", snapshot=snapshot["id"])
    dialog = user.dialog()
    dialog.get_by_label("Tags").fill("rok:pin=1")
    dialog.get_by_role("button", name="Save").click()
    expect(dialog.get_by_role("alert")).to_be_visible()
    expect(dialog.get_by_text("rok:pin=1").first).to_be_visible()
    dialog.get_by_role("button", name="Cancel").click()


def test_deleting_says_how_many_and_can_be_undone(user: User, page: Page) -> None:
    user.lab.snapshot(message="one to delete")
    user.lab.snapshot(message="another to delete")
    user.open_panel()
    _row(user, "one to delete").click()
    _row(user, "another to delete").click(modifiers=["Control"])
    user.button("Delete 2", _details(user)).click()
    dialog = user.dialog()
    expect(dialog).to_contain_text("Delete 2 snapshots?")
    expect(dialog).to_contain_text("one to delete")
    dialog.get_by_role("button", name="Delete 2").click()
    expect(_row(user, "to delete")).to_have_count(0)
    expect(user.panel.get_by_text("2 snapshots deleted.")).to_be_visible()
    user.button("Undo", user.panel).click()
    dialog.get_by_role("button", name="Undo").click()
    expect(_row(user, "to delete")).to_have_count(2)
    expect(user.panel.get_by_text("2 snapshots deleted.")).to_have_count(0)


def test_a_snapshot_that_was_deleted_elsewhere(user: User) -> None:
    gone = user.lab.snapshot(message="gone soon")
    user.open_panel()
    _row(user, "gone soon").click()
    user.page.route("**/rok/v1/snapshots?*", lambda route: route.abort())  # this window is late to learn of it
    assert user.lab.ask("DELETE", f"snapshots/{gone['id']}").status == 200
    user.run("rok:edit-snapshot", snapshot=gone["id"])
    expect(user.panel.get_by_role("alert").first).to_contain_text("does not exist any more")
    user.page.unroute("**/rok/v1/snapshots?*")
    user.button("Try again", user.panel).first.click()
    expect(_row(user, "gone soon")).to_have_count(0)
