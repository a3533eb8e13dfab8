"""What a window has heard of its server: so that a test goes on once it has, and not after so many seconds."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from playwright.sync_api import Request

from rok_jupyter.engine.storage.backend import FileKind
from rok_jupyter.engine.storage.local import LocalBackend
from tests.server.running import ENDED
from tests.ui.lab import User

_REACTION = 1500
"""How long a window may take to ask, in milliseconds: it waits a second for more to change."""
_IN_TIME = 5.5
"""For so many seconds a window takes a snapshot's end for the reason of a change that it hears of, or a bit longer."""
_TRIES = 5

_LISTEN = """() => {
    const heard = (window.rokHeard = []);
    window.jupyterapp.serviceManager.events.stream.connect((_, event) => {
        if (event.schema_id.includes('/rok_jupyter/')) {
            heard.push({ ...event, at: Date.now() });
        }
    });
}"""
_ENDED = "([id, ended]) => window.rokHeard.some(each => each.id === id && ended.includes(each.status))"
_REVISION = "revision => window.rokHeard.findLast(each => each.revision !== undefined)?.revision === revision"
_LAST_CHANGE = "() => window.rokHeard.findLast(each => each.revision !== undefined).at / 1000"


class Hearing:
    """Notes from now on what a window hears."""

    def __init__(self, user: User) -> None:
        self._page = user.page
        self._lab = user.lab
        self._page.evaluate(_LISTEN)

    def wait_for_task(self, task_id: str) -> None:
        """Wait until the window has heard that a task has ended."""
        self._page.wait_for_function(_ENDED, arg=[task_id, ENDED])

    def requests_after(self, act: Callable[[], object]) -> list[str]:
        """Do something to the stored snapshots; return what the window asks us for once it has heard of that."""
        self.wait_for_snapshots()
        self._page.wait_for_timeout(_REACTION)
        asked: list[str] = []

        def note(request: Request) -> None:
            if "/rok/v1/" in request.url:
                asked.append(request.url)

        self._page.on("request", note)
        act()
        self.wait_for_snapshots()
        self._page.wait_for_timeout(_REACTION)
        self._page.remove_listener("request", note)
        return asked

    def requests_after_a_snapshot(self, message: str) -> list[str]:
        """Take a snapshot, and return what the window asks for; of one that it hears of in time to know what changed.

        A machine that stood still meanwhile may let it hear later: then another is taken.
        """
        for _ in range(_TRIES):
            asked = self.requests_after(lambda: self._lab.snapshot(message=message, only_if_changed=False))
            (newest, *_) = self._lab.ask("GET", "tasks").json["items"]
            if self._heard_at() - datetime.fromisoformat(newest["finished"]).timestamp() < _IN_TIME:
                return asked
        raise AssertionError(f"A window heard of {_TRIES} snapshots, but none within {_IN_TIME} s.")

    def wait_for_snapshots(self) -> None:
        """Wait until it has heard of the stored snapshots as they are."""
        revision = LocalBackend(str(self._lab.state / "repository")).revision(FileKind.SNAPSHOT)
        self._page.wait_for_function(_REVISION, arg=revision)

    def _heard_at(self) -> float:
        """When it heard of them, in seconds since 1970."""
        return float(self._page.evaluate(_LAST_CHANGE))
