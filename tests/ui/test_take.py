"""Taking a snapshot: by whatever a user reaches for, seen from everywhere, cancelled, failing, with problems."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, TimeoutError, expect

from tests.server.running import ENDED
from tests.ui.axe import violations
from tests.ui.conftest import running
from tests.ui.hearing import Hearing
from tests.ui.lab import RunningLab, User, rok, write_notebook

ONE_WINDOW = True


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """Three volumes; large snapshots take long enough to be looked at, however fast the machine is.

    Windows have half a minute to save: a busy machine may keep them from it for the usual two seconds.
    """
    place = tmp_path_factory.mktemp("lab")
    data = {name: str(place / "disks" / name) for name in ("images", "sets")}
    config = f"c.RokSettings.compression_level = 19\nc.RokSettings.data_volumes = {data!r}\n"
    config += "c.RokSettings.save_wait_seconds = 30\n"
    lab = RunningLab(place, config=config)
    for directory in data.values():
        Path(directory).mkdir(parents=True)
    (Path(data["images"]) / "cat.raw").write_bytes(os.urandom(3_000_000))
    (Path(data["sets"]) / "table.csv").write_text("a,b\n1,2\n")
    (lab.workspace / "notes.txt").write_text("one\n")
    for ready in running(lab):
        ready.snapshot(message="the first")
        yield ready


def _row(user: User, text: str) -> Locator:
    return user.panel.get_by_role("option").filter(has_text=text)


def _take_from_dialog(user: User, message: str) -> None:
    dialog = user.dialog()
    expect(dialog.get_by_label("Message")).to_be_focused()
    user.page.keyboard.type(message)
    user.page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)


def test_by_button_shortcut_menu_and_palette(user: User, page: Page) -> None:
    user.open_panel()
    expect(_row(user, "the first")).to_be_visible()
    user.button("Take", user.panel).click()
    _take_from_dialog(user, "by the button")
    expect(_row(user, "by the button")).to_be_visible()

    page.keyboard.press("Control+Shift+Y")
    _take_from_dialog(user, "by the shortcut")
    expect(_row(user, "by the shortcut")).to_be_visible()

    page.get_by_role("menuitem", name="File", exact=True).click()
    page.get_by_role("menuitem", name="Take Snapshot…").click()
    _take_from_dialog(user, "by the menu")
    expect(_row(user, "by the menu")).to_be_visible()

    user.choose_in_palette("Take Snapshot…")
    _take_from_dialog(user, "by the palette")
    expect(_row(user, "by the palette")).to_be_visible()

    user.button("Take", user.panel).click()
    user.leave_dialog()


@pytest.fixture
def disk(lab: RunningLab) -> Iterator[Path]:
    """Another disk in the workspace, which no snapshot holds."""
    place = lab.workspace / "other disk"
    place.mkdir()
    made = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", place], capture_output=True, check=False)
    if made.returncode != 0:
        pytest.skip("this machine lets nobody mount")
    (place / "notes.txt").write_text("on another disk\n")
    yield place
    subprocess.run(["umount", place], check=True)


def test_volumes_are_chosen(user: User, page: Page, disk: Path) -> None:
    user.open_panel()
    user.button("Take", user.panel).click()
    dialog = user.dialog()
    volumes = dialog.get_by_role("group", name="Volumes")
    expect(volumes.locator("label", has_text="images")).to_contain_text("3.0 MB in 1 file")
    expect(volumes.locator("label", has_text="sets")).to_contain_text("8 B in 1 file")
    expect(volumes.locator("label", has_text="workspace")).to_contain_text(re.compile(r"B in \d+ file"))
    volumes.get_by_label("sets").uncheck()
    dialog.get_by_label("other disk").check()
    user.screenshot("take-volumes")
    assert violations(page, ".jp-Dialog-content") == []
    volumes.get_by_label("images").uncheck()
    volumes.get_by_label("workspace").click()
    expect(volumes.get_by_label("workspace")).to_be_checked()  # a snapshot of nothing is none
    volumes.get_by_label("images").check()
    dialog.get_by_label("Message").fill("of some volumes")
    page.keyboard.press("Enter")
    expect(_row(user, "of some volumes")).to_be_visible()
    taken = _items(user.lab)[0]
    assert [member["volume"] for member in taken["members"]] == ["workspace", "images", "other disk"]
    query = {"volume": "other disk", "path": "notes.txt"}
    assert (
        user.lab.ask("GET", "snapshots/latest/content", query=query).content == disk.joinpath("notes.txt").read_bytes()
    )

    user.run("rok:show-panel", section="rok-volumes")
    card = user.panel.get_by_role("article", name="Volume other disk")
    expect(card).to_contain_text("Attached in the workspace at other disk")
    user.button("Detach", card).click()
    user.button("Detach", dialog).click()
    expect(card).to_have_count(0)
    expect(user.panel.get_by_text("Other disks in the workspace that no snapshot holds")).to_be_visible()
    user.button("Take in", user.panel).click()
    expect(card).to_be_visible()
    user.lab.run("POST", "volumes/other disk/detach".replace(" ", "%20"))


def test_open_documents_are_saved_first(user: User, page: Page) -> None:
    write_notebook(user.lab.workspace / "open.ipynb", "1 + 1")
    user.open_panel()
    user.run("docmanager:open", path="open.ipynb")
    user.wait_for_kernel()
    cell = page.locator(".jp-NotebookPanel:visible .jp-CodeCell .cm-content").first
    cell.click()
    page.keyboard.type("typed = 'a moment ago'\n")
    expect(cell).to_contain_text("a moment ago")
    user.run("rok:take-snapshot", message="with an open notebook")
    expect(_row(user, "with an open notebook")).to_be_visible()
    content = user.lab.ask(
        "GET", "snapshots/latest/content", query={"volume": "workspace", "path": "open.ipynb"}
    ).content
    assert b"a moment ago" in content


def test_a_second_window_and_a_shell_see_it(user: User, page: Page, context: BrowserContext) -> None:
    user.open_panel()
    other = User(context.new_page(), user.lab).open("lab/workspaces/other")
    other.open_panel()
    user.run("rok:take-snapshot", message="for both windows")
    expect(_row(other, "for both windows")).to_be_visible()
    other.page.close()
    hearing = Hearing(user)
    rok(user.lab, "--no-server", "snapshot", "-m", "without the server")
    hearing.wait_for_snapshots()  # it doesn't wait for the panel's own next look, half a minute later
    expect(_row(user, "without the server")).to_be_visible()
    rok(user.lab, "snapshot", "-m", "by rok and the server")
    hearing.wait_for_snapshots()
    expect(_row(user, "by rok and the server")).to_be_visible()


def test_a_slow_one_shows_its_progress_and_is_cancelled(user: User, page: Page) -> None:
    _write_large(user.lab.workspace / "large.bin")
    user.open_panel()
    user.run("rok:take-snapshot", message="too large")
    bar = user.panel.locator(".jp-RokRunning").get_by_role("progressbar")
    expect(bar).to_be_visible()
    expect(user.panel.locator(".jp-RokRunning")).to_contain_text(re.compile(r"[kMG]B"))
    status = page.locator(".jp-RokStatus")
    expect(status).to_contain_text(re.compile(r"Snapshot (\d+ %|…)"))

    user.open()  # whoever looks again sees the truth
    user.open_panel()
    expect(bar).to_be_visible()
    user.button("Cancel the snapshot", user.panel).click()
    expect(bar).to_have_count(0)
    expect(status).to_contain_text("Snapshot just now")
    assert not [item for item in _items(user.lab) if item["message"] == "too large"]
    (user.lab.workspace / "large.bin").unlink()


@pytest.mark.parametrize("percent", [1, 50, 99])
def test_one_is_cancelled_wherever_it_is(user: User, percent: int) -> None:
    """What the panel says afterwards is true: it is there whole, or not at all."""
    large = user.lab.workspace / "large.bin"
    _write_large(large, pieces=12)
    user.open_panel()
    message = f"cancelled at {percent} %"
    user.run("rok:take-snapshot", message=message)
    cancel = user.button("Cancel the snapshot", user.panel)
    expect(cancel).to_be_visible()
    (begun, *_) = user.lab.ask("GET", "tasks").json["items"]
    until = time.monotonic() + 60
    while _percent(user.lab.ask("GET", f"tasks/{begun['id']}").json) < percent:
        assert time.monotonic() < until
    if cancel.is_visible():  # at 99 % it may be over by now
        with suppress(TimeoutError):
            cancel.click(timeout=2000)
    status = user.lab.wait(begun["id"])["status"]
    assert status in ("cancelled", "succeeded")
    expect(user.panel.locator(".jp-RokRunning").get_by_role("progressbar")).to_have_count(0)
    expect(_row(user, message)).to_have_count(int(status == "succeeded"))
    assert [item["message"] for item in _items(user.lab)].count(message) == int(status == "succeeded")
    large.unlink()


def _percent(task: dict[str, Any]) -> float:
    """How far a task is, 100 for one that has ended."""
    report = task["report"]
    if task["status"] in ENDED:
        return 100
    return 100 * report["bytes_done"] / report["bytes_total"] if report["bytes_total"] else 0


def test_a_failure_is_told_in_full_and_tried_again(user: User, page: Page) -> None:
    user.open_panel()
    location = Path(user.lab.ask("GET", "repository").json["location"])
    aside = location.with_name("aside")
    (location / "data").rename(aside)
    (location / "data").write_text("no directory")
    try:
        (user.lab.workspace / "new.txt").write_bytes(os.urandom(100))
        user.run("rok:take-snapshot", message="after all")
        alert = user.panel.get_by_role("alert").first
        expect(alert).to_be_visible()
        expect(alert).to_contain_text(re.compile(r"\w+.*\."))
        expect(page.locator(".jp-RokStatus")).to_contain_text("Snapshots fail")
    finally:
        (location / "data").unlink()
        aside.rename(location / "data")
    user.button("Try again", alert).click()
    expect(_row(user, "after all")).to_be_visible()
    expect(alert).to_have_count(0)
    expect(page.locator(".jp-RokStatus")).to_contain_text("Snapshot just now")


def test_problems_are_told_in_full(user: User) -> None:
    user.open_panel()
    with _Writer(user.lab.workspace / "restless.log"):
        user.run("rok:take-snapshot", message="while it is written")
        expect(user.panel.get_by_text("not everything went well")).to_be_visible()
    expect(user.panel.locator(".jp-RokProblems")).to_contain_text("restless.log")
    expect(_row(user, "while it is written")).to_contain_text("1 changed while read")
    user.button("Dismiss", user.panel).click()
    _row(user, "while it is written").click()
    expect(user.panel.get_by_role("region", name=re.compile("^Details"))).to_contain_text("restless.log")


class _Writer:
    """Writes a file on and on."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._write)

    def __enter__(self) -> None:
        self._path.write_bytes(os.urandom(30_000_000))
        self._thread.start()

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()
        self._path.unlink()

    def _write(self) -> None:
        with self._path.open("r+b") as file:
            while not self._stop.wait(0.002):
                file.seek(0)
                file.write(os.urandom(5000))
                file.flush()


def _items(lab: RunningLab) -> list[dict[str, Any]]:
    return list(lab.ask("GET", "snapshots").json["items"])


def _write_large(path: Path, pieces: int = 40) -> None:
    with path.open("wb") as file:
        for _ in range(pieces):
            file.write(os.urandom(200_000).hex().encode() * 10)
