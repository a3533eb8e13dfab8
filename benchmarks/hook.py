"""What a hook costs a step that changes nothing: `python -m benchmarks.hook [--files 100,10000] [--rounds 5]`.

The step is `true`, so that all that is measured is the hook: two starts of Python (the hook's, and that of the process
that takes the snapshots), a look at the workspace before and after, and two snapshots. Prints the median seconds of a
bare step and of a hooked one, by the number of files in the workspace.
"""

from __future__ import annotations

import argparse
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from kale_bridge.hook_config import HookConfig
from kale_bridge.step.program import bootstrap
from rok_jupyter.models import Moment

_PER_DIRECTORY = 500
_COMMAND = ("true",)


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", default="100,10000", help="files in the workspace, several by commas")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    arguments = parser.parse_args()
    print("| files | bare step | hooked step | a hook adds |\n|---|---|---|---|")
    for files in map(int, arguments.files.split(",")):
        with tempfile.TemporaryDirectory(prefix="rok-benchmark-", dir=os.environ.get("BENCH_DIR")) as directory:
            bare, hooked = measure(Path(directory), files, arguments.rounds)
        cells = (f"{files:,}", *(f"{seconds:.2f} s" for seconds in (bare, hooked, hooked - bare)))
        print(f"| {' | '.join(cells)} |", flush=True)


def measure(directory: Path, files: int, rounds: int) -> tuple[float, float]:
    """Return the median seconds of a bare and of a hooked step in a workspace of so many files of 1 KB."""
    workspace = directory / "workspace"
    for number in range(files):
        path = workspace / str(number // _PER_DIRECTORY) / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(1000))
    environment = _environment(directory, workspace)
    rok = [sys.executable, "-m", "rok_jupyter"]
    subprocess.run([*rok, "snapshot", "--quiet"], env=environment, check=True, stdout=subprocess.DEVNULL)
    bare, hooked = [], []
    for number in range(rounds + 1):
        bare.append(_seconds(_COMMAND, environment))
        hooked.append(_seconds(_hooked(), {**environment, "ROK_KALE_RUN": f"run-{number}"}))
    return statistics.median(bare[1:]), statistics.median(hooked[1:])  # the first round warms caches


def _environment(directory: Path, workspace: Path) -> Mapping[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("ROK", "JUPYTER"))}
    data = directory / "data"
    return {
        **kept,
        "JUPYTER_DATA_DIR": str(data),
        "JUPYTER_CONFIG_DIR": str(directory / "config"),
        "JUPYTER_RUNTIME_DIR": str(directory / "runtime"),
        "ROK_WORKSPACE": str(workspace),
        "PYTHONPATH": os.pathsep.join(filter(None, (os.getcwd(), kept.get("PYTHONPATH")))),
    }


def _hooked() -> Sequence[str]:
    config = HookConfig(pipeline="benchmark", step="nothing", moments=tuple(Moment))
    return [sys.executable, "-c", bootstrap(), config.encoded(), "", "", "", "--", *_COMMAND]


def _seconds(command: Sequence[str], environment: Mapping[str, str]) -> float:
    started = time.perf_counter()
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    seconds = time.perf_counter() - started
    if "no snapshot" in done.stderr:
        raise SystemExit(done.stderr)
    return seconds


if __name__ == "__main__":
    main()
