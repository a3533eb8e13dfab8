"""Parameters of a run: what a step is told of them, what the run was given, and how they are shown.

Owns what is no parameter of the user's, and that no secret is shown. Standard library only.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

STATUS = "rok_status"
"""The input by which a hook that is a task of its own is told how the step ended that it watches."""

_SECRET_NAME = re.compile(r"passw|secret|token|credential|(api|private|access)[-_]?key", re.IGNORECASE)
_HIDDEN = "(not shown)"


def parameters_told(executor_input: Mapping[str, Any]) -> dict[str, str]:
    """Return a step's parameters as KFP tells them: texts as they are, other values as JSON."""
    values = executor_input.get("inputs", {}).get("parameterValues", {})
    told = {name: value for name, value in values.items() if name != STATUS}
    return {name: value if isinstance(value, str) else json.dumps(value) for name, value in told.items()}


def parameters_given(told: Mapping[str, str], defaults: Mapping[str, str]) -> dict[str, str]:
    """Return which of the parameters the run was given; `defaults` are the pipeline's own, as JSON."""
    return {name: text for name, text in told.items() if name in defaults and _differs(text, defaults[name])}


def shown(parameters: Mapping[str, str]) -> str:
    """Return names with their values on one line, without the value of what is named like a secret."""
    text = ", ".join(f"{name}={_HIDDEN if _SECRET_NAME.search(name) else value}" for name, value in parameters.items())
    return "".join(character if character.isprintable() else "?" for character in text)


def _differs(text: str, default: str) -> bool:
    """Whether a text is another value than one of JSON; KFP writes 3 and 3.0 for one."""
    known = json.loads(default)
    if isinstance(known, str):
        return text != known
    try:
        return bool(json.loads(text) != known)
    except ValueError:
        return True
