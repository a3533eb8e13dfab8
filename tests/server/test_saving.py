"""Asking the browser to save: what it answers is counted, and silence means that nobody knows."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.server.saving import DocumentSaver
from rok_jupyter.wire.requests import DocumentsSavedBody

EVER = 3600.0
"""Longer than a test may take: where it is waited for, the test doesn't end."""

Step = tuple[float, dict[str, Any]]
"""After how many seconds a front end posts which fields."""


class FrontEnds:
    """Event bus whose listeners post their answers at their times."""

    def __init__(self, *steps: Step) -> None:
        self.steps = steps
        self.saver = DocumentSaver(self)
        self.requests: list[dict[str, Any]] = []
        self.seconds = 0.0

    def emit(self, *, schema_id: str, data: dict[str, Any]) -> dict[str, Any]:
        self.requests.append(data)
        loop = asyncio.get_running_loop()
        for after, fields in self.steps:
            loop.call_later(after, self.saver.answer, DocumentsSavedBody(request=data["request"], **fields))
        return data

    def save(self, seconds: float) -> int | None:
        """Ask, and measure how long that takes."""
        started = time.monotonic()
        unsaved = asyncio.run(self.saver.save(seconds))
        self.seconds = time.monotonic() - started
        return unsaved


def test_answers_of_all_windows_are_counted() -> None:
    front_ends = FrontEnds(
        *((0.05 * number, {"saved": 1, "failed": failed}) for number, failed in enumerate((0, 2, 1)))
    )
    assert front_ends.save(2.0) == 3
    assert front_ends.requests[0]["seconds"] == 2.0


def test_everything_saved_is_known_to_be_none_unsaved() -> None:
    assert FrontEnds((0.01, {"window": "a", "saved": 1})).save(2.0) == 0


def test_silence_means_unknown() -> None:
    assert FrontEnds().save(0.05) is None


def test_where_nobody_listens_nobody_is_waited_for() -> None:
    class Silent:
        def emit(self, *, schema_id: str, data: dict[str, Any]) -> None:
            pass

    assert asyncio.run(DocumentSaver(Silent()).save(EVER)) is None


def test_no_wait_asks_nobody() -> None:
    front_ends = FrontEnds((0.0, {"failed": 1}))
    assert front_ends.save(0.0) is None
    assert front_ends.requests == []


def test_windows_without_unsaved_documents_are_not_waited_for_longer_than_for_others_to_answer() -> None:
    front_ends = FrontEnds((0.01, {"window": "a"}), (0.05, {"window": "b"}))
    assert front_ends.save(EVER) == 0
    assert front_ends.seconds >= 0.2


def test_who_announces_documents_is_waited_for_until_they_are_saved() -> None:
    front_ends = FrontEnds(
        (0.01, {"window": "a", "pending": 2}),
        (0.02, {"window": "b", "pending": 1}),
        (0.4, {"window": "b", "saved": 1}),
        (0.6, {"window": "a", "saved": 1, "failed": 1}),
    )
    assert front_ends.save(EVER) == 1
    assert front_ends.seconds >= 0.6


def test_a_window_that_answers_while_another_saves_is_waited_for_too() -> None:
    front_ends = FrontEnds(
        (0.01, {"window": "a", "pending": 1}),
        (0.4, {"window": "late", "pending": 1}),
        (0.5, {"window": "a", "saved": 1}),
        (0.7, {"window": "late", "failed": 1}),
    )
    assert front_ends.save(EVER) == 1


def test_what_a_window_does_not_finish_in_time_counts_as_unsaved() -> None:
    front_ends = FrontEnds((0.01, {"window": "a", "pending": 3}), (0.02, {"window": "b", "saved": 1}))
    assert front_ends.save(0.5) == 3
    assert front_ends.seconds >= 0.5


def test_fewer_seconds_than_other_windows_get_are_kept_to(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("rok_jupyter.server.saving._OTHERS_SECONDS", EVER)
    front_ends = FrontEnds((0.01, {"window": "a", "failed": 1}))
    assert front_ends.save(0.1) == 1


def test_an_answer_that_comes_too_late_is_told_so() -> None:
    with pytest.raises(RokError) as caught:
        DocumentSaver(FrontEnds()).answer(DocumentsSavedBody(request="0" * 16))
    assert caught.value.kind is ErrorKind.NOT_FOUND


def test_a_window_without_a_name_has_nothing_pending() -> None:
    refused: list[RokError] = []

    class Nameless:
        def emit(self, *, schema_id: str, data: dict[str, Any]) -> dict[str, Any]:
            with pytest.raises(RokError) as caught:
                saver.answer(DocumentsSavedBody(request=data["request"], pending=1))
            refused.append(caught.value)
            return data

    saver = DocumentSaver(Nameless())
    assert asyncio.run(saver.save(0.05)) is None
    assert refused[0].kind is ErrorKind.INVALID_ARGUMENT
