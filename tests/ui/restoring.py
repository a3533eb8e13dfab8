"""The restore's dialog and the panel's banner, as a user sees them."""

from __future__ import annotations

import re
from typing import Any

from playwright.sync_api import Locator, expect

from tests.ui.lab import RunningLab, User

KINDS = ("created", "changed", "deleted", "attributes only")


class RestoreDialog:
    """The open dialog of a restore or an undo."""

    def __init__(self, user: User) -> None:
        self.user = user
        self.node = user.page.locator(".jp-RokDialog")

    def planned(self) -> dict[str, int]:
        """What it says would happen, once it knows, by the words of its buttons."""
        expect(self.node.get_by_role("progressbar")).to_have_count(0)
        group = self.node.get_by_role("group", name="What would change")
        expect(group).to_be_visible()
        words = [button.inner_text() for button in group.get_by_role("button").all()]
        return {kind: int(count) for count, kind in (word.split(" ", 1) for word in words)}

    def action(self, name: str) -> Locator:
        """The button that does it."""
        return self.node.locator("footer").get_by_role("button", name=re.compile(f"^{name}"))

    def do(self, name: str = "Restore") -> None:
        """Press the button that does it, and wait for its end."""
        button = self.action(name)
        expect(button).not_to_have_attribute("aria-disabled", "true")
        button.click()
        expect(self.node).to_have_count(0)


def open_restore(user: User, snapshot: dict[str, Any], *paths: str) -> RestoreDialog:
    """Open the dialog by its command, as all places of the panel do."""
    user.run("rok:restore-snapshot", snapshot=snapshot["id"], paths=list(paths))
    return shown(user)


def open_undo(user: User) -> RestoreDialog:
    """Open the dialog of an undo."""
    user.run("rok:undo")
    return shown(user)


def shown(user: User) -> RestoreDialog:
    """The dialog, once it is there and JupyterLab, when idle, has given it the focus: keys go elsewhere before."""
    dialog = RestoreDialog(user)
    expect(dialog.node).to_be_visible()
    user.page.wait_for_function("() => document.activeElement.closest('.jp-RokDialog')")
    return dialog


def last_task(lab: RunningLab, verb: str) -> dict[str, Any]:
    """The newest task of that verb, with its result."""
    tasks = lab.ask("GET", "tasks").json["items"]
    newest = next(task for task in tasks if task["verb"] == verb)
    return lab.wait(newest["id"])


def done(result: dict[str, Any]) -> dict[str, int]:
    """What a restore did, in the words of the dialog."""
    names = ("created", "modified", "deleted", "metadata")
    return {kind: result[name] for kind, name in zip(KINDS, names, strict=True)}
