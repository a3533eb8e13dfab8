"""Writes the pages of docs/reference that are made from the code: `python tools/reference.py`.

    commands.md   from the grammar      settings.md   from RokSettings' traits      rest.md   from the OpenAPI document

`--check` changes nothing and ends with 1 where a page isn't what this writes. Owns the looks of the first two. Doesn't
own a word of them, nor rest.md (docs/reference/make_rest.py).
"""

from __future__ import annotations

import argparse
import runpy
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from traitlets import Bool, Dict, Enum, Float, Int, List, TraitType, Unicode

from kale_bridge.commands import KALE
from kale_bridge.resume.verb import RESUME
from rok_jupyter import config
from rok_jupyter.cli import STATUSES
from rok_jupyter.commands.grammar import Parser, Verb, build_parser
from rok_jupyter.commands.table import OWN_VERBS
from rok_jupyter.config import RokSettings, StateLocations
from rok_jupyter.server.errors import STATUS

REFERENCE = Path(__file__).resolve().parent.parent / "docs" / "reference"
VERBS = (*OWN_VERBS, KALE, RESUME)
"""Our verbs, and those that the extra `kale` adds."""
_MADE = "Made by `tools/reference.py`; don't edit it by hand."
_EXITS = (
    "0 done, 1 failed, 2 usage, 3 done but single files went wrong, 4 not found, 5 refused or in conflict with "
    "something else, 130 cancelled"
)


def commands() -> str:
    """Return the reference of the command."""
    parser = build_parser(VERBS, program="rok")
    parts = [
        f"# Commands\n\n{_MADE}\n\n",
        "`%rok` in a notebook takes the same verbs and options. [What a user does with them](../users/undo.md) is told "
        "elsewhere.\n\n",
        f"Exit status: {_EXITS}.\n\n",
        "## Common options\n\nBefore the verb or after it.\n\n",
        _options(parser, "common options"),
    ]
    parts += [_verb(verb, f"rok {verb.name}", level=2) for verb in VERBS]
    parts += ["\n## Kinds of errors\n\nWith `--json`, `kind` says what went wrong.\n\n", _errors()]
    return "".join(parts)


def _verb(verb: Verb, words: str, *, level: int) -> str:
    parser = Parser(prog=words, allow_abbrev=False, add_help=False)
    verb.arguments(parser)
    description = verb.description or f"{verb.summary[:1].upper()}{verb.summary[1:]}."
    parts = [f"\n{'#' * level} {words}\n\n{description}\n\n"]
    if not verb.children or verb.run is not None:
        parts.append(f"```text\n{_usage(parser, words)}\n```\n")
    rows = _options(parser, "positional arguments", "options")
    parts += [f"\n{rows}"] if rows else []
    if verb.examples:
        parts.append("\n```sh\n" + "\n".join(verb.examples) + "\n```\n")
    parts += [_verb(child, f"{words} {child.name}", level=3) for child in verb.children]
    return "".join(parts)


def _usage(parser: argparse.ArgumentParser, words: str) -> str:
    alternatives = {id(action): group for group in parser._mutually_exclusive_groups for action in group._group_actions}
    pieces, seen = [words], set()
    for action in parser._actions:
        group = alternatives.get(id(action))
        if group is None:
            pieces.append(_piece(action, required=action.required))
        elif id(group) not in seen:
            seen.add(id(group))
            choices = " | ".join(_piece(each, required=True) for each in group._group_actions)
            pieces.append(f"({choices})" if group.required else f"[{choices}]")
    return " ".join(pieces)


def _piece(action: argparse.Action, *, required: bool) -> str:
    many = isinstance(action, argparse._AppendAction)
    if action.option_strings:
        text = _spelled(action.option_strings[0], action)
    else:
        text = _argument(action)
        many = many or action.nargs in ("*", "+")
        required = action.nargs not in ("*", "?")
    shown = text if required else f"[{text}]"
    return f"{shown}..." if many else shown


def _spelled(option: str, action: argparse.Action) -> str:
    return option if action.nargs == 0 else f"{option} {_argument(action)}"


def _argument(action: argparse.Action) -> str:
    if action.choices is not None:
        return "{" + ",".join(map(str, action.choices)) + "}"
    return str(action.metavar or action.dest.upper())


