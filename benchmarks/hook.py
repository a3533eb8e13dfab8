"""What a hook costs a step that changes nothing: `python -m benchmarks.hook [--files 100,10000] [--rounds 5]`.

The step is `true`, so that all that is measured is the hook: a start of Python, a look at the workspace before and
after, and two snapshots, taken by a process of its own or by a notebook's server. Prints the median seconds of a bare
step and what each kind of hook adds to it, by the number of files in the workspace.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from kale_bridge.hook_config import HookConfig
from kale_bridge.step.program import bootstrap
from rok_jupyter.models import Moment

_PER_DIRECTORY = 500
_COMMAND = ("true",)
_START_SECONDS = 60


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--files", default="100,10000", help="files in the workspace, several by commas")
    parser.add_argument("--rounds", type=int, default=5, help="how often each is measured")
    arguments = parser.parse_args()
    print("| files | bare step | a hook adds | through a server |\n|---|---|---|---|")
    for files in map(int, arguments.files.split(",")):
        with tempfile.TemporaryDirectory(prefix="rok-benchmark-", dir=os.environ.get("BENCH_DIR")) as directory:
            costs = measure(Path(directory), files, arguments.rounds)
        cells = (f"{files:,}", *(f"{seconds:.2f} s" for seconds in (costs.bare, costs.own_process, costs.server)))
        print(f"| {' | '.join(cells)} |", flush=True)


@dataclass(frozen=True)
class Costs:
    """Median seconds: of a bare step, and what a hook adds that snapshots by its own process or by a server."""

    bare: float
    own_process: float
    server: float


def measure(directory: Path, files: int, rounds: int) -> Costs:
    """Return what hooks cost in a workspace of so many files of 1 KB."""
    workspace = directory / "workspace"
    for number in range(files):
        path = workspace / str(number // _PER_DIRECTORY) / f"{number}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(os.urandom(1000))
    environment = _environment(directory, workspace)
    rok = [sys.executable, "-m", "rok_jupyter"]
    subprocess.run([*rok, "snapshot", "--quiet"], env=environment, check=True, stdout=subprocess.DEVNULL)
    with _server(directory, workspace, environment) as told:
        environments = {"own": environment, "server": {**environment, **told}}
        took: dict[str, list[float]] = {"bare": [], **{kind: [] for kind in environments}}
        for number in range(rounds + 1):
            took["bare"].append(_seconds(_COMMAND, environment))
            for kind, its in environments.items():
                took[kind].append(_seconds(_hooked(), {**its, "ROK_KALE_RUN": f"{kind}-{number}"}))
    medians = {kind: statistics.median(seconds[1:]) for kind, seconds in took.items()}  # the first warms caches
    return Costs(medians["bare"], medians["own"] - medians["bare"], medians["server"] - medians["bare"])


@contextmanager
def _server(directory: Path, workspace: Path, environment: Mapping[str, str]) -> Iterator[Mapping[str, str]]:
    """Run a notebook server on the workspace; give what tells a hook of it."""
    command = [sys.executable, "-m", "jupyter", "server", "--no-browser", "--allow-root", "--ip=127.0.0.1", "--port=0"]
    with (directory / "server.log").open("wb") as log:
        server = subprocess.Popen(
            [*command, f"--ServerApp.root_dir={workspace}"], env=environment, stdout=log, stderr=subprocess.STDOUT
        )
    try:
        yield _told(server, Path(environment["JUPYTER_RUNTIME_DIR"]))
    finally:
        server.terminate()
        server.wait()


def _told(server: subprocess.Popen[bytes], runtime: Path) -> Mapping[str, str]:
    """Wait until a server has written where it is."""
    until = time.monotonic() + _START_SECONDS
    while time.monotonic() < until and server.poll() is None:
        with suppress(FileNotFoundError, json.JSONDecodeError):
            found = json.loads((runtime / f"jpserver-{server.pid}.json").read_text())
            return {"ROK_SERVER_URL": found["url"], "ROK_SERVER_TOKEN": found["token"]}
        time.sleep(0.1)
    raise SystemExit("The notebook server did not start.")


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
