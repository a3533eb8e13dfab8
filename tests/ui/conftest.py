"""A browser for all tests of a worker, a JupyterLab for all tests of a module, a window for each test."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Error, Page, expect, sync_playwright

from tests.ui.lab import PATIENCE, RunningLab, User

_ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Debian's Chromium, without a window.

    For this package and no longer: while Playwright runs, its thread has a running event loop, in which the fixtures of
    other packages can't start theirs.
    """
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        pytest.fail("Chromium is missing: `apt-get install chromium`, or call `make test`, which does where it may.")
    expect.set_options(timeout=PATIENCE)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_ARGUMENTS)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """One JupyterLab for a module; its tests work on files of their own."""
    yield from running(RunningLab(tmp_path_factory.mktemp("lab")))


@pytest.fixture
def fresh_lab(tmp_path: Path) -> Iterator[RunningLab]:
    """A JupyterLab of one test, with an empty workspace and no repository yet."""
    yield from running(RunningLab(tmp_path / "lab"))


def running(lab: RunningLab) -> Iterator[RunningLab]:
    """Start a server and stop it in the end, whatever happens."""
    try:
        lab.start()
        yield lab
    finally:
        lab.stop()


@pytest.fixture(scope="module")
def module_context(browser: Browser) -> Iterator[BrowserContext]:
    """A browser profile of all tests of a module that says ONE_WINDOW = True."""
    yield from _profile(browser)


@pytest.fixture
def context(request: pytest.FixtureRequest, browser: Browser) -> Iterator[BrowserContext]:
    """A browser profile of one test, or of its module: its windows share cookies."""
    if _has_one_window(request):
        context = request.getfixturevalue("module_context")
        yield context
        for other in context.pages[1:]:
            other.close()
    else:
        yield from _profile(browser)


def _profile(browser: Browser) -> Iterator[BrowserContext]:
    context = browser.new_context(viewport={"width": 1280, "height": 800}, accept_downloads=True)
    context.set_default_timeout(PATIENCE)
    yield context
    context.close()


def _has_one_window(request: pytest.FixtureRequest) -> bool:
    """Whether a module's tests share a window: a page load is most of a short test's time."""
    return getattr(request.module, "ONE_WINDOW", False)


@pytest.fixture
def page(request: pytest.FixtureRequest, context: BrowserContext) -> Iterator[Page]:
    """A window, new or the module's; the test fails where a script of the page throws."""
    page = context.pages[0] if _has_one_window(request) and context.pages else context.new_page()
    thrown: list[str] = []

    def note(error: Error) -> None:
        thrown.append(str(error))

    page.on("pageerror", note)
    yield page
    page.remove_listener("pageerror", note)
    assert not thrown


@pytest.fixture
def user(page: Page, lab: RunningLab) -> User:
    """A user at the module's JupyterLab, which is open, and as it is after a start."""
    user = User(page, lab)
    return user.tidy() if page.url.startswith("http") else user.open()


@pytest.fixture
def fresh_user(page: Page, fresh_lab: RunningLab) -> User:
    """A user at a JupyterLab of one test, which is open."""
    return User(page, fresh_lab).open()
