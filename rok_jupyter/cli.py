"""The command `rok`: what it prints where, its exit statuses, and how it is cancelled.

Owns the table from kinds of errors to exit statuses. Standard output gets the result (with --json, one JSON document
and nothing else), standard error progress, notices and errors. Doesn't own what verbs there are or do (commands).
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import os
import shutil
import sys
import traceback
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NoReturn

import rok_jupyter
from rok_jupyter.commands.grammar import Call, CommonOptions, UsageError, common_options
from rok_jupyter.commands.line import parse_line, parser_for
from rok_jupyter.commands.outcome import Content, Outcome, Text
from rok_jupyter.errors import Cancelled, ErrorKind, RokError
from rok_jupyter.signals import cancelled_by_signals

if TYPE_CHECKING:  # these take longer to import than `rok --help` may take
    from rok_jupyter.commands.door import Door
    from rok_jupyter.models import RestorePlan
    from rok_jupyter.progress import Report
    from rok_jupyter.render.progress import BarPainter, LogPainter

    Painter = BarPainter | LogPainter

PROGRAM = "rok"
DONE, FAILED, USAGE, PARTIAL, NOT_FOUND, REFUSED, CANCELLED = 0, 1, 2, 3, 4, 5, 130
STATUSES: Mapping[ErrorKind, int] = {
    ErrorKind.CANCELLED: CANCELLED,
    ErrorKind.UNKNOWN: FAILED,
    ErrorKind.INVALID_ARGUMENT: USAGE,
    ErrorKind.DEADLINE_EXCEEDED: FAILED,
    ErrorKind.NOT_FOUND: NOT_FOUND,
    ErrorKind.ALREADY_EXISTS: REFUSED,
    ErrorKind.PERMISSION_DENIED: REFUSED,
    ErrorKind.RESOURCE_EXHAUSTED: FAILED,
    ErrorKind.FAILED_PRECONDITION: REFUSED,
    ErrorKind.ABORTED: REFUSED,
    ErrorKind.OUT_OF_RANGE: USAGE,
    ErrorKind.UNIMPLEMENTED: FAILED,
    ErrorKind.INTERNAL: FAILED,
    ErrorKind.UNAVAILABLE: FAILED,
    ErrorKind.DATA_LOSS: FAILED,
    ErrorKind.UNAUTHENTICATED: REFUSED,
}
"""Exit status by kind of error."""

EPILOG = """\
The workspace is --workspace DIR, ROK_WORKSPACE, the configuration (jupyter_rok_config.py), or the root of the Jupyter
Server that runs, in this order; never the current directory. --repository and ROK_REPOSITORY likewise. PATH is a path
of the workspace, or VOLUME:PATH; odd bytes and % in names are spelled as %XX.

exit status:
  0    done
  1    failed
  2    usage
  3    done, but single files went wrong
  4    not found
  5    refused, or in conflict with something else
  130  cancelled (by Ctrl-C, SIGTERM or SIGHUP)
"""
_PLAN_ROWS = 40
_ALLOCATIONS_BETWEEN_SEARCHES = 50_000


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command line (by default this process's) and return its exit status."""
    words = [_as_utf8(word) for word in (sys.argv[1:] if argv is None else argv)]
    try:
        with _short_lived() if argv is None else contextlib.nullcontext(), cancelled_by_signals():
            return _status_of(words)
    except KeyboardInterrupt:
        _end_at_once()


@contextlib.contextmanager
def _short_lived() -> Iterator[None]:
    """Spare a process that ends soon most of the search for garbage, which is a tenth of a short verb's time."""
    gc.set_threshold(_ALLOCATIONS_BETWEEN_SEARCHES)
    try:
        yield
    finally:
        gc.freeze()


def _status_of(words: Sequence[str]) -> int:
    try:
        return _run(words)
    except SystemExit as end:  # after --help and --version
        return end.code if isinstance(end.code, int) else DONE
    except RokError as error:
        return _show_error(error, as_json="--json" in words)
    except BrokenPipeError:  # who read our output has gone
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as fault:  # noqa: BLE001  a fault of ours still ends in one document and one status
        traceback.print_exception(fault, file=sys.stderr)
        message = f"rok failed by a fault of its own: {type(fault).__name__}."
        return _show_error(RokError(ErrorKind.INTERNAL, message, "Please report it."), as_json="--json" in words)


