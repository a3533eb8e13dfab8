"""The panel in the side bar: it is there, opens by its tab, and is quiet while it is hidden."""

from __future__ import annotations

from playwright.sync_api import Page, expect

from tests.ui.hearing import Hearing
from tests.ui.lab import User


def test_the_panel_opens_from_the_side_bar(user: User) -> None:
    panel = user.open_panel()
    expect(panel).to_have_attribute("aria-label", "Snapshots")


def test_a_hidden_panel_sends_no_request(page: Page, user: User) -> None:
    expect(page.locator(".jp-RokStatus")).not_to_have_text("Snapshots")  # it has asked once how things stand
    hearing = Hearing(user)
    user.lab.snapshot(message="the first")
    assert hearing.requests_after_a_snapshot("while nobody looks") == []


def test_a_section_that_starts_closed_has_room_once_it_is_opened(user: User) -> None:
    panel = user.open_panel()
    for name in ("Volumes", "Activity"):
        panel.get_by_role("button", name=name).or_(
            panel.locator(".jp-AccordionPanel-title", has_text=name)
        ).first.click()
        section = panel.locator(f"#rok-{name.lower()}")
        expect(section).to_be_visible()
        user.page.wait_for_function("id => document.getElementById(id).offsetHeight > 100", arg=f"rok-{name.lower()}")
