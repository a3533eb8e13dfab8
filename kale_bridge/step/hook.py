"""The program around a pipeline step's command: a snapshot before it, and one after it or of what it left, failing.

    python3 -c BOOTSTRAP CONFIG RUN RUN_NAME TASK [--executor_input JSON] -- COMMAND...

Owns the order of things, what is printed, and the policy: `on_error` "warn" says in one line what went wrong and goes
on, "fail" ends the step. The command's output and exit status are its own in any other case. Doesn't own how a snapshot
is taken (`taking`), what a step's variables are (`variables`), nor the page about it all (`lineage`). Standard library
only: it runs in images that have nothing else.
"""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from kale_bridge.step import variables
from kale_bridge.step.child import Child, Ended, end_like
from kale_bridge.step.failure import HookFailure
from kale_bridge.step.identity import find_run
from kale_bridge.step.lineage import leave_page
from kale_bridge.step.page import Taken
from kale_bridge.step.parameters import STATUS, parameters_given, parameters_told
from kale_bridge.step.taking import Place, Taking, choose

VERSION = 1
"""Raised where what a pipeline tells its hooks changes: an older program isn't used for a newer pipeline."""

_FAILED = 1
_LONGEST_NAME = 200
_LONGEST_DETAIL = 2000
_GRACE_SECONDS = 20.0
_SHORT = 8


def main(argv: Sequence[str]) -> int:
    """Run the words that stand after `-c BOOTSTRAP`, and end as the step's command did."""
    cut = list(argv).index("--")
    words, command = argv[:cut], list(argv[cut + 1 :])
    try:
        hook = Hook(json.loads(base64.b64decode(words[0])), words[1:], command)
    except (ValueError, IndexError, KeyError, TypeError) as error:
        _say(f"The pipeline's word for this step can't be read ({error}): no snapshots.")
        return _run_bare(command)
    with contextlib.closing(hook):
        status = hook.take_all() if hook.config.get("hook") == "visible" else hook.run()
    return end_like(status)


