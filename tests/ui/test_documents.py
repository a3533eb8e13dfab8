"""Unsaved documents: saved before a snapshot, whoever takes it, and told where they could not be (RELIABILITY 52)."""

from __future__ import annotations

import random
from collections.abc import Iterator

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect

from tests.ui.axe import violations
from tests.ui.conftest import running
from tests.ui.documents import editor, open_text, type_at_end
from tests.ui.hearing import Hearing
from tests.ui.lab import RunningLab, User, rok, write_notebook

ONE_WINDOW = True


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningLab]:
    """A server that waits long for windows, which a busy machine keeps from answering.

    As long as a request of these tests may take: a snapshot that waits where there is nothing to wait for fails them.
    """
    config = "c.RokSettings.save_wait_seconds = 60\n"
    yield from running(RunningLab(tmp_path_factory.mktemp("lab"), config=config))


def take(lab: RunningLab) -> dict[str, object]:
    """Take a snapshot as `rok` or a hook does through the server."""
    return lab.snapshot(save_documents=True)


def stored(lab: RunningLab, snapshot: dict[str, object], path: str) -> str:
    """A file's text in a snapshot."""
    query = {"volume": "workspace", "path": path}
    return lab.ask("GET", f"snapshots/{snapshot['id']}/content", query=query).content.decode()


def test_what_is_typed_in_two_windows_is_saved_first(user: User, context: BrowserContext, lab: RunningLab) -> None:
    mine = open_text(user, lab.workspace / "mine.txt", "one\n")
    other = User(context.new_page(), lab).open()
    theirs = open_text(other, lab.workspace / "theirs.txt", "two\n")
    type_at_end(user, mine, "typed here")
    type_at_end(other, theirs, "typed there")

    snapshot = take(lab)

    assert snapshot["unsaved_documents"] == 0
    assert stored(lab, snapshot, "mine.txt") == "one\ntyped here"
    assert stored(lab, snapshot, "theirs.txt") == "two\ntyped there"
    assert (lab.workspace / "mine.txt").read_text() == "one\ntyped here"

    take(lab)  # nothing is to be saved, and nothing waited for
    _by_rok_in_a_shell(user, mine, lab)
    _by_rok_in_a_notebook(user, lab)


def _by_rok_in_a_shell(user: User, content: Locator, lab: RunningLab) -> None:
    type_at_end(user, content, ", and for a shell")
    rok(lab, "snapshot", "-m", "by a shell")
    snapshot = lab.ask("GET", "snapshots/latest").json
    assert (snapshot["message"], snapshot["unsaved_documents"]) == ("by a shell", 0)
    assert stored(lab, snapshot, "mine.txt").endswith("and for a shell")


def _by_rok_in_a_notebook(user: User, lab: RunningLab) -> None:
    write_notebook(lab.workspace / "cell.ipynb", "%load_ext rok_jupyter\n%rok snapshot -m 'by a cell'")
    user.run("docmanager:open", path="cell.ipynb")
    user.wait_for_kernel()
    type_at_end(user, editor(user, "mine.txt"), ", and for a cell")
    user.run("docmanager:open", path="cell.ipynb")
    expect(user.page.locator(".jp-NotebookPanel:visible")).to_be_visible()
    user.run("notebook:run-all-cells")
    expect(user.page.locator(".jp-OutputArea-output", has_text="by a cell").first).to_be_visible()
    snapshot = lab.ask("GET", "snapshots/latest").json
    assert (snapshot["message"], snapshot["unsaved_documents"]) == ("by a cell", 0)
    assert stored(lab, snapshot, "mine.txt").endswith("and for a cell")


