"""Environments beside that of the tests, whose packages they see: for what the project itself doesn't need."""

from __future__ import annotations

import subprocess
import sys
import sysconfig
from pathlib import Path

from tests.ui.lab import ROOT

CACHE = ROOT / ".cache"


def environment_with(name: str, package: str) -> Path:
    """Return the directory of an environment in .cache that has a package, installed where it isn't yet."""
    directory = CACHE / name
    python = directory / "bin" / "python"
    done = directory / f"{package}.installed"
    if not done.exists():
        subprocess.run([sys.executable, "-m", "venv", directory], check=True)
        where = "import sysconfig; print(sysconfig.get_path('purelib'))"
        own = subprocess.run([python, "-c", where], check=True, capture_output=True, text=True).stdout.strip()
        (Path(own) / "shared.pth").write_text(sysconfig.get_path("purelib") + "\n")
        subprocess.run([python, "-m", "pip", "--disable-pip-version-check", "install", "-q", package], check=True)
        done.touch()
    return directory
