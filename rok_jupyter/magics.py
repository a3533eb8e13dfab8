"""The magic `%rok`: the command's grammar in a notebook, with a live bar and rich results.

    %rok snapshot -m "before cleaning up"        %%rok snapshot -m "..."      takes it, then runs the cell

Owns displays, questions and how errors look in a notebook (one sentence, no traceback, and the cell fails). Doesn't own
verbs (commands). `rok_jupyter.load_ipython_extension` registers it; this module is imported when it is first used.
"""

# mypy: disable-error-code="no-untyped-call"
# IPython's display functions have no annotations.
from __future__ import annotations

import argparse
import shlex
import shutil
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from IPython.core.interactiveshell import InteractiveShell
from IPython.display import DisplayHandle, display

from rok_jupyter.commands.door import Door
from rok_jupyter.commands.grammar import Call, CommonOptions, UsageError, common_options
from rok_jupyter.commands.line import parse_line, parser_for
from rok_jupyter.commands.opening import open_door
from rok_jupyter.commands.outcome import Content, Outcome, Text
from rok_jupyter.commands.showing import as_html, as_json, as_text, error_as_json
from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.progress import Report
from rok_jupyter.render import bar_line, describe
from rok_jupyter.render.blocks import Lines
from rok_jupyter.render.progress import BarPainter

if TYPE_CHECKING:
    from IPython.lib.pretty import RepresentationPrinter

    from rok_jupyter.models import RestorePlan

PROGRAM = "%rok"
_CELL_VERB = "snapshot"
_PLAN_ROWS = 40
_SHOWN_CHARACTERS = 100_000
_FIRST_BAR_SECONDS = 0.3


class RokCommandFailed(RokError):
    """What a line of %rok raises: a notebook shows its sentence, and runs no further cell."""

    def _render_traceback_(self) -> list[str]:
        """Return what IPython shows instead of a traceback."""
        return [f"{PROGRAM}: {self.message}", *([self.hint] if self.hint else [])]


