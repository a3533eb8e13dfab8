"""What differs between two notebooks, in nbdime's format, within a bounded time.

nbdime's own rules compare every cell with every other character by character, which takes minutes for two notebooks
that have little in common. So the rules here are ours, and cheap: what is equal at both ends is set aside, cells are
paired by id, else by equal, else by similar sources, texts are compared by lines. Where even that takes too long, what
lies between the equal cells is told as replaced: a diff that is right, and coarse.

Owns those rules. Doesn't own reading notebooks (notebooks) nor the format (nbdime, whose builders are used).
"""

from __future__ import annotations

import difflib
import time
from collections import Counter
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any

from nbdime.diff_format import MappingDiffBuilder, SequenceDiffBuilder, op_patch  # type: ignore[import-untyped]
from nbdime.diffing.config import DiffConfig  # type: ignore[import-untyped]
from nbdime.diffing.generic import diff_dicts, diff_sequence_multilevel  # type: ignore[import-untyped]

from rok_jupyter.progress import Progress

Diff = list[Any]
"""nbdime's: a list of operations, each a mapping with "op" and "key"."""

SECONDS = 5.0
_SIMILAR_LINES = 0.5
_SIMILAR_CHARACTERS = 0.7
_FEW_LINES = 3
_SHORT = 200
_MOST_LINES = 10_000
_MOST_PAIRS = 100_000
_MOST_CLOSE_LOOKS = 20
_TEXTUAL = ("text/", "image/svg+xml", "application/javascript", "application/json")


class _TooLongError(Exception):
    """The time is over."""


class _Clock:
    def __init__(self, progress: Progress, seconds: float) -> None:
        self._progress = progress
        self._until = time.monotonic() + seconds

    def check(self) -> None:
        self._progress.check_cancelled()
        if time.monotonic() > self._until:
            raise _TooLongError


def diff_notebooks(base: dict[str, Any], other: dict[str, Any], progress: Progress, seconds: float = SECONDS) -> Diff:
    """Return what makes `other` of `base`, two notebooks of format 4; CANCELLED."""
    try:
        return _diff_with(_Clock(progress, seconds), base, other)
    except _TooLongError:
        return _coarse(base, other)


def _diff_with(clock: _Clock, base: dict[str, Any], other: dict[str, Any]) -> Diff:
    def value(a: Any, b: Any, path: str = "", config: DiffConfig | None = None) -> Diff:
        clock.check()
        if isinstance(a, str):
            return _diff_texts(a, b)
        return _diff_lists(a, b) if isinstance(a, list) else list(diff_dicts(a, b, path=path, config=config))

    def items(a: Any, b: Any, path: str = "", config: DiffConfig | None = None) -> Diff:
        start, end = _common_ends(a, b)
        found = diff_sequence_multilevel(a[start : len(a) - end], b[start : len(b) - end], path=path, config=config)
        return _moved(found, start)

    config = DiffConfig(
        predicates={
            "/cells": [_checked(clock, each) for each in (_are_similar_cells, _have_equal_sources, _have_equal_ids)],
            "/cells/*/outputs": [_checked(clock, _are_of_one_kind)],
        },
        differs=_Differs(
            value,
            {
                "/cells": items,
                "/cells/*/outputs": items,
                "/cells/*/outputs/*/data": _diff_bundles,
                "/cells/*/attachments": _diff_attachments,
            },
        ),
        atomic_paths={"/cells/*/id": True},
    )
    return value(base, other, config=config)


class _Differs(dict[str, Callable[..., Diff]]):
    """Which rule compares what is at a path: `others` where none is named."""

    def __init__(self, others: Callable[..., Diff], named: dict[str, Callable[..., Diff]]) -> None:
        super().__init__(named)
        self._others = others

    def __missing__(self, path: str) -> Callable[..., Diff]:
        return self._others


