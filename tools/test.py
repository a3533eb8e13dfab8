"""Runs all tests as CI does: the quick ones on every processor, the figures of branch coverage at the end.

Arguments go on to pytest (`make test TEST_ARGS='tests/engine -x'`); with arguments coverage isn't judged, since a part
of the tests can't reach it.
"""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COVERAGE_WANTED = 90


def main(arguments: list[str]) -> int:
    """Run pytest, then judge coverage; return the exit status."""
    pytest = [sys.executable, "-m", "pytest"]
    if arguments:
        return subprocess.run([*pytest, *arguments], cwd=ROOT, check=False).returncode
    coverage = ["--cov", f"--cov-fail-under={COVERAGE_WANTED}", "--cov-report=term:skip-covered"]
    command = [*pytest, "-n", "2", "--dist", "worksteal", *coverage]
    return subprocess.run(command, cwd=ROOT, check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
