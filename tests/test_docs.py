"""The documentation is true: made pages are up to date, all is documented, links lead somewhere, examples run."""

from __future__ import annotations

import ast
import json
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

from rok_jupyter.commands.grammar import UsageError, Verb
from rok_jupyter.commands.line import parse_line, parser_for
from rok_jupyter.config import RokSettings, load_settings
from rok_jupyter.server import openapi
from rok_jupyter.server.routes import ROUTES
from tools import console, picture, reference

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
PAGES = sorted([ROOT / "README.md", *DOCS.rglob("*.md")])
SESSIONS = [page for page in PAGES if console.OPENING in page.read_text()]
EXTENDING = DOCS / "contributing" / "extending.md"
RELIABILITY = DOCS / "reliability.md"
CASES = [
    *range(1, 15), 16, 17, 19, 33, 34, 35, *range(46, 50), 52, 53, 55, 56, *range(58, 62), 63, 67, *range(69, 80),
    *range(81, 86), *range(94, 99),
]  # fmt: skip

_BLOCK = re.compile(r"^```(\S*)(?: title=\"([^\"]+)\")?\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)\s]+)\)")
_TEST = re.compile(r"`(tests/\S+?)::(test_\w+)`")
_FITS = """
from pausing_provider import PausingProvider
from rok_jupyter.engine.storage.backend import Backend
from rok_jupyter.providers.protocol import Provider
from sqlite_backend import SqliteBackend


def fit(provider: PausingProvider, backend: SqliteBackend) -> tuple[Provider, Backend]:
    return provider, backend
"""
_PLACEHOLDER = re.compile(r"\bVERB\b|\.\.\.")


def named(page: Path) -> str:
    return str(page.relative_to(ROOT))


def blocks(page: Path) -> Iterator[tuple[str, str, str]]:
    """A page's fenced blocks: language, title, content."""
    return iter(_BLOCK.findall(page.read_text()))


# Pages that are made


@pytest.mark.parametrize("page", list(reference.PAGES))
def test_a_made_page_is_up_to_date(page: str) -> None:
    assert (DOCS / "reference" / page).read_text() == reference.PAGES[page](), "run `python tools/reference.py`"


def verbs(prefix: str = "rok ", table: tuple[Verb, ...] = reference.VERBS) -> Iterator[str]:
    for verb in table:
        yield prefix + verb.name
        yield from verbs(f"{prefix}{verb.name} ", verb.children)


def test_every_verb_is_in_the_reference() -> None:
    headings = set(re.findall(r"^##+ (.+)$", (DOCS / "reference" / "commands.md").read_text(), re.MULTILINE))
    assert set(verbs()) <= headings


def test_every_setting_is_in_the_reference() -> None:
    settings = (DOCS / "reference" / "settings.md").read_text()
    names = RokSettings.class_own_traits(config=True)
    assert names
    assert [name for name in names if f"| `{name}` |" not in settings] == []


def test_every_route_is_in_the_reference() -> None:
    paths = openapi.document(ROUTES, base_url="/")["paths"]
    wanted = [f"### {method.upper()} {path}" for path, methods in paths.items() for method in methods]
    text = (DOCS / "reference" / "rest.md").read_text()
    assert [heading for heading in wanted if heading not in text and not heading.startswith("### HEAD")] == []


def test_every_environment_variable_and_state_file_is_told() -> None:
    settings = (DOCS / "operators" / "settings.md").read_text()
    assert [name for name in reference.environment().values() if f"`{name}`" not in settings] == []
    files = (DOCS / "operators" / "files.md").read_text()
    assert [place for place in reference.places() if f"`{place}" not in files] == []


# The site


