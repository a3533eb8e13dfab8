"""Makes the project's own virtual environment, and installs what building and testing need.

Run by the Makefile with any Python from 3.11 on; needs nothing but the standard library. System packages come by apt
where this user may install them, else what is missing is said in one line and the rest goes on.

    python3 tools/bootstrap.py lab      what `make lab` needs
    python3 tools/bootstrap.py test     what `make test` and `make lint` need
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import sysconfig
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / "bin" / "python"
INPUTS = ("pyproject.toml", "constraints.txt", "hatch_build.py")
NATIVE = ROOT / "rok_jupyter/engine/native"

# By what shows that it is there: Debian's package.
BUILD_PACKAGES = {"cc": "gcc", "Python.h": f"python{sys.version_info[0]}.{sys.version_info[1]}-dev"}
TEST_PACKAGES = {
    "restic": "restic",
    "strace": "strace",
    "setfacl": "acl",
    "setcap": "libcap2-bin",
    "chromium": "chromium",
}


def main(purpose: str) -> None:
    """Bring the environment up to date for `purpose`; quick where nothing changed."""
    install_system_packages(BUILD_PACKAGES)
    if purpose == "test":
        install_system_packages(TEST_PACKAGES)
    if not PYTHON.exists():
        make_environment()
    install_project("lab" if purpose == "lab" else "lab,kale,test")
    subprocess.run([str(PYTHON), str(ROOT / "tools/panel.py")], check=True)
    if purpose == "test":
        say("building the current restic into .cache/tools where it is missing; the first time takes minutes")
        subprocess.run([str(PYTHON), str(ROOT / "tests/tools/build_restic.py")], check=True, stdout=subprocess.DEVNULL)


def install_system_packages(packages: dict[str, str]) -> None:
    """Install by apt what is missing, where this user may; else say what is missing."""
    missing = sorted({package for shown_by, package in packages.items() if not present(shown_by)})
    if not missing:
        return
    apt = shutil.which("apt-get")
    if apt is None or os.geteuid() != 0:
        say(f"missing system packages (Debian's names): {' '.join(missing)}; install them for full speed and all tests")
        return
    say(f"installing {' '.join(missing)}")
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    subprocess.run([apt, "update", "-qq"], check=False, env=environment)
    command = [apt, "install", "-y", "-qq", "--no-install-recommends", *missing]
    if subprocess.run(command, check=False, env=environment, stdout=subprocess.DEVNULL).returncode:
        say(f"apt could not install {' '.join(missing)}; going on without")


def present(shown_by: str) -> bool:
    """Say whether a command, or the header Python.h, is on this machine."""
    if shown_by.endswith(".h"):
        return (Path(sysconfig.get_path("include")) / shown_by).exists()
    return shutil.which(shown_by) is not None


def make_environment() -> None:
    """Make the virtual environment; Debian's Python has its maker in a package of its own."""
    command = [sys.executable, "-m", "venv", str(ENVIRONMENT)]
    if subprocess.run(command, check=False, capture_output=True).returncode == 0:
        return
    install_system_packages({"no such command": f"python{sys.version_info[0]}.{sys.version_info[1]}-venv"})
    subprocess.run([*command, "--clear"], check=True)


def install_project(extras: str) -> None:
    """Install the project, editable, with its extras; skipped where none of the inputs changed."""
    stamp = ENVIRONMENT / f".installed-{extras.replace(',', '-')}"
    inputs = [ROOT / name for name in INPUTS] + sorted(path for path in (ROOT / "etc").rglob("*") if path.is_file())
    inputs += sorted(NATIVE.glob("*.[ch]"))
    digest = hashlib.sha256(b"".join(path.read_bytes() for path in inputs)).hexdigest()
    # What tests need holds all that the lab needs, so `make lab` leaves such an environment alone.
    if any(each.read_text() == digest for each in ENVIRONMENT.glob(f"{stamp.name}*")):
        return
    say(f"installing rok-jupyter[{extras}] into {ENVIRONMENT.name}; the first time takes a minute or two")
    pip = [str(PYTHON), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    # The panel is built and linked afterwards, by tools/panel.py: an installed copy would not follow its sources.
    environment = {**os.environ, "HATCH_JUPYTER_BUILDER_SKIP_NPM": "1"}
    subprocess.run([*pip, "-c", "constraints.txt", "-e", f".[{extras}]"], check=True, cwd=ROOT, env=environment)
    stamp.write_text(digest)


def say(text: str) -> None:
    """Tell the user what happens, on standard error."""
    print(f"rok-jupyter: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    if sys.version_info < (3, 11):
        sys.exit("rok-jupyter needs Python 3.11 or later; call `make PYTHON=/path/to/python3.11 ...`")
    main(sys.argv[1] if len(sys.argv) > 1 else "lab")
