"""Runs all tests as CI does: the quick ones on every processor, the figures of branch coverage at the end.

Arguments go on to pytest (`make test TEST_ARGS='tests/engine -x'`); with arguments coverage isn't judged, since a part
of the tests can't reach it.

The tests' directory is a new one of its own, removed by `rm`: they make trees of a thousand levels, at which the
removal by pytest itself, in Python, gives up.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
COVERAGE_WANTED = 90


def main(arguments: list[str]) -> int:
    """Run pytest, then judge coverage; return the exit status."""
    directory = tempfile.mkdtemp(prefix="rok-tests-")
    pytest = [sys.executable, "-m", "pytest", f"--basetemp={directory}/pytest"]
    coverage = ["--cov", f"--cov-fail-under={COVERAGE_WANTED}", "--cov-report=term:skip-covered"]
    everything = ["-n", "2", "--dist", "worksteal", "--durations=10", *coverage]
    try:
        return subprocess.run([*pytest, *(arguments or everything)], cwd=ROOT, check=False).returncode
    finally:
        subprocess.run(["rm", "-rf", directory], check=False)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
