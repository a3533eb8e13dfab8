"""Notebooks compared cell by cell: what nbdime's format says is true, and it takes a bounded time."""

from __future__ import annotations

import json
import os
import random
import string
import time
from pathlib import Path
from typing import Any

import nbformat
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nbdime import patch_notebook
from nbdime.diff_format import is_valid_diff
from nbdime.diff_utils import to_diffentry_dicts

from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.models import NotebookDifference, SnapshotRequest
from rok_jupyter.progress import Progress
from rok_jupyter.service.notebook_diff import diff_notebooks
from rok_jupyter.service.notebooks import MAXIMUM_BYTES, difference_of
from rok_jupyter.service.service import Service


def code(source: str, *outputs: dict[str, Any], id_: str | None = None) -> dict[str, Any]:
    cell = {"cell_type": "code", "execution_count": 1, "metadata": {}, "outputs": [*outputs], "source": source}
    return cell if id_ is None else {**cell, "id": id_}


def markdown(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def stream(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def shown(**data: Any) -> dict[str, Any]:
    return {"output_type": "display_data", "metadata": {}, "data": {key.replace("_", "/"): data[key] for key in data}}


def notebook(*cells: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"cells": [*cells], "metadata": {}, "nbformat": 4, "nbformat_minor": 4, **more}


def compare(before: dict[str, Any] | None, after: dict[str, Any] | None) -> NotebookDifference:
    files = [None if each is None else json.dumps(each).encode() for each in (before, after)]
    return difference_of(files[0], files[1], Progress())


def patched(difference: NotebookDifference) -> Any:
    diff = to_diffentry_dicts(list(difference.diff))
    assert is_valid_diff(diff, deep=True)
    return patch_notebook(nbformat.from_dict(dict(difference.base)), diff)


def cell_operations(difference: NotebookDifference) -> list[tuple[str, int]]:
    (cells,) = [entry for entry in difference.diff if entry["key"] == "cells"]
    return [(entry["op"], entry["key"]) for entry in cells["diff"]]


# What a diff says

_SOURCES = st.text("ab\n ", max_size=12)
_OUTPUTS = st.lists(
    st.builds(stream, _SOURCES) | st.builds(shown, text_plain=_SOURCES, image_png=st.text("xy", max_size=4)), max_size=2
)
_CELLS = st.one_of(
    st.builds(lambda source, outputs: code(source, *outputs), _SOURCES, _OUTPUTS), st.builds(markdown, _SOURCES)
)
_NOTEBOOKS = st.builds(
    lambda cells, metadata: notebook(*cells, metadata=metadata),
    st.lists(_CELLS, max_size=4),
    st.dictionaries(st.sampled_from(["a", "b"]), st.one_of(_SOURCES, st.lists(st.integers(), max_size=3)), max_size=2),
)


@settings(max_examples=150, deadline=None, database=None)
@given(_NOTEBOOKS, _NOTEBOOKS)
def test_the_diff_makes_the_later_notebook_of_the_earlier_one(before: dict[str, Any], after: dict[str, Any]) -> None:
    assert patched(compare(before, after)) == after
    assert compare(before, before).diff == ()


@settings(max_examples=50, deadline=None, database=None)
@given(_NOTEBOOKS, _NOTEBOOKS)
def test_a_diff_without_time_is_right_too(before: dict[str, Any], after: dict[str, Any]) -> None:
    base, other = nbformat.from_dict(before), nbformat.from_dict(after)
    diff = diff_notebooks(base, other, Progress(), seconds=0.0)
    assert patched(NotebookDifference(base=base, diff=tuple(diff))) == after


def test_a_cell_that_changed_is_patched_by_lines_and_characters() -> None:
    before = notebook(code("import os\nx = 1\nprint(x)\n"), markdown("text"))
    after = notebook(code("import os\nx = 2\nprint(x)\n"), markdown("text"))
    difference = compare(before, after)
    assert cell_operations(difference) == [("patch", 0)]
    (source,) = difference.diff[0]["diff"][0]["diff"]
    (line,) = source["diff"]
    assert (source["key"], line["op"], line["key"]) == ("source", "patch", 1)
    assert [(entry["op"], entry["key"]) for entry in line["diff"]] == [("addrange", 4), ("removerange", 4)]


def test_a_cell_is_known_by_its_id_whatever_became_of_it() -> None:
    before = notebook(code("a = 1", id_="one"), code("b = 2", id_="two"), nbformat_minor=5)
    after = notebook(code("new", id_="three"), code("quite\nanother\n", id_="one"), nbformat_minor=5)
    assert cell_operations(compare(before, after)) == [("addrange", 0), ("patch", 0), ("removerange", 1)]


def test_cells_without_ids_are_known_by_what_they_hold() -> None:
    cells = [code(f"value_{number} = load({number})\nplot(value_{number})\nsave()\n") for number in range(4)]
    after = [cells[0], markdown("in between"), {**cells[1], "source": cells[1]["source"] + "more()\n"}, cells[3]]
    operations = cell_operations(compare(notebook(*cells), notebook(*after)))
    assert operations == [("addrange", 1), ("patch", 1), ("removerange", 2)]


def test_an_image_is_replaced_as_a_whole() -> None:
    before, after = (notebook(code("plot()", shown(image_png=png, text_plain="<Figure>"))) for png in ("AAAA", "AAAB"))
    cell = compare(before, after).diff[0]["diff"][0]
    data = cell["diff"][0]["diff"][0]["diff"][0]
    assert (data["key"], data["diff"]) == ("data", [{"op": "replace", "key": "image/png", "value": "AAAB"}])


def test_a_notebook_that_is_not_there_counts_as_empty() -> None:
    found = notebook(code("x"))
    came, went = compare(None, found), compare(found, None)
    assert (came.before_missing, came.after_missing, came.base["cells"]) == (True, False, [])
    assert patched(came) == found
    assert (went.before_missing, went.after_missing) == (False, True)
    assert cell_operations(went) == [("removerange", 0)]


def test_lines_of_texts_and_older_formats_are_read_as_one_text() -> None:
    split = notebook(code("x = 1\ny = 2"))
    split["cells"][0]["source"] = ["x = 1\n", "y = 2"]
    assert compare(split, notebook(code("x = 1\ny = 2"))).diff == ()
    cell = {"cell_type": "code", "language": "python", "collapsed": False, "prompt_number": 1, "outputs": []}
    third = {"nbformat": 3, "nbformat_minor": 0, "metadata": {}, "worksheets": [{"cells": [{**cell, "input": "x"}]}]}
    assert compare(third, None).base["cells"][0]["source"] == "x"


# Bounds


def random_lines(count: int, length: int = 40) -> str:
    return "".join("".join(random.choices(string.ascii_letters, k=length)) + "\n" for _ in range(count))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param([random_lines(5) for _ in range(1000)], [random_lines(5) for _ in range(1000)], id="many cells"),
        pytest.param([random_lines(50_000)], [random_lines(50_000)], id="one long cell"),
        pytest.param(["a\n" * 200_000], ["a\nb\n" * 100_000], id="equal lines"),
        pytest.param([random_lines(1, 1_000_000)], [random_lines(1, 1_000_000)], id="one long line"),
        pytest.param(["x"] * 30_000, ["y", *["x"] * 29_998, "z"], id="equal cells"),
    ],
)
def test_notebooks_that_have_little_in_common_take_seconds_and_not_hours(before: list[str], after: list[str]) -> None:
    one, other = notebook(*map(code, before)), notebook(*(code("x", stream(text)) for text in after))
    started = time.thread_time()  # its own work, however long others keep it waiting
    difference = compare(one, other)
    assert time.thread_time() - started < 30
    assert patched(difference) == other


