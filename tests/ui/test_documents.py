"""Unsaved documents: saved before a snapshot, whoever takes it, and told where they could not be (RELIABILITY 52)."""

from __future__ import annotations

import time

from playwright.sync_api import BrowserContext, Page, expect

from tests.ui.documents import open_text, type_at_end
from tests.ui.lab import RunningLab, User


def take(lab: RunningLab) -> tuple[dict[str, object], float]:
    """Take a snapshot as `rok` or a hook does through the server; return it, and how many seconds it took."""
    started = time.monotonic()
    snapshot = lab.snapshot(save_documents=True)
    return snapshot, time.monotonic() - started


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

    snapshot, _ = take(lab)

    assert snapshot["unsaved_documents"] == 0
    assert stored(lab, snapshot, "mine.txt") == "one\ntyped here"
    assert stored(lab, snapshot, "theirs.txt") == "two\ntyped there"
    assert (lab.workspace / "mine.txt").read_text() == "one\ntyped here"

    _, quick = take(lab)
    assert quick < 3, "nothing was to be saved"


def test_a_document_that_would_ask_is_counted_and_nobody_waits(user: User, page: Page, lab: RunningLab) -> None:
    content = open_text(user, lab.workspace / "both.txt", "one\n")
    type_at_end(user, content, "typed here")
    (lab.workspace / "both.txt").write_text("changed by somebody else\n")

    snapshot, seconds = take(lab)

    assert snapshot["unsaved_documents"] == 1
    assert seconds < 5
    assert stored(lab, snapshot, "both.txt") == "changed by somebody else\n"
    expect(user.dialog()).to_have_count(0)
    expect(content).to_contain_text("typed here")