class Hook:
    """One step's hook."""

    def __init__(self, config: Mapping[str, Any], words: Sequence[str], command: Sequence[str]) -> None:
        self._command = command
        self._executor_input = _executor_input([*words, *command])
        told = parameters_told(self._executor_input)
        parameters = {**(config.get("parameters") or {}), **told}
        self._given = parameters_given(told, config.get("defaults") or {})
        self.config = {**config, "parameters": parameters}
        self._run = find_run(words[:2], os.environ, self._executor_input)
        self._taken: list[Taken] = []
        self._said: set[str] = set()
        self._carried: dict[str, int] = {}
        """How many files of variables each snapshot of this process carries, by its id."""
        self._child = Child()
        self._taking: Taking | None = None
        self._step = str(config["step"])
        self._moments = tuple(config["moments"])
        self._fails = config.get("on_error") == "fail"
        self._turn = _turn(self._executor_input) if config.get("looped") else ""

    def run(self) -> int:
        """Take the snapshots around the step's command; return its status, negative for a signal."""
        with self._child.listening():
            try:
                if not self._take("before"):
                    return _FAILED
                started = time.time()
                status = self._child.run(self._command, on_last_wish=lambda: self._last_wish(started))
            except Ended as end:
                return -end.number
            if status == 0:
                kept = self._take("after", since=started)
                self._leave_page()
                return 0 if kept else _FAILED
            self._take("failed", since=started, status=status)
        return status

    def take_all(self) -> int:
        """Take each moment's snapshot: a task of its own, which runs nothing."""
        with self._child.listening():
            try:
                kept = [self._take(moment) for moment in self._moments if moment != "failed" or self._watched_failed()]
            except Ended as end:
                return -end.number
        self._leave_page()
        return 0 if all(kept) else _FAILED

    def close(self) -> None:
        """Let go of what takes snapshots."""
        if self._taking is not None:
            self._taking.close()

    def _watched_failed(self) -> bool:
        """Whether the step that this task stands beside has failed."""
        status = self._executor_input.get("inputs", {}).get("parameterValues", {}).get(STATUS) or {}
        return str(status.get("state", "")) not in ("", "SUCCEEDED")

    def _last_wish(self, since: float) -> None:
        """The step goes on though it was told to end, and will be killed, this process too: now or never."""
        self._take("failed", since=since, status=None)
        self._moments = tuple(moment for moment in self._moments if moment != "failed")

    def _take(self, moment: str, *, since: float = 0.0, status: int | None = None) -> bool:
        """Take a moment's snapshot, where it is wanted; return whether the step may go on."""
        if moment not in self._moments:
            return True
        try:
            snapshot, notes, carried = self._snapshot(moment, since, status)
        except HookFailure as failure:
            return self._failed(moment, failure)
        except Ended:
            raise
        except Exception as error:  # noqa: BLE001  a fault of ours is a warning too, and never the step's end
            return self._failed(moment, HookFailure(f"{type(error).__name__}: {error}."))
        id_ = str(snapshot["id"])
        self._taken.append(Taken(moment, id_, str(snapshot.get("created", ""))))
        self._carried[id_] = carried
        short = id_[:_SHORT]
        _say(f"{moment} {self._step}: snapshot {short} ({self._figure(snapshot)}). Back here: rok resume {short}")
        for note in notes:
            _say(f"{moment} {self._step}: {note}")
        return True

    def _failed(self, moment: str, failure: HookFailure) -> bool:
        self._taken.append(Taken(moment, failure=failure.message))
        ends = self._fails and moment != "failed"
        what = "and so the step fails, as on_error says" if ends else "the step is not touched by it"
        if ends or str(failure) not in self._said:
            _say(f"{moment} {self._step}: no snapshot ({what}). {failure}")
        self._said.add(str(failure))
        return not ends

    def _figure(self, snapshot: Mapping[str, Any]) -> str:
        """Say how many files the step changed, where its own snapshot before is the one compared with; else how many
        there are. Variables are the hook's, and no files of the user's.
        """
        if _is_earlier(str(snapshot.get("created", ""))):
            return "taken by an earlier attempt"
        carried = self._carried[str(snapshot["id"])]
        before = self._carried.get(str(snapshot.get("parent")))
        if before is None:
            return _files(sum(int(member.get("files") or 0) for member in snapshot.get("members") or ()) - carried)
        counts = snapshot.get("statistics") or {}
        changed = sum(int(counts.get(name) or 0) for name in ("files_new", "files_changed", "files_removed"))
        return f"{_files(changed - carried - before)} changed"

    def _snapshot(self, moment: str, since: float, status: int | None) -> tuple[dict[str, Any], list[str], int]:
        if self._taking is None:
            self._taking = choose(self.config, os.environ)
        seconds = self._seconds()
        until = time.monotonic() + seconds
        place = self._taking.place()
        notes: list[str] = []
        with self._standing(moment, since, place, notes) as (where, carried):
            request = self._request(moment, status, place, where)
            snapshot = self._taking.take(request, max(1.0, until - time.monotonic()))
        if not snapshot.get("complete", not (snapshot.get("errors") or snapshot.get("changed_while_read"))):
            notes.append("not every file could be read whole; see `rok show`.")
        return snapshot, notes, carried

    def _seconds(self) -> float:
        """Return how long a snapshot may take: what is set, and less where everything here will be killed soon."""
        seconds = float(self.config.get("seconds") or 300)
        told = self._child.told_to_end_at
        return seconds if told is None else max(1.0, min(seconds, told + _GRACE_SECONDS - time.monotonic()))

    @contextlib.contextmanager
    def _standing(self, moment: str, since: float, place: Place, notes: list[str]) -> Iterator[tuple[str, int]]:
        """Keep the step's variables in the volume for the block; yield their place in it ("": none) and their files."""
        found = self._variables(moment, since) if self.config.get("variables", True) else []
        if not found:
            yield "", 0
            return
        where = f"{variables.DIRECTORY}/{_file_name(self._run.id)}/{_file_name(self._step + self._turn)}.{moment}"
        with contextlib.ExitStack() as stack:
            try:
                if not place.root:
                    raise HookFailure("The step has no volume of the notebook's to put its variables into.")
                stack.enter_context(variables.standing_in(place.root, where, found))
            except HookFailure as failure:
                notes.append(f"the variables are not in it. {failure}")
                where = ""
            yield (f"{place.volume}:{where}", variables.files_of(found)) if where else ("", 0)

    def _variables(self, moment: str, since: float) -> list[variables.Variable]:
        given = variables.inputs_of(self._executor_input)
        if moment == "after":
            return variables.united(given, variables.outputs_of(self._executor_input))
        if moment == "failed" and self.config.get("hook") != "visible":  # a task of its own has seen nothing of it
            return variables.united(given, variables.marshalled_since(since))
        return given

    def _request(self, moment: str, status: int | None, place: Place, where: str) -> dict[str, Any]:
        pipeline, run, step = str(self.config["pipeline"]), self._run.id, self._step
        return {
            "message": str(self.config.get("message") or ""),  # the origin says it all
            "volumes": list(place.volumes),
            "tags": [str(tag) for tag in self.config.get("tags") or ()],
            "name": _bounded("/".join((pipeline, run, step + self._turn, moment))),
            "origin": {
                "kind": "step",
                "pipeline": _bounded(pipeline),
                "run": _bounded(run),
                "step": _bounded(step),
                "moment": moment,
                "details": self._details(status, where),
            },
        }

    def _details(self, status: int | None, where: str) -> dict[str, str]:
        config, run = self.config, self._run
        parameters, given = config.get("parameters"), self._given
        details = {
            "notebook": str(config.get("notebook") or ""),
            "image": str(config.get("image") or ""),
            "packages": " ".join(map(str, config.get("packages") or ())),
            "parameters": json.dumps(parameters, sort_keys=True) if parameters else "",
            "parameters_given": json.dumps(given, sort_keys=True) if given else "",
            "run_name": run.name,
            "run_found_by": run.found_by,
            "variables": where,
            "exit_status": "" if status is None else str(status if status >= 0 else 128 - status),
            "hook": str(config.get("hook") or "inside"),
        }
        return {name: text[:_LONGEST_DETAIL] for name, text in details.items() if text}

    def _leave_page(self) -> None:
        problem = leave_page(self.config, self._run.id, self._executor_input, self._taken)
        if problem:
            _say(problem)


