"""What the panel says where something fails: a sentence that tells what to do, and it goes on by itself."""

from __future__ import annotations

import json
import re
import secrets
from collections.abc import Mapping

from playwright.sync_api import Locator, Page, Route, expect

from tests.ui.lab import User

_ALL = re.compile(r"/rok/v1/(?!openapi)")
_STATUS = re.compile(r"/rok/v1/status")


def test_each_failure_is_a_sentence_and_the_panel_comes_back(user: User, page: Page) -> None:
    user.lab.snapshot(message="before it failed")
    panel = user.open_panel()
    user.run("rok:show-panel", section="rok-volumes")
    user.run("rok:show-panel", section="rok-activity")
    expect(panel.get_by_text("before it failed").first).to_be_visible()
    _gone(user, page, panel)
    _refused(user, page, panel)
    _missing(user, page, panel)


def _gone(user: User, page: Page, panel: Locator) -> None:
    page.route(_ALL, lambda route: route.abort())
    _look_again(user)
    _each_section_says(panel, "The Jupyter server does not answer.", "Check that it runs")
    user.screenshot("server-gone")
    # What was known stays to be seen, and with the server everything is there again, without a click.
    expect(panel.get_by_text("before it failed").first).to_be_visible()
    page.unroute(_ALL)
    expect(panel.get_by_text("The Jupyter server does not answer.")).to_have_count(0)


def _refused(user: User, page: Page, panel: Locator) -> None:
    body = {"kind": "unauthenticated", "message": "The request isn't authenticated.", "hint": "Send the token."}
    page.route(_ALL, lambda route: route.fulfill(status=403, json=body))
    _look_again(user)
    _each_section_says(panel, "You are logged out.", "Reload the page and log in again.")
    page.unroute(_ALL)
    page.route(_ALL, lambda route: route.fulfill(status=403, body="<html>a proxy says no</html>"))
    _each_section_says(panel, "The server refused the request.", "reload the page and log in")
    page.unroute(_ALL)
    expect(panel.get_by_text("The server refused the request.")).to_have_count(0)


def _missing(user: User, page: Page, panel: Locator) -> None:
    page.route(_ALL, lambda route: route.fulfill(status=404, json={"message": "Not Found", "reason": None}))
    _look_again(user)
    _each_section_says(panel, "The server has no rok-jupyter extension", "pip install -U rok-jupyter")
    page.unroute(_ALL)
    expect(panel.get_by_text("The server has no rok-jupyter extension")).to_have_count(0)


def test_an_older_or_newer_server_is_named(user: User, page: Page) -> None:
    shown: dict[str, str] = {"version": "0.0.9"}
    # One route for the whole test: a request that is under way when its route goes is never answered.
    page.route(_STATUS, lambda route: _with(route, shown))
    panel = user.open_panel()
    expect(panel.get_by_text("The server has rok-jupyter 0.0.9")).to_be_visible()
    expect(panel.get_by_text("pip install -U rok-jupyter")).to_be_visible()
    user.screenshot("older-server")
    shown["version"] = "99.0.0"
    _look_again(user)
    expect(panel.get_by_text("Reload the page to get the newer panel.")).to_be_visible()
    shown.clear()
    _look_again(user)
    expect(panel.get_by_text("The server has rok-jupyter")).to_have_count(0)
    page.unroute_all(behavior="wait")


def test_a_snapshot_deleted_elsewhere_is_told(user: User, page: Page) -> None:
    gone = user.lab.snapshot(message="soon gone", only_if_changed=False)["id"]
    panel = user.open_panel()
    expect(panel.get_by_text("soon gone").first).to_be_visible()
    assert user.lab.ask("DELETE", f"snapshots/{gone}").status == 200
    for command in ("rok:clone-volume", "rok:browse-snapshot"):
        user.run(command, snapshot=gone)
        told = page.get_by_role("alert").filter(has_text=re.compile(f"no snapshot.*{gone[:8]}|{gone[:8]}.*not", re.I))
        expect(told.first).to_be_visible()
        if user.dialog().count():
            user.leave_dialog()
    expect(panel.locator("#rok-snapshots").get_by_text("soon gone")).to_have_count(0)


def _each_section_says(panel: Locator, message: str, hint: str) -> None:
    for section in ("rok-snapshots", "rok-volumes", "rok-activity"):
        notice = panel.locator(f"#{section}").get_by_role("alert").filter(has_text=message)
        expect(notice).to_be_visible()
        expect(notice).to_contain_text(hint)


def _look_again(user: User) -> None:
    """Something changes, so that the panel asks the server, as it does every half minute anyway."""
    (user.lab.workspace / "again.txt").write_text(secrets.token_hex())
    user.lab.snapshot(message="again")


def _with(route: Route, fields: Mapping[str, str]) -> None:
    answer = route.fetch()
    route.fulfill(response=answer, body=json.dumps({**answer.json(), **fields}))
