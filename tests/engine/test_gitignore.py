"""Patterns as git understands them, judged by git."""

from __future__ import annotations

import os
import random
import subprocess
from pathlib import Path

import pytest

from rok_jupyter.engine.gitignore import PatternList

_NAMES = ("a", "b", "ab", "x.py", "foo", "#h", " s", "a b ", "n\nl", "x.py\n", "[a", "]", "-", "\\")
_PIECES = (
    "a", "b", "*", "?", "a*", "*.py", "foo", "**", "[ab]", "[!a]", "x.py", "\\#h", "[]]", "[a-b]", "[[:alpha:]]",
    "[^[:punct:]]", "\\[a", "[a", "a b\\ ", "*\\", "[\\]]", "[b-a]", "[!]-]", "***", "**b", "[a-]", "[[:foo:]]", " s",
)  # fmt: skip


def _pattern(rng: random.Random) -> str:
    pattern = "/".join(rng.choice(_PIECES) for _ in range(rng.choice((1, 1, 1, 2, 2, 3))))
    for chance, form in ((0.3, "/{}"), (0.3, "{}/"), (0.35, "!{}"), (0.1, "{}  "), (0.1, "{}\r")):
        pattern = form.format(pattern) if rng.random() < chance else pattern
    return pattern


def _paths(rng: random.Random) -> list[str]:
    paths = {"/".join(rng.choice(_NAMES) for _ in range(rng.randint(1, 4))) for _ in range(25)}
    return sorted(path for path in paths if not any(other.startswith(path + "/") for other in paths))


def _kept_by_git(root: Path, lines: list[str], paths: list[str]) -> list[str]:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).touch()
    environment = {**os.environ, "GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_SYSTEM": "/dev/null"}
    subprocess.run(["git", "init", "-q", "--template=", str(root)], check=True, env=environment)
    (root / ".git" / "info").mkdir()
    (root / ".git" / "info" / "exclude").write_text("\n".join(lines) + "\n")
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "--others", "--exclude-standard", "-z"],
        capture_output=True, check=True, env=environment,
    )  # fmt: skip
    return sorted(path for path in listed.stdout.decode().split("\0") if path)


def _is_kept(patterns: PatternList, path: str) -> bool:
    names = path.split("/")
    return not any(
        patterns.verdict("/".join(names[:depth]), names[depth - 1], directory=depth < len(names))
        for depth in range(1, len(names) + 1)
    )


@pytest.mark.parametrize("seed", range(25))
def test_random_lists_leave_out_what_git_leaves_out(seed: int, tmp_path: Path) -> None:
    rng = random.Random(seed)
    lines = [_pattern(rng) for _ in range(rng.randint(1, 4))]
    paths = _paths(rng)

    patterns = PatternList(lines)

    assert [path for path in paths if _is_kept(patterns, path)] == _kept_by_git(tmp_path, lines, paths), lines


@pytest.mark.parametrize(
    ("pattern", "path", "directory", "verdict"),
    [
        ("*.pyc", "deep/er/x.pyc", False, True),
        ("build/", "build", True, True),
        ("build/", "build", False, None),
        ("/build", "sub/build", True, None),
        ("a/**/z", "a/z", False, True),
        ("a/**/z", "a/b/c/z", False, True),
        ("logs/**", "logs/x/y", False, True),
        ("logs/**", "logs", True, None),
        ("!keep", "keep", False, False),
        ("name", "name\n", False, None),
        ("*", "new\nline", False, True),
        ("\udcff*", "\udcff\udcfe", False, True),
        ("é?", "éà", False, True),
        ("# comment", "# comment", False, None),
        ("\\# no comment", "# no comment", False, True),
        ("", "", False, None),
        ("/", "a", True, None),
        ("trailing\\ ", "trailing ", False, True),
        ("broken\\", "broken", False, None),
    ],
)
def test_one_pattern(pattern: str, path: str, directory: bool, verdict: bool | None) -> None:
    assert PatternList([pattern]).verdict(path, path.rpartition("/")[2], directory=directory) is verdict


def test_an_empty_list_says_so() -> None:
    assert not PatternList(["# nothing", "", "!"])
    assert PatternList(["x"])
