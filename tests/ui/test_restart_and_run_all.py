"""A snapshot before Restart Kernel and Run All Cells: by menu, tool bar and palette; it never stops the run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, Route, expect

from tests.ui.conftest import running
from tests.ui.lab import RunningLab, User, write_notebook

_TAKE = "**/rok/v1/snapshots*"
_SWITCH = "snapshotBeforeRunAll"


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """A server on which the switch is on."""
    lab = RunningLab(tmp_path_factory.mktemp("lab"))
    settings = lab.directory / "config" / "lab" / "user-settings" / "rok-jupyter"
    settings.mkdir(parents=True)
    (settings / "plugin.jupyterlab-settings").write_text(json.dumps({_SWITCH: True}))
    yield from running(lab)


def test_a_snapshot_is_taken_before_the_cells_run(user: User, page: Page) -> None:
    write_notebook(user.lab.workspace / "analysis.ipynb", "open('out.txt', 'a').write('ran'); print('the cell', 'ran')")
    user.run("docmanager:open", path="analysis.ipynb")
    user.wait_for_kernel()

    user.button("Restart the kernel and run all cells", page.locator(".jp-NotebookPanel-toolbar")).click()
    user.button("Confirm Kernel Restart", user.dialog()).click()
    expect(page.locator(".jp-OutputArea-output", has_text="the cell ran")).to_be_visible()
    [snapshot] = _snapshots(user)
    assert snapshot["message"] == "Before all cells of analysis.ipynb ran"
    assert snapshot["origin"]["kind"] == "cell"
    assert snapshot["origin"]["details"] == {"notebook": "analysis.ipynb", "command": "restart-run-all"}
    # It is of before: what the cell wrote isn't in it.
    names = [entry["path"] for entry in user.lab.ask("GET", f"snapshots/{snapshot['id']}/tree").json["items"]]
    assert "analysis.ipynb" in names
    assert "out.txt" not in names

    _the_menu_takes_one_too(user, page)
    _a_mere_restart_takes_none(user, page)
    _a_failure_warns_and_the_cells_run(user, page)
    _nobody_has_to_wait(user, page)


def _the_menu_takes_one_too(user: User, page: Page) -> None:
    page.get_by_role("menuitem", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Restart Kernel and Run All Cells…").click()
    _confirm_and_wait(user, runs=2)
    assert len(_snapshots(user)) == 2


def _a_mere_restart_takes_none(user: User, page: Page) -> None:
    user.run("notebook:restart-kernel")
    user.button("Confirm Kernel Restart", user.dialog()).click()
    expect(user.dialog()).to_have_count(0)
    user.wait_for_kernel()
    user.run("notebook:restart-run-all")
    user.button("Cancel Kernel Restart", user.dialog()).click()
    expect(user.dialog()).to_have_count(0)
    assert len(_snapshots(user)) == 2


def _a_failure_warns_and_the_cells_run(user: User, page: Page) -> None:
    refusal = {"kind": "resource_exhausted", "message": "The disk is full.", "hint": "Free some room."}
    page.route(_TAKE, lambda route: _on_post(route, lambda: route.fulfill(status=507, json=refusal)))
    user.run("notebook:restart-run-all")
    _confirm_and_wait(user, runs=3)
    warning = page.locator(".Toastify__toast", has_text="The cells run without a snapshot before: The disk is full.")
    expect(warning).to_be_visible()
    user.screenshot("run-without-snapshot")


def _nobody_has_to_wait(user: User, page: Page) -> None:
    # No answer ever. The route before stays: a request that is under way when its route goes is never answered.
    page.route(_TAKE, lambda route: _on_post(route, lambda: None))
    user.run("notebook:restart-run-all")
    user.button("Confirm Kernel Restart", user.dialog()).click()
    notice = page.locator(".Toastify__toast", has_text="The cells run after a snapshot")
    user.button("Run now", notice).click()
    _wait_for_runs(user, runs=4)
    expect(notice).to_have_count(0)


def _on_post(route: Route, answer: Callable[[], None]) -> None:
    if route.request.method == "POST":
        answer()
    else:
        route.fallback()


def _confirm_and_wait(user: User, *, runs: int) -> None:
    user.button("Confirm Kernel Restart", user.dialog()).click()
    expect(user.dialog()).to_have_count(0)
    _wait_for_runs(user, runs=runs)


def _wait_for_runs(user: User, *, runs: int) -> None:
    out = user.lab.workspace / "out.txt"
    user.until(lambda: out.exists() and out.read_text() == "ran" * runs)


def _snapshots(user: User) -> list[dict[str, object]]:
    return list(user.lab.ask("GET", "snapshots").json["items"])