class Result:
    """What a line of %rok returns: shown as text or HTML, with the plain value in `value`."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    @property
    def value(self) -> object:
        """The model (a Snapshot, a Page, a Difference, bytes of a file...)."""
        return self._outcome.value

    def __repr__(self) -> str:
        return as_text(self._outcome).rstrip("\n")

    def _repr_pretty_(self, printer: RepresentationPrinter, cycle: bool) -> None:  # noqa: FBT001  IPython's signature
        printer.text(repr(self))

    def _repr_html_(self) -> str:
        return as_html(self._outcome)


@describe.register
def _bytes(content: bytes, *, limit: int | None = None) -> tuple[Lines, ...]:
    text = content[:_SHOWN_CHARACTERS].decode("utf-8", "replace")
    cut = ("... only the beginning is shown",) if len(content) > _SHOWN_CHARACTERS else ()
    return (Lines("", (*text.splitlines(), *cut)),)


def run(shell: InteractiveShell, line: str, cell: str | None = None) -> Result | None:
    """Run one line of %rok, or %%rok with the cell below it; raise `RokCommandFailed` where it fails."""
    wants_json = False
    try:
        words = shlex.split(line)
        wants_json = "--json" in words
        if cell is None:
            return _run_line(shell, words)
        _run_cell(shell, words, cell)
    except ValueError as error:
        raise _failed(UsageError(f"The line can't be split into words: {error}.", "Close the quotation.")) from None
    except KeyboardInterrupt:
        raise _failed(Cancelled(hint="")) from None
    except RokError as error:
        if wants_json:
            print(error_as_json(error))  # noqa: T201
        raise _failed(error) from None
    return None


def candidates(line: str, symbol: str) -> list[str]:
    """Return what may stand for `symbol` at the end of a line that begins with %rok: verbs, options, snapshot ids."""
    words = line.split()[1:]
    before = words if line[-1:].isspace() else words[:-1]
    parser = parser_for(before, program=PROGRAM, notice=lambda _: None)
    for word in before:
        parser = _choices(parser).get(word, parser)
    if symbol.startswith("-"):
        found = [option for action in parser._actions for option in action.option_strings]
    else:
        found = [*_choices(parser), *_completed(parser, symbol)]
    return sorted(name for name in found if name.startswith(symbol))


def _choices(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    groups = (action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return {name: child for group in groups for name, child in group.choices.items()}


def _completed(parser: argparse.ArgumentParser, symbol: str) -> Sequence[str]:
    positional = (action for action in parser._actions if not action.option_strings)
    completer = next((action.completer for action in positional if hasattr(action, "completer")), None)
    return [] if completer is None else list(completer(prefix=symbol, parsed_args=argparse.Namespace()))


def _run_line(shell: InteractiveShell, words: Sequence[str]) -> Result | None:
    verb, arguments = _parse(words)
    if verb is None:
        return None
    outcome = _do(shell, verb, arguments)
    if common_options(arguments).json:
        print(as_json(outcome))  # noqa: T201
        return None
    if isinstance(outcome.value, Content):
        return Result(Outcome(value=b"".join(outcome.value.pieces)))
    return Result(outcome)


def _run_cell(shell: InteractiveShell, words: Sequence[str], cell: str) -> None:
    verb, arguments = _parse(words)
    if verb is None:
        return
    if words[:1] != [_CELL_VERB]:
        raise UsageError("%%rok takes the verb snapshot only.", f'For example: %%rok {_CELL_VERB} -m "before"')
    if shell.should_run_async(cell, transformed_cell=shell.transform_cell(cell)):
        raise UsageError("%%rok can't run a cell with `await` outside a function.", "Use %rok in a cell of its own.")
    arguments.cell = True
    outcome = _do(shell, verb, arguments)
    display(Result(outcome))
    if not shell.run_cell(cell, store_history=False).success:
        raise RokError(ErrorKind.ABORTED, "The cell failed, after the snapshot was taken.", " ".join(outcome.notes))


def _parse(words: Sequence[str]) -> tuple[Callable[[Call], Outcome] | None, argparse.Namespace]:
    """Return what is to be run and its arguments; nothing where help was asked for and printed."""
    parser = parser_for(words, program=PROGRAM, notice=_notice)
    try:
        return parse_line(parser, words)
    except SystemExit:
        return None, argparse.Namespace()


def _do(shell: InteractiveShell, verb: Callable[[Call], Outcome], arguments: argparse.Namespace) -> Outcome:
    options = common_options(arguments)
    bar = _Silence() if options.quiet else _bar(shell)
    call = Call(
        arguments,
        open_door=lambda: _open(options),
        watch=bar.draw,
        confirm=lambda plan: _confirm(plan, bar),
        ask=lambda about, question: _ask(about, question, bar),
        tell=_notice,
        program=PROGRAM,
    )
    try:
        outcome = verb(call)
    finally:
        bar.close()
    if isinstance(outcome.value, Text) and outcome.value.secret:
        raise RokError(
            ErrorKind.FAILED_PRECONDITION,
            "The password isn't shown here, since it would stay in the notebook's file.",
            "Type in a terminal: rok repo key export",
        )
    return outcome


def _open(options: CommonOptions) -> Door:
    return open_door(options, notice=_notice)


def _confirm(plan: RestorePlan, bar: Bar) -> None:
    bar.close()
    display(Result(Outcome(value=plan)))
    try:
        answer = input("Do it? [y/N] ")
    except (RuntimeError, EOFError):  # the front end can't ask
        raise RokError(
            ErrorKind.FAILED_PRECONDITION,
            "A restore changes files, and there is nobody here to ask.",
            "Look at the plan, then say --yes.",
        ) from None
    if answer.strip().lower() not in ("y", "yes"):
        raise Cancelled(ErrorKind.CANCELLED, "Nothing was restored.", "")


def _ask(about: str, question: str, bar: Bar) -> str | None:
    """Ask below a text; the front end shows both together, so that nothing stays where it can't ask."""
    bar.close()
    try:
        return input("\n".join(part for part in (about.rstrip("\n"), question) if part)).strip()
    except (RuntimeError, EOFError):
        return None


class _Silence:
    """No bar."""

    def draw(self, report: Report) -> None:
        """Draw nothing."""

    def close(self) -> None:
        """Leave nothing."""


class _TerminalBar:
    """A bar in IPython's own terminal."""

    def __init__(self) -> None:
        self._painter = BarPainter(sys.stderr, columns=lambda: shutil.get_terminal_size().columns)

    def draw(self, report: Report) -> None:
        """Draw a report."""
        self._painter(report)

    def close(self) -> None:
        """Take the bar away."""
        self._painter.close()


class _NotebookBar:
    """A bar in a notebook's output; nothing is drawn for what is done at once."""

    def __init__(self) -> None:
        self._handle: DisplayHandle | None = None

    def draw(self, report: Report) -> None:
        """Draw a report."""
        if self._handle is None and report.elapsed_seconds < _FIRST_BAR_SECONDS:
            return
        data = {"text/plain": bar_line(report, columns=100)}
        if self._handle is None:
            self._handle = DisplayHandle()
            self._handle.display(data, raw=True)
        else:
            self._handle.update(data, raw=True)

    def close(self) -> None:
        """Take the bar away."""
        if self._handle is not None:
            self._handle.update({"text/plain": ""}, raw=True)
            self._handle = None


Bar = _Silence | _TerminalBar | _NotebookBar


def _bar(shell: InteractiveShell) -> Bar:
    return _NotebookBar() if hasattr(shell, "kernel") else _TerminalBar()


def _failed(error: RokError) -> RokCommandFailed:
    return RokCommandFailed(error.kind, error.message, error.hint)


def _notice(text: str) -> None:
    print(text, file=sys.stderr)  # noqa: T201
