"""With real time collaboration: a restore is what both windows show afterwards, and what is on the disk."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, expect

from tests.ui.beside import environment_with
from tests.ui.conftest import running
from tests.ui.documents import editor, open_text, type_at_end
from tests.ui.lab import RunningLab, User
from tests.ui.restoring import open_restore

pytestmark = [pytest.mark.full, pytest.mark.timeout(1200)]


class SharedLab(RunningLab):
    """JupyterLab with jupyter-collaboration, out of an environment of its own."""

    python = ""

    def _command(self) -> list[str]:
        return [self.python, "-m", "jupyterlab"]


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    SharedLab.python = str(environment_with("collaboration", "jupyter-collaboration") / "bin" / "python")
    app_dir = Path(sys.prefix) / "share" / "jupyter" / "lab"
    place = tmp_path_factory.mktemp("lab")
    (place / "data").mkdir()  # in which it keeps its own database
    yield from running(SharedLab(place, config=f"c.LabApp.app_dir = {str(app_dir)!r}\n"))


def test_both_windows_follow_a_restore(user: User, context: BrowserContext, lab: RunningLab) -> None:
    text = lab.workspace / "shared.txt"
    mine = open_text(user, text, "in the snapshot\n")
    assert user.page.evaluate("() => window.jupyterapp.shell.currentWidget.context.model.collaborative")
    snapshot = lab.snapshot()
    other = User(context.new_page(), lab).open("lab/workspaces/other")
    other.run("docmanager:open", path="shared.txt", factory="Editor")
    theirs = editor(other, "shared.txt")
    type_at_end(user, mine, "typed together")
    expect(theirs).to_contain_text("typed together")
    _wait_until_it_reads(text, "in the snapshot\ntyped together")

    dialog = open_restore(user, snapshot, "workspace:shared.txt")
    assert dialog.planned()["changed"] == 1
    dialog.do()
    for content in (mine, theirs):
        expect(content).to_have_text("in the snapshot")
    assert text.read_text() == "in the snapshot\n"

    type_at_end(other, theirs, "and on")
    expect(mine).to_contain_text("and on")
    _wait_until_it_reads(text, "in the snapshot\nand on")


def _wait_until_it_reads(path: Path, text: str) -> None:
    """Wait for the server, which saves shared documents by itself."""
    until = time.monotonic() + 30
    while path.read_text() != text:
        assert time.monotonic() < until, path.read_text()
        time.sleep(0.1)