def test_a_restore_by_a_shell_without_the_server_is_followed(user: User, page: Page, lab: RunningLab) -> None:
    (lab.workspace / "back.txt").write_text("comes back\n")
    (lab.workspace / "shell.txt").write_text("before\n")
    snapshot = lab.snapshot()
    (lab.workspace / "back.txt").unlink()
    content = open_text(user, lab.workspace / "shell.txt", "after\n")
    rok(
        lab,
        "--no-server",
        "restore",
        snapshot["id"],
        "--in-place",
        "--path",
        "shell.txt",
        "--path",
        "back.txt",
        "--yes",
    )
    expect(content).to_have_text("before")
    expect(page.locator(".jp-DirListing-item", has_text="back.txt")).to_be_visible()
    banner = user.open_panel().locator(".jp-RokRestores")
    expect(banner).to_contain_text("Restored.")
    expect(banner).to_contain_text("1 created, 1 changed")


def test_a_document_that_would_ask_is_counted_and_nobody_waits(user: User, page: Page, lab: RunningLab) -> None:
    content = open_text(user, lab.workspace / "both.txt", "one\n")
    type_at_end(user, content, "typed here")
    (lab.workspace / "both.txt").write_text("changed by somebody else\n")

    snapshot = take(lab)

    assert snapshot["unsaved_documents"] == 1
    assert stored(lab, snapshot, "both.txt") == "changed by somebody else\n"
    expect(user.dialog()).to_have_count(0)
    expect(content).to_contain_text("typed here")


def restore(lab: RunningLab, snapshot: dict[str, object], *paths: str) -> dict[str, object]:
    """Restore in place as another window or `rok` does, without asking this window to save."""
    task = lab.run("POST", f"snapshots/{snapshot['id']}/restore", {"paths": list(paths), "save_documents": False})
    assert task["status"] == "succeeded", task
    return dict(task["result"])


def test_an_unsaved_document_is_asked_about_and_both_versions_stay(user: User, page: Page, lab: RunningLab) -> None:
    content = open_text(user, lab.workspace / "asked.txt", "the old line\n")
    snapshot = lab.snapshot()
    type_at_end(user, content, "a saved line\n")
    page.keyboard.press("Control+s")
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)
    type_at_end(user, content, "an unsaved line")
    restore(lab, snapshot, "workspace:asked.txt")

    question = page.locator(".jp-RokConflict")
    expect(question).to_contain_text("This file was restored while it had unsaved changes")
    expect(page.get_by_text("“asked.txt” was restored while it had unsaved changes")).to_be_visible()
    page.keyboard.type("!")
    expect(content).to_contain_text("an unsaved line!")
    assert violations(page, ".jp-RokConflict") == []
    user.button("Show the difference", question).click()
    expect(question.locator(".cm-mergeView")).to_contain_text("an unsaved line")
    user.screenshot("conflict")
    user.button("Take the restored one", question).click()

    expect(content).to_have_text("the old line")
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)
    (copy,) = lab.workspace.glob("asked (unsaved, *.txt")
    assert copy.read_text() == "the old line\na saved line\nan unsaved line!"
    assert (lab.workspace / "asked.txt").read_text() == "the old line\n"
    expect(page.get_by_text("Your unsaved version of “asked.txt” is kept")).to_be_visible()

    type_at_end(user, content, "mine again")
    (lab.workspace / "asked.txt").write_text("changed by somebody else\n")
    restore(lab, snapshot, "workspace:asked.txt")
    type_at_end(user, content, ", and more")
    (lab.workspace / "asked.txt").write_text("one more\n")
    restore(lab, snapshot, "workspace:asked.txt")
    expect(question).to_have_count(0)  # its file is the one that it was loaded from
    page.keyboard.press("Control+s")
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)
    assert (lab.workspace / "asked.txt").read_text() == "the old line\nmine again, and more"


def test_mine_is_kept_where_the_user_says_so(user: User, page: Page, lab: RunningLab) -> None:
    content = open_text(user, lab.workspace / "kept.txt", "second\n")
    (lab.workspace / "kept.txt").write_text("first\n")
    snapshot = lab.snapshot()
    (lab.workspace / "kept.txt").write_text("second\n")
    type_at_end(user, content, "mine")
    restore(lab, snapshot, "workspace:kept.txt")
    user.button("Keep mine", page.locator(".jp-RokConflict")).click()
    expect(page.locator(".jp-mod-dirty")).to_have_count(0)
    assert (lab.workspace / "kept.txt").read_text() == "second\nmine"
    assert stored(lab, snapshot, "kept.txt") == "first\n"
    expect(page.locator(".jp-RokConflict")).to_have_count(0)


