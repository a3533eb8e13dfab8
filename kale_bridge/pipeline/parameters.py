"""A pipeline's parameters: what may be given to a run, as text, and what is taken where nothing is given.

Owns their types, as KFP spells them, and the defaults in the document. Doesn't own who gives which.
"""

from __future__ import annotations

import json
import reprlib
from collections.abc import Mapping

from kale_bridge.pipeline.document import Json, PipelineDocument
from rok_jupyter.errors import ErrorKind, RokError

_TYPES = {
    "STRING": "text",
    "NUMBER_INTEGER": "whole number",
    "NUMBER_DOUBLE": "number",
    "BOOLEAN": "true or false",
    "LIST": "list as JSON",
    "STRUCT": "object as JSON",
}


def with_parameters(document: PipelineDocument, given: Mapping[str, str]) -> PipelineDocument:
    """Return the pipeline whose parameters are these where a run is given no others.

    Raises RokError(INVALID_ARGUMENT) for a parameter that the pipeline lacks, and for a text that is no value of its
    type.
    """
    changed = document.copied()
    inputs = _inputs(changed)
    for name, text in given.items():
        if name not in inputs:
            raise RokError(
                ErrorKind.INVALID_ARGUMENT, f"The pipeline has no parameter {name!r}.", _known_parameters(inputs)
            )
        inputs[name]["defaultValue"] = _value(name, text, inputs[name])
        inputs[name]["isOptional"] = True
    return changed


def parameters_in(document: PipelineDocument, given: Mapping[str, str]) -> dict[str, str]:
    """Return those that the pipeline still has."""
    return {name: text for name, text in given.items() if name in _inputs(document)}


def task_defaults(document: PipelineDocument, task: Json) -> dict[str, str]:
    """Return what a task of the outer graph is given by default, as JSON, by its own names of its inputs."""
    inputs = _inputs(document)
    return {
        name: json.dumps(inputs[value["componentInputParameter"]]["defaultValue"])
        for name, value in sorted(task.get("inputs", {}).get("parameters", {}).items())
        if "defaultValue" in inputs.get(value.get("componentInputParameter", ""), {})
    }


def _inputs(document: PipelineDocument) -> dict[str, Json]:
    parameters: dict[str, Json] = document.spec["root"].get("inputDefinitions", {}).get("parameters", {})
    return parameters


def _value(name: str, text: str, declared: Json) -> object:
    """Return a text as a value of a parameter's type; KFP writes whole numbers as 3.0, too."""
    kind = str(declared.get("parameterType", ""))
    if kind == "STRING":
        return text
    value = _parsed(text)
    fits = {
        "NUMBER_INTEGER": isinstance(value, float) and value.is_integer(),
        "NUMBER_DOUBLE": isinstance(value, float),
        "BOOLEAN": isinstance(value, bool),
        "LIST": isinstance(value, list),
        "STRUCT": isinstance(value, dict),
    }
    if not fits.get(kind, False):
        raise RokError(
            ErrorKind.INVALID_ARGUMENT,
            f"The parameter {name} can't be {reprlib.repr(text)}: it is a {_TYPES.get(kind, kind)}.",
            f"For example: --param {name}={_text(declared.get('defaultValue', ''))}",
        )
    return value


def _parsed(text: str) -> object:
    """Return a text of JSON as KFP holds it, numbers as floating point; None where it is none."""
    try:
        value = json.loads(text, parse_constant=_refuse)
        return float(value) if isinstance(value, int) and not isinstance(value, bool) else value
    except (ValueError, OverflowError, RecursionError):
        return None


def _refuse(constant: str) -> None:
    raise ValueError(constant)  # NaN and the infinities, which JSON doesn't have


def _known_parameters(inputs: Mapping[str, Json]) -> str:
    if not inputs:
        return "It has none; a cell tagged `pipeline-parameters` makes some."
    known = (
        f"{name} ({_TYPES.get(str(each.get('parameterType')), 'value')}, {_otherwise(each)})"
        for name, each in inputs.items()
    )
    return f"It has: {', '.join(known)}."


def _otherwise(declared: Json) -> str:
    return f"else {_text(declared['defaultValue'])}" if "defaultValue" in declared else "always to be given"


def _text(value: object) -> str:
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return value if isinstance(value, str) else json.dumps(value)
