from __future__ import annotations

import argparse
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import EntryPoint
from pathlib import Path

import pytest

from rok_jupyter.commands.grammar import UsageError, Verb, common_options
from rok_jupyter.commands.line import parse_line, parser_for
from rok_jupyter.commands.outcome import Outcome
from rok_jupyter.commands.table import OWN_VERBS, verbs_for

DESIGN = """
status
volumes
snapshot -m MESSAGE --volume NAME --tag TAG --name NAME
list --volume NAME --tag TAG --origin manual --path PATH --pipeline P --run R --step S --search TEXT --limit 3
show ID
edit ID -m MESSAGE --add-tag T --remove-tag T --pin
edit ID --unpin
ls ID
ls ID PATH
cat ID PATH
diff ID
diff ID ID2 --path P --text
diff ID --notebook
restore ID --path P --in-place --delete --owners --dry-run --yes
restore ID --to DIR
restore ID --path P --path P --beside
undo
export ID --path P --to FILE.tar
delete ID ID
forget --keep-last 3 --keep-daily 2 --dry-run --prune
prune --dry-run
policy
policy show
policy set --keep-last 3 --every 5
check --read-data
repo init
repo info
repo unlock
repo copy --to DIR
repo key add --new-password-file FILE
repo key list
repo key remove KEY
repo key export
clone ID --volume NAME --as NEW
attach VOLUME --at PATH --read-only
detach VOLUME
completion bash
"""
LINES = [line for line in DESIGN.splitlines() if line]


def nothing(_: str) -> None:
    pass


def parse(line: str) -> argparse.Namespace:
    words = shlex.split(line)
    return parse_line(parser_for(words, program="rok", notice=nothing), words)[1]


def every_verb() -> Iterator[tuple[str, Verb]]:
    def walk(prefix: str, verbs: tuple[Verb, ...]) -> Iterator[tuple[str, Verb]]:
        for verb in verbs:
            yield f"{prefix}{verb.name}", verb
            yield from walk(f"{prefix}{verb.name} ", verb.children)

    return walk("", OWN_VERBS)


@pytest.mark.parametrize("line", LINES)
def test_every_line_of_the_design_is_understood(line: str) -> None:
    assert parse(line).verb.name in line.split()


@pytest.mark.parametrize("line", LINES)
@pytest.mark.parametrize("place", ["before", "after"])
def test_every_verb_takes_the_common_options_on_either_side(line: str, place: str) -> None:
    options = "--json --quiet --no-server --workspace /w --repository /r --password-file /p"
    parsed = common_options(parse(f"{options} {line}" if place == "before" else f"{line} {options}"))
    assert (parsed.json, parsed.quiet, parsed.no_server) == (True, True, True)
    assert (parsed.workspace, parsed.repository, parsed.password_file) == ("/w", "/r", "/p")


