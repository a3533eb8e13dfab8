"""Asking the browser to save: what it answers is counted, and silence means that nobody knows."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from rok_jupyter.errors import ErrorKind, RokError
from rok_jupyter.server.saving import DocumentSaver
from rok_jupyter.wire.requests import DocumentsSavedBody


class FrontEnds:
    """Event bus whose listeners answer with so many unsaved documents each."""

    def __init__(self, *unsaved: int) -> None:
        self.unsaved = unsaved
        self.saver = DocumentSaver(self)
        self.requests: list[dict[str, Any]] = []

    def emit(self, *, schema_id: str, data: dict[str, Any]) -> None:
        self.requests.append(data)
        loop = asyncio.get_running_loop()
        for number, failed in enumerate(self.unsaved):
            body = DocumentsSavedBody(request=data["request"], saved=1, failed=failed)
            loop.call_later(0.05 * (number + 1), self.saver.answer, body)


def test_answers_of_all_windows_are_counted() -> None:
    front_ends = FrontEnds(0, 2, 1)
    assert asyncio.run(front_ends.saver.save(2.0)) == 3
    assert front_ends.requests[0]["seconds"] == 2.0


def test_everything_saved_is_known_to_be_none_unsaved() -> None:
    assert asyncio.run(FrontEnds(0).saver.save(2.0)) == 0


def test_silence_means_unknown() -> None:
    assert asyncio.run(FrontEnds().saver.save(0.05)) is None


def test_no_wait_asks_nobody() -> None:
    front_ends = FrontEnds(1)
    assert asyncio.run(front_ends.saver.save(0.0)) is None
    assert front_ends.requests == []


def test_an_answer_that_comes_too_late_is_told_so() -> None:
    with pytest.raises(RokError) as caught:
        DocumentSaver(FrontEnds()).answer(DocumentsSavedBody(request="0" * 16))
    assert caught.value.kind is ErrorKind.NOT_FOUND
