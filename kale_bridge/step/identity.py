"""Which run of the pipeline this is, found by what a step's process can see. Standard library only.

KFP's backend replaces no placeholder in a command, so the run's id is looked for where it is to be seen; what was found
where is said in the snapshot's details. Doesn't own what is done with it.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

_UNRESOLVED = "{{$"
_LAUNCHER_OPTION = "--run_id"
_UUID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_MOST_ANCESTORS = 32


@dataclass(frozen=True)
class Run:
    """A run's id, how it was found, and its name ("" where nobody says it)."""

    id: str
    found_by: str
    name: str = ""


def find_run(words: Sequence[str], environment: Mapping[str, str], executor_input: Mapping[str, Any]) -> Run:
    """Return this run; `words` are what the command says: the run's id and name, as they are or as placeholders."""
    id_, name = (("" if word.startswith(_UNRESOLVED) else word.strip()) for word in (*words, "", "")[:2])
    for variable in ("ROK_KALE_RUN", "KFP_RUN_ID"):
        if environment.get(variable):
            return Run(environment[variable], f"the variable {variable}", name)
    if id_:
        return Run(id_, "the command", name)
    for command in _commands_above(os.getppid()):
        if found := _option(command, _LAUNCHER_OPTION):
            return Run(found, "KFP's launcher", name)
    for uri in _output_uris(executor_input):
        if found := next((part for part in uri.split("/") if _UUID.fullmatch(part)), ""):
            return Run(found, "the artifacts' place", name)
    if environment.get("HOSTNAME"):
        return Run(environment["HOSTNAME"], "the pod's name", name)
    return Run("unknown", "nothing", name)


def _commands_above(pid: int) -> Iterator[list[str]]:
    """Yield the command lines of a process and of those above it."""
    for _ in range(_MOST_ANCESTORS):
        try:
            with open(f"/proc/{pid}/cmdline", "rb") as file:
                yield [os.fsdecode(word) for word in file.read().split(b"\0")]
            with open(f"/proc/{pid}/stat", "rb") as file:
                pid = int(file.read().rpartition(b")")[2].split()[1])
        except (OSError, ValueError, IndexError):
            return
        if pid <= 0:
            return


def _option(command: Sequence[str], option: str) -> str:
    for place, word in enumerate(command):
        if word == option:
            return "".join(command[place + 1 : place + 2])
        if word.startswith(f"{option}="):
            return word.partition("=")[2]
    return ""


def _output_uris(executor_input: Mapping[str, Any]) -> Iterator[str]:
    artifacts = executor_input.get("outputs", {}).get("artifacts", {})
    for each in artifacts.values():
        for artifact in each.get("artifacts", ()):
            yield str(artifact.get("uri", ""))
