"""Patterns as in .gitignore: which names of a tree they leave out.

Owns the grammar of one list of patterns and what it says of one entry. Doesn't own where lists come from, nor how lists
of several directories add up (excludes).

A pattern is asked about an entry's own path alone: a tree that is walked from its top never enters what is left out, as
git doesn't. pathspec isn't used here: it lets a pattern match by a prefix of the path, which differs from git where
patterns take one another back (6 % of random lists of up to four patterns), and it stops at a newline in a name.

Source: https://git-scm.com/docs/gitignore, and git's wildmatch for what the page leaves open.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

import msgspec

_CLASSES = {
    "alnum": "a-zA-Z0-9",
    "alpha": "a-zA-Z",
    "blank": r" \t",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9",
    "graph": r"\x21-\x7e",
    "lower": "a-z",
    "print": r"\x20-\x7e",
    "punct": r"!-/:-@\[-`{-~",
    "space": r" \t\n\r\f\v",
    "upper": "A-Z",
    "xdigit": "0-9a-fA-F",
}
_NAMED_CLASS = re.compile(r"\[:([a-z]+):\]")
_NEVER = r"(?!)"


class _Pattern(msgspec.Struct, frozen=True):
    """One line: what it matches, whether by the whole path or the name alone, and what follows from it."""

    expression: str
    leaves_out: bool
    directories_only: bool
    by_path: bool


class PatternList:
    """The patterns of one list, later ones overruling earlier ones."""

    def __init__(self, lines: Iterable[str]) -> None:
        patterns = [pattern for line in lines if (pattern := _parse(line)) is not None]
        self._patterns = [(re.compile(pattern.expression, re.DOTALL), pattern) for pattern in reversed(patterns)]
        self._by_name = _any_of(pattern.expression for pattern in patterns if not pattern.by_path)
        self._by_path = _any_of(pattern.expression for pattern in patterns if pattern.by_path)

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def verdict(self, path: str, name: str, *, directory: bool) -> bool | None:
        """Say whether the entry at `path`, relative to the list's directory, is left out; None where it is silent."""
        by_name, by_path = self._by_name, self._by_path
        if (by_name is None or not by_name(name)) and (by_path is None or not by_path(path)):
            return None
        for expression, pattern in self._patterns:
            if pattern.directories_only and not directory:
                continue
            if expression.fullmatch(path if pattern.by_path else name):
                return pattern.leaves_out
        return None


def _any_of(expressions: Iterable[str]) -> Callable[[str], re.Match[str] | None] | None:
    joined = "|".join(f"(?:{expression})" for expression in expressions)
    return re.compile(joined, re.DOTALL).fullmatch if joined else None


def _parse(line: str) -> _Pattern | None:
    """Return what a line says; None for a comment, a blank line, and what git takes for a mistake."""
    text = _without_trailing_blanks(line.removesuffix("\n").removesuffix("\r"))
    if text.startswith("#"):
        return None
    leaves_out = not text.startswith("!")
    text = text if leaves_out else text[1:]
    directories_only = text.endswith("/")
    text = text[:-1] if directories_only else text
    if not text:
        return None
    by_path = "/" in text
    expression = _translate(text.removeprefix("/"), by_path=by_path)
    return _Pattern(expression, leaves_out, directories_only, by_path)


def _without_trailing_blanks(text: str) -> str:
    stripped = text.rstrip(" ")
    backslashes = len(stripped) - len(stripped.rstrip("\\"))
    return stripped + " " if backslashes % 2 and len(stripped) < len(text) else stripped


def _translate(text: str, *, by_path: bool) -> str:
    """Return the regular expression of a pattern, for a whole match."""
    parts: list[str] = []
    position = 0
    while position < len(text):
        found = _piece(text, position, by_path=by_path)
        if found is None:
            return _NEVER
        expression, position = found
        parts.append(expression)
    return "".join(parts)


def _piece(text: str, position: int, *, by_path: bool) -> tuple[str, int] | None:
    """Return the expression of what stands at `position`, and where the next piece begins; None where it is broken."""
    character = text[position]
    if character == "*":
        return _stars(text, position, by_path=by_path)
    if character == "?":
        return "[^/]", position + 1
    if character == "[":
        return _bracket(text, position)
    if character == "\\":
        return (re.escape(text[position + 1]), position + 2) if position + 1 < len(text) else None
    return re.escape(character), position + 1


def _stars(text: str, position: int, *, by_path: bool) -> tuple[str, int]:
    end = position
    while end < len(text) and text[end] == "*":
        end += 1
    bounded = (position == 0 or text[position - 1] == "/") and (end == len(text) or text[end] == "/")
    if not by_path or end - position < 2 or not bounded:
        return "[^/]*", end
    if end == len(text):
        return ".*", end
    return "(?:.*/)?", end + 1


def _bracket(text: str, position: int) -> tuple[str, int] | None:
    """Translate a set of characters; one that isn't closed matches nothing, as in git."""
    index = position + 1
    negated = text[index : index + 1] in ("!", "^") and bool(text[index : index + 1])
    index += negated
    members: list[str] = []
    first = True
    while first or text[index : index + 1] != "]":
        first = False
        found = _bracket_member(text, index)
        if found is None:
            return None
        member, index = found
        members.append(member)
    return f"(?!/)[{'^' if negated else ''}{''.join(members)}]", index + 1


def _bracket_member(text: str, index: int) -> tuple[str, int] | None:
    if named := _NAMED_CLASS.match(text, index):
        return (_CLASSES[named[1]], named.end()) if named[1] in _CLASSES else None
    low, index = _bracket_character(text, index)
    if low is None:
        return None
    if text[index : index + 1] != "-" or text[index + 1 : index + 2] in ("", "]"):
        return re.escape(low), index
    high, index = _bracket_character(text, index + 1)
    if high is None:
        return None
    return (f"{re.escape(low)}-{re.escape(high)}" if low <= high else re.escape(low)), index


def _bracket_character(text: str, index: int) -> tuple[str | None, int]:
    if text[index : index + 1] == "\\":
        index += 1
    return text[index : index + 1] or None, index + 1
