"""The same panel elsewhere: in Notebook 7, below a hub's base URL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from tests.ui.conftest import running
from tests.ui.lab import RunningLab, User, write_notebook


class RunningNotebook(RunningLab):
    """Notebook 7."""

    application = "notebook"
    others = ("jupyter_lsp", "jupyter_server_terminals", "nbdime")


@pytest.fixture
def notebook7(tmp_path: Path) -> Iterator[RunningNotebook]:
    yield from running(RunningNotebook(tmp_path / "notebook"))


@pytest.fixture
def below_a_hub(tmp_path: Path) -> Iterator[RunningLab]:
    yield from running(RunningLab(tmp_path / "hub", arguments=("--ServerApp.base_url=/user/ada%40home/",)))


def walk(user: User) -> None:
    """Take a first snapshot and look at it."""
    panel = user.panel
    expect(panel).to_be_visible()
    expect(panel.get_by_text("the first")).to_be_visible()
    user.run("rok:take-snapshot", message="from another place")
    expect(panel.get_by_text("from another place")).to_be_visible()


def test_notebook_7_has_the_panel(notebook7: RunningNotebook, context: BrowserContext) -> None:
    # A page of its own: Notebook 7's shortcuts and nbdime's front end throw at its start, with this panel or without.
    page = context.new_page()
    write_notebook(notebook7.workspace / "analysis.ipynb", "1 + 1")
    notebook7.snapshot(message="the first")
    user = User(page, notebook7)
    page.goto(notebook7.address("notebooks/analysis.ipynb"))
    page.locator(".jp-Notebook").wait_for(timeout=60_000)
    user.run("rok:show-panel")
    walk(user)


def test_a_base_url_is_kept(below_a_hub: RunningLab, page: Page) -> None:
    (below_a_hub.workspace / "data.txt").write_text("1")
    below_a_hub.snapshot(message="the first")
    user = User(page, below_a_hub).open()
    user.open_panel()
    walk(user)
    assert "/user/ada" in page.url
