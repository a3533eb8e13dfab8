"""The grammar that `rok` and `%rok` share: a table of verbs becomes a tree of parsers.

Owns how verbs are described, the options that every verb takes, and what a usage error is. Doesn't own what the verbs
do (one module per group of them) nor which verbs there are (`table`). Neither this module nor the groups import models
before a verb runs: `rok --help` and completion answer at once.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NoReturn

from rok_jupyter.errors import ErrorKind, RokError

if TYPE_CHECKING:
    from rok_jupyter.commands.door import Door, Watch
    from rok_jupyter.commands.outcome import Outcome
    from rok_jupyter.models import RestorePlan

Confirm = Callable[["RestorePlan"], None]
"""Shows a plan and asks; returns where the answer is yes, raises `RokError` where it is no or nobody can be asked."""

Ask = Callable[[str, str], str | None]
"""Shows a text and a question, and returns the answer; None, with nothing shown, where nobody can be asked."""

Tell = Callable[[str], None]
"""Shows a notice beside the result."""

Completer = Callable[..., Mapping[str, str]]
"""Returns candidates, each with a description, for argcomplete's `prefix` and `parsed_args`."""


_WITH_VALUE: Mapping[str, tuple[str, str]] = {
    "--workspace": ("DIR", "the workspace's directory"),
    "--repository": ("DIR", "the repository's directory"),
    "--password-file": ("FILE", "file with the repository's password"),
}
_ABOUT_ALL = ("-h", "--help", "--version")


class Call:
    """One run of a verb: its arguments, and what the surface offers it. The door is opened when it is first used."""

    def __init__(
        self,
        arguments: argparse.Namespace,
        *,
        open_door: Callable[[], Door],
        watch: Watch,
        confirm: Confirm,
        ask: Ask,
        tell: Tell,
        program: str,
    ) -> None:
        self.arguments = arguments
        self.watch = watch
        self.confirm = confirm
        self.ask = ask
        self.tell = tell
        self.program = program
        self._open_door = open_door

    @cached_property
    def door(self) -> Door:
        """The verbs of the service, here or at a running server."""
        return self._open_door()


Run = Callable[[Call], "Outcome"]
"""Does a verb's work."""


def _no_arguments(parser: argparse.ArgumentParser) -> None:
    """Take no arguments of its own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Verb:
    """One verb: `arguments` adds to a parser, `run` does the work.

    Where there are `children` and a line names none of them, `run` is what is done. `examples` hold "rok" where
    the command is called; `summary` is one line without a full stop.
    """

    name: str
    summary: str
    run: Run | None = None
    arguments: Callable[[argparse.ArgumentParser], None] = _no_arguments
    examples: tuple[str, ...] = ()
    description: str = ""
    children: tuple[Verb, ...] = ()


def completed_by(action: argparse.Action, completer: Completer) -> None:
    """Let a shell complete an argument."""
    action.completer = completer  # type: ignore[attr-defined]  # argcomplete looks for it there


class UsageError(RokError):
    """A command line that the grammar doesn't know; `usage` is the short form of what it does know."""

    def __init__(self, message: str, hint: str = "", *, usage: str = "") -> None:
        super().__init__(ErrorKind.INVALID_ARGUMENT, message, hint)
        self.usage = usage

    def __reduce__(self) -> tuple[type[RokError], tuple[object, ...]]:
        return type(self), (self.message, self.hint)


class Parser(argparse.ArgumentParser):
    """A parser that raises `UsageError` and leaves printing and exiting to its surface."""

    def error(self, message: str) -> NoReturn:
        """Raise what argparse would print."""
        sentence = message[:1].upper() + message[1:].rstrip(".")
        raise UsageError(f"{sentence}.", f"See `{self.prog} --help`.", usage=self.format_usage().strip())


def build_parser(
    verbs: Sequence[Verb], *, program: str, epilog: str = "", version: str | None = None
) -> argparse.ArgumentParser:
    """Return the parser of a table of verbs; a parsed line's `verb` is the `Verb` to run."""
    parser = Parser(
        prog=program,
        description="Time travel for notebooks: snapshot, browse, compare and restore a workspace.",
        epilog=epilog,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    if version is not None:
        parser.add_argument("--version", action="version", version=f"{program} {version}")
    _add_common(parser)
    parser.set_defaults(verb=None)
    _add_verbs(parser, verbs, program=program)
    return parser


def named_verb(words: Sequence[str]) -> str:
    """Return the first word of a line that is neither an option nor an option's value; "" where there is none."""
    rest = iter(words)
    for word in rest:
        if word in _WITH_VALUE:
            next(rest, None)
        elif word in _ABOUT_ALL:
            return ""
        elif not word.startswith("-"):
            return word
    return ""


def example(text: str, program: str) -> str:
    """Return an example's line as it is typed on a surface."""
    return re.sub(r"\brok(?= )", program, text)


def _add_verbs(parser: argparse.ArgumentParser, verbs: Sequence[Verb], *, program: str) -> None:
    choices = parser.add_subparsers(metavar="VERB", title="verbs", parser_class=Parser)
    for verb in verbs:
        lines = [f"  {example(line, program)}" for line in verb.examples]
        child = choices.add_parser(
            verb.name,
            help=verb.summary.replace("%", "%%"),
            description=verb.description or f"{verb.summary}.",
            epilog="\n".join(["examples:", *lines]) if lines else None,
            formatter_class=argparse.RawDescriptionHelpFormatter,
            allow_abbrev=False,
        )
        _add_common(child)
        child.set_defaults(verb=verb)
        verb.arguments(child)
        if verb.children:
            _add_verbs(child, verb.children, program=program)


def _add_common(parser: argparse.ArgumentParser) -> None:
    """Add the options that are taken before and after a verb: absent ones leave what the other place said."""
    group = parser.add_argument_group("common options")
    unset = argparse.SUPPRESS
    for option, (metavar, text) in _WITH_VALUE.items():
        group.add_argument(option, metavar=metavar, default=unset, help=text)
    group.add_argument("--no-server", action="store_true", default=unset, help="work in this process")
    group.add_argument("--json", action="store_true", default=unset, help="print one JSON document")
    group.add_argument("--quiet", "-q", action="store_true", default=unset, help="show no progress")


@dataclass(frozen=True, slots=True, kw_only=True)
class CommonOptions:
    """The options that every verb takes, as a line gave them."""

    workspace: str | None = None
    repository: str | None = None
    password_file: str | None = None
    no_server: bool = False
    json: bool = False
    quiet: bool = False


def common_options(arguments: argparse.Namespace) -> CommonOptions:
    """Return a parsed line's common options."""
    return CommonOptions(
        workspace=getattr(arguments, "workspace", None),
        repository=getattr(arguments, "repository", None),
        password_file=getattr(arguments, "password_file", None),
        no_server=getattr(arguments, "no_server", False),
        json=getattr(arguments, "json", False),
        quiet=getattr(arguments, "quiet", False),
    )
