"""One line of the grammar: from words to the verb that is meant.

Owns finding the verb. Doesn't own running it: each surface does that in its own way.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence

from rok_jupyter.commands.grammar import Run, UsageError, Verb, build_parser
from rok_jupyter.commands.table import verbs_for


def parser_for(
    words: Sequence[str],
    *,
    program: str,
    notice: Callable[[str], None],
    epilog: str = "",
    version: str | None = None,
) -> argparse.ArgumentParser:
    """Return a parser that knows every verb that these words may name."""
    return build_parser(verbs_for(words, notice=notice), program=program, epilog=epilog, version=version)


def parse_line(parser: argparse.ArgumentParser, words: Sequence[str]) -> tuple[Run, argparse.Namespace]:
    """Return what is to be run and its arguments; raise `UsageError`, or SystemExit after help was printed."""
    arguments = parser.parse_args(list(words))
    verb: Verb | None = arguments.verb
    if verb is None:
        raise UsageError("A verb is missing.", f"See `{parser.prog} --help`.", usage=parser.format_usage().strip())
    if verb.run is None:
        names = ", ".join(child.name for child in verb.children)
        raise UsageError(f"`{verb.name}` takes one of: {names}.", f"See `{parser.prog} {verb.name} --help`.")
    return verb.run, arguments
