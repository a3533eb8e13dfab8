"""The panel's own tests and linters, run by node, and what of it a wheel brings."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tools import panel, panel_types

ROOT = Path(__file__).resolve().parents[1]
BINARIES = ROOT / "node_modules" / ".bin"


def node(*command: str) -> None:
    environment = {**os.environ, "PATH": panel.search_path(), "CI": "true"}
    done = subprocess.run(
        [str(BINARIES / command[0]), *command[1:]],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_units_of_the_panel_pass() -> None:
    node("jest", "--maxWorkers=1")


def test_the_linter_finds_nothing() -> None:
    node("eslint", "--max-warnings=0", "labextension")


def test_the_code_is_formatted() -> None:
    node("prettier", "--check", "labextension", "package.json")


def test_types_are_those_of_the_server() -> None:
    assert panel_types.TARGET.read_text() == panel_types.generate()


def test_the_lock_file_names_no_address() -> None:
    assert "://" not in "".join(line for line in (ROOT / "yarn.lock").read_text().splitlines() if "resolution:" in line)


@pytest.mark.full
def test_a_wheel_holds_the_panel(tmp_path: Path) -> None:
    build = [sys.executable, "-m", "pip", "wheel", "--no-deps", "--quiet", "-w", str(tmp_path), str(ROOT)]
    subprocess.run(build, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    names = zipfile.ZipFile(wheel).namelist()
    place = "share/jupyter/labextensions/rok-jupyter"
    for name in ("package.json", "install.json", "static/style.js", "schemas/rok-jupyter/plugin.json"):
        assert any(found.endswith(f"{place}/{name}") for found in names), name
