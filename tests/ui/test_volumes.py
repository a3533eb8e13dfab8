"""The section Volumes: what is saved and what isn't, cloning, attaching, detaching."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.ui.conftest import running
from tests.ui.lab import RunningLab, User


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """A server that lets users attach what is below one directory outside of the workspace."""
    place = tmp_path_factory.mktemp("lab")
    yield from running(RunningLab(place, config=f"c.RokSettings.restore_directories = [{str(place / 'disks')!r}]\n"))


def test_volumes_are_cloned_attached_and_detached(user: User, page: Page) -> None:
    data = user.lab.directory / "disks" / "data sets"
    data.mkdir(parents=True)
    (data / "table.csv").write_text("a,b\n1,2\n")
    (user.lab.workspace / "model.txt").write_text("one\n")
    user.lab.snapshot(message="before cloning")
    user.open_panel()
    user.run("rok:show-panel", section="rok-volumes")

    workspace = _card(user, "workspace")
    expect(workspace).to_contain_text(str(user.lab.workspace))
    expect(workspace.get_by_role("meter")).to_have_attribute("aria-valuetext", re.compile("Disk: .* of .* used"))
    expect(workspace).to_contain_text("Last snapshot: just now")
    attach = user.button("Attach…", workspace)
    expect(attach).to_have_attribute("aria-disabled", "true")
    expect(attach).to_have_attribute("title", "Not possible: the workspace is where data volumes are attached.")

    _a_directory_is_attached(user, page, str(data))
    _it_is_detached(user)
    _the_workspace_is_cloned(user)


def _a_directory_is_attached(user: User, page: Page, directory: str) -> None:
    user.run("rok:attach-volume")
    dialog = user.dialog()
    user.button("Attach", dialog).click()
    expect(dialog.get_by_role("alert").filter(has_text="Name the directory by its whole path")).to_be_visible()
    dialog.get_by_label("Directory on the server").fill(directory)
    dialog.get_by_label("Name of the new volume").fill("sets")
    dialog.get_by_label("Place in the workspace").fill("nowhere/sets")
    user.button("Attach", dialog).click()
    _a_refusal_keeps_what_was_filled_in(user)
    user.screenshot("attach-refused")
    dialog.get_by_label("Place in the workspace").fill("")
    page.keyboard.press("Enter")
    expect(dialog).to_have_count(0)
    expect(_card(user, "sets")).to_contain_text("Attached in the workspace at sets")
    assert (user.lab.workspace / "sets" / "table.csv").exists()


def _a_refusal_keeps_what_was_filled_in(user: User) -> None:
    dialog = user.dialog()
    # The server refuses: the form comes back with what was filled in, and with the reason.
    expect(
        dialog.get_by_role("alert").filter(has_text="The directory above 'nowhere/sets' is not there.")
    ).to_be_visible()
    expect(dialog.get_by_label("Place in the workspace")).to_have_value("nowhere/sets")


def _it_is_detached(user: User) -> None:
    user.button("Detach", _card(user, "sets")).click()
    user.button("Detach", user.dialog()).click()
    expect(user.button("Attach…", _card(user, "sets"))).not_to_have_attribute("aria-disabled", "true")
    assert not (user.lab.workspace / "sets").exists()
    assert (user.lab.directory / "disks" / "data sets" / "table.csv").exists()


def _the_workspace_is_cloned(user: User) -> None:
    user.button("Clone…", _card(user, "workspace")).click()
    name = user.dialog().get_by_label("Name of the new volume")
    expect(name).to_have_value(re.compile(r"^workspace-\d{4}-\d\d-\d\d$"))
    name.fill("sets")
    user.button("Clone", user.dialog()).click()
    expect(user.dialog().get_by_role("alert").filter(has_text="There is a volume sets already")).to_be_visible()
    name.fill("twin")
    user.button("Clone", user.dialog()).click()
    twin = _card(user, "twin")
    expect(twin).to_be_visible()
    expect(user.page.locator(".Toastify__toast", has_text="The volume twin is at")).to_be_visible()
    where = user.lab.ask("GET", "volumes").json["items"]
    path = next(volume["path"] for volume in where if volume["name"] == "twin")
    assert (user.lab.directory / path / "model.txt").read_text() == "one\n"


def test_the_repository_says_where_it_is_and_what_protects_it(user: User) -> None:
    user.lab.snapshot(message="makes the repository")
    user.open_panel()
    user.run("rok:show-panel", section="rok-volumes")
    card = user.panel.get_by_role("region", name="Repository")
    expect(card).to_contain_text(str(user.lab.state / "repository"))
    expect(card).to_contain_text(str(user.lab.state / "password"))
    expect(card).to_contain_text("does not protect against losing this disk")
    expect(card).to_contain_text("Keep a copy of the key file somewhere else")


def _card(user: User, volume: str) -> Locator:
    return user.panel.get_by_role("article", name=f"Volume {volume}", exact=True)
