"""A pipeline's parameters: texts become values of their types, and what doesn't fit is told with what would."""

from __future__ import annotations

from typing import Any

import pytest

from kale_bridge.pipeline.document import PipelineDocument
from kale_bridge.pipeline.parameters import parameters_in, task_defaults, with_parameters
from kale_bridge.step.parameters import parameters_given, shown
from rok_jupyter.errors import RokError

_DECLARED = {
    "name": {"parameterType": "STRING", "defaultValue": "a", "isOptional": True},
    "rows": {"parameterType": "NUMBER_INTEGER", "defaultValue": 3.0, "isOptional": True},
    "rate": {"parameterType": "NUMBER_DOUBLE"},
    "fast": {"parameterType": "BOOLEAN", "defaultValue": False, "isOptional": True},
    "sizes": {"parameterType": "LIST", "defaultValue": [1.0], "isOptional": True},
    "more": {"parameterType": "STRUCT", "defaultValue": {}, "isOptional": True},
}
_INPUTS = {name: {"componentInputParameter": name} for name in _DECLARED}
_TASK: dict[str, Any] = {"inputs": {"parameters": {**_INPUTS, "own": {"runtimeValue": {"constant": "x"}}}}}


@pytest.fixture
def document() -> PipelineDocument:
    spec = {"root": {"inputDefinitions": {"parameters": _DECLARED}, "dag": {"tasks": {}}}}
    return PipelineDocument(spec=spec, platforms={}).copied()


def _defaults(document: PipelineDocument) -> dict[str, Any]:
    parameters = document.spec["root"]["inputDefinitions"]["parameters"]
    return {name: each.get("defaultValue") for name, each in parameters.items()}


def test_texts_become_values_of_their_types(document: PipelineDocument) -> None:
    given = {"name": "7", "rows": "4", "rate": "1e-3", "fast": "true", "sizes": "[2, 3]", "more": '{"k": null}'}
    changed = with_parameters(document, given)
    wanted = {"name": "7", "rows": 4.0, "rate": 0.001, "fast": True, "sizes": [2, 3], "more": {"k": None}}
    assert _defaults(changed) == wanted
    assert changed.spec["root"]["inputDefinitions"]["parameters"]["rate"]["isOptional"]
    assert _defaults(document)["rows"] == 3.0, "the pipeline itself stays"


@pytest.mark.parametrize(
    ("name", "text", "kind"),
    [
        ("rows", "4.5", "whole number"),
        ("rows", "true", "whole number"),
        ("rows", "", "whole number"),
        ("rows", "1e999", "whole number"),
        ("rate", "NaN", "number"),
        ("rate", "fast", "number"),
        ("fast", "True", "true or false"),
        ("sizes", "{}", "list as JSON"),
        ("more", "[" * 100_000, "object as JSON"),
    ],
)
def test_what_is_no_such_value_is_refused_with_an_example(
    document: PipelineDocument, name: str, text: str, kind: str
) -> None:
    with pytest.raises(RokError) as caught:
        with_parameters(document, {name: text})
    assert f"it is a {kind}." in caught.value.message
    assert caught.value.hint.startswith(f"For example: --param {name}=")
    assert len(str(caught.value)) < 500


def test_an_unknown_parameter_is_told_with_those_that_there_are(document: PipelineDocument) -> None:
    with pytest.raises(RokError, match="no parameter 'row'") as caught:
        with_parameters(document, {"row": "1"})
    assert "rows (whole number, else 3)" in caught.value.hint
    assert "rate (number, always to be given)" in caught.value.hint
    bare = PipelineDocument(spec={"root": {"dag": {"tasks": {}}}}, platforms={})
    with pytest.raises(RokError) as caught:
        with_parameters(bare, {"row": "1"})
    assert "pipeline-parameters" in caught.value.hint
    assert parameters_in(bare, {"row": "1"}) == {}


def test_what_a_run_was_given_is_known_by_the_pipelines_own(document: PipelineDocument) -> None:
    defaults = task_defaults(document, _TASK)
    assert set(defaults) == {"name", "rows", "fast", "sizes", "more"}
    told = {"name": "a", "rows": "3", "fast": "false", "sizes": "[1]", "more": "{}", "own": "y", "rate": "2"}
    assert parameters_given(told, defaults) == {}
    other = {"name": "b", "rows": "4", "fast": "maybe", "sizes": "[1, 2]", "more": "{}"}
    assert parameters_given(other, defaults) == {name: text for name, text in other.items() if name != "more"}


def test_no_secret_is_shown() -> None:
    assert shown({"rows": "4\x1b[2J", "api_key": "hush"}) == "rows=4?[2J, api_key=(not shown)"
