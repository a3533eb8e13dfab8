"""When a scheduled snapshot is due, by values alone."""

from __future__ import annotations

from datetime import timedelta

from rok_jupyter.models import Schedule
from rok_jupyter.service.schedule import next_due
from tests.service.builders import START

HOURLY = Schedule(every_minutes=60)


def test_nothing_is_due_without_a_schedule() -> None:
    assert next_due(Schedule(), None, START) is None
    assert next_due(Schedule(), START, START) is None


def test_the_first_run_is_due_at_once() -> None:
    assert next_due(HOURLY, None, START) == START


def test_the_next_run_is_due_an_interval_later() -> None:
    assert next_due(HOURLY, START, START + timedelta(minutes=1)) == START + timedelta(hours=1)


def test_missed_runs_are_made_up_for_by_one() -> None:
    woken = START + timedelta(days=3)
    due = next_due(HOURLY, START, woken)
    assert due is not None
    assert due < woken
    assert next_due(HOURLY, woken, woken + timedelta(minutes=1)) == woken + timedelta(hours=1)


def test_a_clock_that_was_set_back_does_not_stop_the_schedule() -> None:
    assert next_due(HOURLY, START + timedelta(days=400), START) == START