def _executor_input(command: Sequence[str]) -> dict[str, Any]:
    """Return what KFP tells a step of its inputs and outputs; empty where it tells nothing."""
    for place, word in enumerate(command[:-1]):
        if word == "--executor_input":
            with contextlib.suppress(ValueError):
                found = json.loads(command[place + 1])
                return found if isinstance(found, dict) else {}
    return {}


def _turn(executor_input: Mapping[str, Any]) -> str:
    """Return what tells a loop's turns apart, and a retry of one not from it: its inputs."""
    inputs = json.dumps(executor_input.get("inputs", {}), sort_keys=True)
    return f"@{hashlib.sha256(inputs.encode()).hexdigest()[:8]}"


def _files(number: int) -> str:
    return "1 file" if number == 1 else f"{max(0, number)} files"


def _is_earlier(created: str) -> bool:
    """Whether a snapshot was there before this process: not by seconds, as the server's clock may be another."""
    try:
        moment = datetime.fromisoformat(created.replace("Z", "+00:00"))
    except ValueError:
        return False
    now = datetime.now(timezone.utc)  # noqa: UP017  a step's image may have Python 3.9
    return (now - moment).total_seconds() > time.monotonic() - _STARTED + _OTHER_CLOCK_SECONDS


_STARTED = time.monotonic()
_OTHER_CLOCK_SECONDS = 30.0


def _bounded(text: str) -> str:
    """Return a name that REST takes: printable and of 200 characters at most; a longer one ends with its hash."""
    clean = "".join(character if character >= " " else "?" for character in text) or "?"
    if clean == text and len(text) <= _LONGEST_NAME:
        return text
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:16]
    return f"{clean[: _LONGEST_NAME - 17]}-{digest}"


def _file_name(text: str) -> str:
    """Return a text as the name of a directory; another one than any other text's."""
    clean = "".join(character if character.isalnum() or character in "-_" else "_" for character in text)
    if clean == text and 0 < len(text) <= 60:
        return text
    return f"{clean[:60]}-{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()[:8]}"


def _run_bare(command: Sequence[str]) -> int:
    if not command:
        return 0
    return os.execvp(command[0], list(command))  # noqa: S606


def _say(text: str) -> None:
    with contextlib.suppress(OSError, ValueError):  # nobody is there to read it
        sys.stderr.write(f"[rok] {text}\n")
        sys.stderr.flush()