def test_a_comparison_is_cancelled() -> None:
    progress = Progress()
    progress.cancel()
    with pytest.raises(Cancelled):
        difference_of(json.dumps(notebook()).encode(), json.dumps(notebook(code("x"))).encode(), progress)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"1",
        b"[]",
        b"{}",
        b"null",
        b"not json",
        b"\xff\xfe",
        b'{"nbformat": 99, "cells": []}',
        b'{"nbformat": 4, "nbformat_minor": 5, "metadata": {}}',
        b'{"nbformat": 4, "cells": 3}',
        b'{"nbformat": 4, "cells": [3]}',
        b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": "x", "outputs": 7}]}',
        b'{"nbformat": 4, "cells": [{"cell_type": "code", "source": {"x": 1}, "outputs": []}]}',
        b'{"nbformat": 4, "cells": [], "metadata": ' + b'{"a":' * 500 + b"1" + b"}" * 500 + b"}",
        b"[" * 100_000,
    ],
    ids=lambda content: repr(content[:60]),
)
def test_what_is_no_notebook_is_refused_in_a_sentence(content: bytes) -> None:
    for before, after in ((content, json.dumps(notebook(code("x"))).encode()), (None, content)):
        with pytest.raises(RokError) as caught:
            difference_of(before, after, Progress())
        assert caught.value.kind is ErrorKind.INVALID_ARGUMENT
        assert caught.value.message.endswith(".")
        assert "\n" not in caught.value.message