def _checked(clock: _Clock, predicate: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def check_and_compare(a: Any, b: Any) -> bool:
        clock.check()
        return predicate(a, b)

    return check_and_compare


# Which cells and outputs belong together


def _have_equal_ids(a: Any, b: Any) -> bool:
    return "id" in a and a["id"] == b.get("id")


def _have_equal_sources(a: Any, b: Any) -> bool:
    return bool(a["cell_type"] == b["cell_type"] and a["source"] == b["source"])


def _are_similar_cells(a: Any, b: Any) -> bool:
    return a["cell_type"] == b["cell_type"] and _are_similar(a["source"], b["source"])


def _are_similar(a: str, b: str) -> bool:
    if a == b or not a or not b:
        return a == b
    lines_a, lines_b = _lines(a), _lines(b)
    many = lines_a.total() + lines_b.total()
    if many > 2 * _FEW_LINES or max(len(a), len(b)) > _SHORT:
        return 2 * (lines_a & lines_b).total() > _SIMILAR_LINES * many
    matcher = difflib.SequenceMatcher(None, a, b, autojunk=False)
    return matcher.quick_ratio() > _SIMILAR_CHARACTERS and matcher.ratio() > _SIMILAR_CHARACTERS


@lru_cache(maxsize=4096)
def _lines(source: str) -> Counter[str]:
    return Counter(source.splitlines())


def _are_of_one_kind(a: Any, b: Any) -> bool:
    """Whether an output may be told as changed into another; else one goes and the other comes."""
    return bool(
        a["output_type"] == b["output_type"]
        and a.get("name") == b.get("name")
        and a.get("ename") == b.get("ename")
        and a.get("data", {}).keys() == b.get("data", {}).keys()
    )


# How what belongs together differs


def _diff_bundles(a: Any, b: Any, path: str = "", config: Any = None) -> Diff:
    """Compare contents by media type: texts by lines, others as a whole."""
    builder = MappingDiffBuilder()
    for key in sorted(a.keys() | b.keys()):
        if key not in b:
            builder.remove(key)
        elif key not in a:
            builder.add(key, b[key])
        elif a[key] != b[key]:
            if type(a[key]) is type(b[key]) is str and key.startswith(_TEXTUAL):
                builder.patch(key, _diff_texts(a[key], b[key]))
            else:
                builder.replace(key, b[key])
    return list(builder.validated())


def _diff_attachments(a: Any, b: Any, path: str = "", config: Any = None) -> Diff:
    builder = MappingDiffBuilder()
    for key in sorted(a.keys() | b.keys()):
        if key not in b:
            builder.remove(key)
        elif key not in a:
            builder.add(key, b[key])
        else:
            builder.patch(key, _diff_bundles(a[key], b[key]))
    return list(builder.validated())


def _diff_lists(a: Sequence[Any], b: Sequence[Any]) -> Diff:
    """Tell what lies between the equal ends as replaced."""
    if a == b:
        return []
    start, end = _common_ends(a, b)
    return _replaced(start, len(a) - end - start, b[start : len(b) - end])


def _diff_texts(a: str, b: str) -> Diff:
    """Compare by lines; a few short lines that were changed, by characters."""
    if a == b:
        return []
    lines_a, lines_b = a.splitlines(keepends=True), b.splitlines(keepends=True)
    start, end = _common_ends(lines_a, lines_b)
    old, new = lines_a[start : len(lines_a) - end], lines_b[start : len(lines_b) - end]
    if not _can_be_matched(old, new):
        return _replaced(start, len(old), new)
    found: Diff = []
    for tag, old_start, old_end, new_start, new_end in _opcodes(old, new):
        before, after = old[old_start:old_end], new[new_start:new_end]
        if tag == "replace" and _deserve_a_close_look(before, after):
            pairs = enumerate(zip(before, after, strict=True), old_start)
            found += [op_patch(key, _diff_characters(one, other)) for key, (one, other) in pairs if one != other]
        elif tag != "equal":
            found += _replaced(old_start, len(before), after)
    return _moved(found, start)


def _can_be_matched(a: Sequence[str], b: Sequence[str]) -> bool:
    """Whether matching lines takes a moment only: there are not too many, and not too many that are alike."""
    if max(len(a), len(b)) > _MOST_LINES:
        return False
    many = Counter(a)
    return sum(many[line] for line in b) <= _MOST_PAIRS


def _deserve_a_close_look(a: Sequence[str], b: Sequence[str]) -> bool:
    return len(a) == len(b) <= _MOST_CLOSE_LOOKS and max(map(len, (*a, *b))) <= _SHORT


def _diff_characters(a: str, b: str) -> Diff:
    found: Diff = []
    for tag, a_start, a_end, b_start, b_end in _opcodes(a, b):
        if tag != "equal":
            found += _replaced(a_start, a_end - a_start, b[b_start:b_end])
    return found


def _opcodes(a: Sequence[str], b: Sequence[str]) -> Sequence[tuple[str, int, int, int, int]]:
    return difflib.SequenceMatcher(None, a, b, autojunk=False).get_opcodes()


def _replaced(start: int, length: int, new: Sequence[Any]) -> Diff:
    builder = SequenceDiffBuilder()
    builder.removerange(start, length)
    builder.addrange(start, new)
    return list(builder.validated())


def _common_ends(a: Sequence[Any], b: Sequence[Any]) -> tuple[int, int]:
    """How many items are equal at the start, and of the rest at the end."""
    shorter = min(len(a), len(b))
    start = next((index for index in range(shorter) if a[index] != b[index]), shorter)
    rest = shorter - start
    end = next((index for index in range(rest) if a[-1 - index] != b[-1 - index]), rest)
    return start, end


def _moved(diff: Diff, start: int) -> Diff:
    """Return the diff of a part as that of the whole."""
    return [type(entry)(entry, key=entry["key"] + start) for entry in diff]


def _coarse(base: dict[str, Any], other: dict[str, Any]) -> Diff:
    """Return a diff in linear time: cells between equal ones are replaced, and so is whatever else differs."""
    builder = MappingDiffBuilder()
    for key in sorted(base.keys() | other.keys()):
        if key not in other:
            builder.remove(key)
        elif key not in base:
            builder.add(key, other[key])
        elif key == "cells":
            builder.patch(key, _diff_lists(base[key], other[key]))
        elif base[key] != other[key]:
            builder.replace(key, other[key])
    return list(builder.validated())