def _options(parser: argparse.ArgumentParser, *titles: str) -> str:
    groups = [group for group in parser._action_groups if group.title in titles]
    rows = [_row(action) for group in groups for action in group._group_actions if action.dest != "help"]
    return "| | |\n|---|---|\n" + "".join(rows) if rows else ""


def _row(action: argparse.Action) -> str:
    names = [_spelled(option, action) for option in action.option_strings] or [_argument(action)]
    spelled = ", ".join(f"`{name}`" for name in names).replace("|", "\\|")
    return f"| {spelled} | {(action.help or '').replace('|', chr(92) + '|')} |\n"


def _errors() -> str:
    rows = [f"| `{kind.value}` | {status} | {STATUS[kind]} |\n" for kind, status in STATUSES.items()]
    return "| kind | exit status | HTTP status |\n|---|---|---|\n" + "".join(rows)


def settings() -> str:
    """Return the reference of the settings."""
    parts = [
        f"# Settings\n\n{_MADE}\n\n",
        "Set them as `c.RokSettings.NAME = VALUE` in `jupyter_rok_config.py`, or in `jupyter_rok_config.json`. "
        "[How](../operators/settings.md), with examples.\n\n",
        "| name | type | default | environment | |\n|---|---|---|---|---|\n",
    ]
    for name, trait in setting_traits():
        variable = f"`{environment()[name]}`" if name in environment() else ""
        parts.append(f"| `{name}` | {_type(trait)} | `{trait.default()!r}` | {variable} | {trait.help} |\n")
    parts.append("\n## Where state lives\n\nBelow the state directory:\n\n| | |\n|---|---|\n")
    parts += [f"| `{place}` | {text} |\n" for place, text in places().items()]
    parts.append("\n[Files on disk](../operators/files.md) says more.\n")
    return "".join(parts)


def setting_traits() -> Iterator[tuple[str, TraitType[object, object]]]:
    """Go through the settings in the order in which they are declared."""
    for name, trait in vars(RokSettings).items():
        if isinstance(trait, TraitType) and trait.metadata.get("config"):
            yield name, trait


def _type(trait: TraitType[object, object]) -> str:
    names = {Bool: "true or false", Int: "integer", Float: "number", List: "list of texts", Unicode: "text"}
    if isinstance(trait, Dict):
        return "texts by name"
    if isinstance(trait, Enum):
        return " or ".join(f"`{value}`" for value in trait.values or ())
    name = next(name for kind, name in names.items() if isinstance(trait, kind))
    lowest, highest = getattr(trait, "min", None), getattr(trait, "max", None)
    if lowest is not None and highest is not None:
        return f"{name}, {lowest} to {highest}"
    return f"{name}, {lowest} or more" if lowest is not None else name


def environment() -> Mapping[str, str]:
    """Return the environment's variables by the setting that each stands for."""
    return config._ENVIRONMENT


def places() -> Mapping[str, str]:
    """Return what lies in the state directory, each with what it is."""
    locations = StateLocations(root=Path("/state"))
    found = {}
    for name, member in vars(StateLocations).items():
        if isinstance(member, property) and member.fget is not None:
            place = str(getattr(locations, name).relative_to("/state"))
            found[place] = (member.fget.__doc__ or "").strip()
    return found


def rest() -> str:
    """Return the reference of the REST interface."""
    return str(runpy.run_path(str(REFERENCE / "make_rest.py"))["reference"]())


PAGES: Mapping[str, Callable[[], str]] = {"commands.md": commands, "settings.md": settings, "rest.md": rest}


def main(arguments: list[str]) -> int:
    """Write the pages, or look whether they are up to date."""
    stale = [name for name, made in PAGES.items() if _read(REFERENCE / name) != made()]
    if "--check" in arguments:
        for name in stale:
            print(f"docs/reference/{name} is not up to date: run `python tools/reference.py`", file=sys.stderr)
        return 1 if stale else 0
    for name in stale:
        (REFERENCE / name).write_text(PAGES[name]())
    return 0


def _read(page: Path) -> str:
    return page.read_text() if page.exists() else ""


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