# Out of snapshots and volumes


def take(service: Service) -> str:
    return service.take(SnapshotRequest(), Progress()).id


def test_a_snapshots_notebook_is_compared_with_another_snapshots_and_the_live_one(
    service: Service, workspace: Path
) -> None:
    path = workspace / "notebooks" / "a.ipynb"
    ids = []
    for source in ("one", "two"):
        path.write_text(json.dumps(notebook(code(source))))
        ids.append(take(service))
    path.write_text(json.dumps(notebook(code("three"))))

    def result(ref: str, against: str | None) -> str:
        difference = service.notebook_diff(ref, against, "workspace", "notebooks/a.ipynb", Progress())
        source: str = patched(difference)["cells"][0]["source"]
        return f"{difference.base['cells'][0]['source']} to {source}"

    assert result(ids[0], ids[1]) == "one to two"
    assert result(ids[1], ids[0]) == "two to one"
    assert result(ids[1], None) == "two to three"
    path.unlink()
    gone = service.notebook_diff(ids[0], None, None, "notebooks/a.ipynb", Progress())
    assert (gone.before_missing, gone.after_missing) == (False, True)
    (workspace / "new.ipynb").write_text(json.dumps(notebook(code("new"))))
    came = service.notebook_diff(ids[0], None, None, "new.ipynb", Progress())
    assert (came.before_missing, came.after_missing) == (True, False)


def test_what_cannot_be_compared_is_said(service: Service, workspace: Path, data: Path) -> None:
    (workspace / "large.ipynb").write_bytes(b" " * (MAXIMUM_BYTES + 1))
    (workspace / "grown.ipynb").write_text("{}")
    taken = take(service)
    os.truncate(workspace / "grown.ipynb", MAXIMUM_BYTES + 1)

    def kind(path: str, volume: str = "workspace") -> ErrorKind:
        with pytest.raises(RokError) as caught:
            service.notebook_diff(taken, None, volume, path, Progress())
        return caught.value.kind

    assert kind("large.ipynb") is kind("grown.ipynb") is ErrorKind.UNIMPLEMENTED
    assert kind("notes.txt") is ErrorKind.INVALID_ARGUMENT
    assert kind("notebooks") is kind("link") is kind("../a") is ErrorKind.INVALID_ARGUMENT
    assert kind("nothing.ipynb") is kind("notebooks/a.ipynb", "nowhere") is ErrorKind.NOT_FOUND
    data.rename(data.with_name("elsewhere"))
    assert kind("table.csv", "data") is ErrorKind.FAILED_PRECONDITION


def test_a_volume_that_has_another_name_by_now_is_found_by_its_place(service: Service, workspace: Path) -> None:
    path = workspace / "notebooks" / "a.ipynb"
    path.write_text(json.dumps(notebook(code("one"))))
    taken = take(service)
    service.settings.data_volumes = {}
    assert not service.notebook_diff(taken, None, "workspace", "notebooks/a.ipynb", Progress()).diff
