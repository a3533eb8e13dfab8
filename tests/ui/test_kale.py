"""The panel's section Pipeline: what each step of the open notebook will do, and the switch."""

from __future__ import annotations

import json
from typing import Any

import nbformat
from playwright.sync_api import Locator, Page, expect

from tests.kale_bridge.small_notebooks import TWO_STEPS, write_notebook
from tests.ui.axe import violations
from tests.ui.lab import User
from tests.ui.lab import write_notebook as write_plain_notebook

CELLS = [
    *TWO_STEPS,
    ("y = x", ["step:third", "prev:first", "annotation:rok.dev/snapshot:before"]),
    ("z = x", ["step:fourth", "prev:first", "annotation:rok.dev/snapshot:off"]),
]
VOLUMES = [{"name": "data", "type": "pvc", "mount_point": "/data", "snapshot": True, "snapshot_name": "trained"}]


def open_section(user: User, name: str) -> Locator:
    """Open a notebook, and the section beside it."""
    user.run("docmanager:open", path=name)
    expect(user.page.locator(".jp-NotebookPanel:visible")).to_have_count(1)
    user.open_panel()
    if "plain" not in name:
        expect(user.panel.locator(".jp-AccordionPanel-title", has_text="Pipeline")).to_be_visible()
    user.run("rok:show-panel", section="rok-kale")
    return user.panel.locator("#rok-kale")


def step(section: Locator, name: str) -> Locator:
    return section.get_by_role("list", name="Steps").get_by_role("listitem").filter(has_text=name)


def stored_metadata(user: User, name: str) -> Any:
    return nbformat.read(user.lab.workspace / name, as_version=4).metadata


def test_the_steps_and_the_switch_of_the_open_notebook(user: User, page: Page) -> None:
    write_notebook(user.lab.workspace / "train.ipynb", CELLS, kale={"volumes": VOLUMES})
    section = open_section(user, "train.ipynb")
    expect(section.get_by_role("heading", name="train.ipynb")).to_be_visible()
    expect(step(section, "first")).to_contain_text("before, after, when it fails")
    expect(step(section, "third")).to_contain_text("rok.dev/snapshot is before")
    expect(step(section, "fourth")).to_contain_text("no snapshot")
    expect(step(section, "trained")).to_contain_text("after all steps")
    expect(section).to_contain_text("a final snapshot is taken after them all")
    assert violations(page, "#rok-kale") == []
    user.screenshot("kale")

    switch = section.get_by_role("checkbox")
    expect(switch).to_be_checked()
    switch.uncheck()
    expect(step(section, "first")).to_contain_text("no snapshot")
    expect(step(section, "trained")).to_have_count(0)
    with page.expect_response(lambda answer: answer.request.method == "PUT" and "train.ipynb" in answer.url):
        user.run("docmanager:save")
    assert stored_metadata(user, "train.ipynb").rok == {"kale": {"snapshots": False}}
    assert user.lab.ask("GET", "kale/plan?path=train.ipynb").json["settings"]["snapshots"] is False

    switch.check()
    expect(step(section, "first")).to_contain_text("before, after, when it fails")


def test_the_plan_follows_edits_of_tags_and_the_current_notebook(user: User, page: Page) -> None:
    write_notebook(user.lab.workspace / "edited.ipynb", CELLS)
    write_plain_notebook(user.lab.workspace / "plain.ipynb", "x = 1")
    section = open_section(user, "edited.ipynb")
    expect(step(section, "second")).to_contain_text("before, after, when it fails")
    page.evaluate(
        "() => window.jupyterapp.shell.currentWidget.content.model.cells.get(2)"
        ".setMetadata('tags', ['step:second', 'prev:first', 'annotation:rok.dev/snapshot:after'])"
    )
    expect(step(section, "second")).to_contain_text("rok.dev/snapshot is after")

    open_section(user, "plain.ipynb")
    expect(section).to_contain_text("plain.ipynb has no pipeline.")
    open_section(user, "edited.ipynb")
    expect(step(section, "second")).to_contain_text("rok.dev/snapshot is after")


def test_wrong_settings_are_told_and_can_be_switched_right(user: User) -> None:
    rok = {"kale": {"on_error": "<img src=x onerror=alert(1)>"}}
    write_notebook(user.lab.workspace / "wrong.ipynb", CELLS, rok=rok)
    section = open_section(user, "wrong.ipynb")
    expect(section.get_by_role("alert")).to_contain_text("rok.kale")
    expect(section.get_by_role("alert")).to_contain_text("on_error")
    assert json.dumps(dict(stored_metadata(user, "wrong.ipynb").rok)) == json.dumps(rok)


def test_who_has_no_pipeline_sees_nothing_of_it(fresh_user: User) -> None:
    write_plain_notebook(fresh_user.lab.workspace / "plain.ipynb", "x = 1")
    write_notebook(fresh_user.lab.workspace / "train.ipynb", CELLS)
    fresh_user.run("docmanager:open", path="plain.ipynb")
    expect(fresh_user.page.locator(".jp-NotebookPanel:visible")).to_have_count(1)
    fresh_user.open_panel()
    titles = fresh_user.panel.locator(".jp-AccordionPanel-title")
    expect(titles.filter(has_text="Volumes")).to_have_count(1)
    expect(titles.filter(has_text="Pipeline")).to_have_count(0)
    fresh_user.wait_for_kernel()
    fresh_user.run("docmanager:open", path="train.ipynb")
    expect(titles.filter(has_text="Pipeline")).to_have_count(1)
    fresh_user.wait_for_kernel()  # a server that is stopped while kernels start never ends, with or without rok
