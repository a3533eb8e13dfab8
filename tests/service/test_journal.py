"""Records of what can be undone."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from rok_jupyter.models import RestoreRequest
from rok_jupyter.service.journal import ActionState, Journal


def test_actions_are_listed_newest_first_and_undone_ones_are_passed_over(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "/w")
    journal.deleted({"a": "token"})
    restore = journal.new_restore(RestoreRequest(snapshot="b", paths=("x\udcff",)))
    assert [action.verb for action in journal.actions()] == ["delete"]
    journal.begin(restore, ["workspace:x\udcff", "workspace:"])
    assert [action.verb for action in Journal(tmp_path, "/w").actions()] == ["restore", "delete"]
    last = journal.last()
    assert last == restore
    assert last is not None
    assert last.pending
    assert journal.entries(last) == ("workspace:", "workspace:x\udcff")
    done = journal.move(last, ActionState.DONE)
    assert not done.pending
    journal.move(done, ActionState.UNDONE)
    last = journal.last()
    assert last is not None
    assert last.tokens == {"a": "token"}
    journal.drop(last)
    assert journal.last() is None


def test_the_last_action_is_the_last_though_the_clock_was_set_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    journal = Journal(tmp_path, "/w")
    journal.deleted({"a": "first"})
    now = time.time_ns()
    monkeypatch.setattr("rok_jupyter.service.journal.time.time_ns", lambda: now - 3600 * 10**9)
    for token in ("second", "third"):
        journal.deleted({"a": token})
    assert [action.tokens["a"] for action in journal.actions()] == ["third", "second", "first"]


def test_entries_of_a_restore_that_goes_on_are_kept(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "/w")
    action = journal.new_restore(RestoreRequest(snapshot="b"))
    journal.begin(action, ["workspace:a"])
    journal.begin(action, ["workspace:b"])
    assert journal.entries(action) == ("workspace:a", "workspace:b")


def test_each_workspace_has_its_own_history(tmp_path: Path) -> None:
    Journal(tmp_path, "/a").deleted({"a": "token"})
    assert Journal(tmp_path, "/b").last() is None
    assert Journal(tmp_path, "/a").last() is not None


def test_a_damaged_record_hides_only_itself(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "/w")
    journal.deleted({"a": "token"})
    (tmp_path / "zzz.action.json").write_text("{")
    (tmp_path / "zzzz.action.json").write_text('{"id": 3}')
    assert len(journal.actions()) == 1


def test_old_actions_are_dropped_but_never_one_that_is_half_way(tmp_path: Path) -> None:
    journal = Journal(tmp_path, "/w")
    half_way = journal.new_restore(RestoreRequest(snapshot="b"))
    journal.begin(half_way, ["workspace:a"])
    for number in range(105):
        journal.deleted({"a": str(number)})
    actions = journal.actions()
    assert len(actions) <= 102
    assert half_way in actions
