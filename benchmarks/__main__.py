"""One command for the whole comparison: `python -m benchmarks [--scale 1] [--peers restic,restic-debian,borg]`.

Every peer does a row before the next row begins, on the same workspace, so that a slower hour of the machine hits all
alike. Prints a table of wall seconds, CPU seconds and peak memory, and each peer's ratio to the first restic.
"""

from __future__ import annotations

import argparse
import json
import multiprocessing
import os
import platform
import shutil
import sys
import tempfile
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from benchmarks import workload
from benchmarks.measure import Cost, run
from benchmarks.peers import Peer, Place, available_peers

ROWS = ["first", "unchanged", "edit", "restore", "in-place", "one-notebook", "list", "diff", "forget-prune", "check"]


def main() -> None:
    """Make the workload, measure, print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--scale", type=float, default=1.0, help="share of the full 4 GB, 69,700 files (default 1)")
    parser.add_argument("--peers", default="restic,restic-debian,borg", help="which peers, beside ours")
    parser.add_argument("--rows", default=",".join(ROWS), help="which rows")
    parser.add_argument("--output", type=Path, help="also write the figures to this JSON file")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="rok-benchmark-", dir=os.environ.get("BENCH_DIR")) as directory:
        figures = measure(Path(directory), arguments.scale, arguments.peers.split(","), arguments.rows.split(","))
    print(table(figures))
    if arguments.output:
        arguments.output.write_text(json.dumps(document(figures, arguments.scale), indent=2) + "\n")


def measure(directory: Path, scale: float, names: list[str], rows: list[str]) -> dict[str, dict[str, Cost]]:
    """Return costs by row and peer."""
    workspace = directory / "workspace"
    say(f"making the workspace at scale {scale}")
    in_child(workload.make, workspace, workload.Shape(scale))
    peers = available_peers(names)
    places = {peer.name: Place(directory / peer.name.replace(" ", "-"), workspace) for peer in peers}
    for peer in peers:
        places[peer.name].own.mkdir()
        peer.prepare(places[peer.name])
    figures: dict[str, dict[str, Cost]] = {}
    for row in rows:
        if row == "edit":
            in_child(workload.edit, workspace)
        figures[row] = {}
        for peer in peers:
            if row == "in-place":
                in_child(workload.disturb, workspace)
            cost = measure_row(peer, row, places[peer.name])
            if cost is not None:
                figures[row][peer.name] = cost
                say(f"{row}: {peer.name}: {cost.wall:.2f} s, {cost.cpu:.2f} CPU s, {cost.peak_megabytes:.0f} MB")
    return figures


def measure_row(peer: Peer, row: str, place: Place) -> Cost | None:
    """Run one peer's command for a row, with a fresh target where it writes one."""
    target = place.own / f"target-{row}"
    command = peer.row(row, place, target)
    if command is None:
        return None
    cost = run(command, peer.environment(place), place.own)
    shutil.rmtree(target, ignore_errors=True)  # a target of the benchmark's own, below its temporary directory
    return cost


def in_child(work: Callable[..., None], *arguments: object) -> None:
    """Do work in a process of its own: a measured command's peak memory begins with what this process holds."""
    process = multiprocessing.get_context("spawn").Process(target=work, args=arguments)
    process.start()
    process.join()
    if process.exitcode:
        raise SystemExit("the workspace could not be made")


def document(figures: dict[str, dict[str, Cost]], scale: float) -> dict[str, object]:
    """Return the figures with what is needed to read them later."""
    return {
        "taken": datetime.now(UTC).isoformat(timespec="seconds"),
        "scale": scale,
        "machine": {"processors": os.cpu_count(), "system": platform.platform(), "python": platform.python_version()},
        "rows": {row: {name: vars(cost) for name, cost in costs.items()} for row, costs in figures.items()},
    }


def table(figures: dict[str, dict[str, Cost]]) -> str:
    """Return a Markdown table; ratios are wall seconds relative to the first restic of the run."""
    names = list(dict.fromkeys(name for costs in figures.values() for name in costs))
    reference = next((name for name in names if name.startswith("restic")), names[0])
    lines = ["| row | " + " | ".join(names) + f" | rok / {reference} |", "|---" * (len(names) + 2) + "|"]
    for row, costs in figures.items():
        cells = [cell(costs.get(name)) for name in names]
        ratio = costs["rok"].wall / costs[reference].wall if "rok" in costs and reference in costs else float("nan")
        lines.append(f"| {row} | " + " | ".join(cells) + f" | {ratio:.2f} |")
    return "\n".join(lines)


def cell(cost: Cost | None) -> str:
    """Return wall s / CPU s / peak MB."""
    return "-" if cost is None else f"{cost.wall:.2f} / {cost.cpu:.2f} / {cost.peak_megabytes:.0f}"


def say(text: str) -> None:
    """Show progress."""
    print(text, file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
