"""Runs the console examples of documentation pages, and compares them with what the pages show.

    python tools/console.py docs/users/undo.md            say where a page differs from what happens
    python tools/console.py --update docs/users/*.md      write what happens into the pages

A page's ```console blocks are one session: a shell in the home of /home/ada, which holds a copy of the example
workspace in `work` and nothing else. A line that starts with "$ " is typed, what follows is its output; "..." stands
for lines left out. Owns the sessions and the comparison. Doesn't own pages.

Ids, times, sizes, durations and names of users differ from run to run and count as equal; an id that a page shows
stands, in later lines, for the id that came in its place.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = "/home/ada"
OPENING = "```console"
CLOSING = "```"
PROMPT = "$ "
LEFT_OUT = "..."
_SECONDS = 120
_KEPT_OUT = ("JUPYTER", "ROK", "JPY", "XDG", "RESTIC")
_STEP = """
[ -f "$STATE" ] && . "$STATE"
eval "$1"
status=$?
{ export -p; printf 'cd %q\\n' "$PWD"; } > "$STATE"
exit $status
"""
_ID = re.compile(r"\b(?=[0-9a-f]*[0-9])(?:[0-9a-f]{64}|[0-9a-f]{16}|[0-9a-f]{12}|[0-9a-f]{8})\b")
_VARIES = (
    (re.compile(r"\d{4}-\d\d-\d\d \d\d\.\d\d"), "TIME"),
    (re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(\.\d+)?Z?"), "TIME"),
    (re.compile(r"\b\d+(\.\d+)? ([KMGT]i)?B\b"), "SIZE"),
    (re.compile(r"\b\d+(\.\d+)? s\b|\b\d+:\d\d\b"), "SPAN"),
    (re.compile(r"\b[\w.-]+@[\w.-]+\b"), "WHO"),
    (re.compile(r"\b[a-z_][\w-]*:[a-z_][\w-]*(?= +[\dS])"), "OWNER"),
    (re.compile(r"(by|BY): +\S+"), "by: WHO"),
    (re.compile(r"\b\d+ (of its \d+ )?blobs"), "BLOBS"),
    (re.compile(r"-{4,}"), "----"),
)


@dataclass(frozen=True)
class Step:
    """One typed line, and the output that a page shows for it; `line` is where it stands, counted from 0."""

    command: str
    shown: tuple[str, ...]
    line: int


@dataclass(frozen=True)
class Done:
    """What a typed line put out, and its status."""

    output: tuple[str, ...]
    status: int


def steps(page: str) -> Iterator[Step]:
    """Go through what a page types."""
    lines = page.split("\n")
    inside = False
    for number, line in enumerate(lines):
        if line.strip() in (OPENING, CLOSING) or line.startswith(CLOSING):
            inside = line.strip() == OPENING
        elif inside and line.startswith(PROMPT):
            shown = []
            for following in lines[number + 1 :]:
                if following.startswith((PROMPT, CLOSING)):
                    break
                shown.append(following)
            yield Step(line.removeprefix(PROMPT), tuple(shown), number)


@dataclass
class Session:
    """A shell in a home of its own below `directory`. Keeps what a page's ids stand for."""

    directory: Path
    ids: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.home = self.directory / "ada"
        self.home.mkdir()
        shutil.copytree(ROOT / "examples" / "workspace", self.home / "work")

    @property
    def environment(self) -> Mapping[str, str]:
        """What the shell sees: nothing of the surrounding Jupyter."""
        kept = {name: value for name, value in os.environ.items() if not name.startswith(_KEPT_OUT)}
        tools = f"{Path(sys.executable).parent}{os.pathsep}{kept.get('PATH', '')}"
        more = {"HOME": str(self.home), "PATH": tools, "STATE": str(self.directory / "state"), "COLUMNS": "100"}
        return {**kept, **more, "PWD": str(self.home), "LC_ALL": "C.UTF-8"}

    def real(self, command: str) -> str:
        """Return a line with the ids that came in the place of those that the page shows."""
        for shown, real in self.ids.items():
            command = re.sub(rf"\b{shown}\b", real, command)
        return command

    def run(self, command: str) -> Done:
        """Type one line."""
        done = subprocess.run(
            ["bash", "-c", _STEP, "bash", self.real(command).replace(HOME, str(self.home))],
            cwd=self.home,
            env=self.environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=_SECONDS,
            check=False,
        )
        text = done.stdout.decode("utf-8", "replace").replace(str(self.home), HOME)
        return Done(tuple(line.rstrip() for line in text.splitlines()), done.returncode)

    def missing(self, shown: tuple[str, ...], done: Done) -> str | None:
        """Return the first line that a page shows and that didn't come, in this order; learn ids on the way."""
        rest = iter(done.output)
        for line in shown:
            if line.strip() in ("", LEFT_OUT):
                continue
            found = next((real for real in rest if alike(line) == alike(real)), None)
            if found is None:
                return line
            self._learn(line, found)
        return None

    def _learn(self, shown: str, real: str) -> None:
        for theirs, ours in zip(_ID.findall(shown), _ID.findall(real), strict=False):
            self.ids[theirs] = ours
            if len(theirs) == len(ours) > 8:
                self.ids[theirs[:8]] = ours[:8]


def alike(line: str) -> str:
    """Return a line without what differs from run to run."""
    line = _ID.sub("ID", line)
    for pattern, word in _VARIES:
        line = pattern.sub(word, line)
    return " ".join(line.split())


def failures(page: str, directory: Path) -> Iterator[str]:
    """Run a page's session, and say where it isn't as the page shows it."""
    session = Session(directory)
    for step in steps(page):
        done = session.run(step.command)
        missing = session.missing(step.shown, done)
        heard = "\n    ".join(done.output)
        if missing is not None:
            yield f"line {step.line + 1}: `{step.command}` didn't put out {missing!r}, but\n    {heard}"
        elif done.status and not any(line.startswith(("rok: ", "Fatal", "exit status")) for line in step.shown):
            yield f"line {step.line + 1}: `{step.command}` ended with {done.status}\n    {heard}"


def updated(page: str, directory: Path) -> str:
    """Return a page with what its session puts out; what it leaves out by "..." stays out."""
    session = Session(directory)
    lines = page.split("\n")
    moved = 0
    for step in steps(page):
        lines[step.line + moved] = PROMPT + session.real(step.command)
        done = session.run(step.command)
        session.missing(step.shown, done)
        first = step.line + 1 + moved
        if LEFT_OUT in step.shown:
            lines[first : first + len(step.shown)] = [session.real(line) for line in step.shown]
            continue
        lines[first : first + len(step.shown)] = done.output
        moved += len(done.output) - len(step.shown)
    return "\n".join(lines)


def main(arguments: list[str]) -> int:
    """Check pages, or update them."""
    update = arguments[:1] == ["--update"]
    status = 0
    for name in arguments[update:]:
        page = Path(name)
        with tempfile.TemporaryDirectory() as directory:
            if update:
                page.write_text(updated(page.read_text(), Path(directory)))
                continue
            for failure in failures(page.read_text(), Path(directory)):
                print(f"{name}: {failure}")
                status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