def _run(words: Sequence[str]) -> int:
    parser = parser_for(words, program=PROGRAM, notice=_notice, epilog=EPILOG, version=rok_jupyter.__version__)
    if "_ARGCOMPLETE" in os.environ:
        import argcomplete

        argcomplete.autocomplete(parser)
    verb, arguments = parse_line(parser, words)
    terminal = _Terminal(common_options(arguments))
    try:
        outcome = verb(terminal.call(arguments))
        terminal.close()
        _print(outcome, as_json=terminal.options.json)
    finally:
        terminal.close()
    return _status(outcome)


class _Terminal:
    """What this terminal offers to a verb: progress, a question, and a door."""

    def __init__(self, options: CommonOptions) -> None:
        self.options = options
        self._painter: Painter | None = None

    def call(self, arguments: argparse.Namespace) -> Call:
        """Return a verb's call on this terminal."""
        return Call(
            arguments,
            open_door=self._open_door,
            watch=self._watch,
            confirm=self._confirm,
            ask=self._ask,
            tell=self._tell,
            program=PROGRAM,
        )

    def close(self) -> None:
        """Take a bar away, so that lines can be written."""
        if self._painter is not None:
            with contextlib.suppress(OSError):
                self._painter.close()

    def _open_door(self) -> Door:
        from rok_jupyter.commands.opening import open_door

        return open_door(self.options, notice=_notice)

    def _watch(self, report: Report) -> None:
        if self.options.quiet:
            return
        if self._painter is None:
            self._painter = _new_painter()
        with contextlib.suppress(OSError):  # a terminal that is gone is no reason to fail
            self._painter(report)

    def _confirm(self, plan: RestorePlan) -> None:
        if self.options.json or not sys.stdin.isatty():
            raise RokError(
                ErrorKind.FAILED_PRECONDITION,
                "A restore changes files, and there is no terminal on which to ask.",
                "Look at it with --dry-run, then say --yes.",
            )
        from rok_jupyter.commands.showing import as_text

        self.close()
        sys.stdout.write(as_text(Outcome(value=plan), limit=_PLAN_ROWS))
        sys.stdout.flush()
        sys.stderr.write("Do it? [y/N] ")
        sys.stderr.flush()
        if sys.stdin.readline().strip().lower() not in ("y", "yes"):
            raise Cancelled(ErrorKind.CANCELLED, "Nothing was restored.", "")

    def _ask(self, about: str, question: str) -> str | None:
        if self.options.json or not sys.stdin.isatty():
            return None
        self._tell(about)
        sys.stderr.write(question)
        sys.stderr.flush()
        answer = sys.stdin.readline()
        if not answer:
            raise Cancelled(ErrorKind.CANCELLED, "Nothing was done.", "")
        return answer.strip()

    def _tell(self, text: str) -> None:
        self.close()
        if text:
            _notice(text.rstrip("\n"))


def _new_painter() -> Painter:
    from rok_jupyter.render.progress import BarPainter, LogPainter

    if sys.stderr.isatty():
        return BarPainter(sys.stderr, columns=lambda: shutil.get_terminal_size().columns)
    return LogPainter(sys.stderr)


def _print(outcome: Outcome, *, as_json: bool) -> None:
    from rok_jupyter.commands import showing

    if as_json:
        sys.stdout.write(showing.as_json(outcome) + "\n")
    elif isinstance(outcome.value, Content):
        sys.stdout.flush()
        for piece in outcome.value.pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    elif isinstance(outcome.value, Text):
        sys.stdout.write(outcome.value.text.rstrip("\n") + "\n")
    else:
        sys.stdout.write(showing.as_text(outcome))
    sys.stdout.flush()


def _status(outcome: Outcome) -> int:
    if outcome.failed:
        return FAILED
    return PARTIAL if outcome.partial else DONE


def _show_error(error: RokError, *, as_json: bool) -> int:
    from rok_jupyter.commands import showing

    if as_json:
        sys.stdout.write(showing.error_as_json(error) + "\n")
        sys.stdout.flush()
    else:
        if isinstance(error, UsageError) and error.usage:
            _notice(error.usage)
        _notice(showing.error_as_text(error, program=PROGRAM))
    return STATUSES[error.kind]


def _notice(text: str) -> None:
    with contextlib.suppress(OSError):  # nobody is there to read it
        sys.stderr.write(f"{text}\n")
        sys.stderr.flush()


def _end_at_once() -> NoReturn:
    """End without waiting for threads: the user pressed Ctrl-C twice, or before there was anything to cancel."""
    _notice("\nrok: cancelled")
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError):
            stream.flush()
    os._exit(CANCELLED)


def _as_utf8(word: str) -> str:
    """Return an argument with its bytes read as UTF-8, whatever the locale says."""
    return os.fsencode(word).decode("utf-8", "surrogateescape")
