"""The house holds: floors point down, types are strict, code is formatted, functions and files are short."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
PACKAGES = (ROOT / "rok_jupyter", ROOT / "kale_bridge")
LONGEST_FUNCTION = 60
LONGEST_FILE = 400
FORBIDDEN_NAMES = {"utils", "helpers", "common", "misc"}
FORBIDDEN_ENDINGS = ("Manager", "Helper", "Wrapper", "Processor")


@pytest.mark.parametrize(
    "command",
    [
        ["lint-imports", "--no-cache"],
        ["mypy"],
        ["ruff", "check", "."],
        ["ruff", "format", "--check", "."],
    ],
    ids=["floors", "types", "rules", "format"],
)
def test_a_linter_finds_nothing(command: list[str]) -> None:
    tool = Path(sys.executable).parent / command[0]
    done = subprocess.run([str(tool), *command[1:]], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr


def modules() -> Iterator[Path]:
    for package in PACKAGES:
        yield from sorted(package.rglob("*.py"))


def test_no_function_is_longer_than_a_page() -> None:
    long = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.end_lineno is not None
        and node.end_lineno - node.lineno >= LONGEST_FUNCTION
    ]
    assert long == []


def test_no_file_is_longer_than_400_lines() -> None:
    long = [
        str(path.relative_to(ROOT))
        for path in modules()
        if sum(1 for line in path.read_text().splitlines() if line.strip()) > LONGEST_FILE
    ]
    assert long == []


def test_no_module_is_a_dumping_ground() -> None:
    assert [str(path) for path in modules() if path.stem in FORBIDDEN_NAMES] == []


def test_no_class_is_named_for_nothing() -> None:
    named = [
        f"{path.relative_to(ROOT)}: {node.name}"
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.ClassDef) and node.name.endswith(FORBIDDEN_ENDINGS)
    ]
    assert named == []


def test_every_module_says_what_it_owns() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for path in modules()
        if path.read_text() and not ast.get_docstring(ast.parse(path.read_text()))
    ]
    assert silent == []
