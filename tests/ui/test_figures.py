"""The panel's figures in a real browser: how much is loaded first, how soon it shows, how smoothly it scrolls.

Each test prints what it measured.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, Response, expect

from tests.many_snapshots import make
from tests.ui.conftest import running
from tests.ui.lab import RunningLab, User, rok

MANY = 10_000
FIRST_LOAD = 60_000
"""Bytes of the extension's scripts and styles, compressed, before anything heavy is used."""
OPEN_SECONDS = 0.3
LONG_TASK = 50
"""Milliseconds."""

_OPEN = """() => new Promise(resolve => {
    // When the list's first row is drawn after the answer with the snapshots has come whole.
    const drawn = () => document.querySelector('.jp-RokTimeline [role=option]');
    const watcher = new MutationObserver(() => drawn() && requestAnimationFrame(() => {
        watcher.disconnect();
        const shown = performance.now();
        const [answer] = performance.getEntriesByType('resource')
            .filter(entry => entry.name.includes('/rok/v1/snapshots?')).slice(-1);
        resolve((shown - answer.responseEnd) / 1000);
    }));
    watcher.observe(document.body, { childList: true, subtree: true });
    void window.jupyterapp.commands.execute('rok:show-panel', {});
})"""

_SCROLL = """async () => {
    // Through everything as a user does: a screen a frame, waiting where the next page is on its way.
    const list = document.querySelector('.jp-RokTimeline');
    const frame = () => new Promise(requestAnimationFrame);
    let still = 0;
    while (still < 60) {
        const before = list.scrollTop;
        list.scrollTop += list.clientHeight;
        await frame();
        still = list.scrollTop > before ? 0 : still + 1;
    }
    const last = [...list.querySelectorAll('[role=option]')].pop();
    return Number(last.getAttribute('aria-posinset'));
}"""


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """A server with a very long history."""
    lab = RunningLab(tmp_path_factory.mktemp("lab"))
    make(lab.workspace, lab.state, snapshots=MANY)
    yield from running(lab)


def test_the_first_load_is_small(page: Page, lab: RunningLab) -> None:
    answers: list[Response] = []

    def note(response: Response) -> None:
        answers.append(response)

    page.on("response", note)
    user = User(page, lab).open()
    user.open_panel()
    expect(_rows(user).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    page.remove_listener("response", note)
    loaded = {
        answer.url.split("/")[-1].split("?")[0]: len(gzip.compress(answer.body()))
        for answer in answers
        if "/extensions/rok-jupyter/static/" in answer.url
    }
    print(f"\nfirst load: {sum(loaded.values())} bytes compressed, {loaded}")
    assert loaded
    assert sum(loaded.values()) < FIRST_LOAD


@pytest.mark.full
def test_ten_thousand_snapshots(page: Page, lab: RunningLab, browser: Browser) -> None:
    """The best of three tries, and a task's own time: other programs of the machine make tasks wait."""
    tries = []
    for _ in range(3):
        tries.append(_try(page, lab, browser))
        seconds, longest = tries[-1]
        if seconds < OPEN_SECONDS and longest <= LONG_TASK:
            return
    raise AssertionError(f"(seconds, longest task in ms): {tries}")


@pytest.mark.full
def test_a_snapshot_without_the_server_shows_within_five_seconds(page: Page, lab: RunningLab) -> None:
    user = User(page, lab).open()
    user.open_panel()
    expect(_rows(user).first).to_be_visible()
    rok(lab, "--no-server", "snapshot", "-m", "without the server")
    expect(_rows(user).filter(has_text="without the server")).to_be_visible(timeout=5000)


def _try(page: Page, lab: RunningLab, browser: Browser) -> tuple[float, float]:
    """Open the panel and scroll through all snapshots; return the seconds, and the longest task's milliseconds."""
    User(page, lab).open()
    expect(page.locator(".jp-RokStatus")).not_to_have_text("Snapshots")
    seconds = page.evaluate(_OPEN)
    page.wait_for_load_state("networkidle")
    browser.start_tracing(page=page, categories=["toplevel", "disabled-by-default-devtools.timeline"])
    position = page.evaluate(_SCROLL)
    tasks = _tasks(json.loads(browser.stop_tracing()))
    assert position == MANY
    long_tasks = [round(task) for task in sorted(tasks, reverse=True)[:5]]
    print(
        f"\nshown {seconds:.3f} s after the answer; {position} scrolled through in {len(tasks)} tasks; "
        f"the longest took {long_tasks} ms"
    )
    return seconds, max(tasks)


def _tasks(trace: dict[str, list[dict[str, Any]]]) -> list[float]:
    """The time on a processor, in milliseconds, of each task of the page's main thread."""
    events = trace["traceEvents"]
    mains = {(each["pid"], each["tid"]) for each in events if each.get("args", {}).get("name") == "CrRendererMain"}
    return [
        each["tdur"] / 1000
        for each in events
        if (each["pid"], each["tid"]) in mains and each["name"].endswith("RunTask") and "tdur" in each
    ]


def _rows(user: User) -> Locator:
    return user.panel.get_by_role("option")