@pytest.mark.parametrize(
    ("line", "sentence"),
    [
        ("", "A verb is missing."),
        ("fly", "invalid choice: 'fly'"),
        ("show", "required: ID"),
        ("restore x", "--in-place --to"),
        ("restore x --in-place --to y", "not allowed with"),
        ("edit x --pin --unpin", "not allowed with"),
        ("list --limit many", "invalid int value"),
        ("list --origin whim", "invalid choice"),
        ("forget --keep-last -3", "invalid number value"),
        ("forget --keep-last x", "invalid number value"),
        ("list --lim 3", "Unrecognized arguments"),
    ],
)
def test_what_isnt_in_the_grammar_is_a_usage_error(line: str, sentence: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse(line)
    assert sentence in caught.value.message
    assert "--help`" in caught.value.hint


@pytest.mark.parametrize(("name", "verb"), list(every_verb()), ids=[name for name, _ in every_verb()])
def test_every_verb_has_help_with_examples(name: str, verb: Verb, capsys: pytest.CaptureFixture[str]) -> None:
    words = [*name.split(), "--help"]
    with pytest.raises(SystemExit) as end:
        parse_line(parser_for(words, program="%rok", notice=nothing), words)
    assert end.value.code == 0
    assert f"%rok {name}" in capsys.readouterr().out.partition("examples:")[2]


@pytest.mark.parametrize(("name", "verb"), list(every_verb()), ids=[name for name, _ in every_verb()])
def test_every_example_is_a_line_that_is_understood(name: str, verb: Verb) -> None:
    for example in verb.examples:
        line = example.removeprefix('eval "$(').removesuffix(')"').partition(" > ")[0].partition(" | ")[0]
        assert parse(line.removeprefix("rok ")).verb is not None


def test_a_group_without_a_verb_of_its_own_says_what_it_takes() -> None:
    group = Verb(name="group", summary="x", children=(Verb(name="one", summary="y", run=lambda _: Outcome(value=1)),))
    from rok_jupyter.commands.grammar import build_parser

    with pytest.raises(UsageError, match="takes one of: one"):
        parse_line(build_parser([group], program="rok"), ["group"])


BRIDGE_VERBS = ("kale", "resume")
"""What the wheel's own other package adds."""

FOREIGN = Verb(name="other", summary="for pipelines", run=lambda call: Outcome(value=call.arguments.verb.name))


@pytest.fixture
def other_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An installed distribution with verbs, good and bad."""
    info = tmp_path / "other-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: other\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(
        "[rok_jupyter.commands]\n"
        "other = tests.commands.test_grammar:FOREIGN\n"
        "broken = no_such_module:verb\n"
        "list = tests.commands.test_grammar:FOREIGN\n"
        "wrong = tests.commands.test_grammar:FOREIGN\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    return tmp_path


def test_another_packages_verb_joins_by_an_entry_point(other_package: Path) -> None:
    notices: list[str] = []
    verbs = verbs_for(["other"], notice=notices.append)
    assert {verb.name for verb in verbs} - {verb.name for verb in OWN_VERBS} == {*BRIDGE_VERBS, "other"}
    assert "can't be loaded: ModuleNotFoundError" in notices[0]
    assert "rok has one of that name" in notices[1]
    assert "no verb of that name" in notices[2]


def test_other_packages_are_not_looked_at_where_the_verb_is_ours(other_package: Path) -> None:
    notices: list[str] = []
    assert [verb.name for verb in verbs_for(["list"], notice=notices.append)] == ["list"]
    assert notices == []


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("--workspace list show latest", ["show"]),
        ("--workspace=list -q show latest", ["show"]),
        ("repo key list", ["repo"]),
        ("show --help", ["show"]),
    ],
)
def test_only_the_verb_that_a_line_names_is_made(line: str, names: list[str]) -> None:
    assert [verb.name for verb in verbs_for(line.split(), notice=nothing)] == names


@pytest.mark.parametrize("line", ["", "--help list", "--version", "--json", "--workspace list"])
def test_a_line_that_names_no_verb_is_told_all_of_them(line: str) -> None:
    names = [verb.name for verb in verbs_for(line.split(), notice=nothing)]
    assert names == [*(verb.name for verb in OWN_VERBS), *BRIDGE_VERBS]


def test_an_entry_point_of_ours_is_loadable_by_name() -> None:
    point = EntryPoint("other", "tests.commands.test_grammar:FOREIGN", "rok_jupyter.commands")
    assert point.load().name == point.name


def test_help_needs_neither_models_nor_json_nor_the_engine() -> None:
    script = (
        "import sys\nfrom rok_jupyter.cli import main\nmain(['list', '--help'])\n"
        "heavy = ('rok_jupyter.models', 'rok_jupyter.engine', 'msgspec', 'cryptography', 'IPython', 'traitlets')\n"
        "sys.exit(str([name for name in heavy if name in sys.modules] or ''))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert done.stderr.strip() == ""
