"""The first minute: one button makes the repository; where it and its key are; the first snapshot's size."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.ui.conftest import running
from tests.ui.lab import RunningLab, User, write_notebook


class HomeLab(RunningLab):
    """A JupyterLab whose workspace is the user's home directory."""

    def _environment(self) -> dict[str, str]:
        return {**super()._environment(), "HOME": str(self.workspace)}


@pytest.fixture
def fresh_lab(tmp_path: Path) -> Iterator[RunningLab]:
    """A home directory with a cache, a data volume with a huge one (all hole, no byte), and no repository yet."""
    sets = tmp_path / "sets"
    (sets / ".cache").mkdir(parents=True)
    (sets / "table.csv").write_text("a,b\n1,2\n")
    with (sets / ".cache" / "model.bin").open("wb") as model:
        model.truncate(12_000_000_000)
    lab = HomeLab(tmp_path / "lab", config=f"c.RokSettings.data_volumes = {{'sets': {str(sets)!r}}}\n")
    write_notebook(lab.workspace / "a.ipynb", "1 + 1")
    cache = lab.workspace / ".cache" / "pip"
    cache.mkdir(parents=True)
    (cache / "wheel.bin").write_bytes(bytes(30_000_000))
    yield from running(lab)


def _look_elsewhere_and_come_back(user: User) -> None:
    """Which has the panel ask for the snapshots anew, as it also does by itself now and then."""
    user.run("filebrowser:activate")
    expect(user.panel).not_to_be_visible()
    with user.page.expect_response(lambda answer: "/rok/v1/snapshots?" in answer.url):
        user.run("rok:show-panel")
    expect(user.panel).to_be_visible()


def test_from_nothing_to_the_first_snapshot(fresh_user: User, page: Page) -> None:
    user = fresh_user
    expect(page.locator(".jp-RokStatus")).to_contain_text("No snapshot")
    page.keyboard.press("Control+Shift+Y")
    panel = user.panel.locator(".jp-RokSnapshots")
    expect(panel.get_by_text("Where it will be")).to_be_visible()
    location = str(user.lab.state / "repository")
    expect(panel.get_by_text(location)).to_be_visible()
    assert not Path(location).exists(), "nothing is stored before the button is pressed"

    user.button("Make the repository", panel).click()
    expect(panel.get_by_text("The repository is ready")).to_be_visible()
    expect(panel.get_by_text(location)).to_be_visible()
    expect(panel.get_by_text(str(user.lab.state / "password"))).to_be_visible()
    expect(panel.get_by_text("rok repo key export")).to_be_visible()

    large = panel.locator(".jp-RokFirst-size", has_text="sets")
    expect(large).to_contain_text("12 GB in 2 files")
    expect(large).to_contain_text("This is a lot")
    large.get_by_label(".cache").check()
    expect(large).to_contain_text("8 B in 1 file")
    size = panel.locator(".jp-RokFirst-size", has_text="workspace")
    expect(size).to_contain_text("30 MB in")
    expect(size).to_contain_text("This is a home directory")
    size.get_by_label(".cache").check()
    expect(size).not_to_contain_text("30 MB in")
    _look_elsewhere_and_come_back(user)
    expect(large.get_by_label(".cache")).to_be_checked()
    expect(size.get_by_label(".cache")).to_be_checked()
    user.screenshot("first-minute")
    user.button("Take the first snapshot", panel).click()
    row = panel.get_by_role("option")
    expect(row).to_contain_text("First snapshot")
    expect(page.locator(".jp-RokStatus")).to_contain_text("Snapshot just now")
    (taken,) = user.lab.ask("GET", "snapshots").json["items"]
    tree = user.lab.ask("GET", f"snapshots/{taken['id']}/tree", query={"volume": "workspace"}).json["items"]
    paths = [entry["path"] for entry in tree]
    assert "a.ipynb" in paths
    assert ".cache" not in paths
    sets = user.lab.ask("GET", f"snapshots/{taken['id']}/tree", query={"volume": "sets"}).json["items"]
    assert {entry["path"] for entry in sets} == {"table.csv", ".rokignore"}

    Path(location).rename(user.lab.directory / "moved")
    page.reload()
    expect(panel.get_by_text("The repository is gone")).to_be_visible()
    expect(user.button("Begin anew", panel)).to_be_enabled()
    (user.lab.directory / "moved").rename(location)
    page.reload()
    expect(row).to_contain_text("First snapshot")