def test_a_file_that_a_restore_deletes_stays_open_and_is_told(user: User, page: Page, lab: RunningLab) -> None:
    (lab.workspace / "place").mkdir()
    (lab.workspace / "place" / "there.txt").write_text("there\n")
    snapshot = lab.snapshot()
    content = open_text(user, lab.workspace / "place" / "later.txt", "made later\n")
    body = {"paths": ["workspace:place"], "delete": True, "save_documents": False}
    assert lab.run("POST", f"snapshots/{snapshot['id']}/restore", body)["status"] == "succeeded"
    expect(page.get_by_text("Gone from the disk, but still open: later.txt")).to_be_visible()
    expect(content).to_contain_text("made later")
    assert not (lab.workspace / "place" / "later.txt").exists()


@pytest.mark.parametrize("runs", [3, pytest.param(50, marks=[pytest.mark.full, pytest.mark.timeout(3600)])])
def test_no_keystroke_is_lost_to_a_restore(user: User, page: Page, lab: RunningLab, runs: int) -> None:
    """A user types on while a restore replaces the file: what was typed stays somewhere."""
    chance = random.Random(85)
    text = lab.workspace / "typed.txt"
    content = open_text(user, text, "restored\n")
    snapshot = lab.snapshot()
    hearing = Hearing(user)
    for run in range(runs):
        content.click()
        page.keyboard.press("Control+End")
        half = f"run {run} "
        page.keyboard.type(half)
        if chance.random() < 0.5:
            page.keyboard.press("Control+s")
        task = lab.ask(
            "POST",
            f"snapshots/{snapshot['id']}/restore",
            body={"paths": ["workspace:typed.txt"], "save_documents": chance.random() < 0.5},
        ).json
        typed = "".join(chance.choices("abcdefghij", k=chance.randrange(1, 60)))
        for key in typed:
            page.keyboard.type(key)
        ended = lab.wait(task["id"])
        # One that meets a save halfway is refused, and has changed nothing.
        assert ended["status"] == "succeeded" or ended["error"]["kind"] in ("aborted", "failed_precondition"), ended
        hearing.wait_for_task(task["id"])
        _settle(user, chance)
        whole = [content.inner_text(), *_everywhere(lab, "typed*.txt")]
        assert _is_reachable(half + typed, whole), (half + typed, whole)
        assert any(
            version == "restored\n" for version in [*_everywhere(lab, "typed*.txt"), stored(lab, snapshot, "typed.txt")]
        )


def _settle(user: User, chance: random.Random) -> None:
    """Answer what is asked, by chance, and wait until this window, which has heard of the restore, has seen to it."""
    question, unsaved = user.page.locator(".jp-RokConflict"), user.page.locator(".jp-mod-dirty")
    user.page.wait_for_timeout(700)
    while True:
        if question.count():
            user.button(chance.choice(["Keep mine", "Take the restored one"]), question).click()
            expect(question).to_have_count(0)
        user.page.keyboard.press("Control+s")  # where the question is only about to come, the save waits for its answer
        user.until(lambda: question.count() > 0 or unsaved.count() == 0)
        if question.count() == 0:
            return


def _everywhere(lab: RunningLab, pattern: str) -> list[str]:
    """All versions of a file: on disk, its copies, and in safety snapshots."""
    found = [file.read_text() for file in lab.workspace.glob(pattern)]
    for safety in lab.ask("GET", "snapshots", query={"origin": "safety", "limit": "100"}).json["items"]:
        found.append(stored(lab, safety, "typed.txt"))
    return found


def _is_reachable(typed: str, versions: list[str]) -> bool:
    """Whether all that was typed is somewhere: whole, or its beginning in one version and its rest in another."""
    return any(
        any(typed[:cut] in version for version in versions) and any(typed[cut:] in version for version in versions)
        for cut in range(len(typed) + 1)
    )