def test_the_site_is_built_without_a_warning_and_asks_nobody_else(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--site-dir", str(tmp_path / "site")]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    pages = list((tmp_path / "site").rglob("*.html"))
    assert len(pages) > 20
    loaded = re.compile(r"<(?:script|img|iframe)[^>]*?src=[\"']?(https?:)?//|<link[^>]*?rel=[\"']?stylesheet[^>]*?//")
    assert [page.name for page in pages if loaded.search(page.read_text())] == []


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_links_between_files_lead_somewhere(page: Path) -> None:
    targets = [link.partition("#")[0] for link in _LINK.findall(page.read_text()) if "://" not in link]
    assert [target for target in targets if target and not (page.parent / target).exists()] == []


@pytest.mark.parametrize("page", [ROOT / "CONTRIBUTING.md", ROOT / "CHANGELOG.md"], ids=named)
def test_links_of_the_root_lead_somewhere(page: Path) -> None:
    test_links_between_files_lead_somewhere(page)


# Examples


@pytest.mark.parametrize("page", SESSIONS, ids=named)
def test_console_examples_put_out_what_the_page_shows(page: Path, tmp_path: Path) -> None:
    failures = list(console.failures(page.read_text(), tmp_path))
    assert failures == [], "\n".join(failures)


def test_a_page_that_shows_something_else_is_noticed(tmp_path: Path) -> None:
    lines = ["$ echo one", "two", "$ false", "$ echo 1a2b3c4d", "0f0f0f0f", "$ echo 0f0f0f0f", "1a2b3c4d"]
    page = "\n".join(["```console", *lines, "```"])
    failures = list(console.failures(page, tmp_path))
    assert [failure.split(":")[0] for failure in failures] == ["line 2", "line 4"]


def test_the_readmes_picture_shows_what_the_command_puts_out() -> None:
    assert picture.differences() == []


def shown_lines(page: Path) -> Iterator[str]:
    """Each line of a page's blocks that calls rok."""
    for language, _, content in blocks(page):
        for line in content.splitlines():
            prompt = line.removeprefix(console.PROMPT) if language == "console" else line
            start = re.match(r"(?:\w+ = )?(?:%%?)?rok (?=[\w-])", prompt)
            if start and language in ("console", "sh", "python") and not _PLACEHOLDER.search(prompt):
                yield prompt[start.end() :]


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_line_of_rok_is_one_that_it_understands(page: Path) -> None:
    wrong = []
    for line in shown_lines(page):
        words = shlex.split(re.split(r" [|>;] ?| \|\| |; ", line)[0], comments=True)
        try:
            parse_line(parser_for(words, program="rok", notice=lambda _: None), words)
        except UsageError as error:
            wrong.append(f"rok {line}: {error.message}")
    assert wrong == []


@pytest.mark.parametrize("title", ["jupyter_rok_config.py", "jupyter_rok_config.json"])
def test_examples_of_the_configuration_are_read(title: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = [
        (page.name, content)
        for page in sorted((DOCS / "operators").glob("*.md"))
        for _, name, content in blocks(page)
        if name == title
    ]
    assert found
    for name in ("ROK_WORKSPACE", "ROK_REPOSITORY", "ROK_PASSWORD_FILE"):
        monkeypatch.delenv(name, raising=False)
    for number, (page_name, content) in enumerate(found):
        directory = tmp_path / str(number)
        directory.mkdir()
        (directory / title).write_text(content)
        monkeypatch.setenv("JUPYTER_CONFIG_DIR", str(directory))
        settings = load_settings()
        if page_name == "settings.md":
            assert settings.data_volumes == {"images": "/mnt/images", "models": "/mnt/models"}
            assert settings.repository_size_limit == 50_000_000_000
        if title.endswith(".json"):
            assert set(json.loads(content)["RokSettings"]) <= set(RokSettings.class_own_traits(config=True))


@pytest.mark.timeout(900)  # two whole suites
def test_the_walk_throughs_pass_the_conformance_suites(tmp_path: Path) -> None:
    titles = []
    for _, title, content in blocks(EXTENDING):
        if title:
            (tmp_path / title).write_text(content)
            titles.append(title)
    assert len([title for title in titles if title.startswith("test_")]) == 3
    (tmp_path / "pytest.ini").write_text("[pytest]\nfilterwarnings = error\n")
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("JUPYTER", "ROK", "JPY"))}
    environment = {**kept, "PYTHONPATH": f"{ROOT}{os.pathsep}{tmp_path}", "HOME": str(tmp_path)}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "."]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "skipped" not in done.stdout


def test_the_walk_throughs_are_written_as_the_house_is(tmp_path: Path) -> None:
    for _, title, content in blocks(EXTENDING):
        if title:
            (tmp_path / title).write_text(content)
    fits = tmp_path / "fits" / "fits.py"
    fits.parent.mkdir()
    fits.write_text(_FITS)
    tools = Path(sys.executable).parent
    sources = sorted(str(path) for path in tmp_path.glob("*.py") if not path.name.startswith("test_"))
    for command in (
        ["ruff", "format", "--check", "--config", str(ROOT / "pyproject.toml"), *sources],
        ["ruff", "check", "--config", str(ROOT / "pyproject.toml"), "--ignore", "D102", *sources],
        ["mypy", "--strict", "--config-file", str(ROOT / "pyproject.toml"), *sources, str(fits)],
    ):
        done = subprocess.run(
            [str(tools / command[0]), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr


# Reliability


@lru_cache
def marks_of(file: str) -> dict[str, bool]:
    """A file's tests by name, each with whether something in it is marked `full`."""
    path = ROOT / file
    tree = ast.parse(path.read_text())
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    fixture = path.parent / "conftest.py"
    by_fixture = fixture.exists() and "pytest.mark.full" in fixture.read_text()
    return {
        node.name: by_fixture or any("mark.full" in ast.unparse(mark) for mark in node.decorator_list) for node in found
    }


def rows() -> Iterator[tuple[int, list[str]]]:
    for line in RELIABILITY.read_text().splitlines():
        cells = [cell.strip() for cell in line.strip("|").split("|")]
        if cells[0].isdigit():
            yield int(cells[0]), cells


def test_every_case_has_a_row_with_a_test() -> None:
    shown = {case: cells[3] for case, cells in rows()}
    assert [case for case in CASES if case not in shown or not _TEST.search(shown[case])] == []


def test_each_test_that_reliability_names_exists() -> None:
    named_tests = _TEST.findall(RELIABILITY.read_text())
    assert [f"{file}::{name}" for file, name in named_tests if name not in marks_of(file)] == []


def test_each_full_figure_is_one() -> None:
    full = [(file, name) for _, cells in rows() for file, name in _TEST.findall(cells[4])]
    assert full
    assert [f"{file}::{name}" for file, name in full if not marks_of(file).get(name)] == []
