"""The panel's figures in a real browser: how much is loaded first, how soon it shows, how smoothly it scrolls.

Each test prints what it measured.
"""

from __future__ import annotations

import gzip
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Response, expect

from tests.many_snapshots import make
from tests.ui.conftest import running
from tests.ui.lab import RunningLab, User

MANY = 10_000
FIRST_LOAD = 60_000
"""Bytes of the extension's scripts and styles, compressed, before anything heavy is used."""
OPEN_SECONDS = 0.3
LONG_TASK = 50
"""Milliseconds."""

_WATCH = """() => {
    window.rokLongTasks = [];
    new PerformanceObserver(list => {
        window.rokLongTasks.push(...list.getEntries().map(entry => entry.duration));
    }).observe({ entryTypes: ['longtask'] });
}"""

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
    loaded: dict[str, int] = {}

    def weigh(response: Response) -> None:
        if "/extensions/rok-jupyter/static/" in response.url:
            loaded[response.url.split("/")[-1].split("?")[0]] = len(gzip.compress(response.body()))

    page.on("response", weigh)
    user = User(page, lab).open()
    user.open_panel()
    expect(_rows(user).first).to_be_visible()
    page.wait_for_load_state("networkidle")
    print(f"\nfirst load: {sum(loaded.values())} bytes compressed, {loaded}")
    assert loaded
    assert sum(loaded.values()) < FIRST_LOAD


@pytest.mark.full
def test_ten_thousand_snapshots(page: Page, lab: RunningLab) -> None:
    """The best of three tries counts: other programs of the machine make tasks long, too."""
    tries = [_try(page, lab) for _ in range(3)]
    assert min(seconds for seconds, _ in tries) < OPEN_SECONDS
    assert any(not long_tasks for _, long_tasks in tries), tries


def _try(page: Page, lab: RunningLab) -> tuple[float, list[float]]:
    """Open the panel and scroll through all snapshots; return the seconds, and the tasks that were too long."""
    User(page, lab).open()
    expect(page.locator(".jp-RokStatus")).not_to_have_text("Snapshots")
    seconds = page.evaluate(_OPEN)
    page.wait_for_load_state("networkidle")
    page.evaluate(_WATCH)
    position = page.evaluate(_SCROLL)
    assert position == MANY
    long_tasks = sorted((task for task in page.evaluate("window.rokLongTasks") if task > LONG_TASK), reverse=True)
    print(f"\nshown {seconds:.3f} s after the answer; {position} scrolled through; long tasks in ms: {long_tasks}")
    return seconds, long_tasks


def _rows(user: User) -> Locator:
    return user.panel.get_by_role("option")
