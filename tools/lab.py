"""Starts JupyterLab with the extension on a small example workspace of its own, for a first look.

Everything that it makes is below `.lab/` of the project: the workspace (a copy of examples/workspace, made once and
then kept), the repository with its key, and Jupyter's own runtime files. Prints the address; needs no browser; works as
root and in a container. Arguments go on to JupyterLab (`make lab LAB_ARGS='--port 9999'`).
"""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
HOME = Path(os.environ.get("ROK_LAB_HOME", ROOT / ".lab"))
WORKSPACE = HOME / "workspace"


def main(arguments: list[str]) -> None:
    """Make the workspace where there is none, and become JupyterLab."""
    if not WORKSPACE.exists():
        HOME.mkdir(parents=True, exist_ok=True)
        shutil.copytree(ROOT / "examples" / "workspace", WORKSPACE)
    os.environ.update(
        JUPYTER_DATA_DIR=str(HOME / "data"),
        JUPYTER_RUNTIME_DIR=str(HOME / "runtime"),
        JUPYTER_CONFIG_DIR=str(HOME / "config"),
        IPYTHONDIR=str(HOME / "ipython"),
        PATH=os.pathsep.join([str(Path(sys.executable).parent), os.environ.get("PATH", "")]),
    )
    command = [sys.executable, "-m", "jupyterlab", "--no-browser", f"--ServerApp.root_dir={WORKSPACE}"]
    if os.geteuid() == 0:
        command.append("--allow-root")
    print(f"The example workspace is {WORKSPACE}; JupyterLab's address follows. End it with Ctrl-C.", flush=True)
    os.execv(command[0], [*command, *arguments])


if __name__ == "__main__":
    main(sys.argv[1:])
